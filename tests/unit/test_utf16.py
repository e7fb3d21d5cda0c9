"""Texts measured in UTF-16 units, as .NET measures them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosie.domain.utf16 import utf16_cut, utf16_length


@pytest.mark.parametrize(("text", "length"), [("", 0), ("abc", 3), ("é", 1), ("€", 1), ("😀", 2), ("a😀b", 4)])
def test_a_rare_character_counts_twice(text: str, length: int) -> None:
    assert utf16_length(text) == length


@pytest.mark.parametrize(
    ("text", "limit", "kept"), [("abc", 5, "abc"), ("abc", 2, "ab"), ("a😀b", 3, "a😀"), ("a😀b", 2, "a")]
)
def test_half_a_character_is_left_out(text: str, limit: int, kept: str) -> None:
    assert utf16_cut(text, limit) == kept


@given(st.text(), st.integers(0, 20))
def test_the_length_is_what_the_encoding_has_and_a_cut_keeps_to_it(text: str, limit: int) -> None:
    kept = utf16_cut(text, limit)

    assert utf16_length(text) == len(text.encode("utf-16-le", "surrogatepass")) // 2
    assert text.startswith(kept)
    assert utf16_length(kept) <= limit
    assert kept == text or utf16_length(kept) >= limit - 1
