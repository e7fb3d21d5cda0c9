"""Worlds: created from a scenario, reset to it, summarized."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sosie.domain.html_text import decoded
from sosie.domain.ids import unguessable_seed
from sosie.domain.regions import REGIONS
from sosie.domain.scenario import Known, parse_scenario
from sosie.ports import Delete, Item, Key, Put
from sosie.services import repository as repo
from sosie.services.records import to_body
from sosie.services.seed import seed_region
from sosie.services.unit_of_work import UnitOfWork
from sosie.services.world_record import DEFAULT_WORLD, WorldRecord, scenario_key, world_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sosie.domain.clock import Clock
    from sosie.domain.scenario import Scenario
    from sosie.ports import Change, Keyring, Store
    from sosie.services.request_ids import RequestIds

_DIRECTORY = "worlds"
_REGION_PARTITIONS = ("installations", "users", "organizations", "refresh", "licence-downloads")


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
        """Create a world from a scenario's name or document. Raises ScenarioError before anything is written."""
        document = self._document(scenario)
        return self._apply(world, document, parse_scenario(document))

    def reset(self, world: str) -> WorldRecord:
        """Return a world to its scenario: data, clock, mailbox and journal. Raises LookupError for no such world."""
        key = scenario_key(world)
        if self.open(world) is None:
            raise LookupError(world)
        document = self.store.get_many([key])[key].body
        return self._apply(world, document, parse_scenario(document))

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

    def _apply(self, world: str, document: Mapping[str, Any], scenario: Scenario) -> WorldRecord:
        seed = scenario.seed if self._guessable else unguessable_seed()
        record = WorldRecord(world, scenario.name, seed)
        changes: list[Change] = [
            Put(Item(world_key(world), to_body(record)), always=True),
            Put(Item(scenario_key(world), dict(document)), always=True),
            Put(Item(Key(_DIRECTORY, world), {"scenario": scenario.name}), always=True),
        ]
        for region in REGIONS:
            uow = self._uow(world, region, record)
            seed_region(uow, scenario.regions[region])
            changes += uow.pending()
        self.store.drop(f"{world}/", self._partitions(world))
        self._request_ids.forget(world)
        self.store.write(changes)
        return record

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
