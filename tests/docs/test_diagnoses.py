"""docs/diagnoses.md lists every diagnosis, as the catalogue has it."""

from __future__ import annotations

import re
from pathlib import Path

from sosie.diagnosis.catalog import CATALOG, SECTIONS
from sosie.diagnosis.page import text

PAGE = Path(__file__).parents[2] / "docs" / "diagnoses.md"


def test_the_page_is_what_make_diagnoses_writes() -> None:
    assert PAGE.read_text(encoding="utf-8") == text()


def test_every_code_is_on_the_page_once_with_all_its_cells() -> None:
    rows = [line for line in text().splitlines() if line.startswith("| `")]

    assert [re.match(r"\| `([A-Z_]+)` \|", row)[1] for row in rows] == [  # type: ignore[index]
        each.code for section in SECTIONS.values() for each in section
    ]
    assert len(rows) == len(CATALOG)
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {5}
