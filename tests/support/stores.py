"""A store that lets a test watch it and meddle with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sosie.domain.errors import ConflictError
from sosie.ports import Put
from sosie.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sosie.ports import Change, Item, Key


class WatchedStore:
    """A store in memory. `written` are the groups of changes that went through, in order.

    `meddle` runs once, just before the next write: it is the other process that is a little faster.
    """

    def __init__(self) -> None:
        self._store = SqliteStore()
        self.written: list[list[Change]] = []
        self.refused = 0
        self._meddle: Callable[[], object] | None = None
        self._always_refuse = False

    def before_next_write(self, meddle: Callable[[], object]) -> None:
        self._meddle = meddle

    def refuse_next_write(self) -> None:
        """Answer the next write with a conflict, whatever it is."""
        self._meddle = _conflict

    def refuse_writes(self) -> None:
        """Answer every write with a conflict."""
        self._meddle, self._always_refuse = _conflict, True

    def write(self, changes: Sequence[Change]) -> None:
        meddle, self._meddle = self._meddle, _conflict if self._always_refuse else None
        try:
            if meddle is not None:
                meddle()
            self._store.write(changes)
        except ConflictError:
            self.refused += 1
            raise
        self.written.append(list(changes))

    def places(self) -> list[list[Key]]:
        """Return where each group of `written` wrote or removed something."""
        return [[c.item.key if isinstance(c, Put) else c.key for c in group] for group in self.written]

    def get_many(self, keys: Sequence[Key]) -> dict[Key, Item]:
        return self._store.get_many(keys)

    def query(self, partition: str, prefix: str = "", **more: Any) -> list[Item]:
        return self._store.query(partition, prefix, **more)

    def drop(self, partition_prefix: str, partitions: Any) -> None:
        self._store.drop(partition_prefix, partitions)

    def close(self) -> None:
        self._store.close()


def _conflict() -> None:
    raise ConflictError("refused by the test")
