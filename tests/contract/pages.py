"""The pages of docs/contract as data: their sections, examples, field tables and runs of field names.

Nothing here knows what the pages should say. Whoever asks for a list of fields says how long it is at least, so that
a list that is not found, or only begun, cannot pass for an empty one.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.contract.shapes import PLAIN, Shape, Value, shape_of

FOLDER = Path(__file__).parents[2] / "docs" / "contract"

_HEADING = re.compile(r"(?P<marks>#{1,6}) (?P<number>(?:[A-Z]\.)?\d+(?:\.\d+)*)\.? ")
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`]+)`")
_NAME = re.compile(r"[a-z][A-Za-z0-9]*")
_NAME_AND_VALUE = re.compile(r"(\w+): \S+")
_COUNTED_OBJECT = re.compile(r"object of (\d+) \w+ \($")
_OMITTED = re.compile(r"((?:`[\w.]+`(?:, | and | string, )?)+)\s*omitted when null")


class UnreadablePageError(Exception):
    """A page does not say what was looked for, or not the way it should."""


class Page:
    """One page. `text` is its Markdown."""

    def __init__(self, text: str) -> None:
        self.text = text

    def section(self, number: str) -> Section:
        """Return the section with this number, such as `4.2` or `A.4`, with its subsections."""
        level, kept = 0, []
        fenced = False
        for line in self.text.splitlines():
            fenced ^= line.startswith("```")
            heading = None if fenced else re.match(r"(#+) ", line)
            if heading and level and len(heading[1]) <= level:
                break
            numbered = _HEADING.match(line) if heading else None
            if numbered and not level and numbered["number"] == number:
                level = len(numbered["marks"])
            elif level:
                kept.append(line)
        if not level:
            raise UnreadablePageError(f"there is no section {number}")
        return Section(number, "\n".join(kept))


def read_pages() -> dict[str, Page]:
    """Return the pages by file name without suffix."""
    return {path.stem: Page(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.md")}


@dataclass(frozen=True)
class Section:
    """What stands under one heading."""

    number: str
    text: str

    def example(self, *members: str, at_least: int = 1) -> Shape:
        """Return the shape of the one JSON example, in a block or inline, that has these members."""
        found = [each for each in self.examples() if isinstance(each, dict) and set(members) <= set(each)]
        if len(found) != 1:
            raise self._unreadable(f"{len(found)} examples have the members {', '.join(members)}")
        shape = shape_of(found[0])
        assert isinstance(shape, Shape)
        return self._counted(shape, at_least)

    def examples(self) -> list[Any]:
        """Return all JSON documents: blocks first, then inline ones."""
        texts = [text for language, text in _FENCE.findall(self.text) if language == "json"]
        texts += _CODE.findall(self._prose)
        return [document for text in texts if (document := _json(text)) is not None]

    def fields(self, start: str, at_least: int) -> Shape:
        """Return the fields that a paragraph names from this on: `object: "profile"`, or the name of an object.

        Names stand in backticks, one or several; what is in brackets is a remark, unless it is an object's members.
        """
        is_first_field = ":" in start
        mark = f"`{start}`" if is_first_field else f"`{start}`:"
        found = [each for each in self._prose.split("\n\n") if mark in each]
        if len(found) != 1:
            raise self._unreadable(f"{len(found)} paragraphs have {mark}")
        _, _, rest = found[0].partition(mark)
        return self._counted(read_run(mark + rest if is_first_field else rest), at_least)

    def listed(self, label: str, at_least: int) -> Shape:
        """Return the names in the one pair of backticks after a label, with commas between them."""
        match = re.search(re.escape(label) + r"\s*`([^`]+)`", self._prose)
        if match is None:
            raise self._unreadable(f"nothing is listed after {label!r}")
        names = [re.sub(r"\(.*?\)", "", name).strip() for name in match[1].split(",")]
        return self._counted(Shape(dict.fromkeys(names, PLAIN)), at_least)

    def table(self, *headers: str, at_least: int = 1) -> list[dict[str, str]]:
        """Return the rows of the one table with these columns first; cells by header."""
        found = [rows for rows in self._tables() if tuple(rows[0][: len(headers)]) == headers]
        if len(found) != 1:
            raise self._unreadable(f"{len(found)} tables begin with {' | '.join(headers)}")
        header, _, *rows = found[0]
        if len(rows) < at_least:
            raise self._unreadable(f"the table {' | '.join(headers)} has {len(rows)} rows only")
        return [_row(header, row) for row in rows]

    def omitted(self, at_least: int = 1) -> list[str]:
        """Return the dotted names of members that are omitted when null."""
        found = [name for run in _OMITTED.findall(self._prose) for name in _CODE.findall(run)]
        if len(found) < at_least:
            raise self._unreadable(f"{len(found)} members are omitted when null")
        return found

    def said(self, pattern: str) -> re.Match[str]:
        """Return where the section says something."""
        match = re.search(pattern, self._prose)
        if match is None:
            raise self._unreadable(f"it does not say {pattern}")
        return match

    @property
    def _prose(self) -> str:
        return _FENCE.sub("", self.text)

    def _tables(self) -> list[list[list[str]]]:
        tables: list[list[list[str]]] = [[]]
        for line in self._prose.splitlines():
            if line.startswith("|"):
                tables[-1].append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
            elif tables[-1]:
                tables.append([])
        return [table for table in tables if table]

    def _counted(self, shape: Shape, at_least: int) -> Shape:
        if len(shape.all_names()) < at_least:
            raise self._unreadable(f"only {sorted(shape.all_names())} are found, not {at_least}")
        return shape

    def _unreadable(self, why: str) -> UnreadablePageError:
        return UnreadablePageError(f"section {self.number}: {why}")


def codes(text: str) -> list[str]:
    """Return what stands in backticks."""
    return [" ".join(code.split()) for code in _CODE.findall(text)]


def read_run(text: str) -> Shape:
    """Return the fields that a piece of prose names."""
    return _Run().read(text)


def read_members(text: str) -> Shape:
    """Return the members of a text such as `a`; `b`? {`c`, `d`?}; `e`:`"value"`. A question mark is optional."""
    shape, rest = _read_members(re.findall(r"`[^`]+`\??|[{}]", text))
    if rest:
        raise UnreadablePageError(f"a brace too many in {text}")
    return shape


def _read_members(tokens: list[str]) -> tuple[Shape, list[str]]:
    members: dict[str, Shape | Value] = {}
    optional, last = set(), ""
    while tokens:
        token, *tokens = tokens
        if token == "}":
            break
        if token == "{":
            members[last], tokens = _read_members(tokens)
            continue
        name = token.rstrip("?").strip("`")
        if re.fullmatch(r"\w+", name):
            last = name
            members.setdefault(name, PLAIN)
            if token.endswith("?"):
                optional.add(name)
    return Shape(members, frozenset(optional)), tokens


class _Run:
    """Reads a piece of prose word for word: names, and what stands in brackets behind them."""

    def __init__(self) -> None:
        self.members: dict[str, Shape | Value] = {}
        self._last = ""
        self._depth = 0
        self._counted: dict[str, Shape | Value] = {}
        self._count = 0

    def read(self, text: str) -> Shape:
        for piece in re.split(r"(`[^`]+`)", text):
            if piece.startswith("`"):
                self._read_code(" ".join(piece.strip("`").split()))
            else:
                self._read_words(piece)
        return Shape(self.members)

    def _read_words(self, words: str) -> None:
        self._depth += words.count("(") - words.count(")")
        if counted := _COUNTED_OBJECT.search(words):
            self._counted, self._count = {}, int(counted[1])
        elif self._count and self._depth == 0:
            if len(self._counted) != self._count:
                raise UnreadablePageError(f"{self._last} has {len(self._counted)} members, not {self._count}")
            self.members[self._last], self._count = Shape(self._counted), 0

    def _read_code(self, code: str) -> None:
        pair = _NAME_AND_VALUE.fullmatch(code)
        names = [pair[1]] if pair else code.split()
        if self._count:
            self._counted |= dict.fromkeys(names, PLAIN)
        elif self._depth == 0 and code.startswith("{"):
            self.members[self._last] = _object(code)
        elif self._depth == 0 and all(_NAME.fullmatch(name) for name in names):
            self.members |= {name: self.members.get(name, PLAIN) for name in names}
            self._last = names[-1]


def _object(code: str) -> Shape | Value:
    """Return the shape of an inline object: JSON, or only the names in braces."""
    document = _json(code)
    if document is not None:
        return shape_of(document)
    return Shape(dict.fromkeys(code.strip("{}").split(","), PLAIN))


def _json(text: str) -> Any:
    text = text.strip()
    if text.startswith('"') and ":{" in text:  # a member without the object around it
        text = "{" + text + "}"
    if not text.startswith("{"):
        return None
    try:
        return json.loads(text.replace("[...]", "[]"))
    except ValueError:
        return None


def _row(header: list[str], cells: list[str]) -> dict[str, str]:
    """Return a row by header; columns of the same name, as in a table set in two halves, are told apart by a number."""
    names = [name if name not in header[:index] else f"{name} 2" for index, name in enumerate(header)]
    return dict(zip(names, cells, strict=True))
