"""`sosie reset`: a world back to its scenario."""

from __future__ import annotations

import click

from sosie.local.options import Target, json_option, target_options, world_option
from sosie.local.output import emit_json, good, say


@click.command()
@world_option
@target_options
@json_option
def reset(target: Target, world: str, as_json: bool) -> None:
    """Return a world to its scenario: data, clock, mailbox and journal.

    \b
    Example:  sosie reset --world team-a
    """
    with target.client() as control:
        summary = control.reset(world)
    if as_json:
        emit_json(summary)
    else:
        say(f"{good('reset')}  world {world} is back to scenario {summary['scenario']}")
