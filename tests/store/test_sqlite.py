"""What only the SQLite store promises: a durable, private file that one process owns."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from sosie.domain.errors import ConflictError, SosieError
from sosie.ports import MAX_ATOMIC_CHANGES, Item, Key, Put
from sosie.store.sqlite import SCHEMA_VERSION, SqliteStore, StateInUseError

ALICE = Item(Key("acme/us/members", "alice"), {"name": "Alice"}, 0, {"by_name": "alice"}, 1_800_000_000)
STORED = Item(ALICE.key, ALICE.body, 1, ALICE.orders, ALICE.expires)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "sosie.db"


def test_what_was_written_is_there_when_the_file_is_opened_again(path):
    with closing(SqliteStore(path)) as store:
        store.write([Put(ALICE)])
    with closing(SqliteStore(path)) as store:
        assert store.get_many([ALICE.key]) == {ALICE.key: STORED}


def test_what_was_acknowledged_survives_a_killed_process(path):
    writes_and_dies = (
        "import os, pathlib, sys; from sosie.ports import *; from sosie.store.sqlite import SqliteStore\n"
        "store = SqliteStore(pathlib.Path(sys.argv[1]))\n"
        "store.write([Put(Item(Key('acme/us/members', f'{n}'), {})) for n in range(300)])\n"
        "os.kill(os.getpid(), 9)\n"
    )
    died = subprocess.run([sys.executable, "-c", writes_and_dies, str(path)], check=False)
    assert died.returncode == -9
    with closing(SqliteStore(path)) as store:
        assert len(store.query("acme/us/members")) == 300


def test_a_large_write_is_one_transaction(path):
    with closing(SqliteStore(path)) as store:
        store.write([Put(ALICE)])
        before = [Put(Item(Key("acme/us/members", f"{n}"), {})) for n in range(3 * MAX_ATOMIC_CHANGES)]
        with pytest.raises(ConflictError):
            store.write([*before, Put(ALICE)])
        assert store.query("acme/us/members") == [STORED]


def test_only_the_owner_may_read_the_files(path):
    previous = os.umask(0)
    try:
        with closing(SqliteStore(path)) as store:
            store.write([Put(ALICE)])
            modes = {entry.name: oct(entry.stat().st_mode & 0o777) for entry in path.parent.glob("sosie.db*")}
    finally:
        os.umask(previous)
    assert oct(path.parent.stat().st_mode & 0o777) == "0o700"
    assert set(modes.values()) == {"0o600"}, modes


def test_a_second_opener_of_the_same_file_is_refused(path):
    with closing(SqliteStore(path)), pytest.raises(StateInUseError, match="in use by another Sosie"):
        SqliteStore(path)


def test_another_process_is_refused_while_the_file_is_in_use(path):
    opens = (
        "import pathlib, sys; from sosie.store.sqlite import SqliteStore, StateInUseError\n"
        "try: SqliteStore(pathlib.Path(sys.argv[1]))\n"
        "except StateInUseError: sys.exit(7)\n"
    )
    with closing(SqliteStore(path)):
        assert subprocess.run([sys.executable, "-c", opens, str(path)], check=False).returncode == 7
    assert subprocess.run([sys.executable, "-c", opens, str(path)], check=False).returncode == 0


def test_a_file_can_be_opened_again_after_it_was_closed(path):
    SqliteStore(path).close()
    SqliteStore(path).close()


def test_a_file_of_another_schema_version_is_refused_and_left_alone(path):
    SqliteStore(path).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(SosieError, match=f"another version of Sosie \\(schema {SCHEMA_VERSION + 1}\\)"):
        SqliteStore(path)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION + 1,)


def test_nothing_is_looked_for_by_reading_the_whole_table():
    statements = []
    with closing(SqliteStore()) as store:
        store.write([Put(ALICE), Put(Item(Key("acme/us/members", "bob"), {}))])
        store._db.set_trace_callback(statements.append)
        store.get_many([ALICE.key, Key("acme/us/members", "bob"), Key("acme/us/users", "carol")])
        store.query("acme/us/members", "al", after="a")
        store.query("acme/us/members", order="by_name", newest_first=True)
        store.write([Put(STORED)])
        store.drop("acme/us/members", ["acme/us/members"])
        store._db.set_trace_callback(None)
        looked = [text for text in statements if text.startswith(("SELECT", "UPDATE", "DELETE"))]
        plans = [row[3] for text in looked for row in store._db.execute(f"EXPLAIN QUERY PLAN {text}")]

    assert len(looked) >= 6
    assert [plan for plan in plans if plan.startswith("SCAN")] == []
