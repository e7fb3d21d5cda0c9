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


def time_text(moment: datetime) -> str:
    """Return the stored form of a time: `2026-03-04T05:06:07.123456Z`."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def parse_time(text: str) -> datetime:
    """Return the time that `time_text` wrote."""
    return datetime.fromisoformat(text)


def to_body(record: Any) -> dict[str, Any]:
    """Return a dataclass as plain JSON."""
    return {
        name: getattr(record, name) if encode is None else encode(getattr(record, name))
        for name, encode in _encoders(type(record))  # type: ignore[arg-type]  # a class is hashable
    }


def from_body(cls: type[T], body: Mapping[str, Any]) -> T:
    """Return the dataclass that `to_body` wrote. Fields that are newer than the body take their defaults."""
    names, decoders = _decoders(cls)  # type: ignore[arg-type]  # a class is hashable
    values = {name: value for name, value in body.items() if name in names}
    for name, decode in decoders:
        if values.get(name) is not None:
            values[name] = decode(values[name])
    return cls(**values)


# Most fields are texts, numbers and flags, which JSON holds as they are; only the others cost a call.


@cache  # the classes are few and live as long as the process
def _encoders(cls: Any) -> tuple[tuple[str, Callable[[Any], Any] | None], ...]:
    hints = typing.get_type_hints(cls)
    return tuple((name, None if _is_plain(hints[name]) else _encode) for name in _names(cls))


@cache  # the classes are few and live as long as the process
def _decoders(cls: Any) -> tuple[frozenset[str], tuple[tuple[str, Callable[[Any], Any]], ...]]:
    hints = typing.get_type_hints(cls)
    names = _names(cls)
    return frozenset(names), tuple((name, _decoder(hints[name])) for name in names if not _is_plain(hints[name]))


@cache  # the classes are few and live as long as the process
def _names(cls: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(cls))


def _present(hint: Any) -> Any:
    """Return what an optional type is when it is there."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        (inner,) = (member for member in typing.get_args(hint) if member is not types.NoneType)
        return inner
    return hint


def _is_plain(hint: Any) -> bool:
    inner = _present(hint)
    return inner in (str, int, float, bool) or typing.get_origin(inner) in (dict, typing.Literal)


def _encode(value: Any) -> Any:
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, datetime):
        return time_text(value)
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, timedelta):
        return value.total_seconds()
    if is_dataclass(value):
        return to_body(value)
    if isinstance(value, (tuple, list)):
        return [_encode(member) for member in value]
    return value


def _decoder(hint: Any) -> Callable[[Any], Any]:
    hint = _present(hint)
    if typing.get_origin(hint) is tuple:
        member = typing.get_args(hint)[0]
        if _is_plain(member):
            return tuple
        decode_member = _decoder(member)
        return lambda values: tuple(map(decode_member, values))
    if hint is datetime:
        return parse_time
    if hint is timedelta:
        return lambda seconds: timedelta(seconds=seconds)
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return hint
    if isinstance(hint, type) and is_dataclass(hint):
        return lambda body: from_body(hint, body)
    return lambda value: value
