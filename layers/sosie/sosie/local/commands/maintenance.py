"""`sosie maintenance`: the cloud's scheduled jobs, now."""

from __future__ import annotations

import click

from sosie.local.happenings import happening_lines
from sosie.local.options import Target, json_option, target_options, world_option
from sosie.local.output import emit_json, examples, say


@click.command(epilog=examples("sosie maintenance --world team-a"))
@world_option
@target_options
@json_option
def maintenance(target: Target, world: str, as_json: bool) -> None:
    """Run the cloud's scheduled jobs now.

    What is due is done: purges, renewals, cancellations, renewal checks. Then rows are purged although it is no
    Monday, and every sponsored subscription is checked.
    """
    with target.client() as control:
        items = control.maintenance(world)
    if as_json:
        emit_json({"items": items})
    else:
        for line in happening_lines(items):
            say(line)
