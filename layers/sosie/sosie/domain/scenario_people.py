"""People of a scenario: their password and its derivation, their second step, how old their account is."""

from __future__ import annotations

from typing import NamedTuple

from sosie.domain.document import Node
from sosie.domain.two_step import decode_secret, encode_secret
from sosie.domain.users import KdfSettings, KdfType

MOST_DAYS = 36_500
_KDF_TYPES = {"pbkdf2": KdfType.PBKDF2_SHA256, "argon2id": KdfType.ARGON2ID}
_DEFAULT_KDF = KdfSettings(KdfType.PBKDF2_SHA256, 5_000)
_LONGEST_RECOVERY_CODE = 50


class SeedTwoStep(NamedTuple):
    """`authenticator` is the secret in Base32, or True for one that follows from the seed."""

    authenticator: bool | str = False
    email: bool = False
    recovery_code: str | None = None


class SeedUser(NamedTuple):
    email: str
    name: str
    master_password: str
    kdf: KdfSettings
    premium: bool = False
    email_verified: bool = True
    two_step: SeedTwoStep | None = None
    new_device_verification: bool = False
    verify_devices: bool = True
    created_days_ago: int = 0


class PeopleDefaults(NamedTuple):
    """What holds for everybody who says nothing else."""

    master_password: str | None = None
    kdf: KdfSettings = _DEFAULT_KDF


def read_defaults(node: Node | None) -> PeopleDefaults:
    """Return the document's `defaults`. Raises ScenarioError."""
    if node is None:
        return PeopleDefaults()
    read = PeopleDefaults(node.get("masterPassword", str), _kdf(node.member("kdf"), _DEFAULT_KDF))
    node.done()
    return read


def read_user(node: Node, defaults: PeopleDefaults) -> SeedUser:
    """Return one person. Raises ScenarioError."""
    email = node.need("email", str)
    if "@" not in email:
        raise Node(None, f"{node.where}.email").fail("must be an e-mail address")
    own_password = node.get("masterPassword", str, defaults.master_password)
    if not own_password:
        raise Node(None, f"{node.where}.masterPassword").fail("is missing, and there is no default")
    read = SeedUser(
        email=email,
        name=node.get("name", str, email.partition("@")[0]),
        master_password=own_password,
        kdf=_kdf(node.member("kdf"), defaults.kdf),
        premium=node.get("premium", bool, False),
        email_verified=node.get("emailVerified", bool, True),
        two_step=_two_step(node.member("twoStep")),
        new_device_verification=node.get("newDeviceVerification", bool, False),
        verify_devices=node.get("verifyDevices", bool, True),
        created_days_ago=node.number("createdDaysAgo", 0, 0, MOST_DAYS),
    )
    node.done()
    return read


def _two_step(node: Node | None) -> SeedTwoStep | None:
    if node is None:
        return None
    code = node.get("recoveryCode", str)
    if code is not None and not 1 <= len(code) <= _LONGEST_RECOVERY_CODE:
        raise Node(None, f"{node.where}.recoveryCode").fail(f"must have 1 to {_LONGEST_RECOVERY_CODE} characters")
    read = SeedTwoStep(_authenticator(node), node.get("email", bool, False), code)
    node.done()
    return read


def _authenticator(node: Node) -> bool | str:
    given: bool | str = node.get("authenticator", (bool, str), False)
    if isinstance(given, bool):
        return given
    try:
        return encode_secret(decode_secret(given))
    except ValueError:
        raise Node(None, f"{node.where}.authenticator").fail("must be true or a secret in Base32") from None


def _kdf(node: Node | None, default: KdfSettings) -> KdfSettings:
    if node is None:
        return default
    kind = node.choice("type", _KDF_TYPES, KdfType.PBKDF2_SHA256)
    argon = kind is KdfType.ARGON2ID
    read = KdfSettings(
        type=kind,
        iterations=node.number("iterations", 3 if argon else 5_000, 1, 10_000_000),
        memory=node.number("memory", 16, 1, 4_096) if argon else None,
        parallelism=node.number("parallelism", 1, 1, 64) if argon else None,
    )
    # PBKDF2 has neither memory nor lanes: naming them there is a mistake that `done` reports.
    node.done()
    return read
