"""EncStrings, the text form of everything official clients encrypt (docs/contract/identity.md §11.2)."""

from __future__ import annotations

import base64
import hmac
import re
from dataclasses import dataclass, field
from typing import Any

from sosie.domain.errors import SosieError

_HALF = 32
_IV_BYTES = 16
_BLOCK_BITS = 128

# Per type, by number and by name: how many base64 parts follow the dot.
_PARTS = {
    "0": 2, "AesCbc256_B64": 2,  # iv, ciphertext
    "1": 3, "AesCbc128_HmacSha256_B64": 3,  # iv, ciphertext, mac
    "2": 3, "AesCbc256_HmacSha256_B64": 3,
    "3": 1, "Rsa2048_OaepSha256_B64": 1,  # ciphertext
    "4": 1, "Rsa2048_OaepSha1_B64": 1,
    "5": 2, "Rsa2048_OaepSha256_HmacSha256_B64": 2,  # ciphertext, mac
    "6": 2, "Rsa2048_OaepSha1_HmacSha256_B64": 2,
    "7": 1, "XChaCha20Poly1305_B64": 1,  # a COSE message
}  # fmt: skip

# Padded to whole groups of four; stray bits before the padding are let through, because clients produce them.
_BASE64_PART = re.compile(r"(?:[A-Za-z0-9+/]{4})*[A-Za-z0-9+/]{2}(?:[A-Za-z0-9+/]{2}|[A-Za-z0-9+/]=|==)")


class EncStringError(SosieError):
    """A text is no EncString of type 2, or was not made with this key."""


@dataclass(frozen=True, slots=True)
class SymmetricKey:
    """A 64-byte key in halves: `enc` encrypts, `mac` authenticates. Raises ValueError unless both have 32 bytes."""

    enc: bytes = field(repr=False)
    mac: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.enc) != _HALF or len(self.mac) != _HALF:
            raise ValueError("a symmetric key has two halves of 32 bytes")

    @classmethod
    def from_bytes(cls, key: bytes) -> SymmetricKey:
        """Split a 64-byte key, such as a user key."""
        return cls(enc=key[:_HALF], mac=key[_HALF:])

    def to_bytes(self) -> bytes:
        """Return the 64 bytes, as they are wrapped in `Key`."""
        return self.enc + self.mac


def encrypt(plain: bytes, key: SymmetricKey, iv: bytes) -> str:
    """Return `plain` as an EncString of type 2, `2.iv|ciphertext|mac`. `iv` is 16 fresh random bytes.

    Raises ValueError for an iv of another length.
    """
    from cryptography.hazmat.primitives.padding import PKCS7  # late: no start needs it

    padder = PKCS7(_BLOCK_BITS).padder()
    cipher = _aes_cbc(key, iv).encryptor()
    ciphertext = cipher.update(padder.update(plain) + padder.finalize()) + cipher.finalize()
    return "2." + "|".join(_b64(part) for part in (iv, ciphertext, _mac(key, iv, ciphertext)))


def decrypt(text: str, key: SymmetricKey) -> bytes:
    """Return what an EncString of type 2 holds. Raises EncStringError when the text or its mac is not right."""
    from cryptography.hazmat.primitives.padding import PKCS7  # late: no start needs it

    kind, _, rest = text.partition(".")
    if kind != "2" or not is_encrypted_string(text):
        raise EncStringError("not an EncString of type 2")
    iv, ciphertext, mac = (base64.b64decode(part) for part in rest.split("|"))
    if not hmac.compare_digest(mac, _mac(key, iv, ciphertext)):
        raise EncStringError("the mac does not match: another key, or a changed text")
    try:
        cipher = _aes_cbc(key, iv).decryptor()
        padded = cipher.update(ciphertext) + cipher.finalize()
        unpadder = PKCS7(_BLOCK_BITS).unpadder()
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError as error:
        raise EncStringError("the mac matches, and yet this is no AES-CBC message") from error


def encrypt_for(public_key_spki_b64: str, plain: bytes) -> str:
    """Return `plain` for the owner of an RSA public key, as an EncString of type 4: `4.ciphertext`.

    RSA-OAEP with SHA-1, so at most 214 bytes under a 2048-bit key; random, so never the same text twice.
    Raises ValueError for more, and for what is no base64 of a DER SubjectPublicKeyInfo with an RSA key.
    """
    # Late: no start needs it.
    from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.hashes import SHA1
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    public_key = load_der_public_key(base64.b64decode(public_key_spki_b64, validate=True))
    if not isinstance(public_key, RSAPublicKey):
        raise ValueError("EncStrings of type 4 need an RSA key")  # noqa: TRY004  a wrong value, not a wrong call
    sha1 = SHA1()  # noqa: S303  what type 4 is defined with
    return "4." + _b64(public_key.encrypt(plain, OAEP(mgf=MGF1(sha1), algorithm=sha1, label=None)))


def is_encrypted_string(text: str) -> bool:
    """Return whether a text has the shape of an EncString. It need not decrypt, and lengths are not judged.

    A type by number or by name, a dot, and that type's number of non-empty base64 parts with `|` between them.
    The cloud also takes the oldest form without type and dot: three parts, or two.
    """
    kind, dot, rest = text.partition(".")
    if not dot:
        kind, rest = ("1" if text.count("|") == 2 else "0"), text
    parts = rest.split("|")
    return len(parts) == _PARTS.get(kind) and all(_BASE64_PART.fullmatch(part) for part in parts)


def _aes_cbc(key: SymmetricKey, iv: bytes) -> Any:
    from cryptography.hazmat.primitives.ciphers import Cipher  # late: no start needs it
    from cryptography.hazmat.primitives.ciphers.algorithms import AES256
    from cryptography.hazmat.primitives.ciphers.modes import CBC

    return Cipher(AES256(key.enc), CBC(iv))


def _mac(key: SymmetricKey, iv: bytes, ciphertext: bytes) -> bytes:
    return hmac.digest(key.mac, iv + ciphertext, "sha256")


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
