"""A document of the user's, read member by member: every read says what it expects, and a mistake names its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sosie.domain.errors import ScenarioError
from sosie.domain.ids import parse_guid

LONGEST_TEXT = 10_000
"""Characters of any text but a licence's: so that whatever a scenario says, every store takes its records."""

_KIND_NAMES = {str: "a text", int: "a number", bool: "true or false"}


class Node:
    """A value of the document and its path, read member by member; every read says what it expects."""

    def __init__(self, value: Any, where: str) -> None:
        self.value = value
        self.where = where
        self._read: set[str] = set()

    def fail(self, problem: str) -> ScenarioError:
        """Return the error for this place."""
        return ScenarioError(self.where, problem)

    def member(self, name: str) -> Node | None:
        """Return a member, or None if it is absent or null."""
        if not isinstance(self.value, Mapping):
            raise self.fail("must be an object")
        self._read.add(name)
        value = self.value.get(name)
        return None if value is None else Node(value, f"{self.where}.{name}" if self.where else name)

    def get(self, name: str, kind: type | tuple[type, ...], default: Any = None) -> Any:
        """Return a member of a type, or the default."""
        node = self.member(name)
        if node is None:
            return default
        kinds = kind if isinstance(kind, tuple) else (kind,)
        if not isinstance(node.value, kind) or (isinstance(node.value, bool) and bool not in kinds):
            raise node.fail(f"must be {' or '.join(_KIND_NAMES[k] for k in kinds)}")
        if isinstance(node.value, str) and len(node.value) > LONGEST_TEXT:
            raise node.fail(f"is longer than {LONGEST_TEXT} characters")
        return node.value

    def number(self, name: str, default: int | None, low: int, high: int) -> Any:
        """Return a whole number within bounds, or the default."""
        value = self.get(name, int, default)
        if value is not None and not low <= value <= high:
            raise Node(None, f"{self.where}.{name}").fail(f"must be from {low} to {high}")
        return value

    def guid(self, name: str) -> str | None:
        """Return a GUID in its lower-case form, or None. It may be written as clients may write it."""
        text = self.get(name, str)
        found = None if text is None else parse_guid(text)
        if text is not None and found is None:
            raise Node(None, f"{self.where}.{name}").fail(f"must be a GUID, not {text!r}")
        return found

    def need(self, name: str, kind: type) -> Any:
        """Return a member that must be there, and not be empty."""
        value = self.get(name, kind)
        if value is None or value == "":
            raise Node(None, f"{self.where}.{name}" if self.where else name).fail("is missing")
        return value

    def choice(self, name: str, choices: Mapping[str, Any], default: Any) -> Any:
        """Return what a word stands for."""
        word = self.get(name, str)
        if word is None:
            return default
        if word.lower() not in choices:
            raise Node(None, f"{self.where}.{name}").fail(f"must be one of {', '.join(choices)}")
        return choices[word.lower()]

    def each(self, name: str, read: Callable[[Node], Any]) -> tuple[Any, ...]:
        """Return what a list's elements read as."""
        node = self.member(name)
        if node is None:
            return ()
        if not isinstance(node.value, list):
            raise node.fail("must be a list")
        return tuple(read(Node(value, f"{node.where}[{at}]")) for at, value in enumerate(node.value))

    def done(self) -> None:
        """Raise if there are members that nobody read: a misspelt name must not pass silently."""
        unknown = sorted(set(map(str, self.value)) - self._read)
        if unknown:
            raise self.fail(f"has no member named {unknown[0]!r}; known are {', '.join(sorted(self._read))}")
