"""What the lists of fields are worth: each is found, none can shrink unnoticed, and a changed name is seen."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from tests.contract import fields
from tests.contract.cast import Cast
from tests.contract.pages import Page, UnreadablePageError, read_members
from tests.contract.shapes import ANYTHING, PLAIN, Shape, differences, shape_of
from tests.support.cloud import TestCloud

Pages = Mapping[str, Page]


def renamed(pages: Pages, name: str) -> Pages:
    """Return the pages with another name wherever this one stands."""
    return {title: Page(re.sub(rf"\b{re.escape(name)}\b", f"{name}Other", page.text)) for title, page in pages.items()}


# Every list, every name.


@pytest.mark.parametrize("reader", fields.EVERY_LIST)
def test_a_name_that_changes_on_the_page_changes_the_list(pages: Pages, reader: str) -> None:
    read = fields.EVERY_LIST[reader]
    before = read(pages).all_names()
    lost = 0

    for name in before:
        try:
            after = read(renamed(pages, name)).all_names()
        except (UnreadablePageError, KeyError):
            lost += 1  # an example is no longer recognized, and the test of the answer fails with it
            continue
        assert name not in after, name
        assert after >= before - {name}
    assert lost <= len(before) / 2


@pytest.mark.parametrize("column", ["installation", "organization", "user API key", "password / refresh"])
def test_a_claim_that_changes_on_the_page_changes_its_columns(pages: Pages, column: str) -> None:
    for name in fields.token_claims(pages, column).names:
        assert name not in fields.token_claims(renamed(pages, name), column).names


@pytest.mark.parametrize("reader", fields.EVERY_LIST)
def test_a_page_that_lost_its_lists_cannot_be_read(pages: Pages, reader: str) -> None:
    headings = {title: Page("\n".join(re.findall(r"^#.*$", page.text, re.MULTILINE))) for title, page in pages.items()}

    with pytest.raises(UnreadablePageError):
        fields.EVERY_LIST[reader](headings)


@pytest.mark.parametrize("name", ["usePam", "manageScim", "isAdminInitiated", "productTierType"])
def test_an_answer_differs_from_a_page_with_another_name(cloud: TestCloud, pages: Pages, cast: Cast, name: str) -> None:
    answer = cloud.get("/organizations", token=cloud.user_token(cast.owner)).json
    assert differences(fields.organization_list(pages), answer) == []

    found = differences(fields.organization_list(renamed(pages, name)), answer)

    assert len(found) == 2
    assert found[0].endswith(f"{name}Other is missing")
    assert found[1].endswith(f"{name} is not in the contract")


# The pages agree with themselves.


def test_the_example_of_a_persons_answer_has_the_members_of_the_tables(pages: Pages) -> None:
    (example,) = [each for each in pages["identity"].section("4.7").examples() if "access_token" in each]

    present = ("refresh_token", "PrivateKey", "AccountKeys", "Key", "UserDecryptionOptions.MasterPasswordUnlock")
    assert differences(fields.person_answer(pages).resolved(*present), example) == []


def test_the_example_of_an_installations_token_has_the_claims_of_the_table(pages: Pages) -> None:
    (example,) = [each for each in pages["identity"].section("4.3").examples() if "client_sub" in each]

    assert differences(fields.token_claims(pages, "installation").resolved(), example) == []


def test_the_complete_answer_to_an_installation_has_the_members_of_the_table(pages: Pages) -> None:
    complete = pages["identity"].section("4.4").example("access_token", at_least=4)

    assert complete == fields.token_answer(pages).resolved()


def test_the_example_of_a_licences_token_claims_nothing_that_is_not_listed(pages: Pages) -> None:
    (example,) = [each for each in pages["licensing-push-installations"].section("A.7").examples() if "Id" in each]

    assert len(example) >= 15
    assert set(example) < fields.organization_claims(pages).names


def test_all_pages_have_the_same_error_object(pages: Pages) -> None:
    places = [("identity", "3.3"), ("identity", "7"), ("licensing-push-installations", "0")]
    shapes = [pages[page].section(number).example("exceptionMessage", at_least=6) for page, number in places]

    assert [set(shape.members) for shape in shapes] == [fields.api_error(pages).names] * 3


# How pages are read.

SMALL = Page(
    """# A page
## 1. First
`object: "thing"`; `id` GUID; `a b2
c` int?; `kind` (`one`, `two`), `flags` object of 2 bools (`x`, `y`); `owner` is null when `all=true`, else
`{"name":"n","more":[{"deep":1}]}`, `items` array of `{p,q}` (a remark about `id`). `x.y` and `z` omitted when null.

