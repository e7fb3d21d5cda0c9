"""`sosie faults`: a cloud that misbehaves on purpose."""

from __future__ import annotations

import json
from typing import Any

import click

from sosie.domain.regions import REGIONS, SERVICES
from sosie.local.options import Target, json_option, target_options, world_option
from sosie.local.output import columns, dim, emit_json, examples, good, heading, say


@click.group(
    invoke_without_command=True,
    epilog=examples("sosie faults", "sosie faults add --route connect/token --status 503 --times 2"),
)
@world_option
@target_options
@json_option
@click.pass_context
def faults(context: click.Context, target: Target, world: str, as_json: bool) -> None:
    """List a world's faults, or make and remove some.

    A fault is a rule: which requests, what happens to them, how often.
    """
    if context.invoked_subcommand is None:
        with target.client() as control:
            found = control.faults(world)
        if as_json:
            emit_json({"items": found})
        else:
            _show(found)


@faults.command(
    epilog=examples(
        "sosie faults add --route connect/token --status 503 --times 2",
        "sosie faults add --kind latency --set milliseconds=1500 --service push",
        'sosie faults add --rule \'{"effect": {"kind": "outage"}, "match": {"region": "eu"}}\'',
    )
)
@click.option("--kind", help="What happens; `sosie faults catalog` lists all kinds.  [default: status, with --status]")
@click.option("--status", type=int, help="The status to answer with.")
@click.option("--set", "parameters", multiple=True, metavar="NAME=VALUE", help="A parameter of the kind; repeatable.")
@click.option("--route", help="One route or path, such as connect/token; * at its end is any rest.")
@click.option("--service", type=click.Choice(SERVICES), help="One service only.")
@click.option("--region", type=click.Choice(REGIONS), help="One region only.")
@click.option("--method", help="One method only.")
@click.option("--installation", help="One installation only.")
@click.option("--organization", help="One organization only.")
@click.option("--nth", type=click.IntRange(1), help="Only the nth request that matches.")
@click.option("--times", type=click.IntRange(1), help="So often, then never again.")
@click.option("--until", help="Until this time of the world's.")
@click.option("--probability", type=click.FloatRange(0, 1), help="By chance, which follows from the world's seed.")
@click.option("--rule", help="The whole rule as JSON, instead of all these.")
@world_option
@target_options
@json_option
def add(
    target: Target,
    kind: str | None,
    status: int | None,
    parameters: tuple[str, ...],
    rule: str | None,
    world: str,
    as_json: bool,
    **more: Any,
) -> None:
    """Make a fault, and print its id."""
    document = _document(rule) if rule is not None else _rule(kind, status, parameters, more)
    with target.client() as control:
        added = control.add_fault(document, world)
    if as_json:
        emit_json(added)
    else:
        say(f"{good('added')}  {heading(added['id'])}  {added['effect']['kind']}")


@faults.command(epilog=examples("sosie faults clear", "sosie faults clear fault-1"))
@click.argument("fault_id", required=False, metavar="[ID]")
@world_option
@target_options
@json_option
def clear(target: Target, fault_id: str | None, world: str, as_json: bool) -> None:
    """Remove one fault, or all."""
    with target.client() as control:
        if fault_id is None:
            control.clear_faults(world)
        else:
            control.drop_fault(fault_id, world)
    if as_json:
        emit_json({"cleared": fault_id or "all"})
    else:
        say(f"{good('cleared')}  {fault_id or 'all faults'}")


@faults.command(epilog=examples("sosie faults catalog"))
@target_options
@json_option
def catalog(target: Target, as_json: bool) -> None:
    """List every kind of fault, with its parameters."""
    with target.client() as control:
        found = control.fault_catalog()
    if as_json:
        emit_json({"items": found})
        return
    for each in found:
        names = [name for name in each["schema"].get("properties", {}) if name != "kind"]
        say(f"{heading(each['kind'])}  {each['description']}")
        if names:
            say(dim(f"  --set {', '.join(names)}"))


def _rule(kind: str | None, status: int | None, parameters: tuple[str, ...], more: dict[str, Any]) -> dict[str, Any]:
    if kind is None and status is None:
        raise click.UsageError("Say what happens: --kind, --status, or a whole --rule.")
    effect: dict[str, Any] = {"kind": kind or "status"}
    if status is not None:
        effect["status"] = status
    for text in parameters:
        name, separator, value = text.partition("=")
        if not separator:
            raise click.BadParameter(f"{text!r} is not NAME=VALUE", param_hint="--set")
        effect[name] = _value(value)
    limits = ("times", "until", "probability")
    given = {name: value for name, value in more.items() if value is not None}
    return {
        "match": {name: value for name, value in given.items() if name not in limits},
        "effect": effect,
        "limit": {name: value for name, value in given.items() if name in limits},
    }


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _document(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise click.BadParameter(f"is no JSON: {error}", param_hint="--rule") from None
    if not isinstance(document, dict):
        raise click.BadParameter("is no JSON object", param_hint="--rule")
    return document


def _show(found: list[dict[str, Any]]) -> None:
    if not found:
        say(dim("no fault"))
        return
    rows = [
        [
            heading(each["id"]),
            " ".join(str(value) for value in each["effect"].values()),
            " ".join(f"{name}={value}" for name, value in (each.get("match") or {}).items()) or dim("everything"),
            f"applied {each['applied']}, matched {each['seen']}",
        ]
        for each in found
    ]
    for line in columns(rows, indent=""):
        say(line)
