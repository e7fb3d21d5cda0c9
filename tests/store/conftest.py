"""Every store the suite runs on. A store is a way to open an empty one; `open_store` is each of them in turn.

To add one: write a fixture that returns how to open it, and put its name into `STORES`.
"""

from __future__ import annotations

import itertools
import os
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from sosie.store.dynamodb import DynamoDbStore, create_table, localstack
from sosie.store.sqlite import SqliteStore
from tests.support.engines import Engine, moto_in_this_process

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_dynamodb.client import DynamoDBClient

    from sosie.ports import Store

    OpenStore = Callable[[], Store]

TABLES = itertools.count()
STORES = {
    "sqlite-memory": "open_sqlite_memory",
    "sqlite-file": "open_sqlite_file",
    "dynamodb-moto": "open_dynamodb_moto",
    "dynamodb-local": "open_dynamodb_local",
}
if {"CI", "LOCALSTACK_HOST"} & set(os.environ):
    # Without a LocalStack it is moto's server, which is slow, and the same engine as moto in this process.
    STORES["localstack"] = "open_localstack"


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
def open_dynamodb_local(dynamodb_local: Engine) -> Iterator[OpenStore]:
    client, numbers = dynamodb_local.client(), itertools.count()
    made: list[str] = []

    def opened() -> Store:
        made.append(f"sosie-{next(numbers)}")
        create_table(client, made[-1])
        return DynamoDbStore(dynamodb_local.client(), made[-1])

    yield opened
    for name in made:
        client.delete_table(TableName=name)
    client.close()


@pytest.fixture
def open_localstack(moto_server: Engine, monkeypatch: pytest.MonkeyPatch) -> OpenStore:
    """Through `localstack-client`: the LocalStack at LOCALSTACK_HOST, or moto's server, which speaks as it does."""
    monkeypatch.setenv("LOCALSTACK_HOST", os.environ.get("LOCALSTACK_HOST") or f"127.0.0.1:{moto_server.port}")
    return lambda: localstack(f"sosie-{os.getpid()}-{next(TABLES)}")


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

    with moto_in_this_process():
        client = boto3.client("dynamodb")
        yield client
        client.close()
