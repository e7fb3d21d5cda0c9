"""Access tokens at the door of the API: 401 and 403 (docs/contract/api.md §1.1, identity.md §4.3, clients.md §4)."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.support import jwt
from tests.support.cloud import START, TestCloud, WireAnswer
from tests.support.token_client import ask, cloud_headers, installation_form

NOW = int(START.timestamp())
SECURITY = {
    "x-frame-options": "SAMEORIGIN",
    "x-xss-protection": "1; mode=block",
    "x-content-type-options": "nosniff",
}
ID = "6f1c0a52-3d4e-4b7a-9c21-0d5e8f7a6b90"
GUARDED = {
    "api.installation": ("POST", "/organization/sponsorship/sync"),
    "api.licensing": ("GET", f"/licenses/organization/{ID}"),
    "api.push": ("POST", "/push/send"),
    "api": ("GET", "/accounts/profile"),
}
"""One route per policy, by the scope it asks for."""
Mint = Callable[..., str]


@pytest.fixture
def mint(cloud: TestCloud) -> Mint:
    """Make a token that is right for sponsorship syncs, but for the claims and header members that are given.

    None leaves one out.
    """

    def make(header: dict[str, Any] | None = None, *, region: Any = "us", world: str = "default", **claims: Any) -> str:
        signer = cloud.sosie.keyring.signer(world, region, "tokens")
        payload = {
            "iss": {"us": "https://identity.bitwarden.com", "eu": "https://identity.bitwarden.eu"}[region],
            "nbf": NOW,
            "iat": NOW,
            "exp": NOW + 86400,
            "scope": ["api.installation"],
            "client_id": f"installation.{ID}",
            "client_sub": ID,
        } | claims
        members = {"kid": signer.kid, "x5t": signer.x5t, "typ": "at+jwt"} | (header or {})
        kept = {name: value for name, value in payload.items() if value is not None}
        return signer.encode_jwt(kept, {name: value for name, value in members.items() if value is not None})

    return make


def sync(cloud: TestCloud, token: str | None = None, **more: Any) -> WireAnswer:
    return cloud.request("POST", GUARDED["api.installation"][1], token=token, **more)


def assert_let_in(answer: WireAnswer) -> None:
    # No content type was sent, and that is looked at after the token only (licensing-push-installations.md C).
    assert answer.status == 415


def assert_unauthenticated(answer: WireAnswer) -> None:
    """A token was sent and is no good: no body, and the framework's challenge."""
    assert (answer.status, answer.body) == (401, "")
    challenge = answer.headers["www-authenticate"]
    assert challenge.startswith('Bearer error="invalid_token", error_description="')
    assert challenge.endswith('"')
    assert cloud_headers(answer) == SECURITY | {"www-authenticate": challenge}


# No token.


@pytest.mark.parametrize(("method", "path"), GUARDED.values(), ids=GUARDED)
def test_without_a_token_there_is_no_body_and_a_bare_challenge(cloud: TestCloud, method: str, path: str) -> None:
    answer = cloud.request(method, path)

    assert (answer.status, answer.body) == (401, "")
    assert cloud_headers(answer) == SECURITY | {"www-authenticate": "Bearer"}


@pytest.mark.parametrize("header", ["", " ", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "Token abc", "Bearerabc"])
def test_a_header_without_a_bearer_token_is_no_token(cloud: TestCloud, header: str) -> None:
    answer = sync(cloud, headers={"Authorization": header})

    assert (answer.status, answer.body, answer.headers["www-authenticate"]) == (401, "", "Bearer")


def test_a_token_comes_before_content_type_and_body(cloud: TestCloud) -> None:
    assert sync(cloud, json_body={"sponsorshipsBatch": 5}).status == 401
    assert sync(cloud, body=b"{", headers={"Content-Type": "application/json"}).status == 401
    assert sync(cloud, body=b"x", headers={"Content-Type": "text/plain"}).status == 401


def test_a_route_that_does_not_exist_asks_for_no_token(cloud: TestCloud) -> None:
    assert cloud.get("/organization/sponsorship/sync/nothing").status == 404


# A good one.


@pytest.mark.parametrize("scope", ["api.installation", "api.licensing", "api.push"])
def test_the_token_endpoints_token_is_let_in(cloud: TestCloud, region: str, scope: str) -> None:
    form = installation_form(cloud.installation(region=region), scope)
    token = ask(cloud, form, region=region).json["access_token"]

    method, path = GUARDED[scope]

    assert_let_in(cloud.request(method, path, token=token, region=region))


