"""`sosie wait`: until a Sosie answers, for CI."""

from __future__ import annotations

import threading
import time

import click

from sosie.local.options import Target, json_option, target_options
from sosie.local.output import NOT_REACHABLE, Failure, emit_json, good, say

_PAUSE_SECONDS = 0.1


@click.command()
@click.option("--timeout", default=60.0, show_default=True, help="Seconds to wait at most.")
@target_options
@json_option
def wait(target: Target, timeout: float, as_json: bool) -> None:
    """Wait until Sosie answers. Exit code 3 if it does not in time.

    \b
    Example:  sosie start & sosie wait --timeout 30
    """
    started = time.monotonic()
    while True:
        left = timeout - (time.monotonic() - started)
        try:
            with target.client(timeout=max(0.5, min(5.0, left))) as control:
                health = control.health()
            break
        except Failure as failure:
            if failure.exit_code != NOT_REACHABLE:
                raise  # it answers, and refuses the control token
            if left <= _PAUSE_SECONDS:
                message = f"not ready within {timeout:g} s: {failure.message}"
                raise Failure(message, NOT_REACHABLE) from None
        threading.Event().wait(_PAUSE_SECONDS)
    if as_json:
        emit_json(health)
    else:
        say(f"{good('ready')}  Sosie {health['version']} at {target.url}")
