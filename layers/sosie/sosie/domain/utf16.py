"""Texts measured as .NET and its database measure them: in UTF-16 units, of which rare characters have two."""

from __future__ import annotations


def utf16_length(text: str) -> int:
    """Return how many UTF-16 units a text has."""
    return len(text) + sum(character > "\uffff" for character in text)


def utf16_cut(text: str, limit: int) -> str:
    """Return at most the first `limit` UTF-16 units of a text; half a character at the end is left out."""
    kept = text[:limit]
    while utf16_length(kept) > limit:
        kept = kept[:-1]
    return kept
