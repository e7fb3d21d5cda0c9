"""JSON as the doctor meets it, with line numbers: appsettings of .NET, and what `docker inspect` prints."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from sosie.local.doctor.model import Entry

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN = re.compile(
    r"""(?P<blank>\s+|//[^\n]*|/\*.*?\*/)|(?P<string>"(?:[^"\\\n]|\\.)*")|(?P<mark>[{}\[\],:])|(?P<word>[-+.\w]+)""",
    re.DOTALL,
)
_OPENING, _CLOSING, _COMMA, _COLON = ("{", "["), ("}", "]"), ",", ":"
_OBJECT = -1
_DEEPEST = 64


class _MalformedError(ValueError):
    """No JSON, even with the comments and trailing commas that .NET allows."""


def members(text: str) -> list[Entry] | None:
    """Return each leaf of an object as an entry with the key .NET gives it (`a:b:c`), or None if it is no JSON object.

    Comments and trailing commas are allowed, as .NET's configuration allows them.
    """
    try:
        return list(_leaves(text))
    except _MalformedError:
        return None


def inspected(document: Any, text: str) -> list[Entry] | None:
    """Return the environment of the containers in an answer of `docker inspect`, or None if it is something else."""
    containers = document if isinstance(document, list) else [document]
    lists = [each.get("Config", {}).get("Env") for each in containers if _has_environment(each)]
    if not lists:
        return None
    lines = text.split("\n")
    found = []
    for environment in lists:
        for variable in environment:
            key, assigned, value = str(variable).partition("=")
            if assigned and key:
                found.append(Entry(key, value, _line_of(lines, key)))
    return sorted(found, key=lambda entry: entry.line)


def _has_environment(container: Any) -> bool:
    config = container.get("Config") if isinstance(container, dict) else None
    return isinstance(config, dict) and isinstance(config.get("Env"), list)


def _line_of(lines: list[str], key: str) -> int:
    opening = json.dumps(key + "=")[:-1]
    return next((number for number, line in enumerate(lines, 1) if opening in line), 1)


def _leaves(text: str) -> Iterator[Entry]:
    """Walk the tokens; a list's members are named by their number, as .NET does."""
    place = _Place()
    tokens = _tokens(text)
    for kind, mark, line in tokens:
        if mark in _OPENING:
            place.enter(in_list=mark == "[")
        elif mark in _CLOSING:
            place.leave()
        elif mark == _COMMA:
            place.name = None
        elif mark == _COLON or not place.depth:
            raise _MalformedError
        elif place.expects_name:
            place.name = _string(kind, mark)
            if next(tokens, (None, None, 0))[1] != _COLON:
                raise _MalformedError
        else:
            value = _string(kind, mark) if kind == "string" else mark
            yield Entry(place.key(), "" if mark == "null" else value, line, quoted=kind == "string")
    if place.depth:
        raise _MalformedError


class _Place:
    """Where a walk is: the names of the members that lead there, and whether they are of objects or lists."""

    def __init__(self) -> None:
        self.name: str | None = None
        self._path: list[str] = []
        self._counts: list[int] = []  # _OBJECT, or the number of a list's next member

    @property
    def depth(self) -> int:
        return len(self._counts)

    @property
    def expects_name(self) -> bool:
        return self._counts[-1] == _OBJECT and self.name is None

    def enter(self, *, in_list: bool) -> None:
        if self._counts:
            self._path.append(self._next())
        if self.depth >= _DEEPEST:
            raise _MalformedError
        self._counts.append(0 if in_list else _OBJECT)
        self.name = None

    def leave(self) -> None:
        if not self._counts:
            raise _MalformedError
        self._counts.pop()
        if self._path:
            self._path.pop()
        self.name = None

    def key(self) -> str:
        return ":".join((*self._path, self._next()))

    def _next(self) -> str:
        if self._counts[-1] == _OBJECT:
            if self.name is None:
                raise _MalformedError
            return self.name
        self._counts[-1] += 1
        return str(self._counts[-1] - 1)


def _string(kind: str, text: str) -> str:
    if kind != "string":
        raise _MalformedError
    try:
        found: str = json.loads(text, strict=False)
    except ValueError:
        raise _MalformedError from None
    return found


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    at, line = 0, 1
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise _MalformedError
        kind = match.lastgroup or ""
        if kind != "blank":
            yield kind, match[0], line
        line += match[0].count("\n")
        at = match.end()
