"""Takes secrets out of what the journal keeps, before it is kept.

Each secret leaves a short fingerprint (keyed by the world), so that equal secrets can be recognized and none be read.
Texts are searched, not parsed: what is malformed is redacted as well.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRET_NAMES = (
    "access_token",
    "apiKey",
    "authRequestAccessCode",
    "billingSyncKey",
    "client_assertion",
    "client_secret",
    "deviceResponse",
    "devicePushToken",
    "emailVerificationToken",
    "encryptedPrivateKey",
    "key",
    "licenseKey",
    "masterKeyEncryptedUserKey",
    "masterKeyWrappedUserKey",
    "masterPasswordAuthenticationHash",
    "masterPasswordHash",
    "newDeviceOtp",
    "otp",
    "password",
    "privateKey",
    "pushToken",
    "refresh_token",
    "signature",
    "sponsorshipToken",
    "token",
    "twoFactorToken",
    "userSymmetricKey",
    "wrappedPrivateKey",
)
SECRET_HEADERS = frozenset({"authorization", "cookie", "set-cookie", "x-api-key", "proxy-authorization"})

_NAMES = "|".join(sorted(SECRET_NAMES, key=len, reverse=True))
_IN_JSON = re.compile(rf'("(?:{_NAMES})"\s*:\s*)("(?:[^"\\]|\\.)*"?|[^\s,}}\]\[{{"]+)', re.IGNORECASE | re.DOTALL)
_IN_FORM = re.compile(rf"((?:^|[&?])(?:{_NAMES})=)([^&#\s]*)", re.IGNORECASE)
_HARMLESS = frozenset({"null", "true", "false", '""', ""})


class Redactor:
    """Redacts for one world; `seed` keys the fingerprints."""

    def __init__(self, seed: str) -> None:
        self._key = hashlib.sha256(b"journal fingerprint|" + seed.encode()).digest()

    def fingerprint(self, secret: str) -> str:
        """Return what stands for a secret: `[redacted 1f2e3d4c]`. Equal secrets, equal fingerprints."""
        digest = hmac.new(self._key, secret.encode("utf-8", "surrogatepass"), hashlib.sha256)
        return f"[redacted {digest.hexdigest()[:8]}]"

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return headers whose secrets are replaced; the scheme of an authorization stays."""
        return {name: self._header(name, value) for name, value in headers.items()}

    def text(self, text: str) -> str:
        """Return a body, a query or a path whose secrets are replaced, be it JSON or a form."""
        text = _IN_JSON.sub(self._json_member, text)
        return _IN_FORM.sub(self._form_field, text)

    def _header(self, name: str, value: str) -> str:
        if name.lower() not in SECRET_HEADERS:
            return value
        scheme, blank, credentials = value.partition(" ")
        if blank and scheme.isalpha():
            return f"{scheme} {self.fingerprint(credentials.strip())}"
        return self.fingerprint(value)

    def _json_member(self, match: re.Match[str]) -> str:
        value = match[2]
        if value in _HARMLESS:
            return match[0]
        return f'{match[1]}"{self.fingerprint(value.strip(chr(34)))}"'

    def _form_field(self, match: re.Match[str]) -> str:
        return match[1] + self.fingerprint(unquote_plus(match[2])) if match[2] else match[0]
