"""Clients that ask for a token and get none: ids, keys, grants, scopes (identity.md §4, §5)."""

from __future__ import annotations

from typing import Any

from sosie.domain.organizations import KeyType
from sosie.services import repository as repo
from sosie.services.unit_of_work import UnitOfWork
from tests.support.cloud import TestCloud
from tests.support.families import ACME, FAMILY, OWNER, change_organization, stored_key
from tests.support.provocations.told import BASE, UNKNOWN, Expected, Told, named, provokes, token_error
from tests.support.token_client import (
    TOKEN_HEADERS,
    api_key_form,
    ask,
    basic,
    installation_form,
    password_form,
)

INVALID_CLIENT = token_error("invalid_client")
INVALID_REQUEST = token_error("invalid_request")
EU_SETTINGS = (
    f"globalSettings__installation__identityUri to {BASE}/eu/identity/",
    f"globalSettings__installation__apiUri to {BASE}/eu/api/",
    f"globalSettings__pushRelayBaseUri to {BASE}/eu/push/",
    "PUSH_IDENTITY_URI",
)


def form(cloud: TestCloud, **changes: str) -> dict[str, str]:
    return installation_form(cloud.installation(), **changes)


@provokes("POST_BECAME_GET")
def a_redirected_token_request(cloud: TestCloud) -> Told:
    answer = cloud.get("/connect/token", service="identity")
    message = (
        "The route /connect/token takes POST and was asked with GET; a POST that was redirected arrives like this."
    )
    return Told(answer, INVALID_REQUEST, message, (f"Write the final address into the client, {BASE}/us/identity/",))


@provokes("CONTENT_TYPE_WRONG")
def a_token_request_in_json(cloud: TestCloud) -> Told:
    answer = cloud.post("/connect/token", {"grant_type": "client_credentials"}, service="identity")
    message = (
        "The body that arrived at /connect/token says it is application/json, "
        "and the route reads application/x-www-form-urlencoded."
    )
    return Told(answer, INVALID_REQUEST, message, ("Content-Type: application/x-www-form-urlencoded",))


@provokes("CLIENT_ID_MISSING")
def nobody_asks(cloud: TestCloud) -> Told:
    message = "The token request names no client: client_id is missing or blank."
    return Told(
        ask(cloud, {"grant_type": "client_credentials"}), INVALID_REQUEST, message, ("client_id=installation.<id>",)
    )


@provokes("FIELD_TOO_LONG")
def a_long_secret(cloud: TestCloud) -> Told:
    answer = ask(cloud, form(cloud, client_secret="x" * 101))
    return Told(
        answer, INVALID_REQUEST, "The field client_secret has more than 100 characters.", ("as it was given out",)
    )


@provokes("FIELD_TOO_LONG")
def a_long_password(cloud: TestCloud) -> Told:
    answer = ask(cloud, password_form(OWNER, password="x" * 101))
    message = "The field password has more than 100 characters."
    return Told(answer, token_error("invalid_grant"), message, ("as it was given out",))


@provokes("CLIENT_UNKNOWN")
def a_client_without_a_name(cloud: TestCloud) -> Told:
    answer = ask(cloud, form(cloud, client_id="vaultwarden"))
    message = "The client id is of a kind that no client has: vaultwarden."
    return Told(answer, INVALID_CLIENT, message, ("installation.<id>", "cli"))


@provokes("CLIENT_UNKNOWN")
def a_key_as_client_id_is_not_told(cloud: TestCloud) -> Told:
    answer = ask(cloud, form(cloud, client_id=cloud.installation().key))
    message = "The client id is of a kind that no client has: a text of 20 characters."
    return Told(answer, INVALID_CLIENT, message, ("installation.<id>",))


@provokes("ID_KEY_SWAPPED")
def id_and_key_exchanged(cloud: TestCloud) -> Told:
    installation = cloud.installation()
    answer = ask(cloud, form(cloud, client_id=f"installation.{installation.key}", client_secret=installation.id))
    message = "The key of an installation seems to stand in the place of its id, and a GUID in the place of the key."
    remedy = ("Exchange the values of globalSettings__installation__id and globalSettings__installation__key",)
    return Told(answer, INVALID_CLIENT, message, remedy)


@provokes("ID_NOT_GUID")
def an_id_that_was_cut(cloud: TestCloud) -> Told:
    answer = ask(cloud, form(cloud, client_id="installation.6f1c0a52-3d4e"))
    message = "What was sent as id after installation. is not a GUID: it has 13 characters."
    return Told(answer, INVALID_CLIENT, message, ("36 characters with hyphens",))


