"""A world's clock: read, put somewhere, or advanced so that everything on the way happens (design: time).

Putting the clock is a jump: what would have fallen due in between does not happen. Advancing lets it happen, each job
at its time, before the answer.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sosie.domain.clock import WorldClock
from sosie.domain.errors import ConflictError
from sosie.services.maintenance import catch_up
from sosie.services.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sosie.services.scheduled_jobs import Happening
    from sosie.services.world_record import WorldRecord
    from sosie.services.worlds import Worlds

_ATTEMPTS = 8


def put_clock(worlds: Worlds, world: str, clock: WorldClock) -> WorldRecord:
    """Give a world this clock. Its scheduled jobs go on from the new time, whichever side of the old one it is."""

    def change(record: WorldRecord, wall: datetime) -> WorldRecord:
        return replace(record, clock=clock, maintained_until=clock.at(wall))

    return change_record(worlds, world, change)


def advance(
    worlds: Worlds, world: str, target_of: Callable[[datetime], datetime]
) -> tuple[WorldRecord, Sequence[Happening]]:
    """Move a world's clock from its now to `target_of(now)`, and return what happened on the way, in order.

    Raises ValueError if that lies behind, and ConflictError if requests keep getting in the way: the clock stands
    then where it was, and a second try goes on.
    """
    now = UnitOfWork(worlds.store, world, "us", worlds.clock, "control").now
    target = target_of(now)
    if target < now:
        raise ValueError("a clock is advanced forward; to go back, put it where it should be")
    happened = catch_up(worlds, world, target)

    def change(record: WorldRecord, _: datetime) -> WorldRecord:
        return replace(record, clock=_moved(record.clock, now, target))

    return change_record(worlds, world, change), happened


def change_record(worlds: Worlds, world: str, change: Callable[[WorldRecord, datetime], WorldRecord]) -> WorldRecord:
    """Write a world's settings as `change` makes them of the present ones and the wall time."""
    for _ in range(_ATTEMPTS):
        uow = UnitOfWork(worlds.store, world, "us", worlds.clock, "control")
        record = change(uow.record, uow.wall_now)
        uow.save_record(record)
        try:
            uow.commit()
        except ConflictError:
            continue
        return record
    raise ConflictError(f"others keep changing the world {world}")


def _moved(clock: WorldClock, now: datetime, target: datetime) -> WorldClock:
    if clock.mode == "frozen":
        return replace(clock, frozen_at=target)
    return replace(clock, mode="shifted", offset=clock.offset + (target - now))
