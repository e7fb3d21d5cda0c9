"""docs/doctor.md lists the codes that the doctor has, as the doctor means them."""

from __future__ import annotations

from pathlib import Path

import pytest

from sosie.local.doctor.catalog import CATALOG
from sosie.local.doctor.page import renewed

PAGE = Path(__file__).parents[2] / "docs" / "doctor.md"


def test_the_list_of_codes_is_the_catalogs() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert page == renewed(page), "write it anew: sosie.local.doctor.page.renewed"


def test_every_code_has_a_row() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert [code for code in CATALOG if page.count(f"\n| `{code}` |") != 1] == []


def test_a_page_without_a_place_for_the_list_is_refused() -> None:
    with pytest.raises(ValueError, match="marks"):
        renewed("# sosie doctor\n")
