"""Requests at once: each in a Sosie of its own, as in functions of their own, on one DynamoDB table.

What comes of them is held against the same requests one after another, in every order, on SQLite. Requests are data,
the payload 2.0 events that a host hands over, so that they can be sent again, in another order, and by another process.
All participants share one instant and each request has one name, so that ids and times agree and nothing that is
compared has to be guessed.
"""

from __future__ import annotations

import json
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, replace
from itertools import permutations
from typing import TYPE_CHECKING, Any

from sosie.domain.clock import SettableClock
from sosie.domain.errors import ConflictError
from sosie.ports import Put
from sosie.settings import Settings
from sosie.store.dynamodb_items import decode, operation
from sosie.store.keyring import LocalKeyring
from sosie.store.sqlite import SqliteStore
from sosie.wiring import Sosie
from tests.support.cloud import START, TestCloud, all_items

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from mypy_boto3_dynamodb.client import DynamoDBClient

    from sosie.ports import Change, Item, Key, Store

State = dict["Key", Any]
"""Every item of a table by its key: version, places, expiry and body."""


@dataclass(frozen=True)
class Act:
    """One request, as its host hands it over: an event for the wire surface, or for the control plane."""

    event: dict[str, Any]
    control: bool = False


@dataclass(frozen=True)
class Answer:
    """What a request was answered, and how often its store refused what it wanted to write."""

    status: int
    headers: dict[str, str]
    body: str
    conflicts: int = 0
    is_summary: bool = False
    """It shows the world as it was a moment after the request, when others may have been there already."""

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def told(self) -> tuple[Any, ...]:
        """Return what the client got, as far as it tells what came of the request."""
        return (self.status,) if self.is_summary else (self.status, self.headers, self.body)


@dataclass(frozen=True)
class Outcome:
    """All answers, in the order of the requests, and what the table holds in the end."""

    answers: tuple[Answer, ...]
    state: State

    @property
    def conflicts(self) -> int:
        return sum(answer.conflicts for answer in self.answers)

    @property
    def statuses(self) -> list[int]:
        return [answer.status for answer in self.answers]

    def journal(self) -> list[Any]:
        """Return the journal entries of the default world, by their ids."""
        return self.bodies("default/journal")

    def mails_to(self, address: str) -> list[Any]:
        return [mail for mail in self.bodies("default/mail") if mail["to"] == address]

    def bodies(self, partition: str, prefix: str = "") -> list[Any]:
        """Return what the items of a partition hold, in order."""
        return [self.state[key][-1] for key in sorted(self.state) if key[0] == partition and key[1].startswith(prefix)]


# Requests as data.


class _NotArriving:
    """Takes the place of a handler, and keeps what it is asked."""

    def __init__(self) -> None:
        self.event: dict[str, Any] = {}

    def handle(self, event: dict[str, Any], *_: Any, **__: Any) -> dict[str, Any]:
        self.event = event
        return {"statusCode": 204, "headers": {}, "body": ""}


def request_of(cloud: TestCloud, send: Callable[[], object]) -> Act:
    """Return the request that `send` makes of a cloud, without letting it arrive."""
    wire, control = _NotArriving(), _NotArriving()
    parts = cloud.sosie.__dict__
    kept = {name: parts[name] for name in ("gate", "control") if name in parts}
    checked, cloud.checks_answers = cloud.checks_answers, False
    parts |= {"gate": wire, "control": control}
    try:
        send()
    finally:
        del parts["gate"], parts["control"]
        parts |= kept
        cloud.checks_answers = checked
    return Act(control.event, control=True) if control.event else Act(wire.event)


def named(act: Act, name: str) -> Act:
    """Return a request under the name that its host gives it, which its ids come from."""
    return replace(act, event={**act.event, "requestContext": {**act.event["requestContext"], "requestId": name}})


# Participants.


class Participant:
    """The store of one participant: it waits for the others before its first write, and counts conflicts.

    Threads share the class-wide request of Powertools, so only one of them runs at a time; `turn` passes to the next
    one at each call of the store.
    """

    def __init__(
        self,
        store: Store,
        meet: Callable[[], object] | None = None,
        turn: AbstractContextManager[Any] | None = None,
    ) -> None:
        self._store = store
        self._meet = meet
        self._turn = turn
        self.conflicts = 0

    def get_many(self, keys: Sequence[Key]) -> dict[Key, Item]:
        with self._let_others():
            return self._store.get_many(keys)

    def query(self, partition: str, prefix: str = "", **more: Any) -> list[Item]:
        with self._let_others():
            return self._store.query(partition, prefix, **more)

    def write(self, changes: Sequence[Change], *, parallel: bool = False) -> None:
        with self._let_others():
            self._wait_for_the_others()
            try:
                self._store.write(changes, parallel=parallel)
            except ConflictError:
                self.conflicts += 1
                raise

    def drop(self, partition_prefix: str, partitions: Iterable[str], then: Sequence[Change] = ()) -> None:
        with self._let_others():
            self._wait_for_the_others()
            self._store.drop(partition_prefix, partitions, then)

    def close(self) -> None:
        self._store.close()

    def _wait_for_the_others(self) -> None:
        meet, self._meet = self._meet, None
        if meet is not None:
            meet()

    def _let_others(self) -> AbstractContextManager[Any]:
        return nullcontext() if self._turn is None else _Released(self._turn)


