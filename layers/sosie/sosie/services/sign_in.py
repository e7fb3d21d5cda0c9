"""Signing in: the four grants that are simulated (docs/contract/identity.md §4.4 to §4.8)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sosie.domain import oauth
from sosie.domain.errors import TokenRefusedError
from sosie.domain.users import Device, User, parse_device_type
from sosie.ports import Item, Key
from sosie.services import access_tokens, credentials
from sosie.services import repository as repo
from sosie.services.records import from_body, to_body

if TYPE_CHECKING:
    from sosie.domain.oauth import OAuthClient
    from sosie.ports import Keyring
    from sosie.services.unit_of_work import UnitOfWork

_WRONG_PASSWORD = ("invalid_grant", "invalid_username_or_password", "Username or password is incorrect. Try again.")
_NO_VERSION = (
    "No client version header found, required to prevent encryption errors. Please confirm your client is supplying "
    'the header: "Bitwarden-Client-Version"'
)
_LEGACY = "Legacy encryption without a userkey is no longer supported. To recover your account, please contact support"
_FIRST_WITHOUT_LEGACY = (2025, 6, 0)
"""The web vault before this version could still give a legacy account its user key."""


@dataclass(frozen=True, slots=True)
class Issued:
    """What a grant gives. `user` is there when a person signed in, so that their extras are answered."""

    access_token: str
    lifetime: int
    scopes: Sequence[str]
    refresh_token: str | None = None
    user: User | None = None


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


def sign_in(
    uow: UnitOfWork, keyring: Keyring, client: OAuthClient, form: Mapping[str, str], client_version: str | None
) -> Issued:
    """Check grant and scopes, then do what the grant says. `form` has lower-case names. Raises TokenRefusedError."""
    grant = form.get("grant_type", "")
    oauth.check_grant(client, grant)
    if grant == oauth.REFRESH_TOKEN:
        return _refresh(uow, keyring, client, form, client_version)
    scopes = oauth.granted_scopes(client, form.get("scope", ""))
    if grant == oauth.PASSWORD:
        return _by_password(uow, keyring, client, scopes, form, client_version)
    if client.kind == "user":
        return _by_api_key(uow, keyring, client, scopes, form, client_version)
    return _by_client(uow, keyring, client, scopes)


def _by_client(uow: UnitOfWork, keyring: Keyring, client: OAuthClient, scopes: Sequence[str]) -> Issued:
    subject = client.subject or ""
    if client.kind == "installation":
        claims = access_tokens.installation_claims(subject)
        installation = repo.installations.get(uow, subject)
        if installation is not None:
            seen = replace(installation, last_activity_date=uow.now)
            # Many tokens at once only move the same date: no condition, so they never make each other wait.
            repo.installations.save(uow, seen, subject, always=True)
    else:
        claims = access_tokens.organization_claims(subject)
    return _issue(uow, keyring, client, scopes, claims)


def _by_api_key(
    uow: UnitOfWork,
    keyring: Keyring,
    client: OAuthClient,
    scopes: Sequence[str],
    form: Mapping[str, str],
    client_version: str | None,
) -> Issued:
    user = repo.users.get(uow, client.subject or "")
    if user is None:
        raise TokenRefusedError("invalid_client")
    _check_version(client_version)
    device = _device(uow, user, form)
    user = credentials.with_keys(uow, credentials.with_credentials(uow, user))
    if user.is_legacy:
        raise TokenRefusedError("invalid_grant", message=_LEGACY)
    claims = access_tokens.user_claims(uow, user, device=device.identifier, device_type=device.type)
    claims["type"] = "User"
    return replace(_issue(uow, keyring, client, scopes, claims), user=user)


def _by_password(
    uow: UnitOfWork,
    keyring: Keyring,
    client: OAuthClient,
    scopes: Sequence[str],
    form: Mapping[str, str],
    client_version: str | None,
) -> Issued:
    username, password = form.get("username", ""), form.get("password", "")
    overlong = len(username) > oauth.LONGEST_USERNAME or len(password) > oauth.LONGEST_PASSWORD
    if not username.strip() or overlong:
        raise TokenRefusedError("invalid_grant")
    user = repo.user_by_email(uow, username)
    if user is None or form.get("authrequest"):
        raise TokenRefusedError(*_WRONG_PASSWORD)
    user = credentials.with_credentials(uow, user)
    if not credentials.is_password_right(uow, user, password):
        failed = replace(user, failed_login_count=user.failed_login_count + 1, last_failed_login_date=uow.now)
        repo.save_user(uow, failed)
        raise TokenRefusedError(*_WRONG_PASSWORD, diagnosis="SECRET_WRONG")
    _check_version(client_version)
    device = _device(uow, user, form)
    user = credentials.with_keys(uow, user)
    if user.is_legacy and client.id != "web":
        raise TokenRefusedError("invalid_grant", "invalid_username_or_password", _LEGACY)
    if user.failed_login_count:
        user = replace(user, failed_login_count=0)
        repo.save_user(uow, user)
    claims = access_tokens.user_claims(uow, user, device=device.identifier, device_type=device.type)
    claims |= access_tokens.sign_in_claims(uow.now)
    issued = _issue(uow, keyring, client, scopes, claims)
    handle = None
    if oauth.OFFLINE_ACCESS in scopes:
        handle = _remember(uow, client, user, device, scopes)
    return replace(issued, refresh_token=handle, user=user)


def _refresh(
    uow: UnitOfWork, keyring: Keyring, client: OAuthClient, form: Mapping[str, str], client_version: str | None
) -> Issued:
    handle = form.get("refresh_token", "")
    if not handle:
        raise TokenRefusedError("invalid_request")
    key = _handle_key(uow, handle)
    item = uow.get(key)
    if item is None:
        raise TokenRefusedError("invalid_grant")
    grant = from_body(RefreshGrant, item.body)
    user = repo.users.get(uow, grant.user_id)
    if user is None or grant.client_id != client.id or grant.expires < uow.now:
        raise TokenRefusedError("invalid_grant")
    if user.security_stamp != grant.security_stamp:
        raise TokenRefusedError("invalid_grant")
    if user.is_legacy:
        version = oauth.parse_client_version(client_version or "")
        if client.id != "web" or (version is not None and version >= _FIRST_WITHOUT_LEGACY):
            raise TokenRefusedError("invalid_grant", message=_LEGACY)
    _keep(uow, key, replace(grant, expires=_expiry(uow, client)))
    claims = access_tokens.user_claims(uow, user, device=grant.device, device_type=grant.device_type)
    claims |= access_tokens.sign_in_claims(grant.auth_time)
    return replace(_issue(uow, keyring, client, grant.scopes, claims), refresh_token=handle)


def _issue(
    uow: UnitOfWork, keyring: Keyring, client: OAuthClient, scopes: Sequence[str], claims: Mapping[str, Any]
) -> Issued:
    token = access_tokens.issue_access_token(
        uow, keyring, client_id=client.id, scopes=scopes, lifetime=client.access_lifetime, claims=claims
    )
    return Issued(token, client.access_lifetime, scopes)


def _check_version(client_version: str | None) -> None:
    if oauth.parse_client_version(client_version or "") is None:
        raise TokenRefusedError("version_header_missing", _NO_VERSION, _NO_VERSION)


def _device(uow: UnitOfWork, user: User, form: Mapping[str, str]) -> Device:
    """Return the device that signs in, known or new. A known one is kept as it is."""
    identifier, name = form.get("deviceidentifier", "").strip(), form.get("devicename", "").strip()
    kind = parse_device_type(form.get("devicetype", ""))
    if not identifier or not name or kind is None:
        raise TokenRefusedError("device_error", "No device information provided", "no device information provided")
    known = repo.devices.get(uow, user.id, identifier)
    if known is not None:
        return known
    device = Device(
        id=uow.ids.guid(),
        user_id=user.id,
        identifier=identifier,
        name=name,
        type=kind,
        creation_date=uow.now,
        push_token=form.get("devicepushtoken") or None,
    )
    repo.devices.save(uow, device, user.id, identifier)
    return device


def _remember(uow: UnitOfWork, client: OAuthClient, user: User, device: Device, scopes: Sequence[str]) -> str:
    handle = f"{uow.ids.hex_digits(64)}-1"
    grant = RefreshGrant(
        client_id=client.id,
        user_id=user.id,
        security_stamp=user.security_stamp,
        auth_time=uow.now,
        device=device.identifier,
        device_type=device.type,
        scopes=tuple(scopes),
        expires=_expiry(uow, client),
    )
    _keep(uow, _handle_key(uow, handle), grant)
    return handle


def _keep(uow: UnitOfWork, key: Key, grant: RefreshGrant) -> None:
    # The store forgets by wall time, which a shifted world may be far from; the world's time decides above.
    lifetime = grant.expires - uow.now
    expires = int((uow.wall_now + 2 * lifetime).timestamp())
    uow.put(Item(key, to_body(grant), expires=expires), always=True)


def _expiry(uow: UnitOfWork, client: OAuthClient) -> datetime:
    if client.refresh_lifetime is None:
        raise TokenRefusedError("invalid_grant")
    return uow.now + client.refresh_lifetime


def _handle_key(uow: UnitOfWork, handle: str) -> Key:
    return Key(uow.partition("refresh"), hashlib.sha256(handle.encode("utf-8", "surrogatepass")).hexdigest())
