"""People with an account, and the devices they signed in from (docs/contract/api.md §5.1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum


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

    @property
    def has_master_password(self) -> bool:
        """Whether the account has a master password, be it already hashed or still only seeded."""
        return self.password_hash is not None or self.seed_password is not None

    @property
    def is_legacy(self) -> bool:
        """Whether the private key is wrapped by the master password itself (docs/contract/identity.md §4.6 item 6)."""
        return self.has_master_password and self.keys is not None and not self.keys.key


@dataclass(frozen=True, slots=True)
class Device:
    """A device a user signed in from, known by its identifier."""

    id: str
    user_id: str
    identifier: str
    name: str
    type: int
    creation_date: datetime
    push_token: str | None = None


# Numbers and exact names (docs/contract/licensing-push-installations.md C.5); tokens carry the name.
DEVICE_TYPES: dict[int, str] = dict(
    enumerate(
        (
            "Android",
            "iOS",
            "ChromeExtension",
            "FirefoxExtension",
            "OperaExtension",
            "EdgeExtension",
            "WindowsDesktop",
            "MacOsDesktop",
            "LinuxDesktop",
            "ChromeBrowser",
            "FirefoxBrowser",
            "OperaBrowser",
            "EdgeBrowser",
            "IEBrowser",
            "UnknownBrowser",
            "AndroidAmazon",
            "UWP",
            "SafariBrowser",
            "VivaldiBrowser",
            "VivaldiExtension",
            "SafariExtension",
            "SDK",
            "Server",
            "WindowsCLI",
            "MacOsCLI",
            "LinuxCLI",
            "DuckDuckGoBrowser",
        )
    )
)


def parse_device_type(text: str) -> int | None:
    """Return the number of a device type given as 0 to 255 or by exact name, else None (identity.md §4.6)."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        digits = text.lstrip("0") or "0"
        return int(digits) if len(digits) <= 3 and int(digits) <= 255 else None
    return next((number for number, name in DEVICE_TYPES.items() if name == text), None)
