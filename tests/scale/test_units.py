"""The arithmetic behind docs/scale.md, held against what DynamoDB Local bills for calls that it bills as AWS does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from sosie.ports import Item, Key, Put
from sosie.store.dynamodb import DynamoDbStore, create_table
from tests.support.engines import Engine
from tests.support.units import Meter

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

TABLE = "units"
SIZES = (10, 700, 1100, 3800, 4200, 9000)
"""Bytes, none near a multiple of 1 KB: what an index entry weighs itself is not published."""


@pytest.fixture
def client(dynamodb_local: Engine) -> Iterator[DynamoDBClient]:
    """A client that nobody watches yet, and an empty table."""
    watched, own = dynamodb_local.client(), dynamodb_local.client()
    create_table(own, TABLE)
    yield watched
    own.delete_table(TableName=TABLE)
    watched.close()
    own.close()


class Billed:
    """What the engine says of a client's calls."""

    def __init__(self, client: DynamoDBClient) -> None:
        self.units = 0.0
        client.meta.events.register("provide-client-params.dynamodb.*", self._asked)
        client.meta.events.register("after-call.dynamodb.*", self._answered)

    def _asked(self, params: dict[str, Any], **_: Any) -> None:
        params["ReturnConsumedCapacity"] = "TOTAL"

    def _answered(self, parsed: dict[str, Any], **_: Any) -> None:
        billed = parsed["ConsumedCapacity"]
        self.units += sum(each["CapacityUnits"] for each in (billed if isinstance(billed, list) else [billed]))


def item(sort: str, size: int, version: int = 0, **rest: Any) -> Item:
    return Item(Key("p", sort), {"text": "x" * size}, version, **rest)


@pytest.mark.parametrize("orders", [{}, {"by_name": "n"}, {"by_name": "n", "by_sync": "s"}])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("always", [False, True])
def test_a_single_write_is_billed_as_computed(client: DynamoDBClient, size: int, orders: Any, always: bool) -> None:
    store, meter, billed = DynamoDbStore(client, TABLE), Meter(client), Billed(client)
    sort = f"{size}-{len(orders)}-{always}"

    with meter.reading() as bill:
        store.write([Put(item(sort, size, orders=orders), always=always)])

    assert bill.written == billed.units > 0


@pytest.mark.parametrize("size", SIZES)
def test_a_read_is_billed_as_computed(client: DynamoDBClient, size: int) -> None:
    store = DynamoDbStore(client, TABLE)
    store.write([Put(item(f"read-{size}-{number}", size), always=True) for number in range(3)])
    meter, billed = Meter(client), Billed(client)

    with meter.reading() as bill:
        store.get_many([Key("p", f"read-{size}-{number}") for number in range(3)])
        store.query("p", f"read-{size}-")

    assert bill.read == billed.units > 0


def test_a_transaction_is_twice_its_writes(client: DynamoDBClient) -> None:
    store, meter = DynamoDbStore(client, TABLE), Meter(client)
    with meter.reading() as alone:
        store.write([Put(item("alone", 2500, orders={"by_name": "n"}))])
    with meter.reading() as together:
        store.write([Put(item(f"together-{number}", 2500, orders={"by_name": "n"})) for number in range(2)])

    assert (alone.written, together.written) == (6, 2 * 2 * 6)
