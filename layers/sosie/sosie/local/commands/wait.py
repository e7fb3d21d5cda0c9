"""`sosie wait`: until a Sosie answers, for CI."""

from __future__ import annotations

import threading
import time

import click

from sosie.local.options import Target, json_option, target_options
from sosie.local.output import Unreachable, emit_json, examples, good, say

_PAUSE_SECONDS = 0.1


@click.command(epilog=examples("sosie start & sosie wait --timeout 30"))
@click.option("--timeout", default=60.0, show_default=True, help="Seconds to wait at most.")
@target_options
@json_option
def wait(target: Target, timeout: float, as_json: bool) -> None:
    """Wait until Sosie answers.

    Ends with exit code 3 if it does not in time.
    """
    started = time.monotonic()
    while True:
        left = timeout - (time.monotonic() - started)
        try:
            # Each time anew: what is waited for may not have said yet how it is to be reached.
            with Target.find(target.asked).client(timeout=max(0.5, min(5.0, left))) as control:
                health = control.health()
            break
        except Unreachable as failure:
            if left <= _PAUSE_SECONDS:
                message = f"not ready within {timeout:g} s: {failure.message}"
                raise Unreachable(message) from None
        threading.Event().wait(_PAUSE_SECONDS)
    if as_json:
        emit_json(health)
    else:
        say(f"{good('ready')}  Sosie {health['version']} at {Target.find(target.asked).url}")
