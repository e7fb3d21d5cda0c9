"""Names of organizations as the cloud keeps them: HTML-encoded in storage, decoded on output.

docs/contract/api.md §1.3, §5.1. The encoding shows where an encoded text leaves as it is (the offer mail of §2.4) and
in the length limit, which counts encoded characters.
"""

from __future__ import annotations

import re
import sys

# What .NET's encoder takes: the five special characters, the upper half of Latin-1, and everything beyond the
# basic plane. All else, such as Greek or Chinese, stays as it is.
_ENCODED = re.compile("[&<>\"'\u00a0-\u00ff\U00010000-\U0010ffff]")
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}
_CHARACTERS = {entity: character for character, entity in _NAMED.items()}
# Only what `encoded` writes: the standard library's decoder drops characters that HTML does not have.
_ENTITY = re.compile("&(?:amp|lt|gt|quot|#([0-9]{1,7}));")


def encoded(text: str) -> str:
    """Return a text as it is stored: `R&D` becomes `R&amp;D`, `Café` becomes `Caf&#233;`."""
    return _ENCODED.sub(lambda match: _NAMED.get(match[0]) or f"&#{ord(match[0])};", text)


def decoded(text: str | None) -> str | None:
    """Return a stored text as it is output; an empty one is output as null."""
    return _ENTITY.sub(_character, text) if text else None


def _character(entity: re.Match[str]) -> str:
    if entity[1] is None:
        return _CHARACTERS[entity[0]]
    number = int(entity[1])
    character = chr(number) if number <= sys.maxunicode else ""
    return character if _ENCODED.fullmatch(character) else entity[0]
