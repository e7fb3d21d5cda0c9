"""The shipped scenarios: written in YAML, translated to JSON for a quick start."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

import sosie
from sosie.domain.scenario import parse_scenario
from sosie.services.scenarios import load_scenario, shipped_scenarios

FOLDER = Path(sosie.__file__).parent / "scenarios"


@pytest.mark.parametrize("name", shipped_scenarios())
def test_the_translation_is_what_make_scenarios_writes(name: str) -> None:
    written = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))

    assert json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")) == written


@pytest.mark.parametrize("name", shipped_scenarios())
def test_every_shipped_scenario_can_be_applied(name: str) -> None:
    assert parse_scenario(load_scenario(name)).name == name
