"""One request's view of one region of one world: reads now, writes together at the end.

Writes are buffered and committed with the request's journal entry in one go, so that nothing half-done is visible
and a fault can throw a request's effects away. Versions make the commit conditional: if somebody else wrote first it
raises ConflictError, and the host runs the use case again on fresh reads. So use cases have no other side effects.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from sosie.domain.ids import Ids
from sosie.ports import Change, Delete, Item, Key, Order, Put, Store
from sosie.services.records import from_body, to_body
from sosie.services.world_record import WorldRecord, faults_key, world_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from sosie.domain.clock import Clock
    from sosie.domain.regions import Region


class UnknownWorldError(LookupError):
    """The request names a world that nobody created."""


class StruckError(Exception):
    """A fault or a rate limit answers in the handler's place; who watches the unit of work knows what."""


class _NothingStored:
    """Answers every read with nothing."""

    def get_many(self, keys: Sequence[Key]) -> dict[Key, Item]:
        del keys
        return {}

    def query(self, partition: str, prefix: str = "", **_: object) -> list[Item]:
        del partition, prefix
        return []


_NOTHING = cast("Store", _NothingStored())


class UnitOfWork:
    """Reads, buffered writes, time and ids of one request. `nonce` makes its ids unique within the world."""

    def __init__(self, store: Store, world: str, region: Region, clock: Clock, nonce: str) -> None:
        self._store = store
        self._clock = clock
        self._nonce = nonce
        self._read: dict[Key, Item | None] = {}
        self._expected: dict[Key, None] = {}
        self._listed: list[tuple[str, str]] = []
        self._changes: dict[Key, Change] = {}
        self._record: WorldRecord | None = None
        self._now: datetime | None = None
        self._ids: Ids | None = None
        self._names = 0
        self.parallel = False
        """Says that the writes may be stored in any order, if they are too many for one transaction."""
        self.remarked: tuple[str, Mapping[str, Any]] | None = None
        self.world = world
        self.region: Region = region
        self.wall_now = clock.now()
        self.when_opened: Callable[[WorldRecord, Item | None], None] | None = None
        """Is told the world's record and fault rules as soon as they have been read, and may raise StruckError."""

    # What every use case needs to know.

    @property
    def record(self) -> WorldRecord:
        """The world's settings. Raises UnknownWorldError. Read together with the first items, in one call."""
        if self._record is None:
            self.get_many([])
        if self._record is None:
            raise UnknownWorldError(self.world)
        return self._record

    @property
    def keyring_name(self) -> str:
        """What the keyring knows this world by."""
        return self.record.keyring_name

    def require_world(self) -> None:
        """Raise UnknownWorldError if nobody created the world."""
        _ = self.record

    @property
    def now(self) -> datetime:
        """The world's time of this request; it does not move while the request is handled."""
        if self._now is None:
            self._now = self.record.clock.at(self.wall_now)
        return self._now

    @property
    def ids(self) -> Ids:
        """This request's ids and randomness."""
        if self._ids is None:
            self._ids = Ids(self.record.seed, f"{self.region}|request|{self._nonce}")
        return self._ids

    def next_name(self) -> str:
        """Return a further name that is unique in the world and ordered by request, such as a mail's."""
        self._names += 1
        return f"{self._nonce}-{self._names:05d}"

    def remark(self, code: str, **clues: Any) -> None:
        """Note a diagnosis for a request that succeeds; it changes nothing on the wire (see RefusedError.because)."""
        self.remarked = code, clues

    def derived(self, label: str) -> Ids:
        """Return the stream of something that must always come out the same in this world and region."""
        return Ids(self.record.seed, f"{self.region}|{label}")

    def partition(self, name: str) -> str:
        """Return the full name of a partition of this world and region."""
        return f"{self.world}/{self.region}/{name}"

    # Reads.

    def get(self, key: Key) -> Item | None:
        """Return one item as this request sees it."""
        return self.get_many([key]).get(key)

    def get_many(self, keys: Iterable[Key]) -> Mapping[Key, Item]:
        """Return the items that exist, this request's own writes included."""
        keys = list(dict.fromkeys(keys))
        missing = [key for key in keys if key not in self._read and not self._was_absent(key)]
        if missing:
            missing += [key for key in self._expected if key not in self._read and key not in keys]
            self._expected.clear()
        if self._record is None:
            missing += [world_key(self.world), faults_key(self.world)]
        if missing:
            found = self._store.get_many(missing)
            self._read |= {key: found.get(key) for key in missing}
            if self._record is None and (item := found.get(world_key(self.world))):
                self._record = from_body(WorldRecord, item.body)
                if self.when_opened is not None:
                    self.when_opened(self._record, found.get(faults_key(self.world)))
        return {key: item for key in keys if (item := self._seen(key)) is not None}

    def _was_absent(self, key: Key) -> bool:
        """Tell whether a list of what begins so was read without it; what was decided on that list must stay true."""
        return any(key.partition == name and key.sort.startswith(prefix) for name, prefix in self._listed)

    def expect(self, keys: Iterable[Key]) -> None:
        """Say what will be read later in any case: it comes with the next read, so that fewer calls are made."""
        self._expected |= dict.fromkeys(keys)

    def _seen(self, key: Key) -> Item | None:
        change = self._changes.get(key)
        if change is None:
            return self._read.get(key)
        return change.item if isinstance(change, Put) else None

    def query(
        self,
        partition: str,
        prefix: str = "",
        *,
        order: Order | None = None,
        newest_first: bool = False,
        limit: int | None = None,
    ) -> list[Item]:
        """Return items of a partition by prefix, this request's own writes included."""
        name = self.partition(partition)
        changed = sum(key.partition == name for key in self._changes)
        # What this request changes or removes may still be among the first in the store.
        at_most = None if limit is None else limit + changed
        found = self._store.query(name, prefix, order=order, newest_first=newest_first, limit=at_most)
        for item in found:
            self._read.setdefault(item.key, item)
        if order is None and limit is None:
            self._listed.append((name, prefix))
        if not changed:
            return found
        merged = {item.key: item for item in found if item.key not in self._changes}
        for key, change in self._changes.items():
            if key.partition == name and isinstance(change, Put):
                place = change.item.orders.get(order) if order else key.sort
                if place is not None and place.startswith(prefix):
                    merged[key] = change.item
        ordered = sorted(
            merged.values(),
            key=lambda item: (item.orders[order] if order else item.key.sort, item.key.sort),
            reverse=newest_first,
        )
        return ordered[:limit]

    def assume_empty(self, record: WorldRecord) -> None:
        """Work on a world that is about to be filled: its settings are known and there is nothing to read."""
        self._record = record
        self._store = _NOTHING

    # Writes.

    def put(self, item: Item, *, always: bool = False, tied: bool = False) -> None:
        """Write an item at the end, on condition that nobody else wrote it meanwhile (unless `always`).

        `tied`: never without what is written next.
        """
        if not always:
            before = self._read.get(item.key)
            item = replace(item, version=before.version if before else 0)
        self._changes[item.key] = Put(item, always=always, tied=tied)

    def delete(self, item: Item, *, always: bool = False) -> None:
        """Remove an item at the end, on condition that nobody else wrote it meanwhile (unless `always`)."""
        before = self._read.get(item.key)
        if before is None:
            self._changes.pop(item.key, None)
        else:
            self._changes[item.key] = Delete(item.key, None if always else before.version)

    def discard(self) -> None:
        """Forget this request's writes: it failed in a way that leaves no trace but its journal entry."""
        self._changes.clear()

    def save_record(self, record: WorldRecord) -> None:
        """Write the world's settings."""
        self._record = record
        self._now = self._ids = None
        self.put(Item(world_key(self.world), to_body(record)))

    def pending(self) -> list[Change]:
        """Return what a commit would write."""
        return list(self._changes.values())

    def commit(self, further: Sequence[Change] = ()) -> None:
        """Write everything, `further` changes last. Raises ConflictError if somebody else was faster."""
        self._store.write([*self._changes.values(), *further], parallel=self.parallel)
        self._changes.clear()
