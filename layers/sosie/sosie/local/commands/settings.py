"""`sosie settings`: how a world departs from the cloud."""

from __future__ import annotations

from typing import Any

import click

from sosie.local.options import Target, json_option, target_options, world_option
from sosie.local.output import columns, dim, emit_json, examples, say

_WORDS = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False}


@click.command(epilog=examples("sosie settings", "sosie settings penaltyDelays=off realisticLimits=on"))
@click.argument("changes", nargs=-1, metavar="[NAME=on|off]...")
@world_option
@target_options
@json_option
def settings(target: Target, changes: tuple[str, ...], world: str, as_json: bool) -> None:
    """Show how a world departs from the cloud, or change it."""
    wanted = dict(map(_change, changes))
    with target.client() as control:
        found = control.put_settings(wanted, world) if wanted else control.settings(world)
    if as_json:
        emit_json(found)
    else:
        for line in columns([[dim(name), "on" if value else "off"] for name, value in found.items()], indent=""):
            say(line)


def _change(text: str) -> tuple[str, Any]:
    name, separator, value = text.partition("=")
    if not separator or value.lower() not in _WORDS:
        raise click.BadParameter(f"{text!r} is not NAME=on or NAME=off")
    return name, _WORDS[value.lower()]
