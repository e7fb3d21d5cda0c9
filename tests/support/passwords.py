"""What a client sends instead of the master password (docs/contract/identity.md §11.1), by hashlib alone."""

from __future__ import annotations

import base64
import hashlib

MASTER_PASSWORD = "correct horse battery staple"
"""Everybody's, in the scenarios that ship."""
ITERATIONS = 5_000
"""The rounds of the scenarios that ship."""


def master_key(email: str, password: str = MASTER_PASSWORD, iterations: int = ITERATIONS) -> bytes:
    """Return the 32 bytes that PBKDF2 makes of a password; the e-mail is the salt."""
    return hashlib.pbkdf2_hmac("sha256", password.encode(), email.strip().lower().encode(), iterations)


def authentication_hash(email: str, password: str = MASTER_PASSWORD, iterations: int = ITERATIONS) -> str:
    """Return the field `password` of a sign-in: one round more, with the roles of key and salt swapped."""
    key = master_key(email, password, iterations)
    return base64.b64encode(hashlib.pbkdf2_hmac("sha256", key, password.encode(), 1)).decode()