@provokes("ID_PREFIX_DOUBLED")
def a_prefix_in_the_setting(cloud: TestCloud) -> Told:
    installation = cloud.installation()
    answer = ask(cloud, form(cloud, client_id=f"installation.installation.{installation.id}"))
    message = "The client id begins with installation. twice: the client puts it in front of the id itself."
    return Told(
        answer, INVALID_CLIENT, message, (f"Write only {installation.id} into globalSettings__installation__id",)
    )


@provokes("ID_PREFIX_MISSING")
def no_prefix(cloud: TestCloud) -> Told:
    installation = cloud.installation()
    answer = ask(cloud, form(cloud, client_id=installation.id))
    message = (
        f"The client id is the bare GUID {installation.id}; the cloud takes it for an access token of Secrets Manager."
    )
    return Told(answer, INVALID_CLIENT, message, (f"client_id=installation.{installation.id}",))


@provokes("INSTALLATION_UNKNOWN")
def an_installation_nobody_has(cloud: TestCloud) -> Told:
    answer = ask(cloud, form(cloud, client_id=f"installation.{UNKNOWN}"))
    message = f"No region of this world knows installation {UNKNOWN}."
    return Told(
        answer, INVALID_CLIENT, message, ("globalSettings__installation__id", f"POST {BASE}/us/api/installations")
    )


@provokes("REGION_MISMATCH")
def the_other_regions_installation(cloud: TestCloud) -> Told:
    european = cloud.installation(region="eu")
    answer = ask(cloud, installation_form(european))
    message = f"Installation {european.id} is known in eu, not in us: it was asked for at the us identity service."
    return Told(answer, INVALID_CLIENT, message, EU_SETTINGS)


@provokes("REGION_MISMATCH")
def in_another_world_and_the_other_way_round(cloud: TestCloud) -> Told:
    cloud.sosie.worlds.create("team", "families")
    team = UnitOfWork(cloud.sosie.store, "team", "us", cloud.clock, "look")
    american = next(each for each in repo.installations.list(team) if each.enabled)
    answer = ask(cloud, installation_form(american), world="team", region="eu")
    message = f"Installation {american.id} is known in us, not in eu: it was asked for at the eu identity service."
    return Told(answer, INVALID_CLIENT, message, (f"identityUri to {BASE}/w/team/us/identity/",), world="team")


@provokes("INSTALLATION_DISABLED")
def a_disabled_installation(cloud: TestCloud) -> Told:
    closed = cloud.installation(enabled=False)
    message = f"Installation {closed.id} is disabled in us."
    return Told(ask(cloud, installation_form(closed)), INVALID_CLIENT, message, ("globalSettings__installation__id",))


@provokes("SECRET_MISSING")
def no_key(cloud: TestCloud) -> Told:
    installation = cloud.installation()
    answer = ask(cloud, form(cloud, client_secret=""))
    message = f"The installation key of installation {installation.id} was not sent."
    return Told(answer, INVALID_CLIENT, message, ("Send it as client_secret.",))


def wrong_key(cloud: TestCloud, sent: str, how: str) -> Told:
    installation = cloud.installation()
    answer = ask(cloud, form(cloud, client_secret=sent))
    message = f"The installation key that was sent is not that of installation {installation.id}{how}."
    return Told(answer, INVALID_CLIENT, message, ("globalSettings__installation__key", "PUSH_INSTALLATION_KEY"))


@provokes("SECRET_WRONG")
def another_key(cloud: TestCloud) -> Told:
    return wrong_key(cloud, "Z" * 20, "")


@provokes("SECRET_WRONG")
def a_key_with_a_blank(cloud: TestCloud) -> Told:
    return wrong_key(cloud, cloud.installation().key + " ", ": there are blanks around it")


@provokes("SECRET_WRONG")
def a_key_in_capitals(cloud: TestCloud) -> Told:
    return wrong_key(cloud, cloud.installation().key.upper(), ": letters are in the wrong case")


@provokes("SECRET_WRONG")
def a_key_that_was_cut(cloud: TestCloud) -> Told:
    return wrong_key(cloud, cloud.installation().key[:7], ": it has 7 characters, and such a key has 20")


@provokes("SECRET_WRONG")
def the_id_twice(cloud: TestCloud) -> Told:
    return wrong_key(cloud, cloud.installation().id, ": it is a GUID, as an id is")


@provokes("SECRET_WRONG")
def a_wrong_key_in_http_basic(cloud: TestCloud) -> Told:
    installation = cloud.installation()
    credentials = basic(f"installation.{installation.id}", "Z" * 20)
    answer = ask(cloud, {"grant_type": "client_credentials"}, credentials)
    message = f"The installation key that was sent is not that of installation {installation.id}."
    return Told(answer, INVALID_CLIENT, message, ("case and blanks count",))


