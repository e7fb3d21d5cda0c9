"""Finds and authenticates the client of a token request (docs/contract/identity.md §4.1, checks 2 to 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosie.domain.errors import TokenRefusedError
from sosie.domain.ids import parse_guid
from sosie.domain.oauth import (
    LONGEST_ID,
    STATIC_CLIENTS,
    OAuthClient,
    installation_client,
    organization_client,
    user_client,
)
from sosie.domain.organizations import KeyType
from sosie.domain.regions import other_region
from sosie.ports import Key
from sosie.services import repository as repo

if TYPE_CHECKING:
    from sosie.services.unit_of_work import UnitOfWork


def authenticate_client(uow: UnitOfWork, client_id: str, secret: str) -> OAuthClient:
    """Return the client. Unknown, disabled and wrongly authenticated clients are refused alike."""
    if not client_id.strip() or len(client_id) > LONGEST_ID or len(secret) > LONGEST_ID:
        raise TokenRefusedError("invalid_request")
    client = _find(uow, client_id)
    if client is None:
        raise TokenRefusedError("invalid_client", diagnosis=_why_unknown(uow, client_id))
    right = client.is_secret_right(secret)
    if not client.enabled:
        disabled = client.kind == "installation" and right
        raise TokenRefusedError("invalid_client", diagnosis="INSTALLATION_DISABLED" if disabled else None)
    if not right:
        raise TokenRefusedError("invalid_client", diagnosis="SECRET_WRONG")
    return client


def _find(uow: UnitOfWork, client_id: str) -> OAuthClient | None:
    kind, dot, rest = client_id.partition(".")
    if not dot:
        return STATIC_CLIENTS.get(client_id)
    guid = parse_guid(rest)
    if guid is None:
        return None
    if kind == "installation":
        found = repo.installations.get(uow, guid)
        return None if found is None else installation_client(found.id, found.key, enabled=found.enabled)
    if kind == "user":
        user = repo.users.get(uow, guid)
        return None if user is None else user_client(user.id, user.api_key)
    if kind == "organization":
        return _find_organization(uow, guid)
    return None


def _find_organization(uow: UnitOfWork, organization_id: str) -> OAuthClient | None:
    organization = repo.organizations.get(uow, organization_id)
    key = repo.api_keys.get(uow, organization_id, KeyType.DEFAULT)
    if organization is None or key is None:
        return None
    usable = organization.enabled and organization.plan.features.has_api
    return organization_client(organization.id, key.api_key, enabled=usable)


def _why_unknown(uow: UnitOfWork, client_id: str) -> str | None:
    kind, _, rest = client_id.partition(".")
    if kind != "installation":
        return None
    guid = parse_guid(rest)
    if guid is None:
        return "ID_NOT_GUID"
    elsewhere = Key(f"{uow.world}/{other_region(uow.region)}/installations", guid)
    return "REGION_MISMATCH" if uow.get(elsewhere) is not None else "INSTALLATION_UNKNOWN"
