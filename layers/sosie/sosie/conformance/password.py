"""What a client computes from a master password (docs/contract/identity.md §11). A second opinion on purpose."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from sosie.conformance.expect import DeviationError

if TYPE_CHECKING:
    from collections.abc import Mapping

_PBKDF2, _ARGON2ID = 0, 1
_HALF = 32


def master_key(password: str, email: str, prelogin: Mapping[str, Any]) -> bytes:
    """Return the master key for what prelogin answers (§11.1)."""
    salt = email.strip().lower().encode()
    iterations = prelogin["kdfIterations"]
    if prelogin["kdf"] == _PBKDF2:
        return hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations, 32)
    if prelogin["kdf"] != _ARGON2ID:
        raise DeviationError(f"prelogin: expected kdf 0 or 1, saw {prelogin['kdf']!r}")
    from argon2.low_level import Type, hash_secret_raw  # few accounts need it

    return hash_secret_raw(
        secret=password.encode(),
        salt=hashlib.sha256(salt).digest(),
        time_cost=iterations,
        memory_cost=prelogin["kdfMemory"] * 1024,
        parallelism=prelogin["kdfParallelism"],
        hash_len=32,
        type=Type.ID,
    )


def authentication_hash(password: str, key: bytes) -> str:
    """Return what is sent as password: one round, with the roles of key and salt swapped (§11.1)."""
    return base64.b64encode(hashlib.pbkdf2_hmac("sha256", key, password.encode(), 1, 32)).decode()


def stretch(key: bytes) -> bytes:
    """Return the 64 bytes under which the user key is wrapped (§11.1)."""
    return b"".join(HKDFExpand(hashes.SHA256(), _HALF, info).derive(key) for info in (b"enc", b"mac"))


def decrypt(key: bytes, text: Any) -> bytes:
    """Return the plain bytes of an EncString of type 2 (§11.2). `key` has 64 bytes. Raises DeviationError."""
    if not isinstance(text, str) or not text.startswith("2.") or text.count("|") != 2:
        raise DeviationError(f"expected an EncString of type 2, saw {text!r}")
    vector, cipher_text, mac = (base64.b64decode(part) for part in text[2:].split("|"))
    if not hmac.compare_digest(mac, hmac.digest(key[_HALF:], vector + cipher_text, "sha256")):
        raise DeviationError("expected an EncString under this key, saw one with another mac")
    decryptor = Cipher(algorithms.AES(key[:_HALF]), modes.CBC(vector)).decryptor()
    unpadder = padding.PKCS7(128).unpadder()
    return unpadder.update(decryptor.update(cipher_text) + decryptor.finalize()) + unpadder.finalize()
