"""The rules a property can carry, with the texts the cloud answers (docs/contract/api.md §1.7, identity.md §7).

They stand as metadata in `Annotated[...]`; the binder collects every text of every property.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sosie.domain.utf16 import utf16_length

_WORD = re.compile(r"(?:^|_)([a-z0-9])")
_LOCAL_PART = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+")
_DOMAIN = re.compile(r"[^@\s\"(),:;<>\[\\\]]+")


def pascal(name: str) -> str:
    """Return a Python name as the property's name: `sponsored_email` -> `SponsoredEmail`."""
    return _WORD.sub(lambda match: match[1].upper(), name)


class Rule:
    """One rule. `check` returns the text of what is wrong, or None."""

    def check(self, key: str, value: Any) -> str | None:
        """Check the value of the property `key` (PascalCase)."""
        raise NotImplementedError


@dataclass(frozen=True)
class Required(Rule):
    """Present; a text must not be empty or blank either."""

    def check(self, key: str, value: Any) -> str | None:
        if value is None or (isinstance(value, str) and not value.strip()):
            return f"The {key} field is required."
        return None


@dataclass(frozen=True)
class MaxLength(Rule):
    """At most `limit` UTF-16 units, as .NET counts characters."""

    limit: int

    def check(self, key: str, value: Any) -> str | None:
        if isinstance(value, str) and utf16_length(value) > self.limit:
            return f"The field {key} must be a string with a maximum length of {self.limit}."
        return None


@dataclass(frozen=True)
class EmailAddress(Rule):
    """Exactly one `@`, neither first nor last; an absent value passes."""

    def check(self, key: str, value: Any) -> str | None:
        if value is None:
            return None
        at = value.find("@")
        plausible = at > 0 and at == value.rfind("@") and at != len(value) - 1
        if plausible and "\r" not in value and "\n" not in value:
            return None
        return f"The {key} field is not a valid e-mail address."


@dataclass(frozen=True)
class SupportedEmail(Rule):
    """A single plain address: ASCII local part, a domain with a dot that ends in a letter. Absent fails too."""

    def check(self, key: str, value: Any) -> str | None:
        if isinstance(value, str) and is_supported_email(value):
            return None
        return f"The {key} field is not a supported e-mail address format."


@dataclass(frozen=True)
class EncryptedText(Rule):
    """An encrypted string of at most `limit` characters; an absent value passes."""

    limit: int | None = None

    def check(self, key: str, value: Any) -> str | None:
        if value is None:
            return None
        from sosie.crypto.encstring import is_encrypted_string  # only requests that carry one need it

        if not is_encrypted_string(value):
            return f"{key} is not a valid encrypted string."
        if self.limit is not None and len(value) > self.limit:
            return f"The field {key} exceeds the maximum encrypted value length of {self.limit} characters."
        return None


@dataclass(frozen=True)
class InRange(Rule):
    """A number between two bounds, both allowed."""

    low: int
    high: int

    def check(self, key: str, value: Any) -> str | None:
        if value is None or self.low <= value <= self.high:
            return None
        return f"The field {key} must be between {self.low} and {self.high}."


def is_supported_email(text: str) -> bool:
    """Tell whether the sponsorship routes take this e-mail address."""
    local, at, domain = text.rpartition("@")
    if not at or not _LOCAL_PART.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        return False
    return "." in domain[1:] and domain[-1].isascii() and domain[-1].isalpha()
