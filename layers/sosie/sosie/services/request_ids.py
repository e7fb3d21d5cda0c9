"""Names each request. The name orders the journal and makes the request's ids unique within its world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sosie.services import journal
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

    def oldest_kept(self, world: str) -> str | None:
        """Return the first request the journal should still hold, when it is time to drop older ones."""
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
        return _name(self._last[world])

    def forget(self, world: str) -> None:
        self._last.pop(world, None)

    def oldest_kept(self, world: str) -> str | None:
        last = self._last.get(world, 0)
        if last <= journal.ENTRIES_LIMIT or last % journal.TRIM_EVERY:
            return None
        return _name(last - journal.ENTRIES_LIMIT + 1)


class TimedIds:
    """Wall time and the host's own request id, for many processes at once."""

    def next(self, world: str, wall_now: datetime, hint: str) -> str:
        del world
        return f"{int(wall_now.timestamp() * 1_000_000):016d}-{hint}"

    def forget(self, world: str) -> None:
        del world

    def oldest_kept(self, world: str) -> str | None:
        del world
        return None  # the store forgets them by their expiry


def _name(number: int) -> str:
    return f"{number:010d}"
