"""Where a test's cloud keeps its state: the store that `--store` chose, or one that lets a test watch and meddle."""

from __future__ import annotations

import itertools
import os
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from sosie.domain.errors import ConflictError
from sosie.ports import Delete, Key, Put
from sosie.store.sqlite import SqliteStore
from tests.support.engines import NOBODY, moto_in_this_process

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sosie.ports import Change, Item, Store

ENGINES = ("sqlite", "moto", "dynamodb-local", "localstack")
"""What `--store` takes. On LocalStack's interface answers moto's server, or the LocalStack at LOCALSTACK_HOST."""

_CLOUDS = itertools.count(1)
_openers: list[Callable[[], Store]] = []


def new_store() -> Store:
    """Return an empty store of the chosen kind."""
    return _openers[-1]() if _openers else SqliteStore()


def chosen() -> bool:
    """Tell whether `--store` chose another store than SQLite."""
    return bool(_openers)


@contextmanager
def on(engine: str, url: str | None) -> Iterator[None]:
    """Keep every new cloud's state on an engine, which answers at `url` unless it is moto in this process."""
    from sosie.store import dynamodb

    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        for name, value in NOBODY.items():
            patch.setenv(name, value)
        if engine == "moto":
            stack.enter_context(moto_in_this_process())
        if engine == "localstack":
            patch.setenv("LOCALSTACK_HOST", os.environ.get("LOCALSTACK_HOST") or urlsplit(url or "").netloc)
            _openers.append(lambda: dynamodb.localstack(_name()))
        elif engine == "moto":
            # moto copies a table for each transaction, so that one for all would grow too large.
            _openers.append(lambda: dynamodb.connect(_name(), create=True))
        else:
            store = dynamodb.connect("sosie-tests", endpoint_url=url, create=True)
            stack.callback(store.close)
            _openers.append(lambda: Apart(store, _name()))
        try:
            yield
        finally:
            _openers.pop()


def for_a_start(request: pytest.FixtureRequest) -> tuple[list[str], dict[str, str]]:
    """Return options and environment for a `sosie start` that keeps its state where `--store` says, in its own table.

    moto in another process is moto's server.
    """
    engine = request.config.getoption("--store")
    if engine == "sqlite":
        return [], {}
    own = NOBODY | {"SOSIE_TABLE": _name()}
    if engine == "dynamodb-local":
        return ["--store", "dynamodb"], own | {
            "AWS_ENDPOINT_URL_DYNAMODB": request.getfixturevalue("dynamodb_local").url
        }
    host = os.environ.get("LOCALSTACK_HOST") or urlsplit(request.getfixturevalue("moto_server").url).netloc
    return ["--store", "localstack"], own | {"LOCALSTACK_HOST": host}


def _name() -> str:
    return f"cloud-{os.getpid()}-{next(_CLOUDS)}"


class Apart:
    """A part of a shared store that looks like a whole one: making a table for each test would outlast the test."""

    def __init__(self, store: Store, name: str) -> None:
        self._store = store
        self._name = f"{name}|"

    def _inside(self, key: Key) -> Key:
        # A key without a partition is none for any store; it stays that.
        return Key(self._name + key.partition, key.sort) if key.partition else key

    def _outside(self, item: Item) -> Item:
        return replace(item, key=Key(item.key.partition.removeprefix(self._name), item.key.sort))

    def _changed(self, change: Change) -> Change:
        if isinstance(change, Delete):
            return replace(change, key=self._inside(change.key))
        return replace(change, item=replace(change.item, key=self._inside(change.item.key)))

    def get_many(self, keys: Sequence[Key]) -> dict[Key, Item]:
        found = map(self._outside, self._store.get_many([self._inside(key) for key in keys]).values())
        return {item.key: item for item in found}

    def query(self, partition: str, prefix: str = "", **more: Any) -> list[Item]:
        return [self._outside(item) for item in self._store.query(self._name + partition, prefix, **more)]

    def write(self, changes: Sequence[Change], *, parallel: bool = False) -> None:
        self._store.write([self._changed(change) for change in changes], parallel=parallel)

    def drop(self, partition_prefix: str, partitions: Iterable[str], then: Sequence[Change] = ()) -> None:
        inside = [self._name + partition for partition in partitions]
        self._store.drop(self._name + partition_prefix, inside, [self._changed(change) for change in then])

    def close(self) -> None:
        """The shared store stays open."""


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

    def write(self, changes: Sequence[Change], *, parallel: bool = False) -> None:
        meddle, self._meddle = self._meddle, _conflict if self._always_refuse else None
        try:
            if meddle is not None:
                meddle()
            self._store.write(changes, parallel=parallel)
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
