"""Going on with a refresh token: reusable, with an expiry that each use moves (docs/contract/identity.md §4.8)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from sosie.domain import oauth
from sosie.domain.errors import TokenRefusedError
from sosie.domain.utf16 import utf16_length
from sosie.ports import Item, Key
from sosie.services import access_tokens
from sosie.services import repository as repo
from sosie.services.grants import LEGACY, Issued, TokenRequest, issue
from sosie.services.records import from_body, to_body

if TYPE_CHECKING:
    from sosie.domain.devices import Device
    from sosie.domain.oauth import OAuthClient
    from sosie.domain.users import User
    from sosie.ports import Keyring
    from sosie.services.unit_of_work import UnitOfWork

_FIRST_WITHOUT_LEGACY = (2025, 6, 0)
"""The web vault before this version could still give a legacy account its user key."""


@dataclass(frozen=True, slots=True)
class RefreshGrant:
    """What a refresh token stands for; the token itself is not stored."""

    client_id: str
    user_id: str
    security_stamp: str
    auth_time: datetime
    device: str
    device_type: int
    scopes: tuple[str, ...]
    expires: datetime


def refresh(uow: UnitOfWork, keyring: Keyring, request: TokenRequest) -> Issued:
    """Return a token with the person's claims as they are now, and the same handle. Raises TokenRefusedError."""
    handle = request.field("refresh_token")
    if not handle:
        raise TokenRefusedError("invalid_request").because("REFRESH_TOKEN_MISSING")
    if utf16_length(handle) > oauth.LONGEST_HANDLE:
        refusal = TokenRefusedError("invalid_grant")
        raise refusal.because("FIELD_TOO_LONG", field="refresh_token", limit=oauth.LONGEST_HANDLE)
    key = _key(uow, handle)
    item = uow.get(key)
    if item is None:
        raise TokenRefusedError("invalid_grant").because("REFRESH_TOKEN_UNKNOWN")
    grant = from_body(RefreshGrant, item.body)
    user = _still_there(uow, grant, request.client)
    if user.is_legacy and not _may_still_migrate(request):
        raise TokenRefusedError("invalid_grant", message=LEGACY).because("LEGACY_ACCOUNT", person=user)
    _keep(uow, key, replace(grant, expires=_expiry(uow, request.client)))
    claims = access_tokens.user_claims(uow, user, device=grant.device, device_type=grant.device_type)
    claims |= access_tokens.sign_in_claims(grant.auth_time)
    return replace(issue(uow, keyring, replace(request, scopes=grant.scopes), claims), refresh_token=handle)


def hand_out(uow: UnitOfWork, request: TokenRequest, user: User, device: Device) -> str:
    """Return a new refresh token for somebody who just signed in."""
    handle = f"{uow.ids.hex_digits(64)}-1"
    grant = RefreshGrant(
        client_id=request.client.id,
        user_id=user.id,
        security_stamp=user.security_stamp,
        auth_time=uow.now,
        device=device.identifier,
        device_type=device.type,
        scopes=tuple(request.scopes),
        expires=_expiry(uow, request.client),
    )
    _keep(uow, _key(uow, handle), grant)
    return handle


def _still_there(uow: UnitOfWork, grant: RefreshGrant, client: OAuthClient) -> User:
    user = repo.users.get(uow, grant.user_id)
    refusal, person = TokenRefusedError("invalid_grant"), user or grant.user_id
    if grant.client_id != client.id:
        raise refusal.because("REFRESH_TOKEN_OF_OTHER_CLIENT", owner=grant.client_id, client=client)
    if grant.expires < uow.now:
        raise refusal.because("REFRESH_TOKEN_EXPIRED", person=person, expired=grant.expires)
    if user is None or user.security_stamp != grant.security_stamp:
        raise refusal.because("REFRESH_TOKEN_REVOKED", person=person)
    return user


def _may_still_migrate(request: TokenRequest) -> bool:
    version = oauth.parse_client_version(request.client_version or "")
    return request.client.id == "web" and (version is None or version < _FIRST_WITHOUT_LEGACY)


def _keep(uow: UnitOfWork, key: Key, grant: RefreshGrant) -> None:
    # The store forgets by wall time, which a shifted world may be far from; the world's time decides above.
    lifetime = grant.expires - uow.now
    expires = int((uow.wall_now + 2 * lifetime).timestamp())
    uow.put(Item(key, to_body(grant), expires=expires), always=True)


def _expiry(uow: UnitOfWork, client: OAuthClient) -> datetime:
    if client.refresh_lifetime is None:
        raise TokenRefusedError("invalid_grant")
    return uow.now + client.refresh_lifetime


def _key(uow: UnitOfWork, handle: str) -> Key:
    return Key(uow.partition("refresh"), hashlib.sha256(handle.encode("utf-8", "surrogatepass")).hexdigest())
