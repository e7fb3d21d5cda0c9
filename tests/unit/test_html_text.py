"""Names as they are stored and as they are output (docs/contract/api.md §1.3)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosie.domain.html_text import decoded, encoded


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("Acme Corporation", "Acme Corporation"),
        ("R&D", "R&amp;D"),
        ('<b>"it\'s"</b>', "&lt;b&gt;&quot;it&#39;s&quot;&lt;/b&gt;"),
        ("&amp;", "&amp;amp;"),
        ("Café\u00a0Zürich", "Caf&#233;&#160;Z&#252;rich"),
        ("Ωμέγα 日本", "Ωμέγα 日本"),
        ("😀", "&#128512;"),
        ("", ""),
    ],
)
def test_a_text_is_stored_as_dotnet_encodes_it(text, stored):
    assert encoded(text) == stored


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_what_was_encoded_is_output_as_it_was(text):
    assert decoded(encoded(text)) == text


@pytest.mark.parametrize("text", ["\U0001fffe", "x\U0010ffff", "\x80\x9f\uffff\ufdd0"])
def test_a_character_that_no_page_may_have_is_output_as_well(text):
    assert decoded(encoded(text)) == text


@pytest.mark.parametrize("text", ["&copy", "&copy;", "&#55296;", "&#9999999;", "&#65;"])
def test_what_the_encoding_never_writes_is_left_alone(text):
    assert decoded(text) == text


@pytest.mark.parametrize("nothing", ["", None])
def test_nothing_is_output_as_null(nothing):
    assert decoded(nothing) is None
