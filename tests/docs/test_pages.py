"""Pages that would go stale unnoticed: the control plane's table, the scenario on its page, the README's commands."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from sosie.control.handler import VERBS
from sosie.domain.scenario import parse_scenario
from tests.support.cloud import TestCloud

ROOT = Path(__file__).parents[2]


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_every_route_of_the_control_plane_is_on_its_page() -> None:
    text = page("docs/control-plane.md")
    rows = re.findall(r"^\| `([A-Z]+) (\S+?)(?:\?[^`]*)?` \|", text, re.MULTILINE)
    documented = {(method, path.replace("/_sosie", "").replace("…", "/worlds/{world}")) for method, path in rows}

    assert {(verb.method, verb.path) for verb in VERBS} == documented


def test_the_scenario_on_its_page_can_be_applied(cloud: TestCloud) -> None:
    (document,) = re.findall(r"```yaml\n(version:.*?)```", page("docs/scenarios.md"), re.DOTALL)
    parsed = parse_scenario(yaml.safe_load(document))

    cloud.sosie.worlds.create("page", yaml.safe_load(document))

    assert [each.name for each in parsed.regions["eu"].organizations] == ["Team"]


def test_the_readme_has_exactly_the_two_commands_to_set_up() -> None:
    assert set(re.findall(r"^make \w+", page("README.md"), re.MULTILINE)) == {"make start", "make test"}


def test_every_decision_is_listed() -> None:
    listed = set(re.findall(r"\((\d{4}-[\w-]+\.md)\)", page("docs/decisions/README.md")))

    assert listed == {path.name for path in (ROOT / "docs/decisions").glob("[0-9]*.md")}
