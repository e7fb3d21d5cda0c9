"""Reads docs/fidelity.md and says what is wrong with it: routes, rows, tests and contract sections must agree."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

PAGES = {"I": "identity.md", "A": "api.md", "L": "licensing-push-installations.md", "C": "clients.md"}
STATES = ("simulated", "simplified", "refused")
_ROW = re.compile(
    r"^\| (?P<what>[^|]+) \| (?P<contract>[^|]*) \| (?P<state>[^|]*) \| (?P<tests>[^|]*) \|$", re.MULTILINE
)
_HEAD = ("Route", "Quirk", "---")
_ROUTE = re.compile(r"`([A-Z]+) (/[^`]*)`")
_METHOD = re.compile(r"`([A-Z]+)`")
_TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
_REFERENCE = re.compile(r"\b([IALC]) ([^|,]+)")
_HEADING = re.compile(r"^#{1,3} (?:Part )?(?P<number>\d+(?:\.\d+)?|[ABC](?:\.\d+)?)[. ]", re.MULTILINE)
_WITHOUT_ROW = re.compile(r"^- \*\*([IALC]) (§?[\w.]+)\*\*: \S", re.MULTILINE)

Route = tuple[str, str]


@dataclass(frozen=True)
class Row:
    """One row: what it is about, the contract's section, the state with its reason, and the tests that prove it."""

    what: str
    contract: str
    state: str
    tests: tuple[tuple[str, str | None], ...]

    @property
    def routes(self) -> list[Route]:
        """The routes the row is about; none for a quirk."""
        match = _ROUTE.match(self.what)
        if match is None:
            return []
        return [(method, match[2]) for method in (match[1], *_METHOD.findall(self.what[match.end() :]))]

    @property
    def sections(self) -> list[tuple[str, str]]:
        """The contract's sections, such as `("I", "4.1")`. One letter speaks for the numbers that follow it."""
        found, page = [], ""
        for part in self.contract.split(","):
            letter, _, number = part.strip().rpartition(" ")
            page = letter or page
            found.append((page, number.lstrip("§")))
        return found


def rows(page: str) -> list[Row]:
    """Return every row of every table."""
    return [
        Row(
            match["what"].strip(),
            match["contract"].strip(),
            match["state"].strip(),
            tuple((file, name or None) for file, name in _TEST.findall(match["tests"])),
        )
        for match in _ROW.finditer(page)
        if not match["what"].startswith(_HEAD)
    ]


def headings(text: str) -> set[str]:
    """Return the numbers of a contract page's sections."""
    return set(_HEADING.findall(text))


def test_names(root: Path) -> dict[str, set[str]]:
    """Return the functions of each test file that pytest would run, by path from the repository's root."""
    found = {}
    for path in (root / "tests").rglob("test_*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
        names = {node.name for node in functions if node.name.startswith("test_")}
        if names:
            found[path.relative_to(root).as_posix()] = names
    return found


def problems(
    page: str, routes: Iterable[Route], tests: Mapping[str, set[str]], sections: Mapping[str, set[str]]
) -> list[str]:
    """Return everything the page claims wrongly or does not say. `sections` are the contract's, by page letter."""
    table = rows(page)
    told = [route for row in table for route in row.routes]
    real = set(routes)
    wrong = [f"no row for {method} {path}" for method, path in sorted(real - set(told))]
    wrong += [f"no route for the row {method} {path}" for method, path in sorted(set(told) - real)]
    wrong += [f"two rows for {method} {path}" for method, path in sorted({r for r in told if told.count(r) > 1})]
    for row in table:
        wrong += _row_problems(row, tests, sections)
    return wrong + _silent_sections(page, table, sections)


def _row_problems(row: Row, tests: Mapping[str, set[str]], sections: Mapping[str, set[str]]) -> list[str]:
    wrong = []
    if not row.state.startswith(STATES):
        wrong.append(f"no state: {row.what}")
    if row.state in ("simplified", "refused"):
        wrong.append(f"no reason for being {row.state}: {row.what}")
    if not row.tests:
        wrong.append(f"no test: {row.what}")
    for file, name in row.tests:
        if file not in tests:
            wrong.append(f"no such test file: {file} ({row.what})")
        elif name is not None and name not in tests[file]:
            wrong.append(f"no such test: {file}::{name} ({row.what})")
    wrong += [
        f"no section {page} {number}: {row.what}"
        for page, number in row.sections
        if not _is_there(page, number, sections)
    ]
    return wrong


def _is_there(page: str, number: str, sections: Mapping[str, set[str]]) -> bool:
    return number in sections.get(page, ())


def _silent_sections(page: str, table: list[Row], sections: Mapping[str, set[str]]) -> list[str]:
    told = {section for row in table for section in row.sections}
    told |= {(letter, number.lstrip("§")) for letter, number in _WITHOUT_ROW.findall(page)}
    wrong = []
    for letter, numbers in sections.items():
        for number in sorted(numbers):
            children = {other for other in numbers if other.startswith(f"{number}.")}
            if (letter, number) not in told and not children:
                wrong.append(f"no row and no reason for section {letter} {number}")
    return wrong
