"""The store on one DynamoDB table (its layout: `dynamodb_items.py`). boto3 is imported when one is opened, not before.

Every read is strongly consistent, so a read sees every acknowledged write, whichever function made it.

`write` sends its groups one after the other and stops at the first that fails: whoever wants many changes to become
visible together writes the item that makes them visible last. Where the caller says that the order means nothing, all
groups but the last go at once. Reads and `drop` do in any case.
A group is what one transaction takes: 100 changes, or fewer if they would weigh more than 4 MB together.

Who waits for what: botocore retries single calls that are throttled or fail on the way. What it does not know are
half-answered batches and transactions that were cancelled for want of capacity: those are retried here, a little
later each time. All of it ends well before a function's 29 seconds do, with StoreBusyError or StoreUnavailableError.
"""

from __future__ import annotations

import random  # noqa: TID251  only spreads retries over time; no id or key depends on it
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from sosie.domain.errors import ConflictError, StoreBusyError, StoreUnavailableError
from sosie.store.dynamodb_items import (
    TABLE,
    TTL_ATTRIBUTE,
    batches,
    can_exist,
    decode,
    key_attributes,
    key_range,
    operation,
    transactions,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import ThreadPoolExecutor

    from botocore.config import Config
    from mypy_boto3_dynamodb.client import DynamoDBClient

    from sosie.ports import Change, Item, Key, Order
    from sosie.store.dynamodb_items import Operation

T = TypeVar("T")
R = TypeVar("R")

_KEYS_PER_BATCH_GET = 100
_ITEMS_PER_BATCH_WRITE = 25
_THREADS = 8
_ATTEMPTS = 14
_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 2.0

_CONFLICTS = {"ConditionalCheckFailed", "TransactionConflict"}
_WANT_OF_CAPACITY = {"ThrottlingError", "ProvisionedThroughputExceeded"}
_BUSY = {
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
    "TransactionInProgressException",
}
# By the operating system: copies of one process, as SnapStart and fork make them, must not pause alike.
_chance = random.SystemRandom()


def back_off(attempt: int) -> None:
    """Wait before the next attempt: up to twice as long each time, by chance, so that callers fall out of step."""
    longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**attempt)
    # The network makes us wait here; the simulated cloud's own delays are data on the answer.
    time.sleep(_chance.uniform(0, longest))  # noqa: TID251


@contextmanager
def _explained() -> Iterator[None]:
    """Raise what botocore gave up on as an error of the port."""
    from botocore.exceptions import ClientError, HTTPClientError  # late, as boto3
    from botocore.exceptions import ConnectionError as NoConnectionError

    try:
        yield
    except (HTTPClientError, NoConnectionError) as error:
        raise StoreUnavailableError("DynamoDB does not answer") from error
    except ClientError as error:
        if error.response["Error"]["Code"] in _BUSY:
            raise StoreBusyError("DynamoDB has no capacity left") from error
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400) >= 500:
            raise StoreUnavailableError("DynamoDB fails") from error
        raise


