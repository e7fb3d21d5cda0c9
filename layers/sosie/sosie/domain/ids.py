"""Ids, keys and random bytes. The only module that asks the machine for randomness; everybody else is handed some.

A stream is derived from a seed and a label (HMAC-SHA256 in counter mode), so that the same scenario and the same
requests give the same ids and keys. Where nobody may guess them (a deployed world), the seed itself is random.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets  # noqa: TID251  this module owns randomness
import string
from uuid import UUID

ALPHANUMERIC = string.ascii_uppercase + string.ascii_lowercase + string.digits
EMPTY_GUID = "00000000-0000-0000-0000-000000000000"


class Ids:
    """One stream of ids and randomness. Equal seeds and labels give equal streams."""

    def __init__(self, seed: str, label: str) -> None:
        self._mac = hmac.new(seed.encode(), label.encode(), hashlib.sha256)
        self._counter = 0
        self._buffer = b""

    def bytes(self, count: int) -> bytes:
        """Return the next `count` bytes."""
        while len(self._buffer) < count:
            block = self._mac.copy()
            block.update(self._counter.to_bytes(8, "big"))
            self._counter += 1
            self._buffer += block.digest()
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        return taken

    def guid(self) -> str:
        """Return a random GUID (version 4), lower case and hyphenated."""
        return str(UUID(bytes=self.bytes(16), version=4))

    def alphanumeric(self, length: int) -> str:
        """Return `length` characters of `A-Z a-z 0-9`, each equally likely."""
        fair = len(ALPHANUMERIC) * (256 // len(ALPHANUMERIC))
        text = ""
        while len(text) < length:
            text += "".join(ALPHANUMERIC[b % len(ALPHANUMERIC)] for b in self.bytes(length) if b < fair)
        return text[:length]

    def digits(self, length: int) -> str:
        """Return `length` decimal digits, each equally likely."""
        text = ""
        while len(text) < length:
            text += "".join(str(b % 10) for b in self.bytes(length) if b < 250)
        return text[:length]

    def hex_digits(self, length: int) -> str:
        """Return `length` upper-case hexadecimal digits."""
        return self.bytes((length + 1) // 2).hex().upper()[:length]


def unguessable_seed() -> str:
    """Return a fresh random seed, for worlds whose keys nobody may guess."""
    return secrets.token_hex(32)


def unguessable_token() -> str:
    """Return a fresh random token for a door of Sosie's own, such as the control plane."""
    return secrets.token_urlsafe(32)


def parse_guid(text: str) -> str | None:
    """Return a GUID's lower-case hyphenated form, or None. Accepts what .NET's `Guid.Parse` accepts from clients:

    32 digits, hyphens, and one pair of braces or parentheses around the hyphenated form, in any letter case
    (docs/contract/identity.md §3.5).
    """
    text = text.strip()
    if len(text) == 38 and (text[0] + text[-1]) in ("{}", "()"):
        text = text[1:-1]
        return parse_hyphenated_guid(text)
    if len(text) == 32 and all(c in string.hexdigits for c in text):
        return str(UUID(text))
    return parse_hyphenated_guid(text)


def parse_hyphenated_guid(text: str) -> str | None:
    """Return a GUID's lower-case form if it is written in the 36-character form JSON bodies need, else None."""
    if len(text) != 36 or any(text[at] != "-" for at in (8, 13, 18, 23)):
        return None
    digits = text.replace("-", "")
    if len(digits) != 32 or not all(c in string.hexdigits for c in digits):
        return None
    return text.lower()
