"""What the token endpoint refuses an installation, and in which order (docs/contract/identity.md §4.1, §4.4, §5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosie.conformance import expect, tokens
from sosie.conformance.checks.token_installation import TOKEN_CACHE, TOKEN_CONTENT_TYPE
from sosie.conformance.registry import check
from sosie.conformance.wire import FORM

if TYPE_CHECKING:
    from sosie.conformance.cloud import Cloud

_TOKEN = "/connect/token"  # noqa: S105  a path
_PAGE = "identity.md §4.4"


@check("identity.token.unknown-installation", _PAGE, "An unknown installation id is an invalid client.")
def unknown_installation(cloud: Cloud) -> None:
    client = f"installation.{cloud.guid()}"
    expect.oauth_error(cloud.grant(**cloud.credentials(client_id=client)), "invalid_client")


@check("identity.token.wrong-key", _PAGE, "A wrong installation key is an invalid client.")
def wrong_key(cloud: Cloud) -> None:
    expect.oauth_error(cloud.grant(**cloud.credentials(client_secret="x" * 20)), "invalid_client")  # no secret


@check("identity.token.key-letter-case", "identity.md §4.1", "An installation key in another letter case is wrong.")
def key_letter_case(cloud: Cloud) -> None:
    swapped = cloud.installation.key.swapcase()
    expect.oauth_error(cloud.grant(**cloud.credentials(client_secret=swapped)), "invalid_client")


@check("identity.token.missing-key", _PAGE, "Without a key the client is invalid.")
def missing_key(cloud: Cloud) -> None:
    fields = cloud.credentials()
    del fields["client_secret"]
    expect.oauth_error(cloud.grant(**fields), "invalid_client")


@check(
    "identity.token.disabled-installation", _PAGE, "A disabled installation with the right key is an invalid client."
)
def disabled_installation(cloud: Cloud) -> None:
    closed = cloud.disabled_installation
    fields = cloud.credentials(client_id=f"installation.{closed.id}", client_secret=closed.key)
    expect.oauth_error(cloud.grant(**fields), "invalid_client")


@check("identity.token.refusals-identical", "identity.md §13.3", "Unknown id, wrong key and disabled: the same bytes.")
def refusals_identical(cloud: Cloud) -> None:
    closed = cloud.disabled_installation
    cases = {
        "unknown id": cloud.credentials(client_id=f"installation.{cloud.guid()}"),
        "wrong key": cloud.credentials(client_secret="x" * 20),  # no secret
        "disabled": cloud.credentials(client_id=f"installation.{closed.id}", client_secret=closed.key),
    }
    for case, fields in cases.items():
        expect.same(f"body for {case}", cloud.grant(**fields).body.decode(), '{"error":"invalid_client"}')


@check("identity.token.malformed-id", "identity.md §5", "An id that is no GUID is an invalid client.")
def malformed_id(cloud: Cloud) -> None:
    expect.oauth_error(cloud.grant(**cloud.credentials(client_id="installation.mine")), "invalid_client")


@check("identity.token.unknown-kind", "identity.md §4.1", "A client of an unknown kind is an invalid client.")
def unknown_kind(cloud: Cloud) -> None:
    for client in (f"planet.{cloud.installation.id}", "installation.", cloud.installation.id, "stranger"):
        expect.oauth_error(cloud.grant(**cloud.credentials(client_id=client)), "invalid_client")


@check("identity.token.scope-of-people", "identity.md §13.3", "An installation that asks for api gets invalid_scope.")
def scope_of_people(cloud: Cloud) -> None:
    expect.oauth_error(cloud.grant(**cloud.credentials("api")), "invalid_scope")


@check("identity.token.scope-refused", _PAGE, "Unknown scopes, offline_access, and one bad word among good ones fail.")
def scope_refused(cloud: Cloud) -> None:
    for scope in ("api.planet", "offline_access", "api.push api.organization", "API.PUSH"):
        expect.oauth_error(cloud.grant(**cloud.credentials(scope)), "invalid_scope")


@check("identity.token.grant-missing", _PAGE, "Without a grant type it is unsupported.")
def grant_missing(cloud: Cloud) -> None:
    fields = cloud.credentials()
    del fields["grant_type"]
    expect.oauth_error(cloud.grant(**fields), "unsupported_grant_type")


@check("identity.token.grant-unknown", _PAGE, "An unknown grant type is unsupported.")
def grant_unknown(cloud: Cloud) -> None:
    expect.oauth_error(cloud.grant(**cloud.credentials(grant_type="planet")), "unsupported_grant_type")


@check("identity.token.grant-not-allowed", _PAGE, "A standard grant that installations do not have is unauthorized.")
def grant_not_allowed(cloud: Cloud) -> None:
    for grant in ("password", "authorization_code"):
        expect.oauth_error(cloud.grant(**cloud.credentials(grant_type=grant)), "unauthorized_client")


@check("identity.token.no-client", "identity.md §5", "Without a client id the request is invalid.")
def no_client(cloud: Cloud) -> None:
    fields = cloud.credentials()
    del fields["client_id"]
    expect.oauth_error(cloud.grant(**fields), "invalid_request")


@check(
    "identity.token.overlong-client",
    "identity.md §4.1",
    "A client id of more than 100 characters is an invalid request.",
)
def overlong_client(cloud: Cloud) -> None:
    expect.oauth_error(cloud.grant(**cloud.credentials(client_id="installation." + "a" * 100)), "invalid_request")


@check("identity.token.get", "identity.md §13.4", "A GET is no 405 but an invalid request.")
def get(cloud: Cloud) -> None:
    expect.oauth_error(cloud.identity("GET", _TOKEN), "invalid_request")


@check("identity.token.json-body", "identity.md §13.4", "A JSON body is an invalid request.")
def json_body(cloud: Cloud) -> None:
    expect.oauth_error(cloud.identity("POST", _TOKEN, json=cloud.credentials()), "invalid_request")


@check("identity.token.no-body", "identity.md §4.1", "A POST without a body or content type is an invalid request.")
def no_body(cloud: Cloud) -> None:
    expect.oauth_error(cloud.identity("POST", _TOKEN), "invalid_request")


@check(
    "identity.token.client-before-grant", "identity.md §13.4", "An unknown client with a bad grant: the client wins."
)
def client_before_grant(cloud: Cloud) -> None:
    fields = cloud.credentials(client_id=f"installation.{cloud.guid()}", grant_type="planet")
    expect.oauth_error(cloud.grant(**fields), "invalid_client")


@check("identity.token.key-before-scope", "identity.md §4.1", "A wrong key with a bad grant and scope: the key wins.")
def key_before_scope(cloud: Cloud) -> None:
    wrong = cloud.credentials("api.planet", client_secret="x" * 20, grant_type="planet")  # no secret
    expect.oauth_error(cloud.grant(**wrong), "invalid_client")


@check("identity.token.grant-before-scope", "identity.md §4.1", "A bad grant with a bad scope: the grant wins.")
def grant_before_scope(cloud: Cloud) -> None:
    fields = cloud.credentials("api.planet", grant_type="planet")
    expect.oauth_error(cloud.grant(**fields), "unsupported_grant_type")


@check(
    "identity.token.error-headers", "identity.md §3.2", "A refusal has the framework's headers, no WWW-Authenticate."
)
def error_headers(cloud: Cloud) -> None:
    answer = cloud.grant(**cloud.credentials(client_secret="x" * 20))  # no secret
    expect.status(answer, 400)
    expect.header(answer, "Content-Type", TOKEN_CONTENT_TYPE)
    expect.header(answer, "Cache-Control", TOKEN_CACHE)
    expect.header(answer, "Pragma", "no-cache")
    expect.no_header(answer, "WWW-Authenticate")


@check("identity.token.field-letter-case", "identity.md §13.5", "Field names match in any letter case.", inferred=True)
def field_letter_case(cloud: Cloud) -> None:
    shouted = {name.upper(): value for name, value in cloud.credentials("api.push").items()}
    expect.same("scope", expect.document(cloud.grant(**shouted))["scope"], "api.push")


@check("identity.token.charset", "identity.md §4.1", "The form's content type may have a charset.")
def charset(cloud: Cloud) -> None:
    answer = cloud.grant({"Content-Type": f"{FORM}; charset=utf-8"}, **cloud.credentials())
    expect.same("scope", expect.document(answer)["scope"], "api.push")


@check("identity.token.organization", "identity.md §4.5", "An organization's default key is a client secret.")
def organization(cloud: Cloud) -> None:
    mine = cloud.shared
    secret = expect.document(mine.key(0))["apiKey"]
    fields = {"grant_type": "client_credentials", "client_id": f"organization.{mine.id}"}
    granted = expect.document(cloud.grant(**fields, client_secret=secret))
    expect.members("token answer", granted, ("access_token", "expires_in", "token_type", "scope"))
    expect.part("token answer", granted, {"expires_in": 3600, "scope": "api.organization"})
    expected = {"client_id": f"organization.{mine.id}", "client_sub": mine.id, "client_type": "Organization"}
    expect.part("claims", tokens.claims(granted["access_token"]), expected)


@check(
    "identity.token.organization-wrong-key", "identity.md §4.5", "Another key of the organization is no client secret."
)
def organization_wrong_key(cloud: Cloud) -> None:
    mine = cloud.shared
    fields = {"grant_type": "client_credentials", "client_id": f"organization.{mine.id}"}
    expect.oauth_error(cloud.grant(**fields, client_secret=mine.sync_key()), "invalid_client")


@check(
    "identity.token.secrets-manager", "identity.md §4.9", "A bare GUID is no client where there is no Secrets Manager."
)
def secrets_manager(cloud: Cloud) -> None:
    fields = cloud.credentials("api.secrets", client_id=cloud.guid())
    expect.oauth_error(cloud.grant(**fields), "invalid_client")
