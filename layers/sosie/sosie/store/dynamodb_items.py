"""How items lie in the DynamoDB table: one table for all worlds, described here and in `template.yaml` alike.

| attribute            | type             | holds                                                       |
|----------------------|------------------|-------------------------------------------------------------|
| `pk`                 | S, partition key | `Key.partition`, such as `default/us/sponsorships`          |
| `sk`                 | S, sort key      | `Key.sort`                                                  |
| `by_name`, `by_sync` | S, index keys    | place in that order + NUL + `sk`; absent if it has no place |
| `body`               | S                | the item's JSON as text                                     |
| `version`            | N                | how often the item was written                              |
| `expires`            | N, TTL           | Unix seconds after which DynamoDB may remove the item       |

`by_name` and `by_sync` are local secondary indexes (same partition, every attribute), because only those can be read
consistently. The NUL and `sk` in their keys make equal places come in the order of `sk` on every engine, and let a
place be empty, which a key must not be. A place is text without NUL. The price of local indexes: the items of one
partition stay together, so they may weigh 10 GB and take about 1,000 write units a second.

The body is JSON text, exactly what the SQLite store keeps: numbers, nulls and empty strings come back as they were,
without DynamoDB's decimals, and a change of adapter cannot change what a test reads. Nothing looks inside it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar

from sosie.domain.errors import SosieError
from sosie.ports import MAX_ATOMIC_CHANGES, Delete, Item, Key, Order

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sosie.ports import Change

T = TypeVar("T")

Attributes = dict[str, Any]
"""An item as the low-level client gives and takes it: `{"pk": {"S": "…"}, …}`."""

ORDERS: tuple[Order, ...] = ("by_name", "by_sync")
TTL_ATTRIBUTE = "expires"

_TEXT_KEYS = ("pk", "sk", *ORDERS)

TABLE: dict[str, Any] = {
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in _TEXT_KEYS],
    "KeySchema": [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ],
    "LocalSecondaryIndexes": [
        {
            "IndexName": order,
            "KeySchema": [
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": order, "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "ALL"},
        }
        for order in ORDERS
    ],
}
"""The table as `create_table` makes it; a test holds `template.yaml` to the same."""

# DynamoDB's limits, in bytes. That of an item holds for it and its index entries together, each a copy of it.
_MAX_PARTITION_KEY = 2048
_MAX_SORT_KEY = 1024
_MAX_ITEM = 400 * 1024
# The limit of a transaction is 4 MB; a little is left for what is not counted here.
_MAX_TRANSACTION = 3_900_000

_IF_ABSENT = {"ConditionExpression": "attribute_not_exists(pk)"}

_SEPARATOR = "\0"
_AFTER_SEPARATOR = "\x01"
_AFTER_EVERY_PREFIX = "\U0010ffff"


class NotStorableError(SosieError):
    """DynamoDB cannot hold this: a key or an item is too long. Whoever made it has to bound it."""


class Operation(NamedTuple):
    """One change in DynamoDB's words, and what it weighs."""

    verb: Literal["Put", "Update", "Delete"]
    parameters: dict[str, Any]
    size: int
    tied: bool = False


class Range(NamedTuple):
    """A key condition, with its values."""

    expression: str
    values: Attributes


def can_exist(key: Key) -> bool:
    """Tell whether an item may have this key. Looking up any other finds nothing, so it need not be asked for."""
    try:
        return 0 < _size(key.partition) <= _MAX_PARTITION_KEY and 0 < _size(key.sort) <= _MAX_SORT_KEY
    except UnicodeEncodeError:  # half a surrogate pair, as JSON can spell it
        return False


def key_attributes(key: Key) -> Attributes:
    """Return a key as the client takes it."""
    return {"pk": {"S": key.partition}, "sk": {"S": key.sort}}


def decode(attributes: Mapping[str, Any]) -> Item:
    """Return the item that `operation` wrote."""
    sort = attributes["sk"]["S"]
    return Item(
        Key(attributes["pk"]["S"], sort),
        json.loads(attributes["body"]["S"]),
        int(attributes["version"]["N"]),
        {order: attributes[order]["S"][: -len(sort) - 1] for order in ORDERS if order in attributes},
        int(attributes["expires"]["N"]) if "expires" in attributes else None,
    )


def operation(table: str, change: Change) -> Operation:
    """Return a change as the client takes it, alone or in a transaction. Raises NotStorableError."""
    if isinstance(change, Delete):
        _check_key(change.key)
        parameters = {"TableName": table, "Key": key_attributes(change.key), **_if_version(change.version)}
        return Operation("Delete", parameters, _size(change.key.partition) + _size(change.key.sort))
    item = change.item
    attributes = _encode(item)
    size = _check_size(item.key, attributes)
    if change.always:
        return Operation("Update", {"TableName": table, **_upsert(item.key, attributes)}, size, change.tied)
    attributes["version"] = {"N": str(item.version + 1)}
    condition = _if_version(item.version) if item.version else _IF_ABSENT
    return Operation("Put", {"TableName": table, "Item": attributes, **condition}, size, change.tied)


