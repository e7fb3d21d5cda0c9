"""The functions as they are deployed, in this process: behind the template's routes, each with a Sosie of its own.

What AWS does is done by DynamoDB Local and moto; every call of boto3 is noted with the function that made it.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import uvicorn

from sosie import wiring
from sosie.domain.clock import SettableClock, SystemClock
from sosie.functions.waiting import settled
from sosie.local.asgi import Application
from sosie.settings import Settings
from sosie.store import dynamodb
from tests.support.engines import NOBODY
from tests.support.template import FUNCTIONS, chosen, routes

if TYPE_CHECKING:
    from collections.abc import Mapping

TABLE = "sosie-dev-table"
PREFIX = "/sosie/dev/keys/"
CONTROL_SECRET = "/sosie/dev/control-token"
CONTROL_TOKEN = "a-control-token-of-48-characters"
_PARTS_OF_A_TRANSACTION = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}


class Use(NamedTuple):
    """An IAM action on a resource: `table`, `index/by_name` or a secret's name."""

    function: str
    action: str
    resource: str


class Functions(Application):
    """An ASGI application that plays API Gateway, and the functions behind it. `uses` is what they did so far."""

    def __init__(self, more: Mapping[str, str] | None = None) -> None:
        self.uses: set[Use] = set()
        self.answered: list[tuple[str, int]] = []
        self.now = ""
        self._routes = routes()
        shared = {
            "SOSIE_STORE": "dynamodb",
            "SOSIE_TABLE": TABLE,
            "SOSIE_SECRET_PREFIX": PREFIX,
            "SOSIE_PENALTY_DELAYS": "false",
            **(more or {}),
        }
        own = {"control": {"SOSIE_CONTROL_SECRET": CONTROL_SECRET}}
        self._settings = {name: Settings.from_environment(shared | own.get(name, {})) for name in FUNCTIONS}
        self._sosies = {name: wiring.Sosie(self._settings[name], many_processes=True) for name in FUNCTIONS}
        super().__init__(self._sosies["control"])

    def sosie(self) -> wiring.Sosie:
        """Return the Sosie of the function that runs."""
        return self._sosies[self.now]

    def maintain(self, later: timedelta = timedelta()) -> int:
        """Do what the schedule does, as if it were so much later; return how many things happened."""
        self.now = "maintenance"
        clock = SettableClock(SystemClock().now() + later)
        self._sosies[self.now] = wiring.Sosie(self._settings[self.now], clock=clock, many_processes=True)
        return sum(len(happened) for happened in wiring.lambda_maintenance()())

    def _handle(self, event: dict[str, Any]) -> dict[str, Any]:
        route = chosen(event["requestContext"]["http"]["method"], event["rawPath"], self._routes)
        if route is None:
            return {"statusCode": 404, "headers": {}, "body": '{"message":"Not Found"}'}
        self.now = self._routes[route]
        response = settled(wiring.lambda_service(self.now), event, None)
        for ours in ("delay", "wire", "noted"):
            response.pop(ours, None)
        self.answered.append((self.now, response["statusCode"]))
        return response

    def note(self, service: str, operation: str, parameters: Mapping[str, Any]) -> None:
        """Note a call of boto3's in IAM's words."""
        self.uses |= {Use(self.now, *each) for each in _in_words_of_iam(service, operation, parameters)}


def _in_words_of_iam(service: str, operation: str, parameters: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if operation == "TransactWriteItems":  # IAM asks for what the transaction does
        for part in parameters["TransactItems"]:
            for verb in part:
                yield f"{service}:{_PARTS_OF_A_TRANSACTION[verb]}", "table"
    elif service == "dynamodb":
        index = parameters.get("IndexName")
        yield f"{service}:{operation}", "table" if index is None else f"index/{index}"
    else:
        yield f"{service}:{operation}", parameters.get("SecretId") or parameters["Name"]


@contextmanager
def running(engine_url: str, **more: str) -> Iterator[tuple[Functions, str]]:
    """Give the functions, on an empty table of an engine and with moto's secrets, and the URL they answer at."""
    import boto3
    from botocore.client import BaseClient
    from moto import mock_aws

    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name, value in (NOBODY | {"AWS_ENDPOINT_URL_DYNAMODB": engine_url}).items():
            patch.setenv(name, value)
        dynamodb.connect(TABLE, create=True).close()
        boto3.client("secretsmanager").create_secret(Name=CONTROL_SECRET, SecretString=CONTROL_TOKEN)
        functions = Functions(more)
        patch.setattr(wiring, "deployed", functions.sosie)
        call = BaseClient._make_api_call

        def noted(client: Any, operation: str, parameters: Any) -> Any:
            functions.note(client.meta.service_model.service_name, operation, parameters)
            return call(client, operation, parameters)

        patch.setattr(BaseClient, "_make_api_call", noted)
        with _served(functions) as url:
            yield functions, url


@contextmanager
def _served(application: Application) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(application, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
