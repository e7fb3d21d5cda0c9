"""Which texts are secrets, and every way in which one could stand in a log."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SHORTEST = 12
"""Shorter ones (a code of six digits) occur by chance in any long text."""


def forms_of(secret: str) -> set[str]:
    """Return a secret as it is, escaped for JSON and for URLs, and as a part of something that is base64."""
    forms = {secret, json.dumps(secret)[1:-1], quote(secret, safe=""), quote_plus(secret)}
    data = secret.encode()
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + data).decode()
        # The first characters hold what stands before it, the last ones what stands behind.
        inner = encoded[-(-before * 8 // 6) : len(encoded.rstrip("=")) - 1]
        forms |= {inner, inner.replace("+", "-").replace("/", "_")}
    return {form for form in forms if len(form) >= SHORTEST}


def found_in(text: str, secrets: Iterable[str]) -> set[str]:
    """Return the secrets that occur in a text, in any form."""
    return {secret for secret in secrets if any(form in text for form in forms_of(secret))}


def pem_lines(pem: str) -> Iterator[str]:
    """Yield the lines of a key that make it one."""
    return (line for line in pem.splitlines() if line and not line.startswith("-----"))


def members(document: Any, *names: str) -> Iterator[str]:
    """Yield the texts of all members of these names, however deep."""
    if isinstance(document, dict):
        for name, value in document.items():
            if name in names and isinstance(value, str):
                yield value
            yield from members(value, *names)
    elif isinstance(document, list):
        for each in document:
            yield from members(each, *names)
