"""How a function waits, and that it answers before its time is up: an answer too late is nobody's.

A handler asks for a delay, or says that what the caller waits for has not happened yet; here it is waited for.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

from sosie.domain.fault_effects import LONGEST_LATENCY_OF_A_FUNCTION
from sosie.wiring import ASK_AGAIN_AFTER

if TYPE_CHECKING:
    from collections.abc import Callable

    Handle = Callable[[dict[str, Any], Any], dict[str, Any]]

SPARE = 1.0
"""Seconds before the function's end by which an answer leaves: for one more look, the log and the metrics."""
LONGEST_DELAY = LONGEST_LATENCY_OF_A_FUNCTION / 1000
"""Seconds that an answer is held back at most. API Gateway gives up 30 seconds after it took the request, and of those
a cold start is none of the function's own."""

pause = time.sleep  # noqa: TID251  this is the host


def seconds_left(context: Any) -> float:
    """Return for how long the function may still work. A context that does not say sets no end, as in a test."""
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    return math.inf if remaining is None else float(remaining()) / 1000


def settled(handle: Handle, event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Ask again until what the caller waits for has happened; when time is nearly up, the answer is what there is.

    A stream is one piece; its reader comes back for more.
    """
    response, started = handle(event, context), time.monotonic()
    while response.get("pending"):
        from sosie.control.http import asked_again  # late: only the control plane lets anybody wait

        over = seconds_left(context) <= SPARE + ASK_AGAIN_AFTER
        if not over:
            pause(ASK_AGAIN_AFTER)
        waited = math.inf if over else time.monotonic() - started
        response = handle(asked_again(event, waited=waited, resume=response["resume"]), context)
    response.pop("resume", None)
    return response


def wait(response: dict[str, Any], context: Any = None) -> dict[str, Any]:
    """Wait as long as the response says and time allows, and return it as the client gets it."""
    response.pop("wire", None)  # a rule of a host with sockets, which shares the store
    delay = min(response.pop("delay", 0.0), LONGEST_DELAY, seconds_left(context) - SPARE)
    if delay > 0:
        pause(delay)
    return response
