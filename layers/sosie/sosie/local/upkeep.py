"""The cloud's scheduled jobs while the embedded server runs: soon after its start, then every hour."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sosie.wiring import Sosie

logger = logging.getLogger("sosie.local")

FIRST_AFTER = 2.0
"""Seconds: whoever waits for the start gets the first answers first."""
EVERY = 3600.0
"""Seconds, as on AWS (template.yaml)."""


async def keep_up(sosie: Sosie, pause: Callable[[float], Awaitable[object]] = asyncio.sleep) -> None:
    """Catch up in every world, again and again until cancelled. What fails is logged and tried again in an hour.

    Store and handlers are for one call at a time, so this stays on the event loop's thread like they do; between two
    steps requests have their turn.
    """
    await pause(FIRST_AFTER)
    while True:
        try:
            await _catch_up(sosie, pause)
        except Exception:
            logger.exception("what the cloud does on schedule is late; it is tried again in an hour")
        await pause(EVERY)


async def _catch_up(sosie: Sosie, pause: Callable[[float], Awaitable[object]]) -> None:
    from sosie.services.maintenance import maintain  # late: a start does without it

    for _ in maintain(sosie.worlds):
        await pause(0)
