"""Names each request. The name orders the journal and makes the request's ids unique within its world."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from sosie.ports import Item, Put
from sosie.services import journal
from sosie.services.world_record import requests_key

if TYPE_CHECKING:
    from datetime import datetime

    from sosie.ports import Store

_WRITTEN_WITHIN = timedelta(seconds=5)
"""How long a function may take between naming a request and writing what it did: a cold start and a key to make."""


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

    def last(self, world: str) -> int:
        """Return the number of the newest request; 0 where requests have no numbers."""
        ...

    def go_on_after(self, world: str, number: int) -> list[Put]:
        """Return what has to be written so that no id up to this number comes again, when the journal goes."""
        ...

    def written_before(self, wall_now: datetime) -> str | None:
        """Return an id before which nothing can turn up any more; None if everything is written in order."""
        ...


class SequentialIds:
    """1, 2, 3 … per world, for one process: the same requests after a reset get the same ids."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._last: dict[str, int] = {}

    def next(self, world: str, wall_now: datetime, hint: str) -> str:
        del wall_now, hint
        self._last[world] = self.last(world) + 1
        return _name(self._last[world])

    def forget(self, world: str) -> None:
        self._last.pop(world, None)

    def oldest_kept(self, world: str) -> str | None:
        last = self._last.get(world, 0)
        if last <= journal.ENTRIES_LIMIT or last % journal.TRIM_EVERY:
            return None
        return _name(last - journal.ENTRIES_LIMIT + 1)

    def last(self, world: str) -> int:
        if world in self._last:
            return self._last[world]
        newest, kept = journal.newest_id(self._store, world), requests_key(world)
        found = self._store.get_many([kept]).get(kept)
        return max(int(newest) if newest.isdecimal() else 0, found.body["last"] if found else 0)

    def go_on_after(self, world: str, number: int) -> list[Put]:
        return [Put(Item(requests_key(world), {"last": number}), always=True)] if number else []

    def written_before(self, wall_now: datetime) -> str | None:
        del wall_now
        return None


class TimedIds:
    """Wall time and the host's own request id, for many processes at once."""

    def next(self, world: str, wall_now: datetime, hint: str) -> str:
        del world
        return f"{_moment(wall_now)}-{hint}"

    def forget(self, world: str) -> None:
        del world

    def oldest_kept(self, world: str) -> str | None:
        del world
        return None  # the store forgets them by their expiry

    def last(self, world: str) -> int:
        del world
        return 0

    def go_on_after(self, world: str, number: int) -> list[Put]:
        del world, number
        return []

    def written_before(self, wall_now: datetime) -> str | None:
        return _moment(wall_now - _WRITTEN_WITHIN)


def _name(number: int) -> str:
    return f"{number:010d}"


def _moment(wall: datetime) -> str:
    return f"{int(wall.timestamp() * 1_000_000):016d}"
