"""`sosie state`: what a world holds, row by row."""

from __future__ import annotations

from typing import Any

import click

from sosie.local.options import Target, json_option, region_filter, target_options, world_option
from sosie.local.output import columns, dim, emit_json, examples, heading, say

# What tells a person most, per kind; --json has everything.
_SHOWN = {
    "installations": ("id", "enabled", "email", "lastActivityDate"),
    "users": ("id", "email", "name"),
    "organizations": ("id", "name", "enabled", "expirationDate"),
    "members": ("id", "userId", "email", "role", "status", "organizationId"),
    "sponsorships": ("id", "friendlyName", "offeredToEmail", "lastSyncDate", "validUntil", "toDelete"),
    "keys": ("organizationId", "type", "revisionDate"),
    "policies": ("organizationId", "type", "enabled"),
    "events": ("organizationId", "type", "date"),
    "licenceDownloads": ("organizationId", "installationId"),
}


@click.command(epilog=examples("sosie state --region us --kind sponsorships"))
@region_filter
@click.option("--kind", type=click.Choice(tuple(_SHOWN)), help="One kind of rows only.")
@world_option
@target_options
@json_option
def state(target: Target, region: str | None, kind: str | None, world: str, as_json: bool) -> None:
    """Show what a world holds, row by row.

    Some columns are left out; --json has them all.
    """
    with target.client() as control:
        found = control.state(world, region=region, kind=kind)
    if as_json:
        emit_json(found)
        return
    for name, kinds in found["regions"].items():
        say(heading(name.upper()))
        for each, rows in kinds.items():
            say(f"  {each}" + ("" if rows else dim("  none")))
            for line in _table(rows, _SHOWN.get(each)) if rows else ():
                say(line)


def _table(rows: list[dict[str, Any]], shown: tuple[str, ...] | None) -> list[str]:
    names = [name for name in shown or tuple(rows[0]) if name in rows[0]]
    header = [dim(name) for name in names]
    return columns([header, *([_cell(row.get(name)) for name in names] for row in rows)], indent="    ")


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
