"""Access tokens that are no good, and roles that do not suffice (api.md §1.1, §1.2; push: licensing page part C)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sosie.domain.members import Role
from tests.support.cloud import START, TestCloud, WireAnswer
from tests.support.families import (
    ACME,
    ALICE,
    BOB,
    COUSIN,
    FAMILY,
    NEWCOMER,
    SPONSORSHIPS,
    change_member,
    guid,
    join,
    resend,
)
from tests.support.provocations.told import (
    BASE,
    FAILED,
    NOT_FOUND,
    UNKNOWN,
    Expected,
    Told,
    api_error,
    named,
    provokes,
    unauthenticated,
)
from tests.support.relay import MESSAGE, REGISTRATION, UPDATE
from tests.support.token_client import ask, installation_form

SYNC = f"{SPONSORSHIPS}/sync"
NO_KEY = unauthenticated("The signature key was not found")
TOKEN_ENDPOINT = f"{BASE}/us/identity/connect/token"
ISSUED = int(START.timestamp())


def mint(cloud: TestCloud, header: dict[str, Any] | None = None, **claims: Any) -> str:
    """Make a token that is right for sponsorship syncs, but for what is given."""
    signer = cloud.sosie.keyring.signer("default", "us", "tokens")
    payload = {
        "iss": "https://identity.bitwarden.com",
        "nbf": ISSUED,
        "iat": ISSUED,
        "exp": ISSUED + 86400,
        "scope": ["api.installation"],
        "client_id": f"installation.{cloud.installation().id}",
        "client_sub": cloud.installation().id,
    }
    return signer.encode_jwt(payload | claims, {"kid": signer.kid, "typ": "at+jwt"} | (header or {}))


def sync_with(cloud: TestCloud, token: str | None, **more: Any) -> WireAnswer:
    return cloud.request("POST", SYNC, token=token, **more)


@provokes("TOKEN_MISSING")
def no_token(cloud: TestCloud) -> Told:
    message = f"No access token arrived at {SYNC}."
    return Told(sync_with(cloud, None), unauthenticated(), message, ("Authorization: Bearer <token>", "redirect"))


@provokes("TOKEN_MISSING")
def another_scheme(cloud: TestCloud) -> Told:
    answer = sync_with(cloud, None, headers={"Authorization": "Basic dXNlcjpwYXNz"})
    message = f"No access token arrived at {SYNC}: the Authorization header has another scheme than Bearer."
    return Told(answer, unauthenticated(), message, ("Authorization: Bearer <token>",))


@provokes("TOKEN_MISSING")
def a_sync_status_without_token(cloud: TestCloud) -> Told:
    path = f"{SPONSORSHIPS}/{cloud.organization(ACME).id}/sync-status"
    return Told(cloud.get(path), FAILED, f"No access token arrived at {path}.", ("Authorization: Bearer <token>",))


@provokes("TOKEN_MALFORMED")
def no_jwt(cloud: TestCloud) -> Told:
    message = (
        "What arrived as access token is no JWT: it has 1 parts between dots, and a token has three that can be read."
    )
    return Told(sync_with(cloud, "opaque-token"), NO_KEY, message, (TOKEN_ENDPOINT,))


@provokes("TOKEN_UNKNOWN_KEY")
def a_key_that_nobody_has(cloud: TestCloud) -> Told:
    token = mint(cloud, {"kid": "0" * 40 + "RS256"})
    header, claims, signature = token.split(".")
    message = (
        "The access token was signed with a key that no world of this Sosie has; "
        "it says it is of https://identity.bitwarden.com."
    )
    answer = sync_with(cloud, f"{header}.{claims}.{signature[::-1]}")
    return Told(answer, NO_KEY, message, (TOKEN_ENDPOINT, "state directory"))


@provokes("TOKEN_CHANGED")
def a_token_that_was_cut(cloud: TestCloud) -> Told:
    message = "The access token names the key of us, and its signature does not fit: it was changed or cut on its way."
    return Told(sync_with(cloud, mint(cloud)[:-20]), NO_KEY, message, (TOKEN_ENDPOINT,))


@provokes("TOKEN_OTHER_REGION")
def a_token_of_the_other_region(cloud: TestCloud) -> Told:
    # clients.md §12: identity EU but api/push US.
    european = cloud.installation(region="eu")
    token = ask(cloud, installation_form(european, "api.installation"), region="eu").json["access_token"]
    message = f"The access token of installation.{european.id} was issued by eu, and us was asked."
    remedy = (TOKEN_ENDPOINT, f"globalSettings__installation__apiUri to {BASE}/eu/api/")
    return Told(sync_with(cloud, token), NO_KEY, message, remedy)


@provokes("TOKEN_OTHER_WORLD")
def a_token_of_another_world(cloud: TestCloud) -> Told:
    cloud.sosie.worlds.create("team", "families")
    token = cloud.installation_token("api.installation")
    answer = sync_with(cloud, token, world="team")
    message = (
        f"The access token of installation.{cloud.installation().id} was issued by the world default, "
        "and the world team was asked."
    )
    return Told(answer, NO_KEY, message, (f"{BASE}/w/team/us/identity/", f"{BASE}/w/team/us/api/"), world="team")


@provokes("TOKEN_TYPE_WRONG")
def another_type_of_token(cloud: TestCloud) -> Told:
    answer = sync_with(cloud, mint(cloud, {"typ": "JWT"}))
    message = "The token's header says typ JWT, and an access token says at+jwt."
    return Told(answer, unauthenticated("The token type is invalid"), message, (TOKEN_ENDPOINT,))


@provokes("TOKEN_OTHER_ISSUER")
def another_issuer(cloud: TestCloud) -> Told:
    answer = sync_with(cloud, mint(cloud, iss="https://identity.example"))
    message = "The access token names the issuer https://identity.example, and us has https://identity.bitwarden.com."
    expected = unauthenticated("The issuer 'https://identity.example' is invalid")
    return Told(answer, expected, message, (TOKEN_ENDPOINT,))


@provokes("TOKEN_EXPIRED")
def an_old_token(cloud: TestCloud) -> Told:
    token = cloud.installation_token("api.installation")
    cloud.clock.advance(timedelta(hours=1, minutes=6))
    message = (
        f"The access token of installation.{cloud.installation().id} ran out at 2026-03-04 06:06:07 UTC; "
        "it is 2026-03-04 06:12:07 UTC in this world."
    )
    return Told(sync_with(cloud, token), unauthenticated("The token expired"), message, ("clock was moved",))


@provokes("TOKEN_NOT_YET_VALID")
def a_clock_that_was_set_back(cloud: TestCloud) -> Told:
    token = mint(cloud, nbf=ISSUED + 3600)
    message = (
        f"The access token of installation.{cloud.installation().id} begins at 2026-03-04 06:06:07 UTC; "
        "it is 2026-03-04 05:06:07 UTC in this world."
    )
    expected = unauthenticated("The token is not valid yet")
    return Told(sync_with(cloud, token), expected, message, ("set back",))


@provokes("SCOPE_NOT_GRANTED")
def a_push_token_for_a_sync(cloud: TestCloud) -> Told:
    client = f"installation.{cloud.installation().id}"
    message = f"The scope api.installation is not in the token of {client}, only api.push."
    remedy = (f"Ask {TOKEN_ENDPOINT} for scope=api.installation as an installation.",)
    return Told(sync_with(cloud, cloud.installation_token("api.push")), Expected(403), message, remedy)


@provokes("SCOPE_NOT_GRANTED")
def an_installation_where_a_person_belongs(cloud: TestCloud) -> Told:
    answer = cloud.get("/accounts/profile", token=cloud.installation_token("api.push"))
    client = f"installation.{cloud.installation().id}"
    message = f"The scope api is not in the token of {client}, only api.push."
    return Told(answer, Expected(403), message, (f"Ask {TOKEN_ENDPOINT} for a token as a person.",))


@provokes("SCOPE_AS_TEXT")
def scopes_as_one_text(cloud: TestCloud) -> Told:
    message = "The token's scope is the text api.installation; the cloud reads only an array of scopes."
    answer = sync_with(cloud, mint(cloud, scope="api.installation"))
    return Told(answer, Expected(403), message, ("JSON array",))


def read_as(cloud: TestCloud, email: str, organization: str, token: str | None = None) -> WireAnswer:
    path = f"/organizations/{cloud.organization(organization).id}"
    return cloud.get(path, token=token or cloud.user_token(email))


@provokes("NOT_OWNER")
def a_member_who_is_no_owner(cloud: TestCloud) -> Told:
    message = f"The token of {ALICE} says that they are a user of {named(cloud, ACME)}, not its owner."
    return Told(read_as(cloud, ALICE, ACME), NOT_FOUND, message, ("token of an owner",))


@provokes("NOT_OWNER")
def somebody_else(cloud: TestCloud) -> Told:
    message = f"The token of {COUSIN} says that they are no member of {named(cloud, ACME)}, not its owner."
    return Told(read_as(cloud, COUSIN, ACME), NOT_FOUND, message, ("token of an owner",))


@provokes("NOT_OWNER_STALE_TOKEN")
def an_owner_since_a_moment_ago(cloud: TestCloud) -> Told:
    token = cloud.user_token(NEWCOMER)
    join(cloud, NEWCOMER, FAMILY, Role.OWNER)
    message = (
        f"The account {NEWCOMER} owns {named(cloud, FAMILY)} now, "
        "but its token of 2026-03-04 05:06:07 UTC is older than that."
    )
    return Told(read_as(cloud, NEWCOMER, FAMILY, token), NOT_FOUND, message, ("Refresh the access token",))


@provokes("ROLE_MISSING")
def a_user_who_resends(cloud: TestCloud) -> Told:
    message = (
        f"The token of {ALICE} says that they are a user of {named(cloud, ACME)}, "
        "and this asks for an owner, an admin, or a custom role with manageUsers."
    )
    return Told(resend(cloud, ALICE, "x"), Expected(403), message, ("owner or admin",))


@provokes("ROLE_STALE_TOKEN")
def an_admin_since_a_moment_ago(cloud: TestCloud) -> Told:
    token = cloud.user_token(BOB)
    change_member(cloud, BOB, role=Role.ADMIN)
    path = f"{SPONSORSHIPS}/{cloud.organization(ACME).id}/families-for-enterprise/resend"
    answer = cloud.request("POST", path, token=token)
    message = (
        f"The account {BOB} is an admin of {named(cloud, ACME)} now, "
        "but its token of 2026-03-04 05:06:07 UTC is older than that."
    )
    return Told(answer, Expected(403), message, ("Refresh the access token",))


# Push.


@provokes("PUSH_NOT_AN_INSTALLATION")
def a_push_token_of_no_installation(cloud: TestCloud) -> Told:
    token = mint(cloud, scope=["api.push"], client_id=f"organization.{UNKNOWN}")
    answer = cloud.post("/push/send", MESSAGE, token=token, service="push")
    message = f"The token's client organization.{UNKNOWN} is no installation, and the relay serves only those."
    return Told(answer, api_error(400, "Not correctly configured for push relays."), message, ("scope=api.push",))


@provokes("PUSH_OTHER_INSTALLATION")
def a_message_for_another_installation(cloud: TestCloud) -> Told:
    body = MESSAGE | {"installationId": UNKNOWN}
    answer = cloud.post("/push/send", body, token=cloud.installation_token("api.push"), service="push")
    message = f"The message is for installation {UNKNOWN}, and the token is of installation {cloud.installation().id}."
    expected = api_error(400, "InstallationId does not match current context.")
    return Told(answer, expected, message, ("installationId of the token",))


@provokes("PUSH_DEVICE_NOT_GUID")
def a_device_without_a_guid(cloud: TestCloud) -> Told:
    body = REGISTRATION | {"deviceId": "my-phone"}
    answer = cloud.post("/push/register", body, token=cloud.installation_token("api.push"), service="push")
    message = "A device id of the request is not a GUID: it has 8 characters."
    return Told(answer, FAILED, message, ("with hyphens",))


@provokes("PUSH_DEVICE_NOT_GUID")
def a_device_among_others(cloud: TestCloud) -> Told:
    body = UPDATE | {"devices": [{"id": guid("phone")}, {"id": "tablet"}]}
    token = cloud.installation_token("api.push")
    answer = cloud.request("PUT", "/push/add-organization", json_body=body, token=token, service="push")
    message = "A device id of the request is not a GUID: it has 6 characters."
    return Told(answer, FAILED, message, ("with hyphens",))