def organization_form(cloud: TestCloud, organization: str) -> dict[str, str]:
    key: Any = stored_key(cloud, organization, KeyType.DEFAULT)
    client = f"organization.{cloud.organization(organization).id}"
    return {"grant_type": "client_credentials", "client_id": client, "client_secret": key.api_key}


@provokes("ORGANIZATION_DISABLED")
def a_disabled_organizations_api_key(cloud: TestCloud) -> Told:
    change_organization(cloud, ACME, enabled=False)
    message = f"The organization {named(cloud, ACME)} is disabled."
    return Told(ask(cloud, organization_form(cloud, ACME)), INVALID_CLIENT, message, ("Enable it",))


@provokes("ORGANIZATION_WITHOUT_API")
def a_plan_without_public_api(cloud: TestCloud) -> Told:
    plan = cloud.organization(FAMILY).plan.name
    message = f"The plan of {named(cloud, FAMILY)}, {plan}, has no public API."
    return Told(ask(cloud, organization_form(cloud, FAMILY)), INVALID_CLIENT, message, ("Teams or Enterprise",))


@provokes("ORGANIZATION_UNKNOWN")
def an_organization_nobody_has(cloud: TestCloud) -> Told:
    answer = ask(cloud, form(cloud, client_id=f"organization.{UNKNOWN}"))
    return Told(answer, INVALID_CLIENT, f"No region of this world has an organization {UNKNOWN}.", ("licence file",))


@provokes("PERSON_UNKNOWN")
def a_personal_key_of_nobody(cloud: TestCloud) -> Told:
    answer = ask(cloud, api_key_form(cloud.user(OWNER), client_id=f"user.{UNKNOWN}"))
    return Told(answer, INVALID_CLIENT, f"No region of this world has an account {UNKNOWN}.", ("scenario",))


@provokes("GRANT_UNKNOWN")
def no_grant(cloud: TestCloud) -> Told:
    sent = form(cloud)
    del sent["grant_type"]
    message = "The grant_type of the request is missing."
    return Told(ask(cloud, sent), token_error("unsupported_grant_type"), message, ("grant_type=client_credentials",))


@provokes("GRANT_UNKNOWN")
def a_grant_nobody_has(cloud: TestCloud) -> Told:
    answer = ask(cloud, form(cloud, grant_type="telepathy"))
    message = "The grant_type of the request is telepathy, which no grant is called."
    return Told(answer, token_error("unsupported_grant_type"), message, ("grant_type=client_credentials",))


@provokes("GRANT_NOT_ALLOWED")
def a_password_for_an_installation(cloud: TestCloud) -> Told:
    installation = cloud.installation()
    answer = ask(cloud, form(cloud, grant_type="password"))
    message = f"The client installation.{installation.id} may not use the grant password."
    return Told(answer, token_error("unauthorized_client"), message, ("grant_type=client_credentials",))


@provokes("NOT_SIMULATED")
def the_grant_of_single_sign_on(cloud: TestCloud) -> Told:
    answer = ask(cloud, {"client_id": "web", "grant_type": "authorization_code"})
    message = "The cloud has the grant authorization_code; Sosie does not simulate it."
    return Told(answer, token_error("unsupported_grant_type"), message, ("docs/fidelity.md",))


@provokes("SCOPE_NOT_GRANTED")
def an_installation_asks_for_a_persons_scope(cloud: TestCloud) -> Told:
    installation = cloud.installation()
    message = (
        f"The scope api is not open to the client installation.{installation.id}, "
        "only api.installation, api.licensing, api.push."
    )
    answer = ask(cloud, installation_form(installation, "api"))
    return Told(answer, token_error("invalid_scope"), message, (f"{BASE}/us/identity/connect/token for scope=api.",))


@provokes("TOKEN_STORM")
def eleven_tokens_in_a_minute(cloud: TestCloud) -> Told:
    # clients.md §4: a server whose first token ran out asks before every call.
    installation = cloud.installation()
    for _ in range(10):
        assert "x-sosie-hint" not in ask(cloud, installation_form(installation)).headers
    answer = ask(cloud, installation_form(installation))
    message = f"Installation {installation.id} asked for 11 tokens since 2026-03-04 05:06:07 UTC."

    def is_a_token(body: Any) -> None:
        members = {name: value for name, value in body.items() if name != "access_token"}
        assert members == {"expires_in": 86400, "token_type": "Bearer", "scope": "api.push"}

    return Told(answer, Expected(200, is_a_token, TOKEN_HEADERS), message, ("restart it", "clients.md §4"))