def test_a_token_with_all_scopes_is_let_in_everywhere_it_may(cloud: TestCloud) -> None:
    token = ask(cloud, installation_form(cloud.installation(), None)).json["access_token"]

    for scope in ("api.installation", "api.licensing", "api.push"):
        method, path = GUARDED[scope]
        assert_let_in(cloud.request(method, path, token=token))


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer "])
def test_the_scheme_matches_in_any_letter_case(cloud: TestCloud, mint: Mint, scheme: str) -> None:
    assert_let_in(sync(cloud, headers={"Authorization": f"{scheme} {mint()}"}))


def test_the_query_carries_a_token_as_well(cloud: TestCloud, mint: Mint) -> None:
    path = f"{GUARDED['api.installation'][1]}?access_token={mint()}"

    assert_let_in(cloud.request("POST", path))
    assert_let_in(cloud.request("POST", path, headers={"Authorization": "  "}))


def test_the_query_is_read_only_if_the_header_is_blank(cloud: TestCloud, mint: Mint) -> None:
    path = f"{GUARDED['api.installation'][1]}?access_token={mint()}"

    assert_unauthenticated(cloud.request("POST", path, token="abc"))


def test_a_wrong_token_in_the_query_is_told_as_one_in_the_header(cloud: TestCloud) -> None:
    assert_unauthenticated(cloud.request("POST", f"{GUARDED['api.installation'][1]}?access_token=abc"))


@pytest.mark.parametrize("audience", [None, "api", ["https://elsewhere.test"]])
def test_the_audience_is_not_looked_at(cloud: TestCloud, mint: Mint, audience: Any) -> None:
    assert_let_in(sync(cloud, mint(aud=audience)))


# Time. Self-hosted servers use a token until five minutes after its end, on purpose.


def test_a_token_is_good_until_five_minutes_after_its_end(cloud: TestCloud) -> None:
    token = ask(cloud, installation_form(cloud.installation(), "api.installation")).json["access_token"]

    cloud.clock.advance(timedelta(days=1, minutes=4, seconds=59))
    assert_let_in(sync(cloud, token))
    cloud.clock.advance(timedelta(seconds=2))

    answer = sync(cloud, token)
    assert_unauthenticated(answer)
    assert answer.headers["x-sosie-hint"] == "TOKEN_EXPIRED"


def test_a_token_is_good_from_five_minutes_before_its_beginning(cloud: TestCloud, mint: Mint) -> None:
    assert_let_in(sync(cloud, mint(nbf=NOW + 299)))
    assert_unauthenticated(sync(cloud, mint(nbf=NOW + 301)))


@pytest.mark.parametrize("exp", [None, "soon", 0])
def test_a_token_without_an_end_in_the_future_is_refused(cloud: TestCloud, mint: Mint, exp: Any) -> None:
    assert_unauthenticated(sync(cloud, mint(exp=exp)))


# Origin and shape.


@pytest.mark.parametrize("token", ["abc", "..", "a.b.c", "eyJhbGciOiJSUzI1NiJ9.e30.", "Ω.Ω.Ω", "x" * 10_000])
def test_what_is_no_token_is_refused(cloud: TestCloud, token: str) -> None:
    assert_unauthenticated(sync(cloud, token))


def test_a_changed_claim_breaks_the_signature(cloud: TestCloud, mint: Mint) -> None:
    token = mint(scope=["api.push"])

    assert_unauthenticated(sync(cloud, jwt.with_claims(token, scope=["api.installation"])))
    assert_unauthenticated(sync(cloud, jwt.with_claims(token)[:-8]))


@pytest.mark.parametrize("change", [lambda s: "", lambda s: s[:-6], lambda s: s[::-1], lambda s: s + "AAAA"])
def test_a_changed_signature_is_refused(cloud: TestCloud, mint: Mint, change: Callable[[str], str]) -> None:
    signed, _, signature = mint().rpartition(".")

    assert_unauthenticated(sync(cloud, f"{signed}.{change(signature)}"))


def test_a_token_that_is_not_signed_is_refused(cloud: TestCloud, mint: Mint) -> None:
    payload = mint().split(".")[1]
    header = jwt.b64url(json.dumps({"alg": "none", "typ": "at+jwt"}).encode())

    assert_unauthenticated(sync(cloud, f"{header}.{payload}."))


