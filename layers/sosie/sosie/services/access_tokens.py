"""Access tokens: their claims and signature (docs/contract/identity.md §4.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sosie.domain.devices import DEVICE_TYPES
from sosie.domain.members import membership_claims
from sosie.domain.regions import FACTS
from sosie.services import repository as repo

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sosie.domain.users import User
    from sosie.ports import Keyring
    from sosie.services.unit_of_work import UnitOfWork

_ALWAYS_ARRAYS = frozenset({"scope", "amr"})


def issue_access_token(
    uow: UnitOfWork,
    keyring: Keyring,
    *,
    client_id: str,
    scopes: Sequence[str],
    lifetime: int,
    claims: Mapping[str, Any],
) -> str:
    """Return a signed token. `lifetime` in seconds; there is no audience, and `nbf` equals `iat`."""
    signer = keyring.signer(uow.keyring_name, uow.region, "tokens")
    payload = token_claims(uow, client_id=client_id, scopes=scopes, lifetime=lifetime, claims=claims)
    return signer.encode_jwt(payload, {"kid": signer.kid, "x5t": signer.x5t, "typ": "at+jwt"})


def token_claims(
    uow: UnitOfWork, *, client_id: str, scopes: Sequence[str], lifetime: int, claims: Mapping[str, Any]
) -> dict[str, Any]:
    """Return all claims of a token that is issued now."""
    issued = int(uow.now.timestamp())
    return {
        "iss": FACTS[uow.region].issuer,
        "nbf": issued,
        "iat": issued,
        "exp": issued + lifetime,
        "scope": list(scopes),
        "client_id": client_id,
        **{name: _claim(name, value) for name, value in claims.items() if value not in (None, [], "")},
        "jti": uow.ids.hex_digits(32),
    }


def installation_claims(installation_id: str) -> dict[str, Any]:
    """Return the claims of a self-hosted server's token: no subject."""
    return {"client_sub": installation_id}


def organization_claims(organization_id: str) -> dict[str, Any]:
    """Return the claims of an organization's token: no subject."""
    return {"client_sub": organization_id, "client_type": "Organization"}


def user_claims(
    uow: UnitOfWork, user: User, *, device: str | None = None, device_type: int | None = None
) -> dict[str, Any]:
    """Return what a person's token says about them now: account, confirmed memberships, device."""
    return {
        "sub": user.id,
        "amr": ["Application"],
        "email": user.email,
        "email_verified": user.email_verified,
        "premium": user.premium,
        "name": (user.name or "").strip() or None,
        "sstamp": user.security_stamp,
        **membership_claims(repo.memberships_of(uow, user.id)),
        "device": device,
        "devicetype": None if device_type is None else DEVICE_TYPES.get(device_type, str(device_type)),
    }


def sign_in_claims(auth_time: datetime) -> dict[str, Any]:
    """Return the claims of a sign-in with a password; a refresh carries them over."""
    return {"idp": "bitwarden", "auth_time": int(auth_time.timestamp())}


def _claim(name: str, value: Any) -> Any:
    """One value is a plain text, several are an array, except for claims that always are arrays."""
    if isinstance(value, list) and len(value) == 1 and name not in _ALWAYS_ARRAYS:
        return value[0]
    return value