class DynamoDbStore:
    """A `ports.Store` on one table, through an injected boto3 client. `pause` waits before attempt n + 1."""

    def __init__(self, client: DynamoDBClient, table: str, *, pause: Callable[[int], None] = back_off) -> None:
        self._client = client
        self._table = table
        self._pause = pause
        self._pool: ThreadPoolExecutor | None = None

    # Reads.

    def get_many(self, keys: Sequence[Key]) -> dict[Key, Item]:
        wanted = [key for key in dict.fromkeys(keys) if can_exist(key)]
        with _explained():
            groups = self._in_parallel(self._get_group, batches(wanted, _KEYS_PER_BATCH_GET))
        return {item.key: item for group in groups for item in group}

    def _get_group(self, keys: Sequence[Key]) -> list[Item]:
        found: list[Item] = []
        request: Any = {self._table: {"Keys": [key_attributes(key) for key in keys], "ConsistentRead": True}}
        attempt = 0
        while True:
            answer = self._client.batch_get_item(RequestItems=request)
            found += [decode(attributes) for attributes in answer["Responses"].get(self._table, [])]
            request = answer.get("UnprocessedKeys")
            if not request:
                return found
            attempt = self._wait(attempt)

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
        where = key_range(partition, prefix, order, after, newest_first=newest_first)
        if where is None or limit == 0:
            return []
        request: dict[str, Any] = {
            "TableName": self._table,
            "ConsistentRead": True,
            "ScanIndexForward": not newest_first,
            "KeyConditionExpression": where.expression,
            "ExpressionAttributeValues": where.values,
        }
        if order is not None:
            request["IndexName"] = order
        found: list[Item] = []
        while True:
            if limit is not None:
                request["Limit"] = limit - len(found) + 1  # one more: `after` itself may be among them
            with _explained():
                answer = self._client.query(**request)
            items = (decode(attributes) for attributes in answer["Items"])
            found += [item for item in items if order is not None or item.key.sort != after]
            if "LastEvaluatedKey" not in answer or (limit is not None and len(found) >= limit):
                return found[:limit]
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    # Writes.

    def write(self, changes: Sequence[Change], *, parallel: bool = False) -> None:
        # All of them first: what cannot be stored is refused before anything is.
        groups = list(transactions([operation(self._table, change) for change in changes]))
        with _explained():
            if parallel:
                self._in_parallel(self._write_group, groups[:-1])
                groups = groups[-1:]
            for group in groups:
                self._write_group(group)

    def _write_group(self, group: list[Operation]) -> None:
        if len(group) == 1:
            self._write_one(group[0])
        else:
            self._write_together(group)

    def _write_one(self, one: Operation) -> None:
        exceptions = self._client.exceptions
        try:
            self._call(one)
        except exceptions.ConditionalCheckFailedException as error:
            if not _is_own_write(error.response, one):
                raise ConflictError("an item changed meanwhile") from error
        except exceptions.TransactionConflictException as error:
            raise ConflictError("an item is being changed") from error

    def _call(self, one: Operation) -> None:
        if one.verb == "Put":
            self._client.put_item(**one.parameters, ReturnValuesOnConditionCheckFailure="ALL_OLD")
        elif one.verb == "Update":
            self._client.update_item(**one.parameters)
        else:
            self._client.delete_item(**one.parameters, ReturnValuesOnConditionCheckFailure="ALL_OLD")

    def _write_together(self, group: list[Operation]) -> None:
        # Botocore gives each transaction a ClientRequestToken, so its own retries cannot apply one twice.
        request: Any = [{one.verb: one.parameters} for one in group]
        attempt = 0
        while not self._transact(request):
            attempt = self._wait(attempt)

    def _transact(self, request: Any) -> bool:
        """Apply a transaction and return True, or False if it was cancelled for want of capacity alone."""
        try:
            self._client.transact_write_items(TransactItems=request)
        except self._client.exceptions.TransactionCanceledException as error:
            codes = {reason.get("Code", "None") for reason in error.response["CancellationReasons"]} - {"None"}
            if codes & _CONFLICTS:
                raise ConflictError("an item changed meanwhile") from error
            if codes and codes <= _WANT_OF_CAPACITY:
                return False
            raise
        return True

    def drop(self, partition_prefix: str, partitions: Iterable[str], then: Sequence[Change] = ()) -> None:
        del partition_prefix  # DynamoDB finds partitions by their full name only
        with _explained():
            keys = [key for found in self._in_parallel(self._keys_of, list(partitions)) for key in found]
            self._in_parallel(self._delete_group, batches(keys, _ITEMS_PER_BATCH_WRITE))
        self.write(then)

    def _keys_of(self, partition: str) -> list[Any]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": partition}},
            ProjectionExpression="pk, sk",
        )
        return [attributes for page in pages for attributes in page["Items"]]

    def _delete_group(self, keys: Sequence[Any]) -> None:
        request: Any = {self._table: [{"DeleteRequest": {"Key": key}} for key in keys]}
        attempt = 0
        while request := self._client.batch_write_item(RequestItems=request).get("UnprocessedItems"):
            attempt = self._wait(attempt)

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown()
        self._client.close()

    # How calls are made.

    def _wait(self, attempt: int) -> int:
        """Wait before a further attempt, and return its number."""
        if attempt + 1 == _ATTEMPTS:
            raise StoreBusyError(f"DynamoDB table {self._table} has no capacity left after {_ATTEMPTS} attempts")
        self._pause(attempt)
        return attempt + 1

    def _in_parallel(self, task: Callable[[T], R], arguments: Sequence[T]) -> list[R]:
        if len(arguments) <= 1:
            return [task(argument) for argument in arguments]
        from concurrent.futures import ThreadPoolExecutor, wait  # most requests never need one

        if self._pool is None:
            self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="dynamodb")
        running = [self._pool.submit(task, argument) for argument in arguments]
        # All of them have ended when one has failed: whoever tries again must not meet what is left of this.
        wait(running)
        return [each.result() for each in running]


def _is_own_write(refusal: Any, one: Operation) -> bool:
    """Tell whether a refused write is our own first attempt, whose answer got lost and which botocore repeated."""
    repeated: bool = refusal["ResponseMetadata"].get("RetryAttempts", 0) > 0
    unchanged: bool = refusal.get("Item") == one.parameters.get("Item")
    return repeated and unchanged


def connect(
    table: str, *, endpoint_url: str | None = None, region: str | None = None, create: bool = False
) -> DynamoDbStore:
    """Return the store on a table of AWS, or of DynamoDB Local at `endpoint_url`; `create` makes a missing table.

    What is not given, boto3 finds where it always looks: AWS_ENDPOINT_URL_DYNAMODB, AWS_REGION, credentials.
    """
    import boto3  # late: half a second, and nobody on SQLite needs it

    client = boto3.client("dynamodb", endpoint_url=endpoint_url, region_name=region, config=_client_config())
    if create:
        create_table(client, table)
    return DynamoDbStore(client, table)


def localstack(table: str) -> DynamoDbStore:
    """Return the store on a table of the LocalStack that `localstack-client` finds, made if it is missing."""
    from localstack_client.session import Session  # type: ignore[import-untyped]  # late, as boto3

    client: DynamoDBClient = Session().client("dynamodb", config=_client_config(read_timeout=60))
    create_table(client, table)
    return DynamoDbStore(client, table)


def create_table(client: DynamoDBClient, table: str) -> None:
    """Create the table unless it is there, as `template.yaml` does for a deployment. For tests and local engines."""
    try:
        client.create_table(TableName=table, **TABLE)
    except client.exceptions.ResourceInUseException:
        return
    client.get_waiter("table_exists").wait(TableName=table)
    client.update_time_to_live(
        TableName=table, TimeToLiveSpecification={"Enabled": True, "AttributeName": TTL_ATTRIBUTE}
    )


def _client_config(*, read_timeout: int = 4) -> Config:
    """Return how calls are made. `read_timeout` is in seconds; a simulated DynamoDB takes longer than AWS ever does."""
    from botocore.config import Config  # late, as boto3

    return Config(
        retries={"mode": "standard", "total_max_attempts": 4},
        connect_timeout=1,
        read_timeout=read_timeout,
        max_pool_connections=_THREADS + 2,
        tcp_keepalive=True,
    )
