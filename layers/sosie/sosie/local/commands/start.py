"""`sosie start`: both regions in one local process."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8787, show_default=True, help="Port to listen on; 0 takes any free one.")
@click.option(
    "--ports", type=int, help="First of six further ports, one service each at the root: us identity, api, push, eu …"
)
@click.option(
    "--state",
    type=click.Path(file_okay=False, path_type=Path),
    help="Directory to keep state and keys in; memory without.",
)
@click.option("--store", type=click.Choice(["sqlite", "dynamodb", "localstack"]), default="sqlite", show_default=True)
@click.option(
    "--scenario", default="families", show_default=True, help="A shipped scenario's name, or a YAML or JSON file."
)
@click.option("--tls", is_flag=True, help="Serve HTTPS with a certificate of Sosie's own CA (see `sosie ca export`).")
@click.option("--control-token", envvar="SOSIE_CONTROL_TOKEN", help="Token for the control plane; needed off loopback.")
@click.option("--no-penalty-delays", is_flag=True, help="Answer wrong secrets at once instead of after 2 seconds.")
@click.option("--json", "as_json", is_flag=True, help="Print the default world's summary as one line when ready.")
def start(
    host: str,
    port: int,
    ports: int | None,
    state: Path | None,
    store: str,
    scenario: str,
    tls: bool,
    control_token: str | None,
    no_penalty_delays: bool,
    as_json: bool,
) -> None:
    """Serve both regions' identity, API and push endpoints.

    \b
    Example:  sosie start --state ./sosie-state --tls
    """
    from dataclasses import replace

    from sosie.local.server import Listen, bind, serve
    from sosie.settings import Settings
    from sosie.wiring import Sosie

    settings = replace(
        Settings.from_environment(),
        store=store,
        state=state,
        scenario=scenario,
        control_token=control_token,
        penalty_delays=not no_penalty_delays,
    )
    listen = Listen(host, port, ports)
    sosie = Sosie(settings)
    sockets, base_url, prefixes = bind(listen)
    from sosie.control.summary import summarize

    summary = summarize(sosie.worlds, "default", base_url)

    def ready() -> None:
        print(json.dumps(summary, ensure_ascii=False), flush=True)

    del as_json, tls
    serve(sosie, listen, sockets, prefixes, ready)
    sys.exit(0)
