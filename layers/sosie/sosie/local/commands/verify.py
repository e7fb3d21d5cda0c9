"""`sosie verify`: did these requests arrive?"""

from __future__ import annotations

import json
from typing import Any

import click

from sosie.local.options import Target, json_option, target_options, world_option
from sosie.local.output import SaysNo, columns, emit_json, error_is_told, examples, good, heading, say, status


@click.command(
    epilog=examples(
        'sosie verify "POST /organization/sponsorship/sync" --times 2',
        'sosie verify \'{"service": "push", "status": "4xx"}\' --times 0',
    )
)
@click.argument("match")
@click.option("--times", type=click.IntRange(0), help="Exactly so often.  [default: at least once]")
@click.option("--at-least", type=click.IntRange(0), help="So often or more.")
@click.option("--at-most", type=click.IntRange(0), help="So often or less.")
@click.option("--within", type=click.FloatRange(0, 25), help="Seconds to wait for it.")
@world_option
@target_options
@json_option
def verify(
    target: Target,
    match: str,
    times: int | None,
    at_least: int | None,
    at_most: int | None,
    within: float | None,
    world: str,
    as_json: bool,
) -> None:
    """Check that requests arrived: a method and a path or route, or filters as JSON.

    If not, the exit code is 1, and the requests that nearly matched are listed with what differs.
    """
    bounds = {name: value for name, value in (("atLeast", at_least), ("atMost", at_most)) if value is not None}
    if times is not None and bounds:
        raise click.UsageError("--times says it all; leave out --at-least and --at-most.")
    with target.client() as control:
        found = control.verify(
            _match(match), times=times if times is not None else bounds or None, within=within, world=world
        )
    if as_json:
        emit_json(found)
    else:
        _show(found)
    if not found["met"]:
        if as_json:
            error_is_told()
        raise SaysNo(f"{found['count']} such requests arrived, and {_wanted(times, bounds)} wanted")


def _wanted(times: int | None, bounds: dict[str, int]) -> str:
    if times is not None:
        return f"exactly {times} were"
    words = {"atLeast": "at least", "atMost": "at most"}
    return " and ".join(f"{words[name]} {value}" for name, value in bounds.items()) + " were" if bounds else "one was"


def _match(text: str) -> str | dict[str, Any]:
    if not text.lstrip().startswith("{"):
        return text
    try:
        document = json.loads(text)
    except ValueError as error:
        raise click.BadParameter(f"is no JSON: {error}", param_hint="MATCH") from None
    found: dict[str, Any] = document
    return found


def _show(found: dict[str, Any]) -> None:
    if found["met"]:
        say(f"{good('met')}  {found['count']} such requests: {', '.join(found['entries']) or 'none'}")
        return
    for miss in found["nearestMisses"]:
        (line,) = columns([[heading(miss["entry"]), miss["method"], miss["path"], status(miss["status"])]], indent="")
        say(line)
        for name, difference in miss["differs"].items():
            say(f"  {name}: wanted {difference['wanted']!r}, was {difference['seen']!r}")