class _Released:
    """The reverse of a lock's `with`."""

    def __init__(self, turn: Any) -> None:
        self._turn = turn

    def __enter__(self) -> None:
        self._turn.release()

    def __exit__(self, *_: object) -> None:
        self._turn.acquire()


def perform(sosie: Sosie, act: Act) -> Answer:
    """Let one request arrive at a Sosie."""
    response = sosie.control.handle(act.event, trusted=True) if act.control else sosie.gate.handle(act.event)
    return Answer(response["statusCode"], response["headers"], response["body"] or "", is_summary=act.control)


def one_of_many(store: Store, keys: Path, keyring: Any = None) -> Sosie:
    """Return a Sosie as a function has it: one process of many, with keys that all of them share."""
    clock = SettableClock(START)
    keyring = keyring or LocalKeyring(clock, keys)
    return Sosie(Settings(), store=store, clock=clock, keyring=keyring, many_processes=True)


# One after another.


def orders_of(start: Sequence[Item], acts: Sequence[Act], keys: Path) -> list[Outcome]:
    """Return what comes of the requests in every order in which they may arrive one after another."""
    return [_one_after_another(start, acts, order, keys) for order in permutations(range(len(acts)))]


def _one_after_another(start: Sequence[Item], acts: Sequence[Act], order: Sequence[int], keys: Path) -> Outcome:
    with closing(SqliteStore()) as store:
        store.write([Put(item) for item in start])
        sosie = one_of_many(store, keys)
        answers = {at: perform(sosie, acts[at]) for at in order}
        return Outcome(tuple(answers[at] for at in range(len(acts))), state_of(all_items(store)))


def start_of(cloud: TestCloud) -> list[Item]:
    """Return what a race begins with: everything in a cloud, as if it had been written once."""
    return [replace(item, version=0) for item in all_items(cloud.sosie.store)]


# Tables.


def fill(client: DynamoDBClient, table: str, items: Iterable[Item]) -> None:
    """Put items into an empty table."""
    requests = [{"PutRequest": {"Item": operation(table, Put(item)).parameters["Item"]}} for item in items]
    for first in range(0, len(requests), 25):
        answer = client.batch_write_item(RequestItems={table: requests[first : first + 25]})
        assert not answer["UnprocessedItems"]


def table_items(client: DynamoDBClient, table: str) -> list[Item]:
    """Return all that is in a table, wherever it lies: also what no reader would find."""
    pages = client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    return [decode(attributes) for page in pages for attributes in page["Items"]]


def state_of(items: Iterable[Item]) -> State:
    """Return items to be compared: without the time a request took, and without what is drawn for each life.

    What is left in the partition of a deleted organization is not seen by anybody, but for its rows
    (services/remove_organization.py).
    """
    found = {item.key: (item.version, dict(item.orders), item.expires, _lasting(item)) for item in items}
    gone = {key.sort for key in found if key.partition.endswith("/gone-organizations")}
    return {key: kept for key, kept in found.items() if _is_seen(key, gone)}


def _is_seen(key: Key, gone: set[str]) -> bool:
    return key.partition.rpartition("/organization/")[2] not in gone or key.sort.startswith("sponsorship#")


def _lasting(item: Item) -> dict[str, Any]:
    return {name: value for name, value in item.body.items() if name not in ("durationMs", "incarnation")}


def without_versions(outcome: Outcome) -> Outcome:
    """Return an outcome that does not tell how often each item was written."""
    return replace(outcome, state={key: kept[1:] for key, kept in outcome.state.items()})


def difference(found: Outcome, expected: Outcome) -> str:
    """Return where two outcomes part, a line each; nothing if they are the same."""
    lines = [
        f"answer {at}: {_parting(mine.told(), theirs.told())}"
        for at, (mine, theirs) in enumerate(zip(found.answers, expected.answers, strict=True))
        if mine.told() != theirs.told()
    ]
    for key in sorted(found.state.keys() | expected.state.keys()):
        mine, theirs = found.state.get(key), expected.state.get(key)
        if mine != theirs:
            lines.append(f"{key.partition} {key.sort}: {_parting(mine, theirs)}")
    return "\n".join(lines[:12])


def _parting(mine: Any, theirs: Any) -> str:
    """Return in what two values differ, as far as it helps: without the members that are the same."""
    if isinstance(mine, dict) and isinstance(theirs, dict):
        names = [name for name in {**mine, **theirs} if mine.get(name) != theirs.get(name)]
        return ", ".join(f"{name}: {_parting(mine.get(name), theirs.get(name))}" for name in names)
    if isinstance(mine, tuple) and isinstance(theirs, tuple):
        return "; ".join(_parting(*both) for both in zip(mine, theirs, strict=True) if both[0] != both[1])
    return f"{mine!r:.300} instead of {theirs!r:.300}"
