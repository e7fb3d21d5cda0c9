"""`sosie push`: the relay's devices, and what each would have received."""

from __future__ import annotations

from typing import Any

import click

from sosie.local.options import Target, json_option, region_filter, target_options, world_option
from sosie.local.output import columns, dim, emit_json, examples, heading, say


@click.command(epilog=examples("sosie push --region us"))
@region_filter
@click.option("--installation", help="One installation only, by its id.")
@world_option
@target_options
@json_option
def push(target: Target, region: str | None, installation: str | None, world: str, as_json: bool) -> None:
    """Show the devices that self-hosted servers registered, and the messages they sent.

    Nothing is delivered to a phone: what each device would have received is told instead.
    """
    with target.client() as control:
        found = control.push(world, region=region, installation=installation)
    if as_json:
        emit_json(found)
        return
    for name, part in found["regions"].items():
        busy = [each for each in part["installations"] if each["devices"] or each["sends"]]
        say(heading(name.upper()) + ("" if busy else dim("  no device, no message")))
        for each in busy:
            say(f"  installation {each['id']}")
            for line in _devices(each["devices"]) + _sends(each["sends"]):
                say(line)


def _devices(devices: list[dict[str, Any]]) -> list[str]:
    rows = [
        [dim("device"), each["id"], str(each.get("typeName") or each.get("type")), f"{len(each['received'])} received"]
        for each in devices
    ]
    return columns(rows, indent="    ") if rows else []


def _sends(sends: list[dict[str, Any]]) -> list[str]:
    rows = [
        [dim("message"), each["id"], dim(each["at"]), str(each.get("typeName") or each.get("type")), _reach(each)]
        for each in sends
    ]
    return columns(rows, indent="    ") if rows else []


def _reach(send: dict[str, Any]) -> str:
    return f"reaches {send.get('reachedCount', len(send.get('reached') or ()))}"
