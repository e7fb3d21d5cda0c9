"""What holds for every route: paths, methods, tokens, bodies, headers.

docs/contract/api.md §1, docs/contract/licensing-push-installations.md §0, docs/contract/clients.md §2, §13.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sosie.conformance import expect
from sosie.conformance.registry import check

if TYPE_CHECKING:
    from sosie.conformance.cloud import Cloud
    from sosie.conformance.wire import Answer

_SECURITY = {
    "x-frame-options": "SAMEORIGIN",
    "x-xss-protection": "1; mode=block",
    "x-content-type-options": "nosniff",
}


@check("transport.path.letter-case", "identity.md §2", "Paths match in any letter case.", inferred=True)
def letter_case(cloud: Cloud) -> None:
    found = expect.document(cloud.api("GET", f"/INSTALLATIONS/{cloud.installation.id}"))
    expect.part("installation", found, {"object": "installation"})
    granted = expect.document(cloud.identity("POST", "/Connect/Token", form=cloud.credentials()))
    expect.part("token answer", granted, {"scope": "api.push"})


@check(
    "transport.path.trailing-slash",
    "clients.md §13.8",
    "A trailing slash neither matters nor redirects.",
    inferred=True,
)
def trailing_slash(cloud: Cloud) -> None:
    found = expect.document(cloud.api("GET", f"/installations/{cloud.installation.id}/"))
    expect.part("installation", found, {"object": "installation"})


@check("transport.path.doubled-slash", "clients.md §2", "A doubled slash is another path, and unknown.", inferred=True)
def doubled_slash(cloud: Cloud) -> None:
    expect.empty(cloud.api("GET", f"//installations/{cloud.installation.id}"), 404)
    expect.empty(cloud.identity("POST", "//connect/token", form=cloud.credentials()), 404)


@check("transport.path.unknown", "api.md §1.6", "An unknown route is a 404 without a body.")
def unknown(cloud: Cloud) -> None:
    for method, path in (("GET", "/planets"), ("POST", "/organization/planets"), ("GET", "/")):
        expect.empty(cloud.api(method, path), 404)


@check("transport.path.known-method", "api.md §1.6", "Another method is a 405 without a body that allows the known.")
def known_method(cloud: Cloud) -> None:
    for method, path, allowed in (
        ("GET", "/push/register", "POST"),
        ("DELETE", "/installations", "POST"),
        ("POST", f"/installations/{cloud.installation.id}", "GET"),
    ):
        answer = cloud.api(method, path)
        expect.empty(answer, 405)
        expect.header(answer, "Allow", allowed)


@check("transport.headers.security", "api.md §1.4", "Every answer has the three security headers, refusals too.")
def security_headers(cloud: Cloud) -> None:
    for answer in _various(cloud):
        for name, value in _SECURITY.items():
            expect.header(answer, name, value)


def _various(cloud: Cloud) -> list[Answer]:
    return [
        cloud.api("GET", f"/installations/{cloud.installation.id}"),
        cloud.api("GET", f"/installations/{cloud.guid()}"),
        cloud.api("GET", "/installations/mine"),
        cloud.api("GET", "/planets"),
        cloud.api("GET", "/accounts/profile"),
        cloud.api("GET", "/organization/sponsorship/sync"),
        cloud.identity("POST", "/connect/token"),
        cloud.identity("GET", "/.well-known/openid-configuration"),
    ]


@check("transport.headers.json", "api.md §1.4", "JSON is utf-8 whatever the client accepts, errors included.")
def json_type(cloud: Cloud) -> None:
    for accept in ("*/*", "text/html", "application/xml"):
        for found in (cloud.installation.id, cloud.guid()):
            answer = cloud.api("GET", f"/installations/{found}", headers={"Accept": accept})
            expect.header(answer, "Content-Type", "application/json; charset=utf-8")


@check("transport.headers.empty-length", "api.md §1.5", "An answer without a body says that its length is 0.")
def empty_length(cloud: Cloud) -> None:
    answer = cloud.push("POST", "/push/delete", json={"id": cloud.guid()})
    expect.done(answer)
    expect.header(answer, "Content-Length", "0")


@check("transport.token.missing", "api.md §1.1", "A missing token is a 401 without a body, which asks for a bearer.")
def token_missing(cloud: Cloud) -> None:
    answer = cloud.api("GET", "/accounts/profile")
    expect.empty(answer, 401)
    expect.matches("WWW-Authenticate", answer.headers.get("www-authenticate"), "Bearer")


@check("transport.token.bad", "licensing-push-installations.md §0", "A bad token is a 401 that says invalid_token.")
def token_bad(cloud: Cloud) -> None:
    head, _, signature = cloud.owner.token.rpartition(".")
    forged = f"{head}.{signature[:8][::-1]}{signature[8:]}"
    for token in ("garbage", "a.b.c", forged):
        answer = cloud.api("GET", "/accounts/profile", token=token)
        expect.empty(answer, 401)
        expect.matches("WWW-Authenticate", answer.headers.get("www-authenticate"), r'Bearer error="invalid_token".*')


@check("transport.token.licence", "licensing-push-installations.md §0", "A JWT of another type is no access token.")
def token_licence(cloud: Cloud) -> None:
    from sosie.conformance.licence import LicensedServer

    licence = LicensedServer(cloud).licence()["token"]
    expect.empty(cloud.api("GET", "/accounts/profile", token=licence), 401)


@check("transport.token.query", "api.md §1.1", "A token may stand in the query instead.")
def token_query(cloud: Cloud) -> None:
    answer = cloud.api("GET", f"/accounts/revision-date?access_token={cloud.owner.token}")
    expect.status(answer, 200)


@check("transport.token.scheme", "api.md §1.1", "The scheme's letter case does not matter; another scheme is none.")
def token_scheme(cloud: Cloud) -> None:
    path = "/accounts/revision-date"
    expect.status(cloud.api("GET", path, headers={"Authorization": f"bearer {cloud.owner.token}"}), 200)
    expect.empty(cloud.api("GET", path, headers={"Authorization": f"Basic {cloud.owner.token}"}), 401)


@check("transport.token.before-body", "api.md §1.7", "Without a token nobody looks at ids or bodies.")
def token_before_body(cloud: Cloud) -> None:
    path = "/organization/sponsorship/mine/families-for-enterprise"
    expect.empty(cloud.api("POST", path, content=b"{"), 401)


@check("transport.body.malformed", "api.md §1.7", "What is no JSON is invalid, with a path for a key.")
def malformed(cloud: Cloud) -> None:
    for body in (b"{", b"[]x", b'{"email":}', b"\xff\xfe{"):
        answer = cloud.api("POST", "/installations", content=body, headers={"Content-Type": "application/json"})
        found = expect.document(answer, 400)
        expect.same("message", found["message"], expect.INVALID_MODEL)
        keys = sorted(found["validationErrors"])
        expect.holds("a key that begins with $", any(key.startswith("$") for key in keys), keys)


@check("transport.body.not-an-object", "api.md §1.7", "A list or a text where an object is expected is invalid.")
def not_an_object(cloud: Cloud) -> None:
    bodies: tuple[Any, ...] = ([], "text", 1)
    for body in bodies:
        expect.invalid_at(cloud.api("POST", "/installations", json=body), "$")


@check("transport.body.charset", "api.md §1.4", "JSON's content type may have any charset, or none.")
def charset(cloud: Cloud) -> None:
    for media in ("application/json", "application/json; charset=utf-8", "application/json;charset=UTF-8"):
        body = f'{{"email":"{cloud.email("ops")}"}}'.encode()
        answer = cloud.api("POST", "/installations", content=body, headers={"Content-Type": media})
        expect.part("installation", expect.document(answer), {"object": "installation"})


@check("transport.body.unknown-members", "api.md §1.3", "Unknown members are ignored, and letter case of known ones.")
def unknown_members(cloud: Cloud) -> None:
    body = {"EMAIL": cloud.email("ops"), "planet": {"name": "Mars"}}
    found = expect.document(cloud.api("POST", "/installations", json=body))
    expect.part("installation", found, {"object": "installation"})
