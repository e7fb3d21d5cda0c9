"""The store on SQLite: in memory, or durable in one file. One connection, used by one thread at a time.

Every `write` is one transaction and has reached the file before it returns (write-ahead log, synchronous FULL),
so killing the process at any moment loses nothing that was answered. One process owns a file; a second is refused.
"""

from __future__ import annotations

import fcntl
import json
import sqlite3
from typing import IO, TYPE_CHECKING, Any

from sosie.domain.errors import ConflictError, SosieError
from sosie.ports import Delete, Item, Key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from sosie.ports import Change, Order

SCHEMA_VERSION = 1

_SCHEMA = """
CREATE TABLE IF NOT EXISTS items (
  partition TEXT NOT NULL,
  sort      TEXT NOT NULL,
  body      TEXT NOT NULL,
  version   INTEGER NOT NULL,
  by_name   TEXT,
  by_sync   TEXT,
  expires   INTEGER,
  PRIMARY KEY (partition, sort)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS items_by_name ON items (partition, by_name, sort) WHERE by_name IS NOT NULL;
CREATE INDEX IF NOT EXISTS items_by_sync ON items (partition, by_sync, sort) WHERE by_sync IS NOT NULL;
"""

_COLUMNS = "partition, sort, body, version, by_name, by_sync, expires"
_INSERT = f"INSERT INTO items ({_COLUMNS}) VALUES (?, ?, ?, 1, ?, ?, ?)"  # noqa: S608  constants only
_REPLACE = (
    f"{_INSERT} ON CONFLICT (partition, sort) DO UPDATE SET "
    "body = excluded.body, version = version + 1, by_name = excluded.by_name, by_sync = excluded.by_sync, "
    "expires = excluded.expires"
)
_UPDATE = (
    "UPDATE items SET body = ?, version = version + 1, by_name = ?, by_sync = ?, expires = ? "
    "WHERE partition = ? AND sort = ? AND version = ?"
)
_to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_SORT_COLUMNS: dict[Order | None, str] = {None: "sort", "by_name": "by_name", "by_sync": "by_sync"}

# SQLite's own default limit of host parameters is far above; smaller groups keep the statement cache useful.
_KEYS_PER_SELECT = 200
_AFTER_EVERY_PREFIX = "\U0010ffff"


class StateInUseError(SosieError):
    """Another process holds this state directory."""


