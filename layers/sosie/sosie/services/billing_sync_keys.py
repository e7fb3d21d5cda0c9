"""Organization API keys behind the master password, the billing sync key above all (docs/contract/api.md §3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosie.domain.errors import NotFoundError, ServerFaultError
from sosie.domain.ids import parse_guid
from sosie.domain.organizations import API_KEY_LENGTH, KeyType, OrganizationApiKey
from sosie.domain.plans import Tier
from sosie.services import repository as repo
from sosie.services.user_verification import verify_user

if TYPE_CHECKING:
    from sosie.domain.members import Caller
    from sosie.services.unit_of_work import UnitOfWork

_WRONG_SECRET = {"MasterPasswordHash": ["Invalid password."]}
_MAY_HAVE_KEYS = frozenset({Tier.ENTERPRISE, Tier.TEAMS})


def generate_key(uow: UnitOfWork, caller: Caller, raw_id: str, key_type: int, secret: str | None) -> OrganizationApiKey:
    """Return the organization's key of a type, creating it if there is none.

    It is created before the secret is looked at, as in the cloud (§3.3 #7).
    """
    organization_id = _visible_organization(caller, raw_id, key_type)
    _expect(uow, caller, organization_id, key_type)
    organization = repo.organizations.get(uow, organization_id)
    if organization is None:
        raise NotFoundError().because("ORGANIZATION_UNKNOWN", organization_id=organization_id)
    if key_type in (KeyType.BILLING_SYNC, KeyType.SCIM) and organization.tier not in _MAY_HAVE_KEYS:
        raise NotFoundError().because("TIER_WITHOUT_KEYS", organization=organization, plan=organization.plan)
    key = _get_or_create(uow, organization_id, key_type)
    verify_user(uow, caller, secret, _WRONG_SECRET)
    return key


def rotate_key(uow: UnitOfWork, caller: Caller, raw_id: str, key_type: int, secret: str | None) -> OrganizationApiKey:
    """Replace the organization's key of a type; the old one is dead at once. The tier is not looked at."""
    organization_id = _visible_organization(caller, raw_id, key_type)
    _expect(uow, caller, organization_id, key_type)
    if repo.organizations.get(uow, organization_id) is None:
        raise NotFoundError().because("ORGANIZATION_UNKNOWN", organization_id=organization_id)
    before = _get_or_create(uow, organization_id, key_type)
    verify_user(uow, caller, secret, _WRONG_SECRET)
    key = before.replaced_by(uow.ids.alphanumeric(API_KEY_LENGTH), uow.now)
    repo.api_keys.save(uow, key, organization_id, key_type)
    return key


def list_keys(uow: UnitOfWork, caller: Caller, organization_id: str, key_type: int | None) -> list[OrganizationApiKey]:
    """Return the existing keys, all of them or those of a type; none is created."""
    _require(caller, organization_id, key_type)
    return [key for key in repo.api_keys.list(uow, organization_id) if key_type in (None, key.type)]


def _visible_organization(caller: Caller, raw_id: str, key_type: int) -> str:
    organization_id = parse_guid(raw_id)
    if organization_id is None:
        raise ServerFaultError("the action parses the id itself").because("ID_NOT_GUID", id=raw_id)
    _require(caller, organization_id, key_type)
    return organization_id


def _expect(uow: UnitOfWork, caller: Caller, organization_id: str, key_type: int) -> None:
    uow.expect([repo.users.key(uow, caller.user_id), repo.api_keys.key(uow, organization_id, key_type)])


def _require(caller: Caller, organization_id: str, key_type: int | None) -> None:
    if key_type == KeyType.SCIM:
        if not caller.may("manageScim", organization_id):
            raise NotFoundError().because("ROLE_MISSING", organization_id=organization_id, permission="manageScim")
    elif not caller.owns(organization_id):
        raise NotFoundError().because("NOT_OWNER", organization_id=organization_id)


def _get_or_create(uow: UnitOfWork, organization_id: str, key_type: int) -> OrganizationApiKey:
    if key_type not in list(KeyType):
        raise ServerFaultError(f"no key type has the number {key_type}").because("KEY_TYPE_UNKNOWN", type=key_type)
    found = repo.api_keys.get(uow, organization_id, key_type)
    return found or _create(uow, organization_id, KeyType(key_type))


def _create(uow: UnitOfWork, organization_id: str, key_type: KeyType) -> OrganizationApiKey:
    key = OrganizationApiKey(organization_id, key_type, uow.ids.alphanumeric(API_KEY_LENGTH), uow.now)
    repo.api_keys.save(uow, key, organization_id, key_type)
    return key
