"""Two-step login: what an account may ask for besides its master password (docs/contract/identity.md §4.6, §5).

Codes of an authenticator follow RFC 6238: HMAC-SHA-1, 6 digits, steps of 30 seconds. Codes are never compared but in
constant time; each is good once.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum

AUTHENTICATOR_SECRET_BYTES = 20
RECOVERY_CODE_LENGTH = 32
LOGIN_CODE_DIGITS = 6
"""Of a code mailed as the second step."""
DEVICE_CODE_DIGITS = 8
"""Of a code mailed to verify a new device."""
MAILED_CODE_LIFETIME = timedelta(minutes=5)
REMEMBERED_FOR = timedelta(days=30)
SESSION_LIFETIME = timedelta(minutes=2)
"""How long the answer's `SsoEmail2faSessionToken` is good."""
_WARN_AGAIN_AFTER = timedelta(hours=1)

_STEP = 30
_TOLERANCE = 1  # steps either way
_USED_FOR = timedelta(minutes=2)


class Provider(IntEnum):
    """TwoFactorProviderType."""

    AUTHENTICATOR = 0
    EMAIL = 1
    DUO = 2
    YUBIKEY = 3
    U2F = 4
    REMEMBER = 5
    ORGANIZATION_DUO = 6
    WEBAUTHN = 7
    RECOVERY_CODE = 8


_NAMES = {
    "Authenticator": Provider.AUTHENTICATOR,
    "Email": Provider.EMAIL,
    "Duo": Provider.DUO,
    "YubiKey": Provider.YUBIKEY,
    "U2f": Provider.U2F,
    "Remember": Provider.REMEMBER,
    "OrganizationDuo": Provider.ORGANIZATION_DUO,
    "WebAuthn": Provider.WEBAUTHN,
    "RecoveryCode": Provider.RECOVERY_CODE,
}


@dataclass(frozen=True, slots=True)
class MailedCode:
    """A code that went out by mail, good until `expires` and while the security stamp stays."""

    code: str
    security_stamp: str
    expires: datetime

    def is_right(self, presented: str, security_stamp: str, now: datetime) -> bool:
        """Tell whether this is the code, in time."""
        in_time = now < self.expires and security_stamp == self.security_stamp
        return equal(self.code, presented) and in_time


@dataclass(frozen=True, slots=True)
class UsedCode:
    """An authenticator's code that signed somebody in: it does so once."""

    code: str
    at: datetime


@dataclass(frozen=True, slots=True)
class TwoStep:
    """An account's two-step login. `authenticator` is the secret in Base32; without any provider nobody gets in."""

    recovery_code: str
    authenticator: str | None = None
    email: bool = False
    used_codes: tuple[UsedCode, ...] = ()
    mailed_code: MailedCode | None = None
    warned_at: datetime | None = None

    @property
    def providers(self) -> tuple[Provider, ...]:
        """What a person can choose from, in the order of the numbers."""
        offered = ((Provider.AUTHENTICATOR, self.authenticator is not None), (Provider.EMAIL, self.email))
        return tuple(provider for provider, enabled in offered if enabled)

    def is_recovery_code(self, presented: str) -> bool:
        """Tell whether this is the recovery code; blanks and letter case do not matter."""
        return equal(_plain(self.recovery_code), _plain(presented))

    def accepts_authenticator(self, code: str, now: datetime) -> bool:
        """Tell whether this is the authenticator's code of now, or of one step earlier or later, and not used yet."""
        if self.authenticator is None or any(equal(used.code, code) for used in self._recently_used(now)):
            return False
        step = int(now.timestamp()) // _STEP
        # All are compared, so that the time tells nothing.
        right = [equal(totp(self.authenticator, step + each), code) for each in range(-_TOLERANCE, _TOLERANCE + 1)]
        return True in right

    def with_used_code(self, code: str, now: datetime) -> TwoStep:
        """Return what remembers that an authenticator's code was used."""
        return replace(self, used_codes=(*self._recently_used(now), UsedCode(code, now)))

    def may_warn(self, now: datetime) -> bool:
        """Tell whether a failed attempt is mailed: at most one an hour."""
        return self.warned_at is None or now - self.warned_at >= _WARN_AGAIN_AFTER

    def _recently_used(self, now: datetime) -> tuple[UsedCode, ...]:
        return tuple(used for used in self.used_codes if now - used.at < _USED_FOR)


def totp(secret: str, step: int) -> str:
    """Return the six digits of a time step (Unix seconds divided by 30); `secret` is Base32."""
    digest = hmac.digest(decode_secret(secret), step.to_bytes(8, "big", signed=True), hashlib.sha1)
    offset = digest[-1] & 0xF
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return f"{number % 1_000_000:06}"


def encode_secret(secret: bytes) -> str:
    """Return an authenticator's secret as people type it: Base32 without padding."""
    return base64.b32encode(secret).decode().rstrip("=")


def decode_secret(text: str) -> bytes:
    """Return an authenticator's secret. Blanks, letter case and padding do not matter. Raises ValueError."""
    letters = text.replace(" ", "").rstrip("=").upper()
    secret = base64.b32decode(letters + "=" * (-len(letters) % 8))
    if not secret:
        raise ValueError("an authenticator needs a secret")
    return secret


def parse_provider(text: str) -> int | None:
    """Return a provider given by number (0 to 255, known or not) or exact name, else None: it is unparsable."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        digits = text.lstrip("0") or "0"
        return int(digits) if len(digits) <= 3 and int(digits) <= 255 else None
    return _NAMES.get(text)


def redacted_email(email: str) -> str:
    """Return an e-mail of which only the beginning of the local part is shown (§5)."""
    local, _, domain = email.partition("@")
    shown = 2 if len(local) > 4 else 1 if len(local) > 2 else 0
    return f"{local[:shown]}{'*' * (len(local) - shown)}@{domain}"


def equal(known: str, presented: str) -> bool:
    """Compare two codes in constant time."""
    return hmac.compare_digest(known.encode(), presented.encode("utf-8", "surrogatepass"))


def _plain(recovery_code: str) -> str:
    return recovery_code.replace(" ", "").strip().lower()
