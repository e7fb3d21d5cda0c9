"""Names each request. The name orders the journal and makes the request's ids unique within its world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sosie.services.journal import journal_partition

if TYPE_CHECKING:
    from datetime import datetime

    from sosie.ports import Store


class RequestIds(Protocol):
    """Gives out request ids; text order is the order of requests."""

    def next(self, world: str, wall_now: datetime, hint: str) -> str:
        """Return the id of a new request. `hint` is what the host calls it."""
        ...

    def forget(self, world: str) -> None:
        """Start anew with a world that was reset."""
        ...


class SequentialIds:
    """1, 2, 3 … per world, for one process: the same requests after a reset get the same ids."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._last: dict[str, int] = {}

    def next(self, world: str, wall_now: datetime, hint: str) -> str:
        del wall_now, hint
        if world not in self._last:
            newest = self._store.query(journal_partition(world), newest_first=True, limit=1)
            self._last[world] = int(newest[0].key.sort) if newest else 0
        self._last[world] += 1
        return f"{self._last[world]:010d}"

    def forget(self, world: str) -> None:
        self._last.pop(world, None)


class TimedIds:
    """Wall time and the host's own request id, for many processes at once."""

    def next(self, world: str, wall_now: datetime, hint: str) -> str:
        del world
        return f"{int(wall_now.timestamp() * 1_000_000):016d}-{hint}"

    def forget(self, world: str) -> None:
        del world
