"""The part of JSON Schema that the fault catalogue is written in, so that what it publishes is what is checked.

Understood are `type`, `enum`, `minimum`, `maximum`, `exclusiveMinimum`, `maxLength`, `pattern` (with both anchors),
`format: date-time`, and for objects `properties`, `required`, `additionalProperties`, `propertyNames`, `maxProperties`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sosie.domain.errors import ScenarioError

Schema = Mapping[str, Any]

_TYPES: Mapping[str, tuple[type | tuple[type, ...], str]] = {
    "string": (str, "a text"),
    "integer": (int, "a whole number"),
    "number": ((int, float), "a number"),
    "boolean": (bool, "true or false"),
    "object": (Mapping, "an object"),
}


def check(value: Any, schema: Schema, where: str = "") -> None:
    """Raise ScenarioError, with the path of the member as its `where`, unless a value is what a schema says."""
    kind, named = _TYPES[schema["type"]]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ScenarioError(where, f"must be {named}")
    if "enum" in schema and value not in schema["enum"]:
        raise ScenarioError(where, f"must be one of {', '.join(map(str, schema['enum']))}, not {_shown(value)}")
    if isinstance(value, str):
        _check_text(value, schema, where)
    elif isinstance(value, Mapping):
        _check_object(value, schema, where)
    elif isinstance(value, (int, float)):
        _check_number(value, schema, where)


def parse_moment(text: str) -> datetime | None:
    """Return an ISO 8601 time in UTC, which is taken for granted where no zone is named; None for anything else."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def member_path(where: str, name: str) -> str:
    """Return the path of a member of the object at `where`."""
    return f"{where}.{name}" if where else name


def _check_text(value: str, schema: Schema, where: str) -> None:
    if len(value) > schema.get("maxLength", len(value)):
        raise ScenarioError(where, f"is longer than {schema['maxLength']} characters")
    # As a whole: `$` alone would let a line break at the end through.
    if "pattern" in schema and not re.fullmatch(schema["pattern"], value, re.ASCII):
        raise ScenarioError(where, schema.get("x-problem") or f"must be written as {schema['pattern']}")
    if schema.get("format") == "date-time" and parse_moment(value) is None:
        raise ScenarioError(where, "must be an ISO 8601 time, such as 2027-01-01T00:00:00Z")


def _check_number(value: float, schema: Schema, where: str) -> None:
    low, high = schema.get("minimum"), schema.get("maximum")
    if "exclusiveMinimum" in schema and not value > schema["exclusiveMinimum"]:
        raise ScenarioError(where, f"must be more than {schema['exclusiveMinimum']}")
    if (low is not None and not value >= low) or (high is not None and not value <= high):
        bounds = (
            f"from {low} to {high}"
            if None not in (low, high)
            else f"at most {high}"
            if low is None
            else f"{low} or more"
        )
        raise ScenarioError(where, f"must be {bounds}")


def _check_object(value: Mapping[str, Any], schema: Schema, where: str) -> None:
    properties = schema.get("properties", {})
    further = schema.get("additionalProperties", False)
    for name in schema.get("required", ()):
        if name not in value:
            raise ScenarioError(member_path(where, name), "is missing")
    if len(value) > schema.get("maxProperties", len(value)):
        raise ScenarioError(where, f"has more than {schema['maxProperties']} members")
    for name, member in value.items():
        path = member_path(where, name)
        if name in properties:
            check(member, properties[name], path)
        elif further is False:
            raise ScenarioError(path, f"is not known; there are {', '.join(properties)}")
        elif further is not True:
            check(name, {"type": "string", **schema.get("propertyNames", {})}, path)
            check(member, further, path)


def _shown(value: Any) -> str:
    return repr(value) if len(repr(value)) <= 60 else f"{repr(value)[:60]}…"
