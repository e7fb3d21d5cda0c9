"""`sosie restore`: a world back to a snapshot."""

from __future__ import annotations

import click

from sosie.local.options import Target, json_option, target_options, world_option
from sosie.local.output import emit_json, examples, good, say


@click.command(epilog=examples("sosie restore before --world team-a"))
@click.argument("name")
@world_option
@target_options
@json_option
def restore(target: Target, name: str, world: str, as_json: bool) -> None:
    """Return a world to a snapshot: data, settings and clock as they were when it was taken."""
    with target.client() as control:
        summary = control.restore(name, world)
    if as_json:
        emit_json(summary)
    else:
        say(f"{good('restored')}  world {world} is back to snapshot {name}")
