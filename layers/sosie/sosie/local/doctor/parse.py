"""Reads a configuration in any of its formats. No text makes it raise: what it cannot read, it says.

Env files are read as docker compose reads them (docs/contract/clients.md §7): quotes, inline comments, variables.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from sosie.local.doctor.json_files import inspected, members
from sosie.local.doctor.model import Broken, Document, Entry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_KEY = r"[^\s=#'\"{}\[\],][^\s=]*"
_ASSIGNED = re.compile(rf"[ \t]*(?:export[ \t]+)?(?P<key>{_KEY})[ \t]*=[ \t]*")
_YAML = re.compile(r"[ \t]*(?:export[ \t]+)?(?P<key>[A-Za-z_][\w.]*):[ \t]+")
_BARE = re.compile(r"[ \t]*(?:export[ \t]+)?(?P<key>[A-Za-z_][\w.:]*)[ \t]*\Z")
_QUOTED = {
    '"': re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL),
    "'": re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL),
}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_VARIABLE = re.compile(r"\\\$|\$\$|\$\{(?P<braced>\w+)(?::?-(?P<default>[^}]*))?[^}]*\}|\$(?P<plain>[A-Za-z_]\w*)")
_OF_A_PROCESS = frozenset({"PATH", "HOME", "HOSTNAME", "PWD", "SHLVL"})


def decoded(data: bytes) -> str:
    """Return a file's text: UTF-8, or UTF-16 as PowerShell's `>` writes it."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8-sig", "replace")


def parse(text: str) -> Document:
    """Return a text's entries."""
    if text.lstrip()[:1] in ("{", "["):
        found = _json(text)
        if found is not None:
            return found
    # Not `splitlines`, which also parts at characters that are none of an env file's line ends.
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if _is_dump(lines):
        return Document("dump", tuple(_dumped(lines)))
    return _env_file(lines)


def _json(text: str) -> Document | None:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if document is not None:
        variables = inspected(document, text)
        if variables is not None:
            return Document("inspect", tuple(variables))
    found = members(text)
    return None if found is None else Document("json", tuple(found))


def _is_dump(lines: list[str]) -> bool:
    """Tell the output of `env` from an env file: it has what every process has, and neither comments nor quotes."""
    names = {line.partition("=")[0] for line in lines}
    commented = any(line.lstrip().startswith("#") for line in lines)
    return len(names & _OF_A_PROCESS) >= 2 and not commented


def _dumped(lines: list[str]) -> Iterator[Entry]:
    # Values are as they are. A line without `=` continues the value before it, which no rule is about.
    for number, line in enumerate(lines, 1):
        key, assigned, value = line.partition("=")
        if assigned and re.fullmatch(_KEY, key):
            yield Entry(key, value, number)


def _env_file(lines: list[str]) -> Document:
    entries: list[Entry] = []
    broken: list[Broken] = []
    values: dict[str, str] = {}
    at = 0
    while at < len(lines):
        number, line = at + 1, lines[at]
        at += 1
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _YAML.match(line) or _ASSIGNED.match(line)
        if match is None:
            bare = _BARE.match(line)
            if bare:
                entries.append(Entry(bare["key"], None, number))
            else:
                broken.append(Broken(number, "it is neither a comment nor KEY=value"))
            continue
        rest = line[match.end() :]
        if rest[:1] in _QUOTED:
            found, used = _quoted(rest, lines[at:], values)
            if used is None:
                broken.append(Broken(number, "its quotation mark is not closed"))
                continue
            at += used
            entry = Entry(match["key"], found, number, quoted=True)
        else:
            # As compose has it: a comment needs a blank before it, and the blanks after `=` are gone by now.
            entry = Entry(match["key"], _interpolated(rest.split(" #", 1)[0].rstrip(), values), number)
        entries.append(entry)
        if entry.value is not None:
            values[entry.key] = entry.value
    return Document("env", tuple(entries), tuple(broken))


def _quoted(rest: str, following: list[str], values: Mapping[str, str]) -> tuple[str | None, int | None]:
    """Return a quoted value, and how many further lines it takes; None for those if the quotes do not close."""
    mark = rest[0]
    text = rest
    for used in range(len(following) + 1):
        match = _QUOTED[mark].match(text)
        if match:
            if mark == "'":
                return match[1].replace("\\'", "'"), used
            found = _interpolated(match[1], values)
            return (None if found is None else _ESCAPE.sub(_unescaped, found)), used
        # A setting of ours has one line; whoever forgets a mark shall not lose the whole file to it.
        if used == len(following) or _ASSIGNED.match(following[used]):
            break
        text += "\n" + following[used]
    return None, None


def _unescaped(match: re.Match[str]) -> str:
    return _ESCAPES.get(match[1], match[1])


def _interpolated(value: str, values: Mapping[str, str]) -> str | None:
    """Return a value with its variables replaced by what the lines above say, None if they do not say it."""
    missing = False

    def replaced(match: re.Match[str]) -> str:
        nonlocal missing
        name = match["braced"] or match["plain"]
        if name is None:
            return "$"
        default: str | None = match["default"]
        found = values.get(name) or default
        missing = missing or found is None
        return found or ""

    result = _VARIABLE.sub(replaced, value)
    return None if missing else result
