"""The list of checks: ids that stay, sections that exist, and a page that has them all."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from sosie.conformance.registry import all_checks, check, chosen_checks
from sosie.conformance.target import read_target

DOCS = Path(__file__).parents[2] / "docs"
CHECKS = all_checks()
SECTION = re.compile(r"(?P<page>[\w-]+\.md) (?:§(?P<number>\d+)(?:\.(?P<below>\d+))?|(?P<letter>[A-C])(?:\.\d+)?)")


def test_ids_are_words_and_dots() -> None:
    odd = [each.id for each in CHECKS if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+){1,2}", each.id)]

    assert odd == []


def test_an_id_is_given_once() -> None:
    with pytest.raises(ValueError, match=r"two checks are called identity\.alive"):
        check("identity.alive", "identity.md §10", "The same once more.")(lambda _: None)


def test_a_title_is_a_sentence() -> None:
    assert [each.id for each in CHECKS if not each.title.endswith(".")] == []


def test_a_part_of_the_ids_chooses_checks() -> None:
    chosen = chosen_checks("identity.refresh.")

    assert {each.area for each in chosen} == {"identity"}
    assert 0 < len(chosen) < len(CHECKS)


def test_every_check_names_a_section_that_the_contract_has() -> None:
    missing = [(each.id, each.section) for each in CHECKS if not _exists(each.section)]

    assert missing == []


def test_the_page_lists_every_check_with_its_section_and_sentence() -> None:
    text = (DOCS / "conformance.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `([^`]+)` \| \[([^\]]+)\]\(contract/[\w-]+\.md\) \| (.+) \|$", text, re.MULTILINE)
    mark = " *(inferred)*"

    assert listed == [(each.id, each.section, each.title + mark * each.inferred) for each in CHECKS]


def test_the_file_on_the_page_describes_a_target() -> None:
    (block,) = re.findall(r"```json\n(.*?)```", (DOCS / "conformance.md").read_text(encoding="utf-8"), re.DOTALL)

    (region,) = read_target(json.loads(block), "page").regions.values()

    assert [each.enabled for each in region.installations] == [True, False]
    assert [each.api_key is None for each in region.users] == [False, True]
    assert region.organizations[0].owner == region.users[0].email
    assert region.licence_certificate is not None


def test_the_page_counts_the_checks_of_each_area() -> None:
    text = (DOCS / "conformance.md").read_text(encoding="utf-8")
    counted = {area: int(number) for area, number in re.findall(r"^\| `(\w+)` \| (\d+) \|", text, re.MULTILINE)}
    areas = [each.area for each in CHECKS]

    assert counted == {area: areas.count(area) for area in areas}


def _exists(section: str) -> bool:
    match = SECTION.fullmatch(section)
    if match is None:
        return False
    page = (DOCS / "contract" / match["page"]).read_text(encoding="utf-8")
    if match["letter"]:
        return (
            re.search(rf"^## {re.escape(section.split()[1])}\b|^# Part {match['letter']}\.", page, re.MULTILINE)
            is not None
        )
    chapter = re.search(rf"^## {match['number']}\. .*?(?=^## \d|\Z)", page, re.MULTILINE | re.DOTALL)
    if chapter is None or match["below"] is None:
        return chapter is not None
    # A section of its own, or an item of the chapter's list.
    below = rf"^(?:### {match['number']}\.{match['below']} |{match['below']}\. )"
    return re.search(below, chapter[0], re.MULTILINE) is not None
