"""What a failure says: one line, nothing secret, and types told apart."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sosie.conformance import expect
from sosie.conformance.expect import DeviationError
from sosie.conformance.wire import Answer


def answer(status: int, body: bytes, **headers: str) -> Answer:
    return Answer("GET http://cloud.test/x", status, headers, body)


def test_a_status_is_told_with_the_request_and_the_body() -> None:
    with pytest.raises(DeviationError, match=r'^GET http://cloud\.test/x: expected 200, saw 404 \{"a":1\}$'):
        expect.status(answer(404, b'{"a":1}'), 200)


def test_whatever_was_answered_it_is_one_line_of_bearable_length() -> None:
    with pytest.raises(DeviationError) as found:
        expect.status(answer(500, b"Trace\r\n back\n" * 500), 200)

    assert "\n" not in str(found.value)
    assert len(str(found.value)) < 400


def test_a_token_is_not_repeated() -> None:
    token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"

    with pytest.raises(DeviationError) as found:
        expect.same("access_token", token, "none")

    assert "c2lnbmF0dXJl" not in str(found.value)
    assert "eyJ…" in str(found.value)


@pytest.mark.parametrize(("seen", "wanted"), [(1, True), (0, False), ("1", 1), (None, False), ([], None)])
def test_values_of_different_types_differ(seen: Any, wanted: Any) -> None:
    with pytest.raises(
        DeviationError, match=re.escape(f"x: expected {expect.shown(wanted)}, saw {expect.shown(seen)}")
    ):
        expect.same("x", seen, wanted)


def test_null_is_a_value_and_an_absent_member_is_none() -> None:
    expect.part("it", {"a": None}, {"a": None})

    with pytest.raises(DeviationError, match="without a"):
        expect.part("it", {}, {"a": None})


def test_members_that_are_missing_and_members_too_many_are_both_named() -> None:
    with pytest.raises(DeviationError, match="saw without a and also c"):
        expect.members("it", {"b": 1, "c": 2}, ("a", "b"))


@pytest.mark.parametrize(
    "text",
    ["2026-03-04T05:06:07Z", "2026-03-04T05:06:07.1Z", "2026-03-04T05:06:07.1234567Z", "2026-03-04T05:06:07.01Z"],
)
def test_a_wire_date_has_up_to_seven_digits_of_a_second(text: str) -> None:
    expect.matches("date", text, expect.WIRE_DATE)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-04T05:06:07",
        "2026-03-04T05:06:07+00:00",
        "2026-03-04T05:06:07.10Z",
        "2026-03-04T05:06:07.0Z",
        "2026-03-04T05:06:07.12345678Z",
        "2026-03-04 05:06:07Z",
        None,
        1,
    ],
)
def test_another_text_is_none(text: Any) -> None:
    with pytest.raises(DeviationError):
        expect.matches("date", text, expect.WIRE_DATE)
