"""Every store the suite runs on. A store is a way to open an empty one; `open_store` is each of them in turn.

To add one (DynamoDB Local, say): write a fixture that returns how to open it, and put its name into `STORES`.
"""

from __future__ import annotations

import copy
import itertools
from contextlib import closing
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from sosie.store.dynamodb import DynamoDbStore, create_table
from sosie.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_dynamodb.client import DynamoDBClient

    from sosie.ports import Store

    OpenStore = Callable[[], Store]

STORES = {
    "sqlite-memory": "open_sqlite_memory",
    "sqlite-file": "open_sqlite_file",
    "dynamodb-moto": "open_dynamodb_moto",
}


@pytest.fixture(params=STORES.values(), ids=STORES.keys())
def open_store(request) -> OpenStore:
    return request.getfixturevalue(request.param)


@pytest.fixture
def store(open_store) -> Iterator[Store]:
    with closing(open_store()) as opened:
        yield opened


@pytest.fixture
def open_sqlite_memory() -> OpenStore:
    return SqliteStore


@pytest.fixture
def open_sqlite_file(tmp_path) -> OpenStore:
    numbers = itertools.count()
    return lambda: SqliteStore(tmp_path / f"state-{next(numbers)}" / "sosie.db")


@pytest.fixture
def open_dynamodb_moto(dynamodb, new_table) -> OpenStore:
    return lambda: DynamoDbStore(dynamodb, new_table())


@pytest.fixture
def new_table(dynamodb) -> Callable[[], str]:
    """How to make an empty table in moto; it goes with the module's moto."""
    numbers = itertools.count()

    def create() -> str:
        name = f"sosie-{next(numbers)}"
        create_table(dynamodb, name)
        return name

    yield create
    for number in range(next(numbers)):
        dynamodb.delete_table(TableName=f"sosie-{number}")


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[DynamoDBClient]:
    """A client of moto's DynamoDB, in this process. The credentials are nobody's, so nothing can leave it."""
    import boto3
    from moto import mock_aws

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        patch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        _copy_tables_once(patch)
        with mock_aws():
            client = boto3.client("dynamodb")
            yield client
            client.close()


def _copy_tables_once(patch: pytest.MonkeyPatch) -> None:
    """Let moto back up a table once for each transaction; it would do so once for each of the 100 changes in it."""
    from moto.dynamodb import models

    original = models.DynamoDBBackend.transact_write_items

    def transact_write_items(backend, changes):
        tables: dict[str, models.Table] = {}

        def deepcopy(value):
            if not isinstance(value, models.Table):
                return copy.deepcopy(value)
            if value.name not in tables:
                tables[value.name] = copy.deepcopy(value)
            return tables[value.name]

        with pytest.MonkeyPatch.context() as during_transaction:
            during_transaction.setattr(models, "copy", SimpleNamespace(deepcopy=deepcopy))
            return original(backend, changes)

    patch.setattr(models.DynamoDBBackend, "transact_write_items", transact_write_items)
