"""What a client of DynamoDB calls, and the capacity units it is billed for by AWS's published rules.

Reads are strongly consistent: a unit for every 4 KB of an item, one at least, also for an item that is not there. A
query adds its items up first. Writes: a unit for every 1 KB, and as many again for each local index that has the item;
twice that in a transaction. Removing costs what writing did; how large a removed item was nobody says in advance, so
it is taken from what was read. DynamoDB Local does not bill transactions as AWS does, so units are computed here; the
single calls that it does bill right hold this arithmetic to account (tests/scale/test_units.py).
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING, Any

from sosie.store.dynamodb_items import ORDERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb.client import DynamoDBClient

KILOBYTE = 1024


@dataclass
class Bill:
    """The calls of a time, by operation, and their units."""

    calls: Counter[str] = field(default_factory=Counter)
    read: int = 0
    written: int = 0


class Meter:
    """Watches a client; `reading()` starts a new bill. Item sizes are remembered from what is read and written."""

    def __init__(self, client: DynamoDBClient) -> None:
        self._bills: list[Bill] = []
        self._known: dict[tuple[str, str], int] = {}
        client.meta.events.register("provide-client-params.dynamodb.*", self._called)
        client.meta.events.register("after-call.dynamodb.*", self._answered)

    @contextmanager
    def reading(self) -> Iterator[Bill]:
        bill = Bill()
        self._bills.append(bill)
        try:
            yield bill
        finally:
            self._bills.remove(bill)

    def _called(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        for bill in self._bills:
            bill.calls[model.name] += 1
        written = self._written_by(model.name, params)
        asked = 0
        if model.name == "BatchGetItem":
            asked = sum(len(request["Keys"]) for request in params["RequestItems"].values())
        for bill in self._bills:
            bill.written += written
            bill.read += asked  # one for each; what larger items cost more is added when they arrive

    def _answered(self, parsed: dict[str, Any], model: Any, **_: Any) -> None:
        if model.name == "BatchGetItem":
            items = [item for found in parsed["Responses"].values() for item in found]
            read = sum(ceil(size_of(item) / (4 * KILOBYTE)) - 1 for item in items)
        elif model.name == "Query":
            items = parsed["Items"]
            read = ceil(sum(map(size_of, items)) / (4 * KILOBYTE)) or 1
        else:
            return
        for item in items:
            self._known[place_of(item)] = units_of(item)
        for bill in self._bills:
            bill.read += read

    def _written_by(self, name: str, params: dict[str, Any]) -> int:
        if name == "TransactWriteItems":
            return 2 * sum(self._one(*change.popitem()) for change in map(dict, params["TransactItems"]))
        verb = {"PutItem": "Put", "UpdateItem": "Update", "DeleteItem": "Delete"}.get(name)
        return self._one(verb, params) if verb else 0

    def _one(self, verb: str, params: dict[str, Any]) -> int:
        if verb == "Delete":
            return self._known.get(place_of(params["Key"]), 1)
        if verb == "Put":
            item = params["Item"]
        else:
            values = {name[1:]: value for name, value in params["ExpressionAttributeValues"].items()}
            item = {**params["Key"], **{name: value for name, value in values.items() if name not in ("zero", "one")}}
            item["version"] = {"N": "1"}
        # The larger of the item before and after counts.
        units = max(units_of(item), self._known.get(place_of(item), 0))
        self._known[place_of(item)] = units_of(item)
        return units


def place_of(item: dict[str, Any]) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]


def size_of(item: dict[str, Any]) -> int:
    """Return an item's bytes: names and values; a number takes about half its digits, and one more."""
    return sum(
        len(name)
        + sum(len(value.encode()) if kind == "S" else len(value) // 2 + 1 for kind, value in attribute.items())
        for name, attribute in item.items()
    )


def units_of(item: dict[str, Any]) -> int:
    """Return the units of writing an item once, its places in local indexes included."""
    copies = 1 + sum(order in item for order in ORDERS)
    return copies * ceil(size_of(item) / KILOBYTE)