def _encode(item: Item) -> Attributes:
    _check_key(item.key)
    body = json.dumps(item.body, ensure_ascii=False, separators=(",", ":"))
    attributes = {**key_attributes(item.key), "body": {"S": body}, "version": {"N": "0"}}
    for order, place in item.orders.items():
        attributes[order] = {"S": f"{place}{_SEPARATOR}{item.key.sort}"}
    if item.expires is not None:
        attributes["expires"] = {"N": str(item.expires)}
    return attributes


def _if_version(version: int | None) -> dict[str, Any]:
    """Return the condition that the stored version is still this one; None: whatever is there."""
    if version is None:
        return {}
    return {
        "ConditionExpression": "#version = :seen",
        "ExpressionAttributeNames": {"#version": "version"},
        "ExpressionAttributeValues": {":seen": {"N": str(version)}},
    }


def _upsert(key: Key, attributes: Attributes) -> dict[str, Any]:
    """Return an unconditional write that still counts versions, which a put could not."""
    places = [name for name in (*ORDERS, "expires") if name in attributes]
    absent = [f"#{name}" for name in (*ORDERS, "expires") if name not in attributes]
    names = ["body", "version", *ORDERS, "expires"]
    setting = ", ".join(
        ["#version = if_not_exists(#version, :zero) + :one", *(f"#{name} = :{name}" for name in ("body", *places))]
    )
    return {
        "Key": key_attributes(key),
        "UpdateExpression": f"SET {setting}" + (f" REMOVE {', '.join(absent)}" if absent else ""),
        "ExpressionAttributeNames": {f"#{name}": name for name in names},
        "ExpressionAttributeValues": {
            ":zero": {"N": "0"},
            ":one": {"N": "1"},
            **{f":{name}": attributes[name] for name in ("body", *places)},
        },
    }


def transactions(operations: Iterable[Operation]) -> Iterator[list[Operation]]:
    """Return the operations in groups, in order, each of which fits one transaction by number and by weight.

    A tied operation is in the group of the one behind it.
    """
    group: list[Operation] = []
    weight = 0
    for one in operations:
        if group and (len(group) == MAX_ATOMIC_CHANGES or weight + one.size > _MAX_TRANSACTION):
            kept = [group.pop()] if group[-1].tied and len(group) > 1 else []
            yield group
            group, weight = kept, sum(other.size for other in kept)
        group.append(one)
        weight += one.size
    if group:
        yield group


def key_range(
    partition: str, prefix: str, order: Order | None, after: str | None, *, newest_first: bool
) -> Range | None:
    """Return the condition for `Store.query`, or None if it cannot be met.

    In the table's own order, read backwards, a condition cannot exclude `after`: the reader skips that one item.
    """
    values: Attributes = {":pk": {"S": partition}}
    place = order or "sk"
    if after is None:
        if not prefix:
            return Range("pk = :pk", values)
        return Range(f"pk = :pk AND begins_with({place}, :prefix)", {**values, ":prefix": {"S": prefix}})
    low, high = prefix or _SEPARATOR, prefix + _AFTER_EVERY_PREFIX
    if newest_first:
        high = min(high, after)
    else:
        low = max(low, after + (_AFTER_SEPARATOR if order else _SEPARATOR))
    if low > high:
        return None
    return Range(f"pk = :pk AND {place} BETWEEN :low AND :high", {**values, ":low": {"S": low}, ":high": {"S": high}})


def batches(things: Sequence[T], count: int) -> list[Sequence[T]]:
    """Return a sequence cut into groups of at most `count`."""
    return [things[start : start + count] for start in range(0, len(things), count)]


def _check_key(key: Key) -> None:
    if not can_exist(key):
        raise NotStorableError(
            f"a key needs a partition of 1 to {_MAX_PARTITION_KEY} bytes "
            f"and a sort text of 1 to {_MAX_SORT_KEY}: {key!r:.200}"
        )


def _check_size(key: Key, attributes: Attributes) -> int:
    size = sum(len(name) + _size(text) for name, value in attributes.items() for text in value.values())
    placed = [order for order in ORDERS if order in attributes]
    limit = _MAX_ITEM // (1 + len(placed))
    if size > limit:
        raise NotStorableError(f"an item of {size} bytes is more than DynamoDB takes ({limit}): {key!r:.200}")
    for order in placed:
        if _size(attributes[order]["S"]) > _MAX_SORT_KEY:
            raise NotStorableError(f"a place {order} is longer than DynamoDB takes: {key!r:.200}")
    return size


def _size(text: str) -> int:
    return len(text.encode())
