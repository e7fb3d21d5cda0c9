"""Sosie, held against every check of the conformance suite, in both regions; and every check, held against a teapot."""

from __future__ import annotations

import pytest

from sosie.conformance.registry import Check, all_checks
from sosie.conformance.runner import Outcome
from tests.conformance.conftest import URL
from tests.conformance.other_answers import Conformance
from tests.support.effort import some

EVERY = pytest.mark.parametrize("check", [pytest.param(each, id=each.id) for each in all_checks()])


def told(outcome: Outcome) -> str:
    return f"{outcome.verdict}: {outcome.note} ({outcome.check.section})"


@EVERY
def test_sosie_passes(check: Check, region: str, conformance: Conformance) -> None:
    outcome = conformance.run(check, region)

    if outcome.verdict == "skipped" and URL is not None:
        pytest.skip(outcome.note)
    assert outcome.verdict == "passed", told(outcome)


@pytest.mark.parametrize("check", [pytest.param(each, id=each.id) for each in some(all_checks(), every=4)])
def test_the_check_looks_at_its_last_answer(check: Check, conformance: Conformance) -> None:
    outcome = conformance.run_with_another_last_answer(check, conformance.regions[0])

    if outcome.verdict == "skipped" and URL is not None:
        pytest.skip(outcome.note)
    assert outcome.verdict == "failed", told(outcome)
