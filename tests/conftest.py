"""Fixtures that every tier may use."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from sosie.domain.clock import SettableClock
from sosie.store.keyring import LocalKeyring
from tests.support import stores
from tests.support.cloud import TestCloud
from tests.support.engines import Engine, start_dynamodb_local, start_moto_server


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--store",
        choices=stores.ENGINES,
        default="sqlite",
        help="what the clouds of wire, control and journey tests keep their state in (default: sqlite)",
    )
    parser.addoption(
        "--every",
        type=int,
        default=1,
        metavar="N",
        help="run every Nth test only: a look at all families on a store that is slow (default: all)",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    step = config.getoption("--every")
    config.hook.pytest_deselected(items=[item for number, item in enumerate(items) if number % step])
    items[:] = items[::step]


@pytest.fixture(scope="session", autouse=True)
def chosen_store(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let every cloud of this session keep its state where `--store` says."""
    engine = request.config.getoption("--store")
    if engine == "sqlite":
        yield
        return
    behind = {"dynamodb-local": "dynamodb_local", "localstack": "moto_server"}.get(engine)
    with stores.on(engine, request.getfixturevalue(behind).url if behind else None):
        yield


@pytest.fixture(scope="session")
def dynamodb_local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """AWS's own DynamoDB engine, one per session and worker."""
    with start_dynamodb_local(tmp_path_factory.mktemp("dynamodb-local")) as engine:
        yield engine


@pytest.fixture(scope="session")
def moto_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """moto's server with DynamoDB and Secrets Manager, one per session and worker."""
    with start_moto_server(tmp_path_factory.mktemp("moto-server")) as engine:
        yield engine


@pytest.fixture(scope="session")
def keyring() -> LocalKeyring:
    """Signing keys for the whole session: making RSA keys is the slow part of a test."""
    return LocalKeyring(SettableClock(datetime(2026, 1, 1, tzinfo=UTC)))


@pytest.fixture(params=["us", "eu"])
def region(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def cloud(keyring: LocalKeyring) -> TestCloud:
    """A fresh cloud, spoken to as the US region."""
    return TestCloud(keyring=keyring)
