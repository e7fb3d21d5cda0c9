"""Which journal entries a caller means: filters by the entry's own member names, and how an entry differs from them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sosie.services.records import time_text

FILTERS = (
    "region",
    "service",
    "method",
    "path",
    "route",
    "caller",
    "status",
    "diagnosis",
    "fault",
    "since",
    "until",
)
"""`path` and `caller` match a part, `since` and `until` are world times, all others compare whole."""

ANY, NONE = "any", "none"
"""What `diagnosis` and `fault` may say instead of a name."""

_PARTS = frozenset({"path", "caller"})
_NAMED = frozenset({"diagnosis", "fault"})
_STATUS = re.compile(r"[1-5](?:\d\d|xx)")


class FilterError(ValueError):
    """A filter's value makes no sense; the text says what would."""


class Difference(NamedTuple):
    """What a filter wants, and what an entry has there."""

    wanted: Any
    seen: Any


def checked_filters(given: Mapping[str, str]) -> dict[str, str]:
    """Return filters in the form in which they are compared. Raises FilterError for a value no entry can have."""
    return {name: _checked(name, value) for name, value in given.items()}


def matches(entry: Mapping[str, Any], filters: Mapping[str, str]) -> bool:
    """Tell whether an entry is meant by filters that `checked_filters` returned."""
    return all(_fits(entry, name, wanted) for name, wanted in filters.items())


def differences(entry: Mapping[str, Any], filters: Mapping[str, str]) -> dict[str, Difference]:
    """Return, by filter, in what an entry is not the one that is meant."""
    return {
        name: Difference(wanted, _seen(entry, name))
        for name, wanted in filters.items()
        if not _fits(entry, name, wanted)
    }


def _checked(name: str, value: str) -> str:
    if name == "status":
        if _STATUS.fullmatch(value.lower()) is None:
            raise FilterError("`status` is a status such as 404, or a class such as 4xx")
        return value.lower()
    if name in ("since", "until"):
        return _time(name, value)
    return value


def _time(name: str, value: str) -> str:
    try:
        # A query's unescaped plus is a blank, and nobody means anything else by one in front of an offset.
        moment = datetime.fromisoformat(re.sub(r" (?=\d\d:\d\d$)", "+", value.strip()))
        return time_text(moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment)
    except (ValueError, OverflowError):
        raise FilterError(f"`{name}` is an ISO 8601 time, such as 2027-01-01T00:00:00Z") from None


def _seen(entry: Mapping[str, Any], name: str) -> Any:
    """Return what a filter looks at."""
    if name in ("since", "until"):
        return entry["at"]
    value = entry.get(name)
    if name in _NAMED and isinstance(value, Mapping):
        return value.get("code") or value.get("kind") or value.get("id")
    return value


def _fits(entry: Mapping[str, Any], name: str, wanted: str) -> bool:
    if name == "since":
        return bool(entry["at"] >= wanted)
    if name == "until":
        return bool(entry["at"] < wanted)
    value = entry.get(name)
    if name in _NAMED:
        return _is_named(value, wanted.lower())
    text = "" if value is None else str(value).lower()
    if name in _PARTS:
        return wanted.lower() in text
    if name == "status" and wanted.endswith("xx"):
        return text.startswith(wanted[0])
    return text == wanted.lower()


def _is_named(value: Any, wanted: str) -> bool:
    """Compare with a diagnosis, or with a fault, which may be known by its kind or its id."""
    if wanted in (ANY, NONE):
        return (value is None) == (wanted == NONE)
    names = [value.get(name) for name in ("code", "kind", "id")] if isinstance(value, Mapping) else [value]
    return wanted in [str(name).lower() for name in names if name is not None]
