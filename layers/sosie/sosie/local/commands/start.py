"""`sosie start`: both regions in one local process."""

from __future__ import annotations

import json
import signal
import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sosie.local.output import WRONG_USE, Failure, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sosie.local.server import Listen
    from sosie.settings import Settings
    from sosie.wiring import Sosie


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8787, show_default=True, help="Port; 0 takes any free one."
)
@click.option(
    "--ports",
    type=click.IntRange(0, 65530),
    help="First of six further ports, one service each at the root: us identity, api, push, then eu. 0: any free.",
)
@click.option(
    "--state",
    envvar="SOSIE_STATE",
    type=click.Path(file_okay=False, path_type=Path),
    help="Directory to keep state and keys in; without one they are gone when it stops.",
)
@click.option(
    "--store",
    envvar="SOSIE_STORE",
    type=click.Choice(["sqlite", "dynamodb", "localstack"]),
    default="sqlite",
    show_default=True,
)
@click.option(
    "--scenario",
    envvar="SOSIE_SCENARIO",
    default="families",
    show_default=True,
    help="A shipped scenario's name, or a YAML or JSON file.",
)
@click.option("--tls", is_flag=True, help="Serve HTTPS with a certificate of Sosie's own CA (see `sosie ca export`).")
@click.option(
    "--control-token",
    envvar="SOSIE_CONTROL_TOKEN",
    help="Token for the control plane. Off loopback one is drawn and printed if none is given.",
)
@click.option("--no-penalty-delays", is_flag=True, help="Answer wrong secrets at once instead of after 2 seconds.")
@click.option("--json", "as_json", is_flag=True, help="Print the default world's summary as one line when ready.")
def start(host: str, port: int, ports: int | None, tls: bool, as_json: bool, **options: Any) -> None:
    """Serve both regions' identity, API and push endpoints until Ctrl-C.

    \b
    Example:  sosie start --state ./sosie-state --tls
    """
    from sosie.local import running
    from sosie.local.banner import Circumstances, banner
    from sosie.local.server import Listen, bind, roots, serve
    from sosie.wiring import Sosie

    listen = Listen(host, port, ports)
    settings = _settings(**options)
    drawn = None if listen.loopback or settings.control_token else _new_token()
    if drawn is not None:
        settings = replace(settings, control_token=drawn)
    with _friendly():
        if tls:
            listen = _with_certificate(listen, settings.state)
        sosie = Sosie(settings)
        summary, sockets, url, prefixes = _open(sosie, listen)
    ca = _ca(listen)
    note: Path | None = None
    if prefixes:
        summary["roots"] = roots(url, prefixes)

    def ready() -> None:
        nonlocal note
        note = running.announce(url, settings.control_token, ca)
        if as_json:
            more = {"controlToken": drawn} if drawn else {}
            say(json.dumps(summary | more, ensure_ascii=False))
        else:
            say(banner(summary, Circumstances(url, settings.state, ca, drawn)))
        sys.stdout.flush()

    # uvicorn raises the signal again once it has shut down: whoever sent it wanted an orderly end, and got it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        serve(sosie, listen, sockets, prefixes, ready)
    finally:
        running.withdraw(note)
        sosie.close()
