"""`sosie journal`: every request that arrived, what was answered, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sosie.domain.regions import SERVICES
from sosie.local.options import Target, json_option, region_filter, target_options, world_option
from sosie.local.output import SaysNo, bad, columns, dim, emit_json, examples, good, heading, say, status

if TYPE_CHECKING:
    from sosie.control.client import ControlClient


@click.command(
    epilog=examples(
        "sosie journal --status 400",
        "sosie journal latest --path connect/token",
        "sosie journal --follow",
        "sosie journal --har > journal.har",
    )
)
@click.argument("entry_id", metavar="[ID|latest]", required=False)
@region_filter
@click.option("--service", type=click.Choice(SERVICES), help="One service only.")
@click.option("--method", help="One method only, such as POST.")
@click.option("--path", help="Paths that contain this text.")
@click.option("--route", help="One route, such as /organization/sponsorship/sync.")
@click.option("--caller", help="Callers that contain this text: installation.{id} or user.{id}.")
@click.option("--status", help="One status only, or a class of them such as 4xx.")
@click.option("--diagnosis", help="One diagnosis only, such as REGION_MISMATCH.")
@click.option("--limit", type=click.IntRange(1, 1000), help="How many, the newest ones.  [default: 100]")
@click.option("--wait", type=click.FloatRange(0, 25), help="Seconds to wait until there is one.")
@click.option("--har", is_flag=True, help="Print an HTTP Archive, which browsers and proxies open.")
@click.option("--follow", is_flag=True, help="Go on printing requests as they arrive.")
@click.option("--clear", is_flag=True, help="Forget all entries.")
@world_option
@target_options
@json_option
def journal(
    target: Target,
    entry_id: str | None,
    world: str,
    har: bool,
    follow: bool,
    clear: bool,
    as_json: bool,
    **filters: Any,
) -> None:
    """List the requests that arrived, or show one.

    The newest stands last; `latest` shows it with headers, bodies, and why it was refused.
    """
    if sum((har, follow, clear, entry_id is not None)) > 1:
        raise click.UsageError("An entry, --har, --follow and --clear: one at a time.")
    with target.client() as control:
        if clear:
            control.clear_journal(world)
            return _told(f"{good('cleared')}  the journal of world {world}", {"cleared": world}, as_json=as_json)
        if har:
            return emit_json(control.har(world, **filters))
        if follow:
            return _follow(control, world, as_json=as_json)
        if entry_id is not None and entry_id != "latest":
            found = [control.read_entry(entry_id, world)]
        else:
            found = control.journal(world, **filters)
    if entry_id == "latest" and not found:
        raise SaysNo("no such request arrived yet")
    if as_json:
        return emit_json(found[-1] if entry_id is not None else {"items": found})
    return _show(found[-1]) if entry_id is not None else _list(found)


def _told(text: str, document: Any, *, as_json: bool) -> None:
    if as_json:
        emit_json(document)
    else:
        say(text)


def _list(found: list[dict[str, Any]]) -> None:
    for line in columns([_row(each) for each in found], indent="") if found else [dim("no request")]:
        say(line)


def _follow(control: ControlClient, world: str, *, as_json: bool) -> None:
    """Print entries as they arrive, until the server or the user ends it."""
    for event in control.events(world, kinds=("journal",)):
        if as_json:
            emit_json(event.data)
        else:
            (line,) = columns([_row(event.data)], indent="")
            say(line)


def _row(entry: dict[str, Any]) -> list[str]:
    diagnosis, fault = entry["diagnosis"], entry["fault"]
    code = bad(diagnosis["code"]) if diagnosis else f"{fault['id']} {fault['kind']}" if fault else ""
    return [heading(entry["id"]), dim(entry["at"]), entry["method"], entry["path"], status(entry["status"]), code]


def _show(entry: dict[str, Any]) -> None:
    say(f"{heading(entry['method'])} {entry['path']}  {status(entry['status'])}")
    names = ("id", "at", "wallAt", "region", "service", "route", "caller", "durationMs")
    for line in columns([[dim(name), str(entry[name])] for name in names if entry.get(name) is not None], indent=""):
        say(line)
    if fault := entry["fault"]:
        say(f"{bad('fault')}  {fault['id']}, {fault['kind']}: this answer is wrong on purpose (sosie faults)")
    if diagnosis := entry["diagnosis"]:
        say(f"{bad(diagnosis['code'])}  {diagnosis['message']} {diagnosis['remedy']}")
    for direction in ("request", "response"):
        message = entry[direction]
        say(f"\n{heading(direction)}")
        for name, value in message["headers"].items():
            say(f"{dim(name + ':')} {value}")
        if message["body"]:
            say(f"\n{message['body']}")
