"""docs/fidelity.md cannot lie about routes: it is compared with the routes in code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sosie.domain.regions import SERVICES
from sosie.wire.routes import routes_of

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "fidelity.md").read_text(encoding="utf-8")
ROW = re.compile(
    r"^\| `(?P<method>[A-Z]+) (?P<path>/[^`]*)`(?P<more>[^|]*) \| [^|]+ \| (?P<state>[^|]+) \| (?P<test>[^|]*) \|$",
    re.MULTILINE,
)
TESTS = re.compile(r"`(tests/[\w/]+\.py)`")


def rows() -> dict[tuple[str, str], re.Match[str]]:
    found: dict[tuple[str, str], re.Match[str]] = {}
    for match in ROW.finditer(PAGE):
        for method in (match["method"], *re.findall(r"`([A-Z]+)`", match["more"])):
            found[method, match["path"]] = match
    return found


def routes() -> set[tuple[str, str]]:
    return {(route.method, route.path) for service in SERVICES for route in routes_of(service)}


def test_every_route_has_a_row() -> None:
    assert routes() - set(rows()) == set()


def test_every_row_has_a_route() -> None:
    assert set(rows()) - routes() == set()


@pytest.mark.parametrize("row", rows().values(), ids=lambda row: f"{row['method']} {row['path']}")
def test_every_row_says_its_state_and_names_a_test(row: re.Match[str]) -> None:
    assert row["state"].startswith(("simulated", "simplified", "refused"))
    assert TESTS.search(row["test"])


def test_every_named_test_exists() -> None:
    missing = [name for name in TESTS.findall(PAGE) if not (ROOT / name).exists()]

    assert missing == []
