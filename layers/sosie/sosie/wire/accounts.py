"""A person's own account: profile, sync, revision date (docs/contract/api.md §4.3, §4.4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sosie.domain.errors import InvalidError
from sosie.services import accounts
from sosie.wire.http import Answer, Policy, Route
from sosie.wire.organization_wire import policy_to_wire, profile_organization_to_wire

if TYPE_CHECKING:
    from sosie.domain.users import User
    from sosie.services.accounts import Account, Sync
    from sosie.wire.http import Call

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
# The date of an account that is gone is the earliest there is; clients take the negative number as "deleted".
_NO_DATE = datetime(1, 1, 1, tzinfo=UTC)
# Domains that share accounts, by their numbers; the cloud's list is longer, and clients need none of it.
_GLOBAL_DOMAINS = {
    0: ("youtube.com", "google.com", "gmail.com"),
    1: ("apple.com", "icloud.com"),
}


def read_profile(call: Call) -> Answer:
    """§4.3: fails without a key pair."""
    return Answer(body=profile_to_wire(accounts.read_profile(call.uow, call.caller)))


def read_revision_date(call: Call) -> Answer:
    """§4.3: a bare number, milliseconds since 1970."""
    date = accounts.read_revision_date(call.uow, call.caller) or _NO_DATE
    return Answer(body=(date - _EPOCH) // _MILLISECOND)


def read_sync(call: Call) -> Answer:
    """§4.4: the vault itself is always empty."""
    without_domains = _flag(call, "excludeDomains")
    return Answer(body=sync_to_wire(accounts.read_sync(call.uow, call.caller), without_domains=without_domains))


def save_user_key_id(call: Call) -> Answer:
    """§4.12: newer clients name their user key."""
    accounts.save_user_key_id(call.uow, call.caller, call.model.user_key_id)
    return Answer()


def _user_key_id_model() -> type[Any]:
    from sosie.wire.models import UserKeyIdRequest

    return UserKeyIdRequest


def profile_to_wire(account: Account) -> dict[str, Any]:
    """Return a profile (§4.3). Without a key pair its three members are null."""
    user = account.user
    return {
        "object": "profile",
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "emailVerified": user.email_verified,
        "premium": user.premium,
        "premiumFromOrganization": account.has_premium_from_organization,
        "culture": user.culture,
        "twoFactorEnabled": user.two_factor_enabled,
        "key": user.keys.key if user.keys else None,
        "privateKey": user.keys.private_key if user.keys else None,
        "accountKeys": _account_keys(user),
        "securityStamp": user.security_stamp,
        "forcePasswordReset": user.force_password_reset,
        "usesKeyConnector": user.uses_key_connector,
        "avatarColor": user.avatar_color,
        "creationDate": user.creation_date,
        "verifyDevices": user.verify_devices,
        "organizations": [profile_organization_to_wire(view) for view in account.organizations],
        "organizationsNew": [profile_organization_to_wire(view) for view in account.memberships],
        "providers": [],
        "providerOrganizations": [],
    }


def sync_to_wire(sync: Sync, *, without_domains: bool) -> dict[str, Any]:
    """Return a sync (§4.4)."""
    return {
        "object": "sync",
        "profile": profile_to_wire(sync.account),
        "folders": [],
        "collections": [],
        "ciphers": [],
        "domains": None if without_domains else _domains(),
        "policies": [policy_to_wire(policy) for policy in sync.policies],
        "policiesNew": [policy_to_wire(policy) for policy in sync.policies_new],
        "sends": [],
        "userDecryption": _user_decryption(sync.account.user),
    }


def _user_decryption(user: User) -> dict[str, Any]:
    decryption: dict[str, Any] = {"masterPasswordUnlock": _master_password_unlock(user)}
    if user.user_key_id is not None:
        decryption["userKeyId"] = user.user_key_id
    return decryption


def _account_keys(user: User) -> dict[str, Any] | None:
    if user.keys is None:
        return None
    return {
        "object": "privateKeys",
        "signatureKeyPair": None,
        "securityState": None,
        "publicKeyEncryptionKeyPair": {
            "object": "publicKeyEncryptionKeyPair",
            "wrappedPrivateKey": user.keys.private_key,
            "publicKey": user.keys.public_key,
            "signedPublicKey": None,
        },
    }


def _master_password_unlock(user: User) -> dict[str, Any] | None:
    if not user.has_master_password:
        return None
    return {
        "kdf": {
            "kdfType": int(user.kdf.type),
            "iterations": user.kdf.iterations,
            "memory": user.kdf.memory,
            "parallelism": user.kdf.parallelism,
        },
        "masterKeyEncryptedUserKey": user.keys.key if user.keys else None,
        "salt": user.master_password_salt or user.email.strip().lower(),
        "containedKeyId": None,
    }


def _domains() -> dict[str, Any]:
    return {
        "object": "domains",
        "equivalentDomains": None,
        "globalEquivalentDomains": [
            {"type": number, "domains": list(domains), "excluded": False} for number, domains in _GLOBAL_DOMAINS.items()
        ],
    }


def _flag(call: Call, name: str) -> bool:
    """Return a query parameter that is true or false in any letter case, and false when it is absent."""
    text = call.query.get(name.lower())
    if text is None:
        return False
    if (word := text.strip().lower()) in ("true", "false"):
        return word == "true"
    raise InvalidError({name: [f"The value '{text}' is {'not valid' if text else 'invalid'}."]})


ROUTES = (
    Route(
        "POST",
        "/accounts/key-management/user-key-id",
        save_user_key_id,
        Policy.APPLICATION,
        model=_user_key_id_model,
    ),
    Route("GET", "/accounts/profile", read_profile, Policy.APPLICATION),
    Route("GET", "/accounts/revision-date", read_revision_date, Policy.APPLICATION),
    Route("GET", "/sync", read_sync, Policy.APPLICATION),
)
