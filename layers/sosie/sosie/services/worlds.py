"""Worlds: created from a scenario, reset to it, summarized."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sosie.domain.errors import ConflictError
from sosie.domain.html_text import decoded
from sosie.domain.ids import unguessable_seed, unguessable_token
from sosie.domain.regions import REGIONS
from sosie.domain.scenario import Known, parse_scenario
from sosie.ports import Delete, Item, Key, Put
from sosie.services import repository as repo
from sosie.services.records import from_body, to_body
from sosie.services.seed import seed_region
from sosie.services.unit_of_work import UnitOfWork
from sosie.services.world_record import DEFAULT_WORLD, WorldRecord, claim_key, scenario_key, world_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sosie.domain.clock import Clock
    from sosie.domain.scenario import Scenario
    from sosie.ports import Change, Keyring, Store
    from sosie.services.request_ids import RequestIds

_DIRECTORY = "worlds"
_ATTEMPTS = 8
_REGION_PARTITIONS = ("installations", "users", "organizations", "refresh", "licence-downloads", "push")


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
        claim = Item(claim_key(world), to_body(WorldRecord(world, parsed.name, seed, incarnation=_incarnation())))
        with suppress(ConflictError):
            self.store.write([Put(claim)])
        claimed = self.store.get_many([claim.key])[claim.key]
        record = from_body(WorldRecord, claimed.body)
        for _ in range(_ATTEMPTS):
            changes = self._seeded(record, document, parsed)
            there = self.store.get_many([change.item.key for change in changes])
            if (made := there.get(world_key(world))) is not None:
                return from_body(WorldRecord, made.body)
            with suppress(ConflictError):
                self.store.write([change for change in changes if change.item.key not in there])
                return record
        raise ConflictError(f"the world {world} is being made by somebody else")

    def reset(self, world: str) -> WorldRecord:
        """Return a world to its scenario: data, clock, mailbox and journal. Raises LookupError for no such world."""
        key = scenario_key(world)
        before = self.open(world)
        if before is None:
            raise LookupError(world)
        document = self.store.get_many([key])[key].body
        parsed = parse_scenario(document)
        record = WorldRecord(world, parsed.name, before.seed, incarnation=_incarnation())
        claim = Put(Item(claim_key(world), to_body(record)))
        changes = [claim, *self._seeded(record, document, parsed)]
        # The world's own partition stays until it is overwritten: a world that is being reset is never missing.
        partitions = [name for name in self._partitions(world) if name != f"{world}/world"]
        self.store.drop(f"{world}/", partitions, [Put(change.item, always=True) for change in changes])
        self._request_ids.forget(world)
        return record

    def seed(self, world: str, scenario: str | Mapping[str, Any]) -> Scenario:
        """Add a scenario's people and organizations to a world, all or nothing. Raises ConflictError for doubles."""
        parsed = parse_scenario(self._document(scenario), {uow.region: _known(uow) for uow in self.units(world)})
        changes: list[Change] = []
        for region in REGIONS:
            uow = self._uow(world, region)
            seed_region(uow, parsed.regions[region])
            changes += uow.pending()
        self.store.write(changes)
        return parsed

    def drop(self, world: str) -> None:
        """Remove a world, its keys and everything in it."""
        self.store.drop(f"{world}/", self._partitions(world))
        self.store.write([Delete(Key(_DIRECTORY, world))])
        self._keyring.forget(world)
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

    def _seeded(self, record: WorldRecord, document: Mapping[str, Any], scenario: Scenario) -> list[Put]:
        """Return everything a world starts with, the record last."""
        changes: list[Put] = []
        for region in REGIONS:
            uow = self._uow(record.name, region, record)
            seed_region(uow, scenario.regions[region])
            changes += [change for change in uow.pending() if isinstance(change, Put)]
        return [
            *changes,
            Put(Item(scenario_key(record.name), dict(document))),
            Put(Item(Key(_DIRECTORY, record.name), {"scenario": scenario.name})),
            Put(Item(world_key(record.name), to_body(record))),
        ]

    def _partitions(self, world: str) -> list[str]:
        partitions = [f"{world}/world", f"{world}/mail", f"{world}/journal"]
        for region in REGIONS:
            base = f"{world}/{region}"
            partitions += [f"{base}/{name}" for name in _REGION_PARTITIONS]
            partitions += [f"{base}/organization/{item.key.sort}" for item in self.store.query(f"{base}/organizations")]
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
    return Known(emails, frozenset(decoded(each.name) or "" for each in repo.organizations.list(uow)))


def _incarnation() -> str:
    return unguessable_token()[:12]
