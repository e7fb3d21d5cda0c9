"""The installation's token: what is granted, and what stands in it (docs/contract/identity.md §4.2 to §4.4, §13)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jwt

from sosie.conformance import expect, tokens
from sosie.conformance.cloud import ALL_SCOPES
from sosie.conformance.registry import check

if TYPE_CHECKING:
    from sosie.conformance.cloud import Cloud

_DAY = 86400
TOKEN_CONTENT_TYPE = "application/json; charset=UTF-8"  # noqa: S105  a header
TOKEN_CACHE = "no-store, no-cache, max-age=0"  # noqa: S105  a header


def _token(cloud: Cloud, scope: str = "api.push") -> str:
    return str(expect.document(cloud.grant(**cloud.credentials(scope)))["access_token"])


@check("identity.token.envelope", "identity.md §4.4", "An installation is granted exactly these four members.")
def envelope(cloud: Cloud) -> None:
    granted = expect.document(cloud.grant(**cloud.credentials("api.push")))
    expect.members("token answer", granted, ("access_token", "expires_in", "token_type", "scope"))
    expect.kind("access_token", granted["access_token"], str)
    expect.part("token answer", granted, {"expires_in": _DAY, "token_type": "Bearer", "scope": "api.push"})


@check(
    "identity.token.member-order", "identity.md §4.2", "The members of a token answer stand in the contract's order."
)
def member_order(cloud: Cloud) -> None:
    granted = expect.document(cloud.grant(**cloud.credentials("api.push")))
    expect.same("order of members", list(granted), ["access_token", "expires_in", "token_type", "scope"])


@check("identity.token.claims", "identity.md §4.3", "An installation's token names it in client_id and client_sub.")
def claims(cloud: Cloud) -> None:
    claimed = tokens.claims(_token(cloud, "api.licensing"))
    installation = cloud.installation.id.lower()
    names = ("iss", "nbf", "iat", "exp", "scope", "client_id", "client_sub", "jti")
    expect.members("claims", claimed, names)
    named = {"client_id": f"installation.{installation}", "client_sub": installation, "scope": ["api.licensing"]}
    expect.part("claims", claimed, named)


@check("identity.token.no-subject", "identity.md §13.1", "An installation's token has neither sub nor aud.")
def no_subject(cloud: Cloud) -> None:
    claimed = tokens.claims(_token(cloud))
    for name in ("sub", "aud"):
        expect.holds(f"no claim {name}", name not in claimed, claimed.get(name))


@check("identity.token.times", "identity.md §4.3", "A token's times are integers, and it lives as long as is said.")
def times(cloud: Cloud) -> None:
    claimed = tokens.claims(_token(cloud))
    for name in ("nbf", "iat", "exp"):
        expect.kind(f"claim {name}", claimed[name], int)
    expect.same("claim nbf", claimed["nbf"], claimed["iat"])
    expect.same("exp - iat", claimed["exp"] - claimed["iat"], _DAY)


@check("identity.token.scope-array", "identity.md §4.3", "The claim scope is an array, even for one scope.")
def scope_array(cloud: Cloud) -> None:
    expect.same("claim scope", tokens.claims(_token(cloud))["scope"], ["api.push"])


@check("identity.token.jti", "identity.md §3.5", "The claim jti is 32 upper-case hex digits, and never the same.")
def jti(cloud: Cloud) -> None:
    first, second = (tokens.claims(_token(cloud))["jti"] for _ in range(2))
    expect.matches("claim jti", first, r"[0-9A-F]{32}")
    expect.holds("another jti for each token", first != second, second)


@check("identity.token.issuer", "identity.md §4.3", "The issuer has scheme and host, no port and no final slash.")
def issuer(cloud: Cloud) -> None:
    claimed = tokens.claims(_token(cloud))
    expect.matches("claim iss", claimed["iss"], r"https?://[^/:]+")


@check("identity.token.header", "identity.md §4.3", "A token's header says RS256 and at+jwt, and names its key.")
def header(cloud: Cloud) -> None:
    found = tokens.header(_token(cloud))
    expect.part("token header", found, {"alg": "RS256", "typ": "at+jwt"})
    expect.matches("token header kid", found.get("kid"), r"[0-9A-F]{40}RS256")


@check(
    "identity.token.header-x5t", "identity.md §4.3", "A token's header has the thumbprint of its key.", inferred=True
)
def header_x5t(cloud: Cloud) -> None:
    (key,) = expect.document(cloud.identity("GET", "/.well-known/openid-configuration/jwks"))["keys"]
    found = tokens.header(_token(cloud))
    expect.same("token header x5t", found.get("x5t"), key["x5t"])


@check("identity.token.signature", "identity.md §9", "The region's published key verifies its tokens.")
def signature(cloud: Cloud) -> None:
    (key,) = expect.document(cloud.identity("GET", "/.well-known/openid-configuration/jwks"))["keys"]
    token = _token(cloud)
    expect.same("kid", tokens.header(token)["kid"], key["kid"])
    tokens.verify("a token", token, jwt.PyJWK(key))


@check("identity.token.default-scope", "identity.md §13.2", "Without a scope all three are granted, sorted.")
def default_scope(cloud: Cloud) -> None:
    granted = expect.document(cloud.grant(**cloud.credentials(None)))
    expect.same("scope", granted["scope"], ALL_SCOPES)
    expect.same("claim scope", tokens.claims(granted["access_token"])["scope"], ALL_SCOPES.split())


@check("identity.token.scopes-sorted", "identity.md §4.1", "Scopes are sorted, and each stands once.")
def scopes_sorted(cloud: Cloud) -> None:
    granted = expect.document(cloud.grant(**cloud.credentials("api.push api.installation api.push")))
    expect.same("scope", granted["scope"], "api.installation api.push")
    expect.same("claim scope", tokens.claims(granted["access_token"])["scope"], ["api.installation", "api.push"])


@check("identity.token.basic-credentials", "identity.md §13.5", "Id and key may come as HTTP Basic credentials.")
def basic_credentials(cloud: Cloud) -> None:
    from base64 import b64encode

    pair = f"installation.{cloud.installation.id}:{cloud.installation.key}"
    headers = {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}
    answer = cloud.grant(headers, grant_type="client_credentials", scope="api.push")
    expect.same("expires_in", expect.document(answer)["expires_in"], _DAY)


@check("identity.token.id-upper-case", "identity.md §13.5", "An upper-case GUID works and is lower-cased in the token.")
def id_upper_case(cloud: Cloud) -> None:
    client = f"installation.{cloud.installation.id.upper()}"
    claimed = tokens.claims(expect.document(cloud.grant(**cloud.credentials(client_id=client)))["access_token"])
    expected = {"client_id": client.lower(), "client_sub": cloud.installation.id.lower()}
    expect.part("claims", claimed, expected)


@check("identity.token.id-any-form", "identity.md §3.5", "A GUID without dashes, or in braces, works as well.")
def id_any_form(cloud: Cloud) -> None:
    known = cloud.installation.id
    for text in (known.replace("-", ""), f"{{{known}}}"):
        answer = cloud.grant(**cloud.credentials(client_id=f"installation.{text}"))
        claimed = tokens.claims(expect.document(answer)["access_token"])
        expect.same(f"client_sub for {text}", claimed["client_sub"], known.lower())


@check(
    "identity.token.registered", "licensing-push-installations.md B.1", "A newly registered installation gets tokens."
)
def registered(cloud: Cloud) -> None:
    made = expect.document(cloud.api("POST", "/installations", json={"email": cloud.email("ops")}))
    fields = cloud.credentials(client_id=f"installation.{made['id']}", client_secret=made["key"])
    claimed = tokens.claims(expect.document(cloud.grant(**fields))["access_token"])
    expect.same("client_sub", claimed["client_sub"], made["id"])


@check("identity.token.last-activity", "identity.md §4.4", "A grant stamps the installation's last activity.")
def last_activity(cloud: Cloud) -> None:
    made = expect.document(cloud.api("POST", "/installations", json={"email": cloud.email("ops")}))
    (before,) = (row for row in cloud.stored("installations") if row["id"] == made["id"])
    expect.same("lastActivityDate before", before.get("lastActivityDate"), None)
    fields = cloud.credentials(client_id=f"installation.{made['id']}", client_secret=made["key"])
    expect.status(cloud.grant(**fields), 200)
    (after,) = (row for row in cloud.stored("installations") if row["id"] == made["id"])
    expect.kind("lastActivityDate after", after["lastActivityDate"], str)


@check("identity.token.success-headers", "identity.md §3.2", "A token is answered with the framework's headers.")
def success_headers(cloud: Cloud) -> None:
    answer = cloud.grant(**cloud.credentials())
    expect.status(answer, 200)
    expect.header(answer, "Content-Type", TOKEN_CONTENT_TYPE)
    expect.header(answer, "Cache-Control", TOKEN_CACHE)
    expect.header(answer, "Pragma", "no-cache")
