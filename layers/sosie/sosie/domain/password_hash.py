"""How the cloud stores what a client proves its master password with: ASP.NET Core Identity's format, version 3.

Databases stay portable this way: a stored hash of either side verifies on the other (docs/contract/identity.md §4.6).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct

_VERSION = 1
_HEADER = struct.Struct(">BIII")  # version, PRF, iterations, salt length
_PRFS = {0: "sha1", 1: "sha256", 2: "sha512"}
_CURRENT_PRF = 2
_HASH_BYTES = 32
_LEAST_BYTES = 16  # of salt and of hash: the framework refuses shorter ones
_MOST_ITERATIONS = 1_000_000  # takes seconds; a broken blob may name four thousand million, which takes hours


def hash_password(received: str, salt: bytes, iterations: int = 100_000) -> str:
    """Return the text to store for a received authentication hash (`authentication_hash` in `crypto`).

    `salt` is 16 random bytes. A lower iteration count only makes tests faster; it is named in the result.
    Raises ValueError for a salt below 16 bytes and for iterations outside 1 to 1,000,000.
    """
    if len(salt) < _LEAST_BYTES:
        raise ValueError("a password hash needs a salt of at least 16 bytes")
    if not 1 <= iterations <= _MOST_ITERATIONS:
        raise ValueError(f"a password hash takes 1 to {_MOST_ITERATIONS} iterations")
    digest = hashlib.pbkdf2_hmac(_PRFS[_CURRENT_PRF], _utf8(received), salt, iterations, _HASH_BYTES)
    blob = _HEADER.pack(_VERSION, _CURRENT_PRF, iterations, len(salt)) + salt + digest
    return base64.b64encode(blob).decode()


def verify(stored: str, received: str) -> bool:
    """Return whether `received` is what `stored` was made of, under the parameters named in `stored`.

    Compares in constant time. A malformed `stored` matches nothing.
    """
    try:
        blob = base64.b64decode(stored, validate=True)
        version, prf, iterations, salt_length = _HEADER.unpack_from(blob)
    except (ValueError, struct.error):
        return False
    salt, digest = blob[_HEADER.size :][:salt_length], blob[_HEADER.size + salt_length :]
    if version != _VERSION or prf not in _PRFS or not 1 <= iterations <= _MOST_ITERATIONS:
        return False
    if min(len(salt), len(digest)) < _LEAST_BYTES:
        return False
    again = hashlib.pbkdf2_hmac(_PRFS[prf], _utf8(received), salt, iterations, len(digest))
    return hmac.compare_digest(again, digest)


def is_outdated(stored: str, iterations: int) -> bool:
    """Return whether a stored hash that verifies was made with an older function, or with fewer iterations."""
    _, prf, taken, _ = _HEADER.unpack_from(base64.b64decode(stored))
    return bool(prf != _CURRENT_PRF or taken < iterations)


def _utf8(received: str) -> bytes:
    # JSON can smuggle in lone surrogates; no client sends them, and they match no hash a client computed.
    return received.encode("utf-8", "surrogatepass")
