"""`sosie snapshot`: a world's state, kept under a name or in a file."""

from __future__ import annotations

import json
from pathlib import Path

import click

from sosie.local.files import write_private
from sosie.local.options import Target, json_option, target_options, world_option
from sosie.local.output import WrongUse, columns, dim, emit_json, examples, good, heading, say


@click.group(
    invoke_without_command=True,
    epilog=examples("sosie snapshot", "sosie snapshot take before"),
)
@world_option
@target_options
@json_option
@click.pass_context
def snapshot(context: click.Context, target: Target, world: str, as_json: bool) -> None:
    """List a world's snapshots, or take, export, import and drop them.

    `sosie restore NAME` goes back to one.
    """
    if context.invoked_subcommand is not None:
        return
    with target.client() as control:
        found = control.snapshots(world)
    if as_json:
        emit_json({"items": found})
    elif not found:
        say(dim("no snapshot"))
    else:
        for line in columns([[heading(each["name"]), dim(str(each.get("at", "")))] for each in found], indent=""):
            say(line)


@snapshot.command(epilog=examples("sosie snapshot take before", "sosie snapshot take all --with mail --with journal"))
@click.argument("name")
@click.option(
    "--with", "parts", multiple=True, type=click.Choice(("mail", "journal")), help="Keep this too; repeatable."
)
@world_option
@target_options
@json_option
def take(target: Target, name: str, parts: tuple[str, ...], world: str, as_json: bool) -> None:
    """Take a snapshot, in place of the one of that name."""
    with target.client() as control:
        taken = control.snapshot(name, world, parts=parts)
    if as_json:
        emit_json(taken)
    else:
        say(f"{good('taken')}  {name}")


@snapshot.command(name="export", epilog=examples("sosie snapshot export before before.json"))
@click.argument("name")
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@world_option
@target_options
@json_option
def export(target: Target, name: str, file: Path, world: str, as_json: bool) -> None:
    """Write a snapshot to a file: sorted, to be kept and compared.

    It holds the world's seed and key material, so nobody but you may read it.
    """
    with target.client() as control:
        document = control.read_snapshot(name, world)
    try:
        write_private(file, json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n")
    except OSError as error:
        raise WrongUse(f"{file}: {error.strerror or error}") from None
    if as_json:
        emit_json({"name": name, "file": str(file)})
    else:
        say(f"{good('written')}  {file}")


@snapshot.command(name="import", epilog=examples("sosie snapshot import before.json before --world team-a"))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("name")
@world_option
@target_options
@json_option
def import_(target: Target, file: Path, name: str, world: str, as_json: bool) -> None:
    """Keep a file's snapshot under a name; any world, any store."""
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WrongUse(f"{file} is no snapshot: {error}") from None
    if not isinstance(document, dict):
        raise WrongUse(f"{file} is no snapshot: it holds no JSON object")
    with target.client() as control:
        kept = control.upload_snapshot(name, document, world)
    if as_json:
        emit_json(kept)
    else:
        elsewhere = "" if world == "default" else f" --world {world}"
        say(f"{good('kept')}  {name}; go to it with: sosie restore {name}{elsewhere}")


@snapshot.command(epilog=examples("sosie snapshot drop before"))
@click.argument("name")
@world_option
@target_options
@json_option
def drop(target: Target, name: str, world: str, as_json: bool) -> None:
    """Forget a snapshot."""
    with target.client() as control:
        control.drop_snapshot(name, world)
    if as_json:
        emit_json({"dropped": name})
    else:
        say(f"{good('dropped')}  {name}")