class SqliteStore:
    """A `ports.Store` on SQLite. `path` None keeps everything in memory."""

    def __init__(self, path: Path | None = None) -> None:
        self._lock: IO[str] | None = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = path.with_suffix(".lock").open("w")
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                self._lock.close()
                raise StateInUseError(f"{path.parent} is in use by another Sosie") from error
        self._db = sqlite3.connect(":memory:" if path is None else path, isolation_level=None, check_same_thread=False)
        if path is not None:
            path.chmod(0o600)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
        self._prepare()

    def _prepare(self) -> None:
        found = self._db.execute("PRAGMA user_version").fetchone()[0]
        if found not in (0, SCHEMA_VERSION):
            self.close()
            raise SosieError(f"the state was written by another version of Sosie (schema {found})")
        self._db.executescript(_SCHEMA)
        self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def get_many(self, keys: Sequence[Key]) -> dict[Key, Item]:
        # By partition, since SQLite looks pairs of values up by reading the whole table.
        wanted: dict[str, list[str]] = {}
        for key in keys:
            wanted.setdefault(key.partition, []).append(key.sort)
        found: dict[Key, Item] = {}
        for partition, sorts in wanted.items():
            for start in range(0, len(sorts), _KEYS_PER_SELECT):
                group = sorts[start : start + _KEYS_PER_SELECT]
                marks = ", ".join("?" * len(group))
                select = f"SELECT {_COLUMNS} FROM items WHERE partition = ? AND sort IN ({marks})"  # noqa: S608  marks only
                for row in self._db.execute(select, [partition, *group]):
                    item = _item(row)
                    found[item.key] = item
        return found

    def query(
        self,
        partition: str,
        prefix: str = "",
        *,
        order: Order | None = None,
        after: str | None = None,
        newest_first: bool = False,
        limit: int | None = None,
    ) -> list[Item]:
        column = _SORT_COLUMNS[order]
        where, values = [f"partition = ? AND {column} IS NOT NULL"], [partition]
        if prefix:
            where.append(f"{column} >= ? AND {column} < ?")
            values += [prefix, prefix + _AFTER_EVERY_PREFIX]
        if after is not None:
            where.append(f"{column} {'<' if newest_first else '>'} ?")
            values.append(after)
        direction = "DESC" if newest_first else "ASC"
        statement = (
            f"SELECT {_COLUMNS} FROM items WHERE {' AND '.join(where)} "  # noqa: S608  constants only
            f"ORDER BY {column} {direction}, sort {direction} LIMIT ?"
        )
        return [_item(row) for row in self._db.execute(statement, [*values, -1 if limit is None else limit])]

    def write(self, changes: Sequence[Change], *, parallel: bool = False) -> None:
        del parallel  # one transaction, however many changes
        if not changes:
            return
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._apply(changes)
        except sqlite3.IntegrityError as error:
            self._db.execute("ROLLBACK")
            raise ConflictError("an item is already there") from error
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def _apply(self, changes: Sequence[Change]) -> None:
        inserts: list[tuple[Any, ...]] = []
        replaces: list[tuple[Any, ...]] = []
        updates: list[tuple[Any, ...]] = []
        removals: list[tuple[Any, ...]] = []
        conditional_removals: list[tuple[Any, ...]] = []
        for change in changes:
            if isinstance(change, Delete):
                if change.version is None:
                    removals.append(tuple(change.key))
                else:
                    conditional_removals.append((*change.key, change.version))
                continue
            item = change.item
            body = _to_json(item.body)
            places = (item.orders.get("by_name"), item.orders.get("by_sync"), item.expires)
            if change.always:
                replaces.append((*item.key, body, *places))
            elif item.version == 0:
                inserts.append((*item.key, body, *places))
            else:
                updates.append((body, *places, *item.key, item.version))
        self._execute_all(_INSERT, inserts, conditional=False)
        self._execute_all(_REPLACE, replaces, conditional=False)
        self._execute_all(_UPDATE, updates, conditional=True)
        self._execute_all("DELETE FROM items WHERE partition = ? AND sort = ?", removals, conditional=False)
        self._execute_all(
            "DELETE FROM items WHERE partition = ? AND sort = ? AND version = ?",
            conditional_removals,
            conditional=True,
        )

    def _execute_all(self, statement: str, rows: list[tuple[Any, ...]], *, conditional: bool) -> None:
        if not rows:
            return
        changed = self._db.executemany(statement, rows).rowcount
        if conditional and changed != len(rows):
            raise ConflictError("an item changed meanwhile")

    def drop(self, partition_prefix: str, partitions: Iterable[str], then: Sequence[Change] = ()) -> None:
        del partitions  # one range holds them all
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._db.execute(
                "DELETE FROM items WHERE partition >= ? AND partition < ?",
                (partition_prefix, partition_prefix + _AFTER_EVERY_PREFIX),
            )
            self._apply(then)
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def close(self) -> None:
        self._db.close()
        if self._lock is not None:
            self._lock.close()

    def __del__(self) -> None:
        # A store in memory is often just forgotten; Python 3.13 warns of connections that nobody closed.
        if hasattr(self, "_db"):
            self.close()


def _item(row: tuple[Any, ...]) -> Item:
    partition, sort, body, version, by_name, by_sync, expires = row
    orders: dict[Order, str] = {}
    if by_name is not None:
        orders["by_name"] = by_name
    if by_sync is not None:
        orders["by_sync"] = by_sync
    return Item(Key(partition, sort), json.loads(body), version, orders, expires)
