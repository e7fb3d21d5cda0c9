"""docs/fidelity.md cannot lie: routes in code, rows, named tests and the contract's sections are compared."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from sosie.domain.regions import SERVICES
from sosie.wire.routes import routes_of
from tests.docs import fidelity_page

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "fidelity.md").read_text(encoding="utf-8")
ROUTES = {(route.method, route.path) for service in SERVICES for route in routes_of(service)}
ALIVE = ("GET", "/alive")


@cache
def known_tests() -> dict[str, set[str]]:
    return fidelity_page.test_names(ROOT)


@cache
def sections() -> dict[str, set[str]]:
    contract = ROOT / "docs" / "contract"
    return {
        letter: fidelity_page.headings((contract / name).read_text()) for letter, name in fidelity_page.PAGES.items()
    }


def problems(page: str, routes: set[tuple[str, str]] = ROUTES) -> list[str]:
    return fidelity_page.problems(page, routes, known_tests(), sections())


def test_routes_rows_tests_and_the_contracts_sections_agree() -> None:
    assert problems(PAGE) == []


def test_the_page_has_a_row_per_route_and_many_more_for_quirks() -> None:
    table = fidelity_page.rows(PAGE)

    assert {route for row in table for route in row.routes} == ROUTES
    assert len([row for row in table if not row.routes]) > 100


def test_the_contract_has_sections_to_speak_of() -> None:
    assert {letter: len(numbers) > 15 for letter, numbers in sections().items()} == dict.fromkeys("IALC", True)


# A check that cannot fail proves nothing: each kind of lie is told once.


def test_a_route_without_a_row_is_found() -> None:
    assert problems(PAGE, ROUTES | {("GET", "/new")}) == ["no row for GET /new"]


def test_a_row_without_a_route_is_found() -> None:
    assert problems(PAGE, ROUTES - {ALIVE}) == ["no route for the row GET /alive"]


def test_a_route_with_two_rows_is_found() -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith("| `GET /alive`"))

    assert problems(PAGE + "\n" + row + "\n") == ["two rows for GET /alive"]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("| A quirk | A §2.8 | simulated | |", "no test: A quirk"),
        ("| A quirk | A §2.8 | simulated | `tests/no.py` |", "no such test file: tests/no.py (A quirk)"),
        (
            "| A quirk | A §2.8 | simulated | `tests/wire/test_sync.py::test_no` |",
            "no such test: tests/wire/test_sync.py::test_no (A quirk)",
        ),
        ("| A quirk | A §2.8 | done | `tests/wire/test_sync.py` |", "no state: A quirk"),
        ("| A quirk | A §2.8 | refused | `tests/wire/test_sync.py` |", "no reason for being refused: A quirk"),
        ("| A quirk | A §9.9 | simulated | `tests/wire/test_sync.py` |", "no section A 9.9: A quirk"),
    ],
)
def test_a_row_that_claims_too_much_is_found(row: str, problem: str) -> None:
    assert problems(PAGE + "\n" + row.replace("| |", "|  |") + "\n") == [problem]


def test_a_section_of_the_contract_that_nobody_speaks_of_is_found() -> None:
    more = {**sections(), "A": sections()["A"] | {"7.1"}}

    assert fidelity_page.problems(PAGE, ROUTES, known_tests(), more) == ["no row and no reason for section A 7.1"]