Another paragraph about `d`.
```sh
# no heading
```
### 1.1 Within
`{"e":1}`
## 2. Second
| name | when |
|---|---|
| `f`, `g` | `a\\|b` |
"""
)


def test_a_section_ends_before_the_next_of_its_level() -> None:
    assert "Another paragraph" in SMALL.section("1").text
    assert '{"e":1}' in SMALL.section("1").text
    assert "| `f`" not in SMALL.section("1").text
    assert SMALL.section("1.1").text.strip() == '`{"e":1}`'


def test_a_paragraph_names_fields_and_nests_objects() -> None:
    assert SMALL.section("1").fields('object: "thing"', at_least=13) == Shape(
        {
            **dict.fromkeys(("object", "id", "a", "b2", "c", "kind", "z"), PLAIN),
            "flags": Shape({"x": PLAIN, "y": PLAIN}),
            "owner": Shape({"name": PLAIN, "more": Shape({"deep": PLAIN})}),
            "items": Shape({"p": PLAIN, "q": PLAIN}),
        }
    )


def test_what_is_omitted_when_null_is_found_by_its_path() -> None:
    with pytest.raises(UnreadablePageError):
        SMALL.section("2").omitted()
    assert Page("## 1. x\nIt has `a.b`, `a.c` omitted when null.").section("1").omitted(2) == ["a.b", "a.c"]


def test_an_object_with_another_number_of_members_than_said_is_an_error() -> None:
    miscounted = Page(SMALL.text.replace("object of 2 bools", "object of 3 bools"))

    with pytest.raises(UnreadablePageError, match="flags has 2 members, not 3"):
        miscounted.section("1").fields('object: "thing"', at_least=1)


def test_a_list_that_is_too_short_is_an_error() -> None:
    with pytest.raises(UnreadablePageError, match="not 40"):
        SMALL.section("1").fields('object: "thing"', at_least=40)
    with pytest.raises(UnreadablePageError, match="1 rows only"):
        SMALL.section("2").table("name", "when", at_least=2)
    with pytest.raises(UnreadablePageError, match="no section 3"):
        SMALL.section("3")


def test_a_table_is_read_by_its_headers() -> None:
    assert SMALL.section("2").table("name", "when") == [{"name": "`f`, `g`", "when": "`a\\|b`"}]


def test_members_in_braces_are_nested_and_a_question_mark_is_optional() -> None:
    read = read_members('`a` {`b`?, `c` {`d`}}; `e`? (a number); `f`:`"value"`')

    assert read == Shape(
        {"a": Shape({"b": PLAIN, "c": Shape({"d": PLAIN})}, frozenset({"b"})), "e": PLAIN, "f": PLAIN},
        frozenset({"e"}),
    )


# How answers are compared.


@pytest.mark.parametrize(
    ("actual", "found"),
    [
        ({"a": 1, "b": {"c": None}}, []),
        ({"a": 1, "b": [{"c": 1}, {"c": 2}]}, []),
        ({"a": 1}, ["b is missing"]),
        ({"a": 1, "b": {"c": 1}, "d": None}, ["d is not in the contract"]),
        ({"a": 1, "b": {}}, ["b.c is missing"]),
        ({"a": 1, "b": [{"c": 1}, {"d": 1}]}, ["b[1].c is missing", "b[1].d is not in the contract"]),
        ({"a": 1, "b": None}, ["b is no object"]),
        ({"a": 1, "b": []}, ["b has no items to compare"]),
        ({"a": {"x": 1}, "b": {"c": 1}}, ["a is nested"]),
        (None, ["the body is no object"]),
    ],
)
def test_each_difference_is_named(actual: Any, found: list[str]) -> None:
    assert differences(Shape({"a": PLAIN, "b": Shape({"c": PLAIN})}), actual) == found


def test_a_map_is_not_looked_into() -> None:
    assert differences(Shape({"flags": ANYTHING}), {"flags": {"any": {"thing": 1}}}) == []


def test_optional_members_must_be_decided_on() -> None:
    shape = Shape({"a": PLAIN, "b": Shape({"c": PLAIN}, frozenset({"c"}))}, frozenset({"a"}))

    with pytest.raises(ValueError, match="it is not said"):
        differences(shape, {"a": 1, "b": {}})
    assert differences(shape.resolved(), {"b": {}}) == []
    assert differences(shape.resolved("a", "b.c"), {"a": 1, "b": {"c": 1}}) == []
    with pytest.raises(KeyError, match=r"b\.d"):
        shape.resolved("b.d")


def test_the_shape_of_an_example_is_that_of_its_first_items() -> None:
    assert shape_of(json.loads('{"a":[{"b":[1]}],"c":[]}')) == Shape({"a": Shape({"b": PLAIN}), "c": PLAIN})
