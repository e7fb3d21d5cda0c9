"""Other engines behind the DynamoDB adapter, each a child process on a free port of loopback.

DynamoDB Local is AWS's own engine. moto's server also plays Secrets Manager, and speaks on one port as LocalStack does.
"""

from __future__ import annotations

import copy
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Self

import pytest

from tests.support import tools

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb.client import DynamoDBClient

READY_WITHIN_SECONDS = 60
NOBODY = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""Credentials that open nothing, as environment variables."""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def client_of(url: str, service: str = "dynamodb", **config: Any) -> DynamoDBClient:
    """Return a client, in a session of its own, of the engine that answers at an address; `config` is for botocore."""
    import boto3
    from botocore.config import Config

    credentials = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    options = Config(**({"retries": {"mode": "standard", "total_max_attempts": 3}} | config))
    return boto3.client(service, endpoint_url=url, region_name="eu-west-1", config=options, **credentials)


class Engine:
    """A child process that answers HTTP on `url`. It ends with its `with` block."""

    def __init__(self, command: list[str], port: int, home: Path, cwd: Path | None = None) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._log = home / f"engine-{port}.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command, cwd=cwd or home, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )
        try:
            self._wait_until_it_answers()
        except BaseException:
            self.stop()
            raise

    def _wait_until_it_answers(self) -> None:
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while True:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"{self._process.args} does not answer: {self._log.read_text()}")
            try:
                direct.open(self.url, timeout=5).close()
            except urllib.error.HTTPError:  # any answer will do
                return
            except OSError:
                threading.Event().wait(0.05)
            else:
                return

    def client(self, service: str = "dynamodb", **config: Any) -> DynamoDBClient:
        """Return a client of this engine, with `config` for botocore."""
        return client_of(self.url, service, **config)

    def stop(self) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def start_dynamodb_local(home: Path) -> Engine:
    """Start AWS's engine with everything in memory; whoever is missing Java or the jar is told, by a skip."""
    directory = tools.dynamodb_local()
    port = free_port()
    # The quick compiler only: the thorough one takes longer over such short lives than it saves.
    java = ["java", "-XX:TieredStopAtLevel=1", "-Djava.library.path=DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar"]
    return Engine([*java, "-inMemory", "-sharedDb", "-port", str(port)], port, home, cwd=directory)


def start_moto_server(home: Path) -> Engine:
    """Start moto's server: every AWS service it knows on one port."""
    port = free_port()
    return Engine([sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], port, home)


@contextmanager
def moto_in_this_process() -> Iterator[None]:
    """Answer boto3's calls by moto, without a socket."""
    from moto import mock_aws

    with pytest.MonkeyPatch.context() as patch:
        for name, value in NOBODY.items():
            patch.setenv(name, value)
        _copy_tables_once(patch)
        with mock_aws():
            yield


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
