"""Domain dataclasses to plain JSON and back. A stored record never reaches the wire without a `to_wire` of its own.

Times are stored as UTC text of fixed width with microseconds, so that text order is time order.
"""

from __future__ import annotations

import enum
import types
import typing
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")

_TIME_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"


def time_text(moment: datetime) -> str:
    """Return the stored form of a time: `2026-03-04T05:06:07.123456Z`."""
    return moment.astimezone(UTC).strftime(_TIME_FORMAT)


def parse_time(text: str) -> datetime:
    """Return the time that `time_text` wrote."""
    return datetime.fromisoformat(text)


def to_body(record: Any) -> dict[str, Any]:
    """Return a dataclass as plain JSON."""
    return {name: _encode(getattr(record, name)) for name in _names(type(record))}


def from_body(cls: type[T], body: Mapping[str, Any]) -> T:
    """Return the dataclass that `to_body` wrote. Fields that are newer than the body take their defaults."""
    decoders = _decoders(cls)
    return cls(**{name: decoders[name](value) for name, value in body.items() if name in decoders})


@cache  # the classes are few and live as long as the process
def _names(cls: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(cls))


def _encode(value: Any) -> Any:
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, datetime):
        return time_text(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if is_dataclass(value):
        return to_body(value)
    if isinstance(value, (tuple, list)):
        return [_encode(member) for member in value]
    return value


@cache  # the classes are few and live as long as the process
def _decoders(cls: type[Any]) -> dict[str, Callable[[Any], Any]]:
    hints = typing.get_type_hints(cls)
    return {name: _decoder(hints[name]) for name in _names(cls)}


def _decoder(hint: Any) -> Callable[[Any], Any]:  # noqa: PLR0911  one line per kind of field
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        (inner,) = (member for member in typing.get_args(hint) if member is not types.NoneType)
        decode = _decoder(inner)
        return lambda value: None if value is None else decode(value)
    if origin is tuple:
        decode_member = _decoder(typing.get_args(hint)[0])
        return lambda values: tuple(decode_member(value) for value in values)
    if hint is datetime:
        return parse_time
    if hint is timedelta:
        return lambda seconds: timedelta(seconds=seconds)
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return hint
    if isinstance(hint, type) and is_dataclass(hint):
        return lambda body: from_body(hint, body)
    return lambda value: value
