"""What a race needs: a stage set on SQLite, runners, and a judge who knows every order that is allowed."""

from __future__ import annotations

import itertools
import logging
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from sosie.domain.clock import SettableClock
from sosie.store.dynamodb import DynamoDbStore, create_table
from sosie.store.keyring import LocalKeyring
from sosie.store.sqlite import SqliteStore
from tests.support import weather
from tests.support.cloud import START, TestCloud
from tests.support.racers import Crew, Place, Threads
from tests.support.races import (
    Outcome,
    difference,
    fill,
    named,
    one_of_many,
    orders_of,
    request_of,
    start_of,
    state_of,
    table_items,
    without_versions,
)
from tests.support.stormy import Stormy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mypy_boto3_dynamodb.client import DynamoDBClient

    from sosie.ports import Item
    from tests.support.engines import Engine
    from tests.support.racers import Meeting
    from tests.support.races import Act

MOST = 3
MEETINGS: tuple[Meeting, ...] = ("before the first write", "before the request")
TABLES = itertools.count()


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all participants find the signing keys."""
    return tmp_path_factory.mktemp("keys")


@pytest.fixture(scope="session")
def keyring(keys: Path) -> LocalKeyring:
    return LocalKeyring(SettableClock(START), keys)


@pytest.fixture
def cloud(keyring: LocalKeyring) -> TestCloud:
    """The stage: a cloud on SQLite, whatever `--store` says. What is done to it has happened before the race."""
    return TestCloud(keyring=keyring, store=SqliteStore())


@pytest.fixture(scope="session")
def crew(dynamodb_local: Engine) -> Iterator[Crew]:
    """Child processes, for the whole session. Without an engine there is nothing to start them for."""
    crew = Crew(MOST)
    yield crew
    crew.dismiss()


@pytest.fixture(scope="session")
def client(dynamodb_local: Engine) -> Iterator[DynamoDBClient]:
    client = dynamodb_local.client()
    yield client
    client.close()


@pytest.fixture
def new_table(client: DynamoDBClient) -> Iterator[Callable[[], str]]:
    """How to make an empty table, which goes with the test."""
    made: list[str] = []

    def create() -> str:
        made.append(f"race-{next(TABLES)}")
        create_table(client, made[-1])
        return made[-1]

    yield create
    for name in made:
        client.delete_table(TableName=name)


@pytest.fixture(params=["threads", "processes"])
def runners(request: pytest.FixtureRequest) -> Any:
    return Threads() if request.param == "threads" else request.getfixturevalue("crew")


@pytest.fixture
def stormy(
    dynamodb_local: Engine,
    client: DynamoDBClient,
    new_table: Callable[[], str],
    keys: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> Iterator[Callable[[TestCloud], Stormy]]:
    """How to open a Sosie on DynamoDB Local that begins with what a cloud holds, and whose weather can be chosen."""
    weather.without_waiting(monkeypatch)
    caplog.set_level(logging.CRITICAL)
    table = new_table()
    own = dynamodb_local.client(retries={"mode": "standard", "total_max_attempts": 4})

    def open_on(cloud: TestCloud) -> Stormy:
        start = start_of(cloud)
        fill(client, table, start)
        sosie = one_of_many(store, keys)
        return Stormy(sosie, weather.Weather(own), start, keys, lambda: table_items(client, table))

    with closing(DynamoDbStore(own, table, pause=lambda _: None)) as store:
        yield open_on


class Race:
    """Lets requests race on a stage, round after round, and judges each round's outcome."""

    def __init__(
        self, runners: Any, engine: Engine, client: DynamoDBClient, new_table: Callable[[], str], keys: Path
    ) -> None:
        self._runners = runners
        self._engine = engine
        self._client = client
        self._new_table = new_table
        self._keys = keys
        self.secrets_url: str | None = None
        """Where the signing keys are, if not in files."""

    def run(
        self,
        cloud: TestCloud,
        *sends: Callable[[], object],
        rounds: int | None = None,
        collide: bool | None = True,
        versions: bool = True,
        may_refuse: bool = False,
    ) -> list[Outcome]:
        """Return the outcome of each round; every one is what some order of the requests leads to.

        `collide` says that these requests change the same things: then some of them must have met a conflict (None:
        they may have).
        `versions` compares how often each item was written, too. With `may_refuse` a request may also be answered 409,
        and leave everything as the others make it.
        """
        acts, start = requests_of(cloud, *sends), start_of(cloud)
        found, allowed = self._rounds(start, acts, rounds), orders_of(start, acts, self._keys)
        if not versions:
            found, allowed = list(map(without_versions, found)), list(map(without_versions, allowed))
        for outcome in found:
            refused = may_refuse and 409 in outcome.statuses
            expected = [replace(order, answers=outcome.answers) for order in allowed] if refused else allowed
            orders = [difference(outcome, order) for order in expected]
            assert "" in orders, "no order of the requests leads here:\n" + "\n\n".join(orders)
        conflicts = sum(outcome.conflicts for outcome in found)
        assert collide is None or (conflicts > 0) == collide
        return found

    def rounds(
        self, cloud: TestCloud, *sends: Callable[[], object], rounds: int | None = None, start: list[Item] | None = None
    ) -> list[Outcome]:
        """Return the outcome of each round, which is whatever it is. `start` is what the table begins with."""
        return self._rounds(start_of(cloud) if start is None else start, requests_of(cloud, *sends), rounds)

    def _rounds(self, start: list[Item], acts: list[Act], rounds: int | None) -> list[Outcome]:
        rounds = self._runners.rounds if rounds is None else rounds
        return [self._once(start, acts, meeting) for _, meeting in zip(range(rounds), itertools.cycle(MEETINGS))]

    def _once(self, start: list[Item], acts: list[Act], meeting: Meeting) -> Outcome:
        place = Place(self._engine.url, self._new_table(), self._keys, self.secrets_url)
        fill(self._client, place.table, start)
        answers = self._runners.race(place, acts, meeting)
        outcome = Outcome(tuple(answers), state_of(table_items(self._client, place.table)))
        if not any(act.control for act in acts):
            before = sum(item.key.partition == "default/journal" for item in start)
            assert len(outcome.journal()) == before + len(acts), "each answered request has one entry"
        return outcome


def requests_of(cloud: TestCloud, *sends: Callable[[], object]) -> list[Act]:
    return [named(request_of(cloud, send), f"request-{number}") for number, send in enumerate(sends)]


@pytest.fixture
def race(
    runners: Any, dynamodb_local: Engine, client: DynamoDBClient, new_table: Callable[[], str], keys: Path
) -> Race:
    return Race(runners, dynamodb_local, client, new_table, keys)
