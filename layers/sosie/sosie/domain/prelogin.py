"""The key derivation an account uses; for an unknown e-mail a fake but stable one (docs/contract/identity.md §7)."""

from __future__ import annotations

import hashlib
import hmac

from sosie.domain.users import KdfSettings, KdfType

_PBKDF2, _ARGON2ID = KdfType.PBKDF2_SHA256, KdfType.ARGON2ID

FAKES: tuple[KdfSettings, ...] = (
    KdfSettings(_PBKDF2, 600_000),
    KdfSettings(_PBKDF2, 600_000),
    KdfSettings(_PBKDF2, 100_000),
    KdfSettings(_PBKDF2, 5_000),
    KdfSettings(_ARGON2ID, 3, 64, 4),
    KdfSettings(_ARGON2ID, 6, 32, 4),
)


def fake_prelogin(email: str, secret: str | None) -> tuple[KdfSettings, str | None]:
    """Return the settings and salt answered for an unknown e-mail; without a secret always the first of each."""
    email = email.strip().lower()
    settings = FAKES[_index(email, secret, len(FAKES))]
    salt = email if _index(f"{email}:salt", secret, 2) == 0 else None
    return settings, salt


def _index(text: str, secret: str | None, choices: int) -> int:
    if secret is None:
        return 0
    digest = hmac.digest(secret.encode(), text.encode("utf-8", "surrogatepass"), hashlib.sha256)
    return abs(int.from_bytes(digest[:8], "big", signed=True)) % choices
