"""A person's own account (docs/contract/api.md §4.3, §4.4, §4.12)."""

from __future__ import annotations

from typing import Any, Literal

from sosie.wire.answers.base import ABSENT, AnswerModel, DateText, GuidText
from sosie.wire.answers.errors import FAULT, REFUSED, ErrorBody
from sosie.wire.answers.identity import KdfSettings
from sosie.wire.answers.operation import MaybeEmpty, Operation, Operations, Query
from sosie.wire.answers.organization_parts import Policy, ProfileOrganization

_TAG = "Accounts"
_GONE = {401: MaybeEmpty(ErrorBody, usually_empty=True)}


class KeyPair(AnswerModel):
    """The account's RSA pair, the private key wrapped with the user key."""

    object: Literal["publicKeyEncryptionKeyPair"]
    wrapped_private_key: str
    public_key: str
    signed_public_key: str | None


class AccountKeys(AnswerModel):
    """§4.3: all keys of an account."""

    object: Literal["privateKeys"]
    signature_key_pair: dict[str, Any] | None
    security_state: dict[str, Any] | None
    public_key_encryption_key_pair: KeyPair


class Profile(AnswerModel):
    """§4.3. Without a key pair the keys are null in a sync, and the profile itself fails."""

    object: Literal["profile"]
    id: GuidText
    name: str | None
    email: str
    email_verified: bool
    premium: bool
    premium_from_organization: bool
    culture: str
    two_factor_enabled: bool
    key: str | None
    private_key: str | None
    account_keys: AccountKeys | None
    security_stamp: str
    force_password_reset: bool
    uses_key_connector: bool
    avatar_color: str | None
    creation_date: DateText
    verify_devices: bool
    organizations: list[ProfileOrganization]
    organizations_new: list[ProfileOrganization]
    providers: list[dict[str, Any]]
    provider_organizations: list[dict[str, Any]]


class GlobalDomains(AnswerModel):
    """Domains that share accounts."""

    type: int
    domains: list[str]
    excluded: bool


class Domains(AnswerModel):
    """§4.4."""

    object: Literal["domains"]
    equivalent_domains: list[list[str]] | None
    global_equivalent_domains: list[GlobalDomains]


class MasterPasswordUnlock(AnswerModel):
    """What a client needs to unlock with the master password."""

    kdf: KdfSettings
    master_key_encrypted_user_key: str | None
    salt: str
    contained_key_id: str | None


class UserDecryption(AnswerModel):
    """§4.4: null without a master password; the rest is omitted when null."""

    master_password_unlock: MasterPasswordUnlock | None
    web_authn_prf_options: list[dict[str, Any]] = ABSENT
    v2_upgrade_token: dict[str, Any] = ABSENT
    user_key_id: str = ABSENT


class Sync(AnswerModel):
    """§4.4: the vault itself is always empty."""

    object: Literal["sync"]
    profile: Profile
    folders: list[dict[str, Any]]
    collections: list[dict[str, Any]]
    ciphers: list[dict[str, Any]]
    domains: Domains | None
    policies: list[Policy]
    policies_new: list[Policy]
    sends: list[dict[str, Any]]
    user_decryption: UserDecryption


OPERATIONS: Operations = {
    "GET /accounts/profile": Operation(
        id="readProfile",
        summary="The caller's account",
        tag=_TAG,
        contract="api.md §4.3",
        answers={200: Profile, **_GONE, **FAULT},
    ),
    "GET /accounts/revision-date": Operation(
        id="readRevisionDate",
        summary="When the account last changed",
        tag=_TAG,
        contract="api.md §4.3",
        answers={200: int},
        note="Milliseconds since 1970; a negative number means that the account was deleted.",
    ),
    "POST /accounts/key-management/user-key-id": Operation(
        id="saveUserKeyId",
        summary="Name the user key",
        tag=_TAG,
        contract="api.md §4.12",
        answers={200: None, **REFUSED, **_GONE},
    ),
    "GET /sync": Operation(
        id="sync",
        summary="All that a client keeps",
        tag=_TAG,
        contract="api.md §4.4",
        answers={200: Sync, **REFUSED},
        query=(Query("excludeDomains", "Whether to leave the domains out.", bool),),
    ),
}
