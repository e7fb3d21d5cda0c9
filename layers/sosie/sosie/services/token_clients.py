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
from sosie.domain.utf16 import utf16_length
from sosie.services import repository as repo

if TYPE_CHECKING:
    from sosie.services.unit_of_work import UnitOfWork


def authenticate_client(uow: UnitOfWork, client_id: str, secret: str) -> OAuthClient:
    """Return the client. Unknown, disabled and wrongly authenticated clients are refused alike."""
    if not client_id.strip():
        raise TokenRefusedError("invalid_request").because("CLIENT_ID_MISSING")
    for field, text in (("client_id", client_id), ("client_secret", secret)):
        if utf16_length(text) > LONGEST_ID:
            raise TokenRefusedError("invalid_request").because("FIELD_TOO_LONG", field=field, limit=LONGEST_ID)
    client = _find(uow, client_id)
    if client is None:
        raise TokenRefusedError("invalid_client").because("CLIENT_UNKNOWN", client_id=client_id, presented=secret)
    if not client.enabled:
        code = "INSTALLATION_DISABLED" if client.kind == "installation" else "ORGANIZATION_DISABLED"
        raise TokenRefusedError("invalid_client").because(code, client=client)
    if not client.is_secret_right(secret):
        raise TokenRefusedError("invalid_client").because("SECRET_WRONG", client=client, presented=secret)
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
