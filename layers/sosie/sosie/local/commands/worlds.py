"""`sosie worlds`: list, create, drop."""

from __future__ import annotations

import click

from sosie.local.commands.seed import naming_the_line, scenario_argument
from sosie.local.options import Target, json_option, target_options
from sosie.local.output import address, emit_json, examples, good, heading, say, warn


@click.group(epilog=examples("sosie worlds create team-a --scenario families"))
def worlds() -> None:
    """List, create and drop isolated worlds.

    A world is both regions with data, clock, mailbox and journal of its own. Its addresses begin with /w/{world}.
    """


@worlds.command("list", epilog=examples("sosie worlds list"))
@target_options
@json_option
def list_worlds(target: Target, as_json: bool) -> None:
    """List the worlds."""
    with target.client() as control:
        names = control.worlds()
    if as_json:
        emit_json({"items": [{"world": name} for name in names]})
        return
    for name in names:
        say(name)


@worlds.command(epilog=examples("sosie worlds create team-a --scenario ./our-scenario.yaml"))
@click.argument("world")
@click.option("--scenario", default="families", show_default=True, help="A scenario's name, or a YAML or JSON file.")
@target_options
@json_option
def create(target: Target, world: str, scenario: str, as_json: bool) -> None:
    """Create a world; one that exists stays as it is."""
    document = scenario_argument(scenario)
    with target.client() as control, naming_the_line(scenario):
        there = world in control.worlds()
        summary = control.create_world(world, document)
    if there:
        warn(f"the world was there already, made from scenario {summary['scenario']}; it stays as it is")
    if as_json:
        emit_json(summary)
        return
    say(f"{good('ready')}  world {heading(world)}, scenario {summary['scenario']}")
    for name, region in summary["regions"].items():
        say(f"  {name}  {address(region['api'])}")


@worlds.command(epilog=examples("sosie worlds drop team-a"))
@click.argument("world")
@target_options
@json_option
def drop(target: Target, world: str, as_json: bool) -> None:
    """Remove a world and everything in it. The default world is reset instead."""
    with target.client() as control:
        control.drop_world(world)
    if as_json:
        emit_json({"dropped": world})
    else:
        say(f"{good('dropped')}  world {world}")
