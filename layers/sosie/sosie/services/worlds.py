"""Worlds: created from a scenario, reset to it, summarized."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sosie.domain.errors import ConflictError, StoreUnavailableError
from sosie.domain.html_text import decoded
from sosie.domain.ids import unguessable_seed, unguessable_token
from sosie.domain.regions import REGIONS
from sosie.domain.scenario import Known, parse_scenario
from sosie.ports import MAX_ATOMIC_CHANGES, Delete, Item, Key, Put
from sosie.services import repository as repo
from sosie.services.journal import journal_partition
from sosie.services.records import from_body, to_body
from sosie.services.seed import seed_region
from sosie.services.unit_of_work import UnitOfWork
from sosie.services.world_record import DEFAULT_WORLD, WorldRecord, claim_key, scenario_key, world_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from sosie.domain.clock import Clock
    from sosie.domain.scenario import Scenario
    from sosie.ports import Change, Keyring, Store
    from sosie.services.request_ids import RequestIds

_DIRECTORY = "worlds"
_ATTEMPTS = 8
_REGION_PARTITIONS = (
    "installations",
    "users",
    "organizations",
    "gone-organizations",
    "refresh",
    "licence-downloads",
    "push",
)


class Worlds:
    """The use cases on whole worlds. `guessable` keeps the scenario's own seed; a deployed world draws one."""

    def __init__(
        self,
        *,
        store: Store,
        keyring: Keyring,
        clock: Clock,
        request_ids: RequestIds,
        load_scenario: Callable[[str], Mapping[str, Any]],
        default_scenario: str = "families",
        guessable: bool = True,
    ) -> None:
        self.store = store
        self.clock = clock
        self._keyring = keyring
        self._request_ids = request_ids
        self._load_scenario = load_scenario
        self._default_scenario = default_scenario
        self._guessable = guessable

    def open(self, world: str) -> WorldRecord | None:
        """Return a world's record; the default world always exists."""
        uow = self._uow(world)
        uow.get_many([world_key(world)])
        try:
            return uow.record
        except LookupError:
            return self.create(world, self._default_scenario) if world == DEFAULT_WORLD else None

    def ensure(self, world: str) -> bool:
        """Tell whether a world exists, making the default one if it does not."""
        return self.open(world) is not None

    def create(self, world: str, scenario: str | Mapping[str, Any]) -> WorldRecord:
        """Create a world from a scenario's name or document. Raises ScenarioError before anything is written.

        Two processes may do so at once, and one may die half-way: the first to claim the world decides its seed, equal
        seeds give equal items, only missing ones are written, and the record that makes the world visible comes last.
        """
        document = self._document(scenario)
        parsed = parse_scenario(document)
        seed = parsed.seed if self._guessable else unguessable_seed()
        incarnation = _incarnation()
        keys = "" if self._guessable else f"{world}.{incarnation}"
        wanted = WorldRecord(world, parsed.name, seed, incarnation=incarnation, keys=keys)
        claim = Item(claim_key(world), to_body(wanted))
        with suppress(ConflictError):
            self.store.write([Put(claim)])
        claimed = self.store.get_many([claim.key])[claim.key]
        record = from_body(WorldRecord, claimed.body)
        for _ in range(_ATTEMPTS):
            made_now, changes = self._seeded(record, document, parsed)
            there = self.store.get_many([change.item.key for change in changes])
            if (made := there.get(world_key(world))) is not None:
                return from_body(WorldRecord, made.body)
            with suppress(ConflictError):
                self.store.write([change for change in changes if change.item.key not in there])
                return made_now
        raise ConflictError(f"the world {world} is being made by somebody else")

    def reset(self, world: str) -> WorldRecord:
        """Return a world to its scenario: data, clock, mailbox and journal. Raises LookupError for no such world."""
        key = scenario_key(world)
        before = self.open(world)
        if before is None:
            raise LookupError(world)
        document = self.store.get_many([key])[key].body
        parsed = parse_scenario(document)
        record = WorldRecord(world, parsed.name, before.seed, incarnation=_incarnation(), keys=before.keys)
        record, seeded = self._seeded(record, document, parsed)
        self._replace(world, seeded)
        return record

    def restore(
        self, record: WorldRecord, document: Mapping[str, Any], items: Iterable[Item], requests: int = 0
    ) -> WorldRecord:
        """Replace all that a world holds by these items, and its scenario by this document.

        `record` names the world; it gets a new incarnation. Ids go on behind the world's requests, and behind the
        `requests` that made the items.
        """
        world = record.name
        before = self.open(world)
        record = replace(record, incarnation=_incarnation(), keys=before.keys if before else "")
        if before is not None and not before.guessable:
            record = replace(record, seed=before.seed)  # the snapshot's may be one that everybody knows
        number = max(requests, self._request_ids.last(world))
        self._replace(
            world,
            [
                *map(Put, items),
                *self._request_ids.go_on_after(world, number),
                *self._visible(record, document),
            ],
        )
        return record

    def clear_journal(self, world: str) -> None:
        """Forget all journal entries. Ids go on where they are."""
        partition = journal_partition(world)
        self.store.drop(partition, [partition], self._request_ids.go_on_after(world, self._request_ids.last(world)))

    def last_request(self, world: str) -> int:
        """Return the number of a world's newest request; 0 where requests have no numbers."""
        return self._request_ids.last(world)

    def written_before(self) -> str | None:
        """Return a request id before which nothing can turn up any more; None if all is written in order."""
        return self._request_ids.written_before(self.clock.now())

    def seed(self, world: str, scenario: str | Mapping[str, Any]) -> Scenario:
        """Add a scenario's people and organizations to a world, all or nothing. Raises ConflictError for doubles."""
        document = self._document(scenario)
        for _ in range(_ATTEMPTS):
            held = self._hold(world)
            parsed = parse_scenario(document, {uow.region: _known(uow) for uow in self.units(world)})
            changes: list[Change] = []
            for region in REGIONS:
                uow = self._uow(world, region)
                seed_region(uow, parsed.regions[region])
                changes += uow.pending()
            self._check_room(changes)
            with suppress(ConflictError):
                # The hold comes first: who is refused has then written nothing, whatever the number of groups.
                self._add([*held, *changes])
                return parsed
        raise ConflictError("others keep filling the world")

    def _add(self, changes: Sequence[Change]) -> None:
        """Write changes that begin with a hold. If the store fails between two groups, take the first ones back."""
        try:
            self.store.write(changes)
        except (ConflictError, StoreUnavailableError):
            if len(changes) > MAX_ATOMIC_CHANGES:
                self._take_back([change for change in changes if isinstance(change, Put)])
            raise

    def _take_back(self, puts: Sequence[Put]) -> None:
        """Remove what was new, as far as the store lets us, on condition that the hold stands: then it was ours."""
        held = [Put(replace(put.item, version=put.item.version + 1)) for put in puts[:1] if put.item.version]
        new = [Delete(put.item.key) for put in puts if not (put.always or put.item.version)]
        with suppress(ConflictError, StoreUnavailableError):
            self.store.write([*held, *new])

    def _check_room(self, changes: Iterable[Change]) -> None:
        """Raise ConflictError if something is there that is to be new: a store may write in several groups."""
        puts = [change for change in changes if isinstance(change, Put)]
        new = [put.item.key for put in puts if not (put.always or put.item.version)]
        if self.store.get_many(new):
            raise ConflictError("an item is already there")

    def _hold(self, world: str) -> list[Put]:
        """Return what makes a write fail if the world is replaced meanwhile. Raises ConflictError if that goes on."""
        found = self.store.get_many([world_key(world), claim_key(world)])
        record, claim = found.get(world_key(world)), found.get(claim_key(world))
        if record is None or claim is None:
            return []
        if record.body["incarnation"] != claim.body["incarnation"]:
            raise ConflictError("the world is being replaced; if that broke off, reset it")
        return [Put(claim)]

    def _announce(self, world: str) -> None:
        """Tell other processes that what they fill the world with is going to be removed, before any of it is."""
        if self._guessable:
            return  # there are no others, and the store replaces at once
        key = claim_key(world)
        if (claim := self.store.get_many([key]).get(key)) is not None:
            announced = {**claim.body, "incarnation": _incarnation()}
            self.store.write([Put(Item(key, announced), always=True)])

    def drop(self, world: str) -> None:
        """Remove a world, its keys and everything in it. If that breaks off, doing it again finishes it.

        So its record goes last, and what lists partitions goes after the partitions that it lists.
        """
        record = self.open(world)
        self._announce(world)
        own = f"{world}/world"
        everything = self.partitions(world)
        listed = [name for name in everything if _is_listed(name)]
        self.store.drop(f"{world}/", listed)
        self.store.drop(f"{world}/", [name for name in everything if name not in {*listed, own}])
        from sosie.services.snapshot_store import drop_snapshots  # late: a start does without it

        drop_snapshots(self.store, world)
        self._keyring.forget(record.keyring_name if record else world)
        self.store.write([Delete(Key(_DIRECTORY, world))])
        self.store.drop(f"{world}/", [own])
        self._request_ids.forget(world)

    def names(self) -> list[str]:
        """Return all worlds' names, in order."""
        return [item.key.sort for item in self.store.query(_DIRECTORY)]

    def scenario_document(self, world: str) -> Mapping[str, Any]:
        """Return the document a reset returns to."""
        key = scenario_key(world)
        return self.store.get_many([key])[key].body

    def units(self, world: str) -> Iterator[UnitOfWork]:
        """Yield a unit of work per region, for reading."""
        for region in REGIONS:
            yield self._uow(world, region)

    def _seeded(
        self, record: WorldRecord, document: Mapping[str, Any], scenario: Scenario
    ) -> tuple[WorldRecord, list[Put]]:
        """Return the record of a world that starts now, and everything it starts with, the record last."""
        changes: list[Put] = []
        for region in REGIONS:
            uow = self._uow(record.name, region, record)
            seed_region(uow, scenario.regions[region])
            changes += [change for change in uow.pending() if isinstance(change, Put)]
        record = replace(record, maintained_until=record.clock.at(self.clock.now()))
        return record, [*changes, *self._visible(record, document)]

    def _visible(self, record: WorldRecord, document: Mapping[str, Any]) -> list[Put]:
        """Return what makes a world be there, the record last."""
        return [
            Put(Item(scenario_key(record.name), dict(document))),
            Put(Item(Key(_DIRECTORY, record.name), {"scenario": record.scenario})),
            # These two together: as long as they differ, the world is being replaced.
            Put(Item(claim_key(record.name), to_body(record)), tied=True),
            Put(Item(world_key(record.name), to_body(record))),
        ]

    def _replace(self, world: str, puts: Iterable[Put]) -> None:
        """Let a world hold this and nothing else."""
        own = f"{world}/world"
        self._announce(world)
        changes = [replace(put, always=True) for put in puts]
        written = {change.item.key for change in changes}
        # The world's own partition stays until it is overwritten: a world that is being reset is never missing.
        # Where something is going to be, nothing may be left, even if a reset broke off and its lists are gone.
        known = dict.fromkeys([*self.partitions(world), *(key.partition for key in written)])
        partitions = [name for name in known if name != own and name.startswith(f"{world}/")]
        surplus = [Delete(item.key) for item in self.store.query(own) if item.key not in written]
        self.store.drop(f"{world}/", partitions, [*surplus, *changes])
        self._request_ids.forget(world)

    def partitions(self, world: str) -> list[str]:
        """Return every partition a world has; its snapshots are none of them (services/snapshots.py)."""
        partitions = [f"{world}/{name}" for name in ("world", "mail", "journal", "faults", "rate-limits")]
        for region in REGIONS:
            base = f"{world}/{region}"
            partitions += [f"{base}/{name}" for name in _REGION_PARTITIONS]
            for each in ("organizations", "gone-organizations"):
                partitions += [f"{base}/organization/{item.key.sort}" for item in self.store.query(f"{base}/{each}")]
            partitions += [f"{base}/push/{item.key.sort}" for item in self.store.query(f"{base}/installations")]
        return partitions

    def _document(self, scenario: str | Mapping[str, Any]) -> Mapping[str, Any]:
        return self._load_scenario(scenario) if isinstance(scenario, str) else scenario

    def _uow(self, world: str, region: Any = "us", record: WorldRecord | None = None) -> UnitOfWork:
        uow = UnitOfWork(self.store, world, region, self.clock, "control")
        if record is not None:
            uow.assume_empty(record)
        return uow


def _known(uow: UnitOfWork) -> Known:
    emails = frozenset(user.email for user in repo.users.list(uow))
    names = frozenset(decoded(each.name) or "" for each in repo.organizations.list(uow))
    return Known(emails, names, frozenset(each.id for each in repo.installations.list(uow)))


def _is_listed(partition: str) -> bool:
    """Tell whether a partition is one of those that are found by what another one holds."""
    return "/organization/" in partition or "/push/" in partition


def _incarnation() -> str:
    return unguessable_token()[:12]
