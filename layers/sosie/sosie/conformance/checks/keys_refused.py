"""Who does not get an organization's key, and which check comes first (docs/contract/api.md §3.2, §3.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sosie.conformance import expect
from sosie.conformance.people import BILLING_SYNC, FAMILIES, FREE, Organization
from sosie.conformance.registry import check

if TYPE_CHECKING:
    from sosie.conformance.cloud import Cloud

_ORDER = "api.md §3.3"
_NOTHING_SUPPLIED = {"": ["MasterPasswordHash, OTP, or AccessCode must be supplied."]}
_ROUTES = ("api-key", "rotate-api-key")
_NO_SECRET: dict[str, Any] = {"masterPasswordHash": None}
_WRONG: dict[str, Any] = {"masterPasswordHash": "d3Jvbmc="}


def _somewhere(cloud: Cloud, organization_id: str) -> Organization:
    return Organization(organization_id, cloud.owner)


@check("keys.refused.nothing-supplied", "api.md §3.2", "One of the three secrets must be there.")
def nothing_supplied(cloud: Cloud) -> None:
    mine = cloud.shared
    for route in _ROUTES:
        expect.invalid(mine.key(route=route, **_NO_SECRET), _NOTHING_SUPPLIED)
    expect.invalid(mine.key(masterPasswordHash="", otp=""), _NOTHING_SUPPLIED)


@check("keys.refused.secret-too-long", "api.md §3.2", "A secret of more than 300 characters is invalid.")
def secret_too_long(cloud: Cloud) -> None:
    text = "The field MasterPasswordHash must be a string with a maximum length of 300."
    expect.invalid(cloud.shared.key(masterPasswordHash="a" * 301), {"MasterPasswordHash": [text]})


@check("keys.refused.wrong-password", _ORDER, "A wrong password is a validation error of its field.")
def wrong_password(cloud: Cloud) -> None:
    mine = cloud.shared
    for route in _ROUTES:
        answer = mine.key(route=route, **_WRONG)
        expect.invalid(answer, {"MasterPasswordHash": [expect.WRONG_PASSWORD]})


@check("keys.refused.access-code", "api.md §3.2", "An access code alone fails the server.", inferred=True)
def access_code(cloud: Cloud) -> None:
    answer = cloud.shared.key(masterPasswordHash=None, authRequestAccessCode="code")
    expect.error(answer, 500, expect.UNHANDLED)


@check("keys.refused.not-owner", _ORDER, "For somebody else there is no such organization.")
def not_owner(cloud: Cloud) -> None:
    mine = cloud.shared
    for route in _ROUTES:
        expect.error(mine.key(route=route, by=cloud.friend), 404, expect.NOT_FOUND)


@check("keys.refused.unknown-organization", _ORDER, "An unknown organization is not found.")
def unknown_organization(cloud: Cloud) -> None:
    for route in _ROUTES:
        expect.error(_somewhere(cloud, cloud.guid()).key(route=route), 404, expect.NOT_FOUND)


@check("keys.refused.not-a-guid", _ORDER, "An id that is no GUID is a server error.")
def not_a_guid(cloud: Cloud) -> None:
    for route in _ROUTES:
        expect.error(_somewhere(cloud, "mine").key(route=route), 500, expect.UNHANDLED)


@check("keys.refused.families", _ORDER, "A Families organization has no billing sync or SCIM key to ask for.")
def families(cloud: Cloud) -> None:
    mine = cloud.organization(FAMILIES)
    for key_type in (1, 2):
        expect.error(mine.key(key_type), 404, expect.NOT_FOUND)
    expect.status(mine.key(FREE), 200)


@check("keys.refused.unknown-type", _ORDER, "A type that does not exist is a server error.")
def unknown_type(cloud: Cloud) -> None:
    expect.error(cloud.shared.key(3), 500, expect.UNHANDLED)


@check("keys.refused.type-not-a-number", "api.md §1.3", "A type in quotes is invalid.", inferred=True)
def type_not_a_number(cloud: Cloud) -> None:
    expect.invalid_at(cloud.shared.key(type="BillingSync"), "$.type")


@check(
    "keys.refused.validation-before-owner", _ORDER, "Nothing supplied for a foreign organization: the body is named."
)
def validation_before_owner(cloud: Cloud) -> None:
    mine = cloud.shared
    expect.invalid(mine.key(by=cloud.friend, **_NO_SECRET), _NOTHING_SUPPLIED)
    expect.invalid(_somewhere(cloud, "mine").key(**_NO_SECRET), _NOTHING_SUPPLIED)


@check("keys.refused.owner-before-password", _ORDER, "A stranger with a wrong password: not found, and no key is made.")
def owner_before_password(cloud: Cloud) -> None:
    mine = cloud.organization()
    expect.error(mine.key(by=cloud.friend, **_WRONG), 404, expect.NOT_FOUND)
    types = [each["keyType"] for each in mine.key_information()]
    expect.holds("no key of type 1", BILLING_SYNC not in types, types)


@check("keys.refused.tier-before-password", _ORDER, "A Families owner with a wrong password: not found.")
def tier_before_password(cloud: Cloud) -> None:
    expect.error(cloud.organization(FAMILIES).key(**_WRONG), 404, expect.NOT_FOUND)


@check("keys.refused.no-token", "api.md §1.1", "Without a token nothing is looked at.")
def no_token(cloud: Cloud) -> None:
    mine = cloud.shared
    for route in _ROUTES:
        expect.empty(cloud.api("POST", f"/organizations/{mine.id}/{route}", json={}), 401)
    expect.empty(cloud.api("GET", f"/organizations/{mine.id}/api-key-information"), 401)


@check("keys.refused.installation-token", "api.md §1.1", "An installation is not a person.")
def installation_token(cloud: Cloud) -> None:
    path = f"/organizations/{cloud.shared.id}/api-key"
    answer = cloud.api("POST", path, json={}, token=cloud.installation_token("api.installation"))
    expect.empty(answer, 403)


@check("keys.information.refused", _ORDER, "Others do not find the keys; ids and types have to be some.")
def information_refused(cloud: Cloud) -> None:
    mine = cloud.shared
    path = f"/organizations/{mine.id}/api-key-information"
    expect.error(cloud.friend.call("GET", path), 404, expect.NOT_FOUND)
    expect.invalid_at(cloud.owner.call("GET", "/organizations/mine/api-key-information"), "id")


@check("keys.information.unknown-type", _ORDER, "A type that does not exist is invalid.", inferred=True)
def information_unknown_type(cloud: Cloud) -> None:
    mine = cloud.shared
    expect.invalid_at(mine.owner.call("GET", f"/organizations/{mine.id}/api-key-information/9"), "type")
