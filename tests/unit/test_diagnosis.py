"""Sentences of diagnoses, and what a path without a route looks like."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosie.diagnosis.catalog import CATALOG, advice, describe
from sosie.diagnosis.model import LONGEST_FACT, Finding, filled, general
from sosie.diagnosis.unrouted import KnownRoute, nearest_routes

ROUTES = [
    KnownRoute("api", "GET", "/licenses/organization/{id}"),
    KnownRoute("api", "POST", "/organization/sponsorship/sync"),
    KnownRoute("api", "POST", "/organizations/{id}/api-key"),
    KnownRoute("push", "POST", "/push/send"),
]


def test_a_pattern_is_filled_with_its_facts() -> None:
    assert filled("Installation {installation} is in {region}.", {"installation": "1f0e", "region": "eu"}) == (
        "Installation 1f0e is in eu."
    )


def test_a_pattern_without_a_fact_is_not_told() -> None:
    assert filled("Installation {installation} is in {region}.", {"region": "eu"}) is None


def test_without_facts_a_remedy_says_what_would_stand_there() -> None:
    assert general('Send {{"id":"…"}} to {push_uri}.') == 'Send {"id":"…"} to <push uri>.'


@given(st.text())
def test_a_fact_from_a_request_is_one_line_of_bounded_length(fact: str) -> None:
    told = filled("{fact}", {"fact": fact})

    assert told is not None
    assert len(told) <= LONGEST_FACT
    assert not re.search(r"[\r\n\x00\u2028]", told)


def test_a_finding_without_facts_is_told_in_general() -> None:
    told = describe(Finding("REGION_MISMATCH"))

    assert told is not None
    assert told["message"] == "The installation belongs to the other region."
    assert "globalSettings__installation__identityUri to <other identity uri>" in told["remedy"]
    assert "details" not in told


def test_nothing_found_is_no_diagnosis() -> None:
    assert describe(None) is None


def test_a_code_alone_gives_advice_and_an_unknown_one_none() -> None:
    assert "billing sync key yet" in (advice("SYNC_KEY_NEVER_GENERATED") or "")
    assert advice("NO_SUCH_CODE") is None


@pytest.mark.parametrize("code", CATALOG)
def test_an_entry_has_sentences_that_end(code: str) -> None:
    entry = CATALOG[code]

    assert re.fullmatch(r"[A-Z]+(_[A-Z]+)*", entry.code)
    for sentence in (entry.when, entry.message, entry.remedy):
        # A fact with its own clause, or a sentence of its own, may end one.
        assert sentence.endswith((".", ".{meant}", "{problem}"))
        assert sentence[0].isupper()


# Near misses.


@pytest.mark.parametrize(
    ("path", "nearest"),
    [
        ("/licences/organization/1", "/licenses/organization/{id}"),
        ("/organization/sponsorships/sync", "/organization/sponsorship/sync"),
        ("/organizations/1/apikey", "/organizations/{id}/api-key"),
        ("/send", None),
        ("/" + "x" * 100_000, None),
    ],
)
def test_the_nearest_route_is_the_one_that_was_meant(path: str, nearest: str | None) -> None:
    found = nearest_routes(path, "POST", ROUTES)

    assert (found[0].path if found else None) == nearest
