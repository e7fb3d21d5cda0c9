"""Which members an object on the wire has, and where a real answer differs from that."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class Value(Enum):
    """What a member is that is no object: a plain value or a list of them, or something nobody looks into."""

    PLAIN = "plain"
    ANYTHING = "anything"


PLAIN, ANYTHING = Value.PLAIN, Value.ANYTHING


@dataclass(frozen=True)
class Shape:
    """An object's members, nested where the page nests. A list of objects has the shape of each of them.

    `optional` names may be missing; `resolved` says which of them are there.
    """

    members: Mapping[str, Shape | Value]
    optional: frozenset[str] = field(default_factory=frozenset)

    def __contains__(self, path: str) -> bool:
        name, _, rest = path.partition(".")
        inside = self.members.get(name)
        return inside is not None if not rest else isinstance(inside, Shape) and rest in inside

    def __or__(self, other: Shape) -> Shape:
        return Shape({**self.members, **other.members}, self.optional | other.optional)

    @property
    def names(self) -> set[str]:
        return set(self.members)

    def all_names(self) -> set[str]:
        """Return the names of all levels."""
        nested = (inside.all_names() for inside in self.members.values() if isinstance(inside, Shape))
        return self.names.union(*nested)

    def put(self, path: str, inside: Shape | Value) -> Shape:
        """Say what a member holds. Raises KeyError if the page has no such member."""
        name, _, rest = path.partition(".")
        known = self.members[name]
        if rest:
            if not isinstance(known, Shape):
                raise KeyError(path)
            inside = known.put(rest, inside)
        return replace(self, members={**self.members, name: inside})

    def without(self, *names: str) -> Shape:
        """Return the object without members that the page lists. Raises KeyError if it lists no such member."""
        kept = dict(self.members)
        for name in names:
            del kept[name]
        return Shape(kept, self.optional - set(names))

    def with_optional(self, *paths: str) -> Shape:
        """Return the object with further members that may be missing."""
        shape = self
        for path in paths:
            name, _, rest = path.partition(".")
            if rest:
                inside = shape.members[name]
                if not isinstance(inside, Shape):
                    raise KeyError(path)
                shape = shape.put(name, inside.with_optional(rest))
            else:
                members = {**shape.members, name: shape.members.get(name, PLAIN)}
                shape = Shape(members, shape.optional | {name})
        return shape

    def resolved(self, *present: str) -> Shape:
        """Return the object with these optional members (dotted paths) and no other. Raises KeyError for any other."""
        shape, unknown = self._resolved(set(present), "")
        if unknown:
            raise KeyError(", ".join(sorted(unknown)))
        return shape

    def _resolved(self, present: set[str], at: str) -> tuple[Shape, set[str]]:
        members: dict[str, Shape | Value] = {}
        left = set(present)
        for name, inside in self.members.items():
            path = f"{at}{name}"
            if name in self.optional:
                if path not in present:
                    continue
                left.discard(path)
            members[name] = inside
            if isinstance(inside, Shape):
                members[name], unknown = inside._resolved(present, f"{path}.")
                left &= unknown
        return Shape(members), left


def shape_of(document: Any) -> Shape | Value:
    """Return the shape of an example: an object's, or that of a list's first object."""
    if isinstance(document, list) and document:
        return shape_of(document[0])
    if isinstance(document, dict):
        return Shape({name: shape_of(value) for name, value in document.items()})
    return PLAIN


def differences(expected: Shape | Value, actual: Any, at: str = "") -> list[str]:
    """Return one line for each member that is missing, not in the contract, or of another kind."""
    here = at or "the body"
    if expected is ANYTHING:
        return []
    if expected is PLAIN:
        return [f"{here} is nested"] if _is_nested(actual) else []
    assert isinstance(expected, Shape)
    if expected.optional:
        raise ValueError(f"{here}: it is not said which of {sorted(expected.optional)} are there")
    if isinstance(actual, list):
        if not actual:
            return [f"{here} has no items to compare"]
        return [line for index, item in enumerate(actual) for line in differences(expected, item, f"{at}[{index}]")]
    if not isinstance(actual, dict):
        return [f"{here} is no object"]
    dot = f"{at}." if at else ""
    found = [f"{dot}{name} is missing" for name in sorted(expected.names - set(actual))]
    found += [f"{dot}{name} is not in the contract" for name in sorted(set(actual) - expected.names)]
    for name in expected.members:
        if name in actual:
            found += differences(expected.members[name], actual[name], f"{dot}{name}")
    return found


def _is_nested(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(_is_nested(item) for item in value))
