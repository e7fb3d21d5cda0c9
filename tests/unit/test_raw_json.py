"""A member of a JSON object, passed on as it was sent (docs/contract/licensing-push-installations.md C.4)."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosie.wire.raw_json import member_text

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10)
OTHERS = st.dictionaries(st.text().filter(lambda name: name.lower() != "payload"), VALUES, max_size=4)


@given(before=OTHERS, value=VALUES, after=OTHERS, indent=st.sampled_from([None, 2, "\t"]), escaped=st.booleans())
def test_the_value_comes_out_compact_whatever_stands_around_it(before, value, after, indent, escaped) -> None:
    document = json.dumps({**before, "Payload": value, **after}, indent=indent, ensure_ascii=escaped)

    compact = json.dumps(value, separators=(",", ":"), ensure_ascii=escaped)
    assert member_text(document, "payload") == compact


def test_doubled_members_of_the_value_stay() -> None:
    assert member_text('{"payload": {"a": 1, "a": 2}}', "payload") == '{"a":1,"a":2}'


def test_a_document_may_be_deeper_than_any_parser_follows() -> None:
    deep = "[" * 100_000 + "]" * 100_000

    assert member_text(f'{{"x":{deep},"payload":{deep}}}', "payload") == deep


def test_an_object_without_the_member_has_none_to_pass_on() -> None:
    with pytest.raises(LookupError):
        member_text('{"x":{"payload":1}}', "payload")
