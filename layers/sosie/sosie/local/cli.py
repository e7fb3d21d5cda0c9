"""The `sosie` command. Start-up is a budget: a verb's module is imported when the verb is used."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from sosie import __version__
from sosie.local.output import colour_wanted, emit_error, examples

# In the order a newcomer meets them. A verb is the command of its name in the module of its name below `commands`.
VERBS = (
    "start",
    "env",
    "doctor",
    "wait",
    "selfhost",
    "mail",
    "journal",
    "push",
    "verify",
    "state",
    "worlds",
    "seed",
    "reset",
    "snapshot",
    "restore",
    "clock",
    "maintenance",
    "faults",
    "settings",
    "token",
    "ca",
    "conformance",
    "deploy-check",
)

_AS_JSON = "sosie.as_json"


class Verbs(click.Group):
    """A group that imports a verb's module when it is needed, and prints errors for programs too."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # Here, because a verb whose options are wrong never gets to know that it was asked for JSON.
        ctx.meta[_AS_JSON] = "--json" in args
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.ClickException as error:
            if ctx.meta[_AS_JSON]:
                emit_error(ctx, error)
            raise

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in VERBS:
            return None
        name = cmd_name.replace("-", "_")
        found: click.Command = getattr(import_module(f"sosie.local.commands.{name}"), name)
        return found


@click.command(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples(
        "sosie start",
        "sosie selfhost sync --sponsor alice@acme.test --for cousin@family.test",
        "sosie env --for bitwarden --region eu",
    ),
)
@click.version_option(__version__, prog_name="sosie")
@click.pass_context
def main(ctx: click.Context) -> None:
    """A stand-in for the Bitwarden cloud, for integration tests of self-hosted servers.

    Exit codes: 0 fine, 1 the answer is no, 2 wrong use, 3 not reachable. Not affiliated with Bitwarden Inc.
    """
    ctx.color = colour_wanted()
