"""Tells what is wrong with a stored record that somebody else wrote, such as one of an uploaded snapshot.

`records.from_body` believes what it reads, because it reads what `to_body` wrote.
"""

from __future__ import annotations

import enum
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Literal

from sosie.domain.errors import ScenarioError

_PLAIN = {str: "a text", bool: "true or false", int: "a whole number", float: "a number"}


def check_record(cls: type, body: Any, where: str) -> None:
    """Raise ScenarioError, which names the member, unless `from_body` can make a `cls` of this."""
    check_members(body, where)
    known = _hints(cls)
    for name in body:
        if name not in known:
            raise ScenarioError(place(where, name), f"no such member; known are {', '.join(known)}")
    for field in fields(cls):
        if field.name in body:
            _check(known[field.name], body[field.name], place(where, field.name))
        elif _is_needed(field):
            raise ScenarioError(place(where, field.name), "is missing")


def check_members(body: Any, where: str, members: Mapping[str, type] | None = None) -> None:
    """Raise ScenarioError unless this is an object that has these members, of these types."""
    if not isinstance(body, Mapping):
        raise ScenarioError(where, "must be an object")
    for name, kind in (members or {}).items():
        if name not in body:
            raise ScenarioError(place(where, name), "is missing")
        _check(kind, body[name], place(where, name))


def place(where: str, name: str) -> str:
    """Return the path of a member."""
    return f"{where}.{name}" if where else name


@cache  # the classes are few and live as long as the process
def _hints(cls: Any) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def _is_needed(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _check(hint: Any, value: Any, where: str) -> None:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        if value is None:
            return
        (hint,) = (each for each in arguments if each is not types.NoneType)
        _check(hint, value, where)
    elif origin is Literal:
        if value not in arguments:
            raise ScenarioError(where, f"must be one of {', '.join(map(str, arguments))}")
    elif origin is tuple:
        _check_list(arguments[0], value, where)
    elif hint in _PLAIN:
        _check_plain(hint, value, where)
    elif isinstance(hint, type):
        _check_class(hint, value, where)


def _check_list(hint: Any, value: Any, where: str) -> None:
    if not isinstance(value, list):
        raise ScenarioError(where, "must be a list")
    for at, member in enumerate(value):
        _check(hint, member, f"{where}[{at}]")


def _check_plain(kind: type, value: Any, where: str) -> None:
    kinds = (int, float) if kind is float else kind
    if not isinstance(value, kinds) or (isinstance(value, bool) and kind is not bool):
        raise ScenarioError(where, f"must be {_PLAIN[kind]}")


def _check_class(cls: type, value: Any, where: str) -> None:
    if is_dataclass(cls):
        check_record(cls, value, where)
    elif issubclass(cls, enum.Enum):
        values = [member.value for member in cls]
        if isinstance(value, bool) or value not in values:
            raise ScenarioError(where, f"must be one of {', '.join(map(str, values))}")
    elif cls is timedelta:
        _check_plain(float, value, where)
    elif cls is datetime and not _is_time(value):
        raise ScenarioError(where, "must be a UTC time such as 2027-01-01T00:00:00.000000Z")


def _is_time(value: Any) -> bool:
    from sosie.services.records import parse_time, time_text

    try:
        # Times are compared as texts, so there is one way to write each.
        return isinstance(value, str) and time_text(parse_time(value)) == value
    except (ValueError, OverflowError):
        return False