def test_a_token_signed_with_the_published_key_as_a_password_is_refused(cloud: TestCloud, mint: Mint) -> None:
    certificate = jwt.published_key(cloud)["x5c"][0]
    payload = mint().split(".")[1]
    signed = jwt.b64url(json.dumps({"alg": "HS256", "typ": "at+jwt"}).encode()) + "." + payload
    signature = hmac.digest(certificate.encode(), signed.encode(), hashlib.sha256)

    assert_unauthenticated(sync(cloud, f"{signed}.{jwt.b64url(signature)}"))


@pytest.mark.parametrize("kind", [None, "JWT", "jwt", "at", ""])
def test_another_type_in_the_header_is_refused(cloud: TestCloud, mint: Mint, kind: str | None) -> None:
    assert_unauthenticated(sync(cloud, mint({"typ": kind})))


@pytest.mark.parametrize(
    "issuer",
    [None, "https://identity.bitwarden.eu", "https://identity.bitwarden.com/", "http://identity.bitwarden.com"],
)
def test_another_issuer_is_refused(cloud: TestCloud, mint: Mint, issuer: str | None) -> None:
    assert_unauthenticated(sync(cloud, mint(iss=issuer)))


def test_the_other_regions_token_is_refused(cloud: TestCloud) -> None:
    form = installation_form(cloud.installation(region="eu"), "api.installation")
    token = ask(cloud, form, region="eu").json["access_token"]

    assert_let_in(sync(cloud, token, region="eu"))
    assert_unauthenticated(sync(cloud, token, region="us"))


def test_another_worlds_token_is_refused(cloud: TestCloud, mint: Mint) -> None:
    cloud.sosie.worlds.create("other", "families")
    token = mint(world="other")

    assert_let_in(sync(cloud, token, world="other"))
    assert_unauthenticated(sync(cloud, token))


def test_an_anonymous_route_looks_at_no_token(cloud: TestCloud) -> None:
    assert cloud.get("/alive", token="abc").status == 200
    assert cloud.get(f"/installations/{cloud.installation().id}", token="abc").status == 200


# A good token that does not carry what the route asks for.


@pytest.mark.parametrize(
    ("asked", "carried"),
    [(asked, carried) for asked in GUARDED for carried in (*GUARDED, "api.organization") if asked != carried],
)
def test_each_route_asks_for_its_own_scope(cloud: TestCloud, mint: Mint, asked: str, carried: str) -> None:
    method, path = GUARDED[asked]

    answer = cloud.request(method, path, token=mint(scope=[carried]))

    assert (answer.status, answer.body) == (403, "")
    assert cloud_headers(answer) == SECURITY
    assert answer.headers["x-sosie-hint"] == "SCOPE_NOT_GRANTED"


@pytest.mark.parametrize("scope", [None, [], "api.installation", "api.push api.installation", ["API.INSTALLATION"]])
def test_the_scope_must_be_an_array_with_the_exact_word(cloud: TestCloud, mint: Mint, scope: Any) -> None:
    answer = sync(cloud, mint(scope=scope))

    assert (answer.status, answer.body) == (403, "")


@pytest.mark.parametrize("amr", [["Application"], ["external"], ["other", "external"]])
def test_a_person_is_let_in_by_how_they_signed_in(cloud: TestCloud, mint: Mint, amr: list[str]) -> None:
    user = cloud.user("owner@acme.test")

    token = mint(scope=["api"], amr=amr, sub=user.id, client_id="web", client_sub=None)

    assert cloud.get("/accounts/revision-date", token=token).status == 200


@pytest.mark.parametrize("amr", [None, [], ["pwd"], ["application"]])
def test_a_person_who_signed_in_otherwise_is_not(cloud: TestCloud, mint: Mint, amr: list[str] | None) -> None:
    user = cloud.user("owner@acme.test")

    answer = cloud.get("/accounts/revision-date", token=mint(scope=["api"], amr=amr, sub=user.id, client_id="web"))

    assert (answer.status, answer.body) == (403, "")


def test_the_scope_comes_before_content_type_and_body(cloud: TestCloud, mint: Mint) -> None:
    token = mint(scope=["api.push"])

    assert sync(cloud, token, json_body={"sponsorshipsBatch": 5}).status == 403
    assert sync(cloud, token, body=b"x", headers={"Content-Type": "text/plain"}).status == 403


def test_a_token_that_is_no_good_is_told_before_its_scope(cloud: TestCloud, mint: Mint) -> None:
    assert_unauthenticated(sync(cloud, mint(scope=["api.push"], exp=NOW - 301)))
