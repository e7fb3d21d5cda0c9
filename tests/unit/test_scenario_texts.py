"""A scenario's texts are bounded, so that whatever it says every store takes its records."""

from __future__ import annotations

import pytest

from sosie.domain.document import LONGEST_TEXT
from sosie.domain.errors import ScenarioError
from sosie.domain.scenario import parse_scenario


def document(name: str) -> dict[str, object]:
    organizations = [{"name": name, "billingEmail": "billing@acme.test"}]
    return {"version": 1, "name": "long", "regions": {"us": {"organizations": organizations}}}


def test_a_text_may_be_long() -> None:
    scenario = parse_scenario(document("x" * LONGEST_TEXT))

    assert len(scenario.regions["us"].organizations[0].name) == LONGEST_TEXT


def test_a_longer_one_is_refused_by_its_place() -> None:
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(document("x" * (LONGEST_TEXT + 1)))

    assert caught.value.where == "regions.us.organizations[0].name"
