"""Ids, keys and randomness from a seed, and the GUID texts clients may send (identity.md §3.5, api.md §1.3)."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosie.domain.ids import EMPTY_GUID, Ids, parse_guid, parse_hyphenated_guid, unguessable_seed, unguessable_token

GUID = "6f1c0a52-3d4e-4b7a-9c21-0d5e8f7a6b90"


def stream(seed: str = "families", label: str = "user|owner@acme.test") -> Ids:
    return Ids(seed, label)


# Streams.


def test_equal_seeds_and_labels_give_equal_streams() -> None:
    first, second = stream(), stream()

    assert [first.guid(), first.alphanumeric(20), first.hex_digits(64), first.bytes(16)] == [
        second.guid(),
        second.alphanumeric(20),
        second.hex_digits(64),
        second.bytes(16),
    ]


def test_another_seed_or_label_gives_another_stream() -> None:
    assert len({stream().guid(), stream(seed="empty").guid(), stream(label="user|alice@acme.test").guid()}) == 3


def test_a_stream_does_not_repeat_itself() -> None:
    ids = stream()

    assert len({ids.guid() for _ in range(1000)}) == 1000


@given(st.lists(st.integers(0, 100), max_size=20))
def test_how_a_stream_is_cut_does_not_change_it(lengths: list[int]) -> None:
    pieces = stream()

    assert b"".join(pieces.bytes(length) for length in lengths) == stream().bytes(sum(lengths))


def test_a_guid_is_random_lower_case_and_hyphenated() -> None:
    ids = stream()

    for guid in (ids.guid() for _ in range(100)):
        assert guid == str(UUID(guid))
        assert UUID(guid).version == 4


@pytest.mark.parametrize("length", [1, 20, 30, 200])
def test_a_key_has_its_length_and_only_letters_and_digits(length: int) -> None:
    assert re.fullmatch(rf"[A-Za-z0-9]{{{length}}}", stream().alphanumeric(length))


def test_every_letter_and_digit_is_equally_likely() -> None:
    counts = Counter(stream().alphanumeric(62_000))

    assert set(counts) == set(string.ascii_letters + string.digits)
    assert all(840 < count < 1160 for count in counts.values())


@pytest.mark.parametrize("length", [1, 2, 31, 32, 64])
def test_hex_digits_are_upper_case(length: int) -> None:
    assert re.fullmatch(rf"[0-9A-F]{{{length}}}", stream().hex_digits(length))


@pytest.mark.parametrize("length", [1, 6, 8, 100])
def test_digits_are_decimal(length: int) -> None:
    assert re.fullmatch(rf"[0-9]{{{length}}}", stream().digits(length))


def test_every_digit_is_equally_likely() -> None:
    counts = Counter(stream().digits(10_000))

    assert all(850 < counts[digit] < 1150 for digit in string.digits)


def test_what_nobody_may_guess_is_new_each_time() -> None:
    assert len({unguessable_seed() for _ in range(20)}) == 20
    assert len({unguessable_token() for _ in range(20)}) == 20
    assert len(bytes.fromhex(unguessable_seed())) == 32


# GUID texts.


@pytest.mark.parametrize(
    "text",
    [
        GUID,
        GUID.upper(),
        GUID.replace("-", ""),
        GUID.replace("-", "").upper(),
        f"{{{GUID}}}",
        f"{{{GUID.upper()}}}",
        f"({GUID})",
        f" {GUID} ",
    ],
)
def test_every_way_to_write_a_guid_is_the_same_guid(text: str) -> None:
    assert parse_guid(text) == GUID


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        GUID[:-1],
        GUID + "0",
        GUID.replace("f", "g"),
        GUID.replace("-", "_"),
        f"{{{GUID}",
        f"{{{GUID})",
        f"[{GUID}]",
        f"{{{GUID.replace('-', '')}}}",
        GUID.replace("-", "", 1) + "-",
        "-" + GUID.replace("-", "", 1),
        "urn:uuid:" + GUID,
        "６" + GUID[1:],
        "٣" * 32,
    ],
)
def test_anything_else_is_none(text: str) -> None:
    assert parse_guid(text) is None


@given(st.uuids(), st.sampled_from([str, lambda u: str(u).upper(), lambda u: u.hex, lambda u: f"{{{u}}}"]))
def test_any_guid_is_read_back(guid: UUID, write: Callable[[UUID], str]) -> None:
    assert parse_guid(write(guid)) == str(guid)


@given(st.text(max_size=45))
def test_no_text_is_read_as_what_it_is_not(text: str) -> None:
    found = parse_guid(text)

    assert found is None or found.replace("-", "") == re.sub(r"[-{}()\s]", "", text).lower()


def test_json_takes_the_hyphenated_form_only() -> None:
    assert parse_hyphenated_guid(GUID.upper()) == GUID
    assert parse_hyphenated_guid(EMPTY_GUID) == EMPTY_GUID
    for text in (GUID.replace("-", ""), f"{{{GUID}}}", f" {GUID}", f"{GUID}\n", ""):
        assert parse_hyphenated_guid(text) is None
