"""From a master password to its keys, as official clients derive them (docs/contract/identity.md §11.1).

A scenario names clear-text passwords; with these functions a seed gives accounts that real clients can unlock.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass

from sosie.crypto.encstring import SymmetricKey

PBKDF2 = 0
ARGON2ID = 1

_KEY_BYTES = 32
_ARGON2_VERSION = 0x13


@dataclass(frozen=True, slots=True)
class Kdf:
    """How an account stretches its master password, in the wire's numbers.

    `type` is PBKDF2 (0) or ARGON2ID (1). `memory` is in MiB and `parallelism` in lanes; Argon2id needs both,
    PBKDF2 has neither. Raises ValueError for anything else; the clients' own minimum counts are not enforced,
    because low ones make tests fast.
    """

    type: int
    iterations: int
    memory: int | None = None
    parallelism: int | None = None

    def __post_init__(self) -> None:
        if self.type not in (PBKDF2, ARGON2ID):
            raise ValueError(f"there is no key derivation of type {self.type}")
        argon2_only = (self.memory, self.parallelism)
        if self.type == PBKDF2 and argon2_only != (None, None):
            raise ValueError("PBKDF2 has neither memory nor parallelism")
        if self.type == ARGON2ID and None in argon2_only:
            raise ValueError("Argon2id needs memory (MiB) and parallelism")
        if any(number is not None and number < 1 for number in (self.iterations, *argon2_only)):
            raise ValueError("a key derivation's numbers are at least 1")


def master_key(password: str, email: str, kdf: Kdf) -> bytes:
    """Return the 32-byte master key. The email is the salt; letter case and surrounding blanks do not matter."""
    salt = email.strip().lower().encode()
    if kdf.type == PBKDF2:
        return hashlib.pbkdf2_hmac("sha256", password.encode(), salt, kdf.iterations, _KEY_BYTES)
    return _argon2id(password.encode(), hashlib.sha256(salt).digest(), kdf)


def authentication_hash(password: str, master_key: bytes) -> str:
    """Return what a client sends as `password`: base64 of 32 bytes.

    Always one iteration, whatever the account's KDF, and with the roles swapped: the master key is the key,
    the password is the salt.
    """
    digest = hashlib.pbkdf2_hmac("sha256", master_key, password.encode(), 1, _KEY_BYTES)
    return base64.b64encode(digest).decode()


def stretch(master_key: bytes) -> SymmetricKey:
    """Return the two halves that wrap the user key: HKDF-Expand-SHA256 with the labels `enc` and `mac`."""
    return SymmetricKey(enc=_expand(master_key, b"enc"), mac=_expand(master_key, b"mac"))


def _expand(key: bytes, label: bytes) -> bytes:
    # HKDF-Expand of one block (RFC 5869 §2.3). The clients leave out the Extract step.
    return hmac.digest(key, label + b"\x01", "sha256")


def _argon2id(secret: bytes, salt: bytes, kdf: Kdf) -> bytes:
    # Imported here because most accounts use PBKDF2 and no start should pay for a compiled library.
    from argon2.low_level import Type, hash_secret_raw

    return hash_secret_raw(
        secret,
        salt,
        time_cost=kdf.iterations,
        memory_cost=(kdf.memory or 0) * 1024,
        parallelism=kdf.parallelism or 0,
        hash_len=_KEY_BYTES,
        type=Type.ID,
        version=_ARGON2_VERSION,
    )
