"""People with an account (docs/contract/api.md §5.1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from sosie.domain.two_step import MailedCode, TwoStep


class KdfType(IntEnum):
    """How a client turns the master password into the master key."""

    PBKDF2_SHA256 = 0
    ARGON2ID = 1


@dataclass(frozen=True, slots=True)
class KdfSettings:
    """A user's key derivation: `memory` in MiB and `parallelism` in lanes are for Argon2id only."""

    type: KdfType = KdfType.PBKDF2_SHA256
    iterations: int = 600_000
    memory: int | None = None
    parallelism: int | None = None


@dataclass(frozen=True, slots=True)
class UserKeys:
    """Key material as the cloud keeps it: wrapped, except for the public key (docs/contract/identity.md §11.3).

    `key` is empty for an account from before there were user keys.
    """

    key: str
    public_key: str
    private_key: str


@dataclass(frozen=True, slots=True)
class User:
    """An account. A seeded one starts without hash and keys; they are made when first asked for.

    `seed_password` is the scenario's clear-text master password, which the control plane shows; people who
    registered themselves have none. `password_hash` is the ASP.NET Identity hash of the authentication hash.
    `new_device_verification` is Sosie's switch for what the cloud switches for everybody, `verify_devices` the
    person's own opt-out; `device_code` is the last code that was mailed to verify a device.
    """

    id: str
    email: str
    name: str | None
    api_key: str
    security_stamp: str
    creation_date: datetime
    revision_date: datetime
    account_revision_date: datetime
    kdf: KdfSettings = KdfSettings()
    email_verified: bool = True
    premium: bool = False
    premium_expiration_date: datetime | None = None
    max_storage_gb: int | None = None
    license_key: str | None = None
    password_hash: str | None = None
    seed_password: str | None = None
    keys: UserKeys | None = None
    master_password_salt: str | None = None
    user_key_id: str | None = None
    force_password_reset: bool = False
    uses_key_connector: bool = False
    verify_devices: bool = True
    avatar_color: str | None = None
    culture: str = "en-US"
    failed_login_count: int = 0
    last_failed_login_date: datetime | None = None
    two_step: TwoStep | None = None
    new_device_verification: bool = False
    device_code: MailedCode | None = None

    @property
    def two_factor_enabled(self) -> bool:
        """Whether the account has a second step that a person can take."""
        return self.two_step is not None and bool(self.two_step.providers)

    @property
    def has_master_password(self) -> bool:
        """Whether the account has a master password, be it already hashed or still only seeded."""
        return self.password_hash is not None or self.seed_password is not None

    @property
    def is_legacy(self) -> bool:
        """Whether the private key is wrapped by the master password itself (docs/contract/identity.md §4.6 item 6)."""
        return self.has_master_password and self.keys is not None and not self.keys.key
