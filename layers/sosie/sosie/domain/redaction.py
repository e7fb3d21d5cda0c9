"""Takes secrets out of what the journal keeps, before it is kept.

Each secret leaves a short fingerprint (keyed by the world), so that equal secrets can be recognized and none be read.
Texts are searched, not parsed: what is malformed is redacted as well.
"""

from __future__ import annotations

import hashlib
import hmac
import json
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
    "paymentToken",
    "privateKey",
    "pushToken",
    "refresh_token",
    "signature",
    "sponsorshipToken",
    "SsoEmail2faSessionToken",
    "token",
    "twoFactorToken",
    "userSymmetricKey",
    "wrappedPrivateKey",
)
SECRET_HEADERS = frozenset(
    {"authorization", "cookie", "set-cookie", "x-api-key", "x-amz-security-token", "proxy-authorization"}
)

_LOWER_NAMES = frozenset(name.lower() for name in SECRET_NAMES)
# What could be a name is found by what stands around it and then looked up: a pattern of all names is slow.
_MEMBER = re.compile(r"""["']((?:[A-Za-z0-9_]|\\u[0-9a-fA-F]{4}){2,40})["']\s*:\s*""")
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_VALUE = re.compile(
    r'"[^"\\]*(?:\\.[^"\\]*)*"?'  # a text, closed or not
    r"|'[^'\\]*(?:\\.[^'\\]*)*'?"  # what some languages print instead
    r"|\[[^\]]*\]?|\{[^}]*\}?"  # no secret has this shape, but what is in there may be one
    r"""|[^\s,\]}\[{"'][^,\]}\r\n]*""",  # a number, or a text without quotes
    re.DOTALL,
)
_IN_LINK = re.compile(r"""([&?])([\w%]+)=([^&#\s"'<>]+)""")
_IN_FORM = re.compile(r"(^|[&?])([^=&?]*)=([^&]+)")
_LOOKS_LIKE_JSON = re.compile(r"""\s*[\[{"']""")
# Id and key of an installation are easily mistaken for each other; an API key has 30 characters, no id has.
_KEY_AS_ID = re.compile(r"((?:[a-z]+\.)*)([A-Za-z0-9]{20}|[A-Za-z0-9]{30})")
_VALIDATION_ERRORS = re.compile(r'("validationErrors":\{[^}]*\})')
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
        text = self._json_members(text)
        if _LOOKS_LIKE_JSON.match(text):
            return _IN_LINK.sub(self._field, text)
        return _IN_FORM.sub(self._field, text)

    def answer(self, text: str) -> str:
        """Return an answer's body, redacted except for its validation texts, which are about secrets and hold none."""
        parts = _VALIDATION_ERRORS.split(text)
        return "".join(part if at % 2 else self.text(part) for at, part in enumerate(parts))

    def _header(self, name: str, value: str) -> str:
        if name.lower() not in SECRET_HEADERS:
            return _IN_LINK.sub(self._field, value)
        scheme, blank, credentials = value.partition(" ")
        if blank and scheme.isalpha():
            return f"{scheme} {self.fingerprint(credentials.strip())}"
        return self.fingerprint(value)

    def _json_members(self, text: str) -> str:
        parts, done = [], 0
        for member in _MEMBER.finditer(text):
            if member.start() < done or _plain(member[1]).lower() not in _LOWER_NAMES:
                continue
            found = _VALUE.match(text, member.end())
            if found is None or found[0].rstrip() in _HARMLESS:
                continue
            parts += [text[done : member.end()], f'"{self.fingerprint(_unquoted(found[0].rstrip()))}"']
            done = found.end()
        return "".join([*parts, text[done:]])

    def _field(self, match: re.Match[str]) -> str:
        before, name, value = match.groups()
        lower, secret = unquote_plus(name).lower(), unquote_plus(value)
        if lower == "client_id" and (key := _KEY_AS_ID.fullmatch(secret)):
            return f"{before}{name}={key[1]}{self.fingerprint(key[2])}"
        return f"{before}{name}={self.fingerprint(secret)}" if lower in _LOWER_NAMES else match[0]


def _plain(name: str) -> str:
    """Return a member's name without JSON escapes."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), name) if "\\" in name else name


def _unquoted(value: str) -> str:
    """Return the text a JSON value stands for, however its characters are escaped."""
    if value.startswith('"'):
        try:
            return str(json.loads(value, strict=False))
        except ValueError:
            return value.strip('"')
    return value.strip("'")
