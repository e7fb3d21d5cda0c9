"""`make sam-local`: both regions, answered by Lambda functions in containers of this machine (docs/sam-local.md)."""

from __future__ import annotations

import functools
import json
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

import click

from sam_local import containers, emulator, events
from sam_local.template import BUILT, NAME

if TYPE_CHECKING:
    from collections.abc import Callable

DEFAULT_URL = "http://127.0.0.1:3000"


@click.group(invoke_without_command=True)
@click.option("--port", default=3000, show_default=True, help="Where the API answers, on loopback.")
@click.option("--address", help="At which address of this machine containers reach it, if that cannot be found out.")
@click.option("--moto", is_flag=True, help="Take moto's DynamoDB even where AWS's own engine is there.")
@click.option("--no-build", is_flag=True, help="Take what was built last.")
@click.pass_context
def main(context: click.Context, *, port: int, address: str | None, moto: bool, no_build: bool) -> None:
    """Build, start DynamoDB and Secrets Manager, and serve the functions under SAM's emulator until Ctrl-C."""
    if context.invoked_subcommand is not None:
        return
    from sosie.domain.ids import unguessable_token

    token = os.environ.get("SOSIE_CONTROL_TOKEN") or unguessable_token()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sam = emulator.Sam(containers.Engine.find())
        if not no_build:
            sam.build()
        with emulator.served(sam, token, port=port, address=address, aws_engine=not moto) as api:
            _announce(api, token)
            code = api.process.wait()
    except (containers.NoEngineError, emulator.SamError) as error:
        raise click.ClickException(str(error)) from None
    except KeyboardInterrupt:
        code = 0
    sys.exit(code)


def _announce(api: emulator.Served, token: str) -> None:
    """Say what `sosie start` says, and leave the note that lets `sosie --url` do without the token."""
    from sosie.control.client import ControlClient
    from sosie.local import running
    from sosie.local.banner import Circumstances, banner

    note = running.announce(running.Running(api.url, os.getpid(), token))
    click.get_current_context().call_on_close(lambda: running.withdraw(note))
    with ControlClient(api.url, token) as client:
        click.echo(banner(client.summary(), Circumstances(api.url, new_control_token=token)))
    click.echo("One event of events/, to its function alone:")
    click.echo("  python -m sam_local invoke api_sponsorship_sync")


def of_a_running_cloud(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add NAME, `--url` and `--control-token`; the function gets the completed event as well as its name."""

    @click.argument("name")
    @click.option("--url", envvar="SOSIE_URL", default=DEFAULT_URL, show_default=True, help="Where Sosie answers.")
    @click.option("--control-token", envvar="SOSIE_CONTROL_TOKEN", help="Needed off this machine.")
    @functools.wraps(function)
    def with_event(*, name: str, url: str, control_token: str | None) -> Any:
        return function(name, _completed(name, url, control_token))

    return with_event


def _completed(name: str, url: str, control_token: str | None) -> str:
    from sosie.control.client import ControlClient
    from sosie.control.connection import ControlClientError
    from sosie.local.options import Asked, Target

    target = Target.find(Asked(url, control_token))
    try:
        with ControlClient(target.url, target.token, timeout=60) as client:
            document = events.completed(events.load(name), events.RunningCloud(client, target.token or ""))
    except FileNotFoundError:
        names = ", ".join(sorted(path.stem for path in events.EVENTS.glob("*.json")))
        raise click.BadParameter(f"there are {names}", param_hint="NAME") from None
    except (LookupError, ControlClientError) as error:
        raise click.ClickException(str(error)) from None
    return json.dumps(document, ensure_ascii=False)


@main.command()
@of_a_running_cloud
def event(name: str, document: str) -> None:
    """Print the event NAME of events/ with tokens that are good now, for `sam local invoke --event -`."""
    del name
    click.echo(document)


@main.command()
@of_a_running_cloud
def invoke(name: str, document: str) -> None:
    """Send the event NAME of events/ to its function by `sam local invoke`, while `make sam-local` runs elsewhere."""
    try:
        sam = emulator.Sam(containers.Engine.find())
    except (containers.NoEngineError, emulator.SamError) as error:
        raise click.ClickException(str(error)) from None
    sys.exit(sam.invoke(events.function_of(name), document, BUILT / NAME).returncode)


if __name__ == "__main__":
    main(prog_name="python -m sam_local")
