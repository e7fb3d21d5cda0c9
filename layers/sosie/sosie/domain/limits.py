"""How large one stored record may be. The contract bounds few texts; what a store takes is the bound of the others."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

LARGEST_RECORD = 128 * 1024
"""Bytes of a record as JSON: well below what DynamoDB takes (400 KB an item), so that all stores refuse alike."""
LONGEST_SORT_KEY = 1024
"""Bytes of a record's place in its partition, DynamoDB's own limit."""

_MOST_BYTES_A_CHARACTER = 6  # a control character, escaped


def is_storable(sort: str, body: Mapping[str, Any]) -> bool:
    """Tell whether every store takes a record at this place. `body` is plain JSON."""
    try:
        if len(sort.encode()) > LONGEST_SORT_KEY:
            return False
        if _characters(body) * _MOST_BYTES_A_CHARACTER <= LARGEST_RECORD:
            return True  # nearly always, and cheaper than writing it out
        return len(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()) <= LARGEST_RECORD
    except UnicodeEncodeError:  # half a surrogate pair
        return False


def _characters(value: Any) -> int:
    """Return how many characters a value has at most, roughly."""
    if isinstance(value, str):
        return len(value) + 3
    if isinstance(value, Mapping):
        return sum(len(name) + 4 + _characters(member) for name, member in value.items()) + 2
    if isinstance(value, (list, tuple)):
        return sum(map(_characters, value)) + 2
    return 24
