"""DynamoDB's limits, and how the table and the client are made."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sosie.ports import Delete, Item, Key, Put
from sosie.store import dynamodb as adapter
from sosie.store.dynamodb import DynamoDbStore, connect, create_table, localstack
from sosie.store.dynamodb_items import NotStorableError

HERE = "acme/us/members"


@pytest.fixture
def table(new_table) -> str:
    return new_table()


@pytest.fixture
def store(dynamodb, table) -> DynamoDbStore:
    return DynamoDbStore(dynamodb, table)


def put(sort, body=None, **rest) -> Put:
    return Put(Item(Key(HERE, sort), body or {}, **rest))


def sorts(items) -> list[str]:
    return [item.key.sort for item in items]


# Limits.


@pytest.mark.parametrize(
    ("length", "orders"),
    [(409_700, {}), (204_900, {"by_name": "x"}), (136_600, {"by_name": "x", "by_sync": "x"})],
    ids=["an item", "an item in one order", "an item in two orders"],
)
def test_what_is_heavier_than_dynamodb_takes_is_refused_before_anything_is_written(store, length, orders):
    with pytest.raises(NotStorableError, match=f"an item of {length // 1000}"):
        store.write([*(put(f"{n:03}") for n in range(150)), put("heavy", {"t": "x" * length}, orders=orders)])
    assert store.query(HERE) == []


@pytest.mark.parametrize(
    "change",
    [
        put(""),
        put("x" * 1025),
        put("é" * 513),
        Put(Item(Key("", "x"), {})),
        Put(Item(Key("x" * 2049, "x"), {})),
        Delete(Key(HERE, "")),
    ],
    ids=["empty", "long", "long in UTF-8", "no partition", "long partition", "removal"],
)
def test_a_key_that_dynamodb_does_not_take_is_refused(store, change):
    with pytest.raises(NotStorableError, match="a key needs"):
        store.write([change])


def test_a_place_that_dynamodb_does_not_take_is_refused(store):
    with pytest.raises(NotStorableError, match="a place by_name is longer"):
        store.write([put("alice", orders={"by_name": "x" * 1020})])


# Making the table and the client.


def test_creating_a_table_that_is_there_leaves_it_alone(store, table, dynamodb):
    store.write([put("alice")])
    create_table(dynamodb, table)
    assert sorts(store.query(HERE)) == ["alice"]


def test_a_created_table_forgets_what_expired(table, dynamodb):
    described = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    assert described == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}


@pytest.mark.usefixtures("dynamodb")
def test_connecting_can_create_the_table():
    store = connect("connected", region="eu-west-1", create=True)
    store.write([put("alice")])
    again = connect("connected", region="eu-west-1")
    assert sorts(again.query(HERE)) == ["alice"]
    again.close()
    store.close()


def test_localstack_is_found_through_its_own_client(monkeypatch):
    created: list[tuple[str, str]] = []
    monkeypatch.setattr(
        adapter, "create_table", lambda client, table: created.append((client.meta.endpoint_url, table))
    )
    localstack("sosie").close()
    assert created == [("http://localhost:4566", "sosie")]


def test_boto3_is_not_imported_before_a_table_is_connected():
    check = (
        "import sys, sosie.store.dynamodb\n"
        "sys.exit(any(name.partition('.')[0] in ('boto3', 'botocore') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
