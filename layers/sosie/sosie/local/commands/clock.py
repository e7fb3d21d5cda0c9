"""`sosie clock`: a world's time, and months that pass at once."""

from __future__ import annotations

from typing import Any

import click

from sosie.local.happenings import happening_lines
from sosie.local.options import Target, json_option, target_options, world_option
from sosie.local.output import dim, emit_json, examples, heading, say


@click.group(
    invoke_without_command=True,
    epilog=examples("sosie clock", "sosie clock advance P31D", "sosie clock freeze"),
)
@world_option
@target_options
@json_option
@click.pass_context
def clock(context: click.Context, target: Target, world: str, as_json: bool) -> None:
    """Show a world's clock, or move it.

    Tokens, offers, licences and scheduled jobs all live by it, in both regions.
    """
    if context.invoked_subcommand is None:
        with target.client() as control:
            _show(control.clock(world), as_json=as_json)


@clock.command(epilog=examples("sosie clock advance P31D", "sosie clock advance --to 2027-01-01T00:00:00Z"))
@click.argument("by", required=False, metavar="[DURATION]")
@click.option("--to", help="Move on to this time instead.")
@world_option
@target_options
@json_option
def advance(target: Target, by: str | None, to: str | None, world: str, as_json: bool) -> None:
    """Let time pass: an ISO 8601 duration, such as P31D, P6M or PT90M.

    What falls due on the way happens, each thing at its time, before the command ends: purges, renewals, checks.
    """
    if (by is None) == (to is None):
        raise click.UsageError("Say how far: a duration such as P31D, or --to a time.")
    with target.client() as control:
        answer = control.advance(by, to=to, world=world)
    if as_json:
        emit_json(answer)
        return
    for line in happening_lines(answer["items"]):
        say(line)
    _show(answer["clock"], as_json=False)


@clock.command(name="freeze", epilog=examples("sosie clock freeze", "sosie clock freeze 2027-01-01T00:00:00Z"))
@click.argument("at", required=False, metavar="[TIME]")
@world_option
@target_options
@json_option
def freeze(target: Target, at: str | None, world: str, as_json: bool) -> None:
    """Stop the clock, here or at a time."""
    with target.client() as control:
        _show(control.put_clock("frozen", at, world), as_json=as_json)


@clock.command(name="set", epilog=examples("sosie clock set 2027-01-01T00:00:00Z"))
@click.argument("at", metavar="TIME")
@world_option
@target_options
@json_option
def put(target: Target, at: str, world: str, as_json: bool) -> None:
    """Put the clock to a time, from where it goes on.

    A jump: what would have fallen due in between does not happen.
    """
    with target.client() as control:
        _show(control.put_clock("shifted", at, world), as_json=as_json)


@clock.command(epilog=examples("sosie clock system"))
@world_option
@target_options
@json_option
def system(target: Target, world: str, as_json: bool) -> None:
    """Give the world this machine's time again."""
    with target.client() as control:
        _show(control.put_clock("system", None, world), as_json=as_json)


def _show(clock: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        emit_json(clock)
    else:
        ahead = clock["offsetSeconds"]
        aside = f"  {ahead / 86_400:+.2f} days" if ahead else ""
        say(f"{heading(clock['now'])}  {clock['mode']}{dim(aside)}")
