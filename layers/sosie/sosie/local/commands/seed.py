"""`sosie seed`: a scenario on top of what a world holds."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sosie.local.options import Target, json_option, target_options, world_option
from sosie.local.output import WrongUse, emit_json, examples, good, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def scenario_argument(scenario: str) -> str | Mapping[str, Any]:
    """Return a file's document, or the name of a scenario that Sosie ships. Ends the command if the file is wrong."""
    path = Path(scenario)
    if path.suffix not in (".yaml", ".yml", ".json"):
        return scenario
    from sosie.domain.errors import ScenarioError
    from sosie.services.scenarios import load_scenario

    try:
        return load_scenario(scenario)
    except ScenarioError as error:
        raise WrongUse(str(error)) from None


@contextmanager
def naming_the_line(scenario: str) -> Iterator[None]:
    """Say in which line of a scenario's file the place is that the control plane refuses."""
    from sosie.control.connection import RefusedByControlError

    try:
        yield
    except RefusedByControlError as error:
        where = error.problem.get("where")
        if not where:
            raise
        from sosie.domain.errors import ScenarioError
        from sosie.services.scenario_lines import described

        problem = ScenarioError(where, str(error.problem.get("problem")))
        raise WrongUse(described(problem, scenario)) from None


@click.command(epilog=examples("sosie seed ./more-members.yaml"))
@click.argument("scenario", metavar="NAME|FILE")
@world_option
@target_options
@json_option
def seed(target: Target, scenario: str, world: str, as_json: bool) -> None:
    """Add a scenario to a world, all or nothing."""
    document = scenario_argument(scenario)
    with target.client() as control, naming_the_line(scenario):
        summary = control.seed(document, world)
    if as_json:
        emit_json(summary)
        return
    counts = [
        f"{name} {len(region['users'])} users, {len(region['organizations'])} organizations"
        for name, region in summary["regions"].items()
    ]
    say(f"{good('seeded')}  world {world} holds: {'; '.join(counts)}")
