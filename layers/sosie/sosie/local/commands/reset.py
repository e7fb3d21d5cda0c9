"""`sosie reset`: a world back to its scenario."""

from __future__ import annotations

import click

from sosie.local.options import Target, json_option, target_options, world_option
from sosie.local.output import emit_json, examples, good, say


@click.command(epilog=examples("sosie reset --world team-a"))
@world_option
@target_options
@json_option
def reset(target: Target, world: str, as_json: bool) -> None:
    """Return a world to its scenario.

    Data, clock, mailbox and journal are as they were at first, ids and keys included.
    """
    with target.client() as control:
        summary = control.reset(world)
    if as_json:
        emit_json(summary)
    else:
        say(f"{good('reset')}  world {world} is back to scenario {summary['scenario']}")
