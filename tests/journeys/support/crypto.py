"""The client side's cryptography, written from contract/identity.md §11 alone.

It is a second opinion on purpose: were it shared with the product, a common mistake would go unnoticed.
"""

import base64
import hashlib
import hmac
import os
from dataclasses import dataclass
from typing import Any, NamedTuple

from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives import hashes, padding, serialization
from cryptography.hazmat.primitives.asymmetric import padding as rsa_padding
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

OAEP_SHA1 = rsa_padding.OAEP(mgf=rsa_padding.MGF1(hashes.SHA1()), algorithm=hashes.SHA1(), label=None)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


@dataclass(frozen=True)
class Kdf:
    """How a password becomes a master key; the numbers come from prelogin."""

    type: int
    iterations: int
    memory: int | None = None
    parallelism: int | None = None

    @classmethod
    def from_prelogin(cls, answer: dict[str, Any]) -> "Kdf":
        return cls(answer["kdf"], answer["kdfIterations"], answer["kdfMemory"], answer["kdfParallelism"])


class SymmetricKey(NamedTuple):
    """64 bytes: the first half encrypts, the second half authenticates."""

    enc: bytes
    mac: bytes

    @classmethod
    def of(cls, raw: bytes) -> "SymmetricKey":
        if len(raw) != 64:
            raise ValueError(f"a key has 64 bytes, not {len(raw)}")
        return cls(raw[:32], raw[32:])

    @classmethod
    def generate(cls) -> "SymmetricKey":
        return cls.of(os.urandom(64))

    def raw(self) -> bytes:
        return self.enc + self.mac


def master_key(password: str, email: str, kdf: Kdf) -> bytes:
    salt = email.strip().lower().encode()
    if kdf.type == 0:
        return hashlib.pbkdf2_hmac("sha256", password.encode(), salt, kdf.iterations)
    if kdf.memory is None or kdf.parallelism is None:
        raise ValueError("Argon2id needs memory and parallelism")
    return hash_secret_raw(
        secret=password.encode(),
        salt=hashlib.sha256(salt).digest(),
        time_cost=kdf.iterations,
        memory_cost=kdf.memory * 1024,
        parallelism=kdf.parallelism,
        hash_len=32,
        type=Type.ID,
    )


def authentication_hash(key: bytes, password: str) -> str:
    """What the client sends as `password`: one round, with the roles of key and salt swapped."""
    return b64(hashlib.pbkdf2_hmac("sha256", key, password.encode(), 1))


def stretch(key: bytes) -> SymmetricKey:
    enc, mac = (HKDFExpand(hashes.SHA256(), 32, info).derive(key) for info in (b"enc", b"mac"))
    return SymmetricKey(enc, mac)


def encrypt(key: SymmetricKey, plain: bytes, iv: bytes | None = None) -> str:
    iv = iv or os.urandom(16)
    padder = padding.PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES(key.enc), modes.CBC(iv)).encryptor()
    text = encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()
    mac = hmac.digest(key.mac, iv + text, "sha256")
    return f"2.{b64(iv)}|{b64(text)}|{b64(mac)}"


def decrypt(key: SymmetricKey, enc_string: str) -> bytes:
    kind, _, rest = enc_string.partition(".")
    if kind != "2":
        raise ValueError(f"expected an EncString of type 2, got {kind}")
    iv, text, mac = (base64.b64decode(part, validate=True) for part in rest.split("|"))
    if not hmac.compare_digest(mac, hmac.digest(key.mac, iv + text, "sha256")):
        raise ValueError("the mac of the EncString does not fit the key")
    decryptor = Cipher(algorithms.AES(key.enc), modes.CBC(iv)).decryptor()
    unpadder = padding.PKCS7(128).unpadder()
    return unpadder.update(decryptor.update(text) + decryptor.finalize()) + unpadder.finalize()


def new_rsa_pair() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_der(key: rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def private_der(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def load_private_der(der: bytes) -> rsa.RSAPrivateKey:
    key = serialization.load_der_private_key(der, password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("not an RSA key")
    return key


def rsa_encrypt(key: rsa.RSAPublicKey, plain: bytes) -> str:
    return f"4.{b64(key.encrypt(plain, OAEP_SHA1))}"


def rsa_decrypt(key: rsa.RSAPrivateKey, enc_string: str) -> bytes:
    kind, _, rest = enc_string.partition(".")
    if kind != "4":
        raise ValueError(f"expected an EncString of type 4, got {kind}")
    return key.decrypt(base64.b64decode(rest, validate=True), OAEP_SHA1)
