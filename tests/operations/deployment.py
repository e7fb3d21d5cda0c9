"""A deployment in this process: the functions as `functions/*/app.py` has them, with what stands around them in AWS.

DynamoDB and Secrets Manager are moto's, or whatever the environment names; API Gateway is `send`, which makes the event
that its HTTP API would make and gives it to the function that the template's routes name.
"""

from __future__ import annotations

import base64
import itertools
import json
import logging
import os
from contextlib import contextmanager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import httpx
from aws_lambda_powertools.metrics.provider.cold_start import reset_cold_start_flag

from tests.support.engines import NOBODY

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
FUNCTIONS = ("identity", "api", "push", "control", "maintenance")
TABLE = "sosie-test"
SECRET_PREFIX = "/sosie/test/keys/"
CONTROL_SECRET = "/sosie/test/control-token"
CONTROL_TOKEN = "C0ntr0lT0kenOfTheTestThatNobodyMayRead"
URL = "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com"
ENVIRONMENT = {
    **NOBODY,
    "SOSIE_STORE": "dynamodb",
    "SOSIE_TABLE": TABLE,
    "SOSIE_SECRET_PREFIX": SECRET_PREFIX,
    "SOSIE_CONTROL_SECRET": CONTROL_SECRET,
    "POWERTOOLS_METRICS_NAMESPACE": "Sosie",
    "_X_AMZN_TRACE_ID": "Root=1-6560a9b0-000000000000000000000001;Parent=0000000000000002;Sampled=1",
}
TRACE = "1-6560a9b0-000000000000000000000001"
_NUMBERS = itertools.count(1)


class Context:
    """What Lambda tells a function about an invocation. Time passes when the test says so."""

    memory_limit_in_mb = 1024

    def __init__(self, name: str, seconds: float) -> None:
        self.function_name = f"sosie-{name}"
        self.invoked_function_arn = f"arn:aws:lambda:eu-central-1:123456789012:function:sosie-{name}"
        self.aws_request_id = f"52fdfc07-2182-454f-963f-{next(_NUMBERS):012d}"
        self.left = seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(self.left * 1000)


class Deployment:
    """The functions, loaded one after the other as their cold starts do."""

    def __init__(self) -> None:
        self.functions = {name: self._load(name) for name in FUNCTIONS}

    def _load(self, name: str) -> Any:
        os.environ["POWERTOOLS_SERVICE_NAME"] = name
        spec = spec_from_file_location(f"function_{name}", ROOT / "functions" / name / "app.py")
        assert spec is not None
        assert spec.loader is not None
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def invoke(self, name: str, event: dict[str, Any], context: Any = None) -> Any:
        """Call a function as Lambda does."""
        os.environ["POWERTOOLS_SERVICE_NAME"] = name  # each has a process of its own, where it is set for good
        return self.functions[name].handler(event, context or Context(name, 900.0 if name == "maintenance" else 29.0))

    def send(self, event: dict[str, Any], context: Any = None) -> Any:
        """Give an HTTP API's event to the function that its path leads to."""
        segments = event["rawPath"].split("/")
        if segments[1] == "_sosie":
            return self.invoke("control", event, context)
        return self.invoke(segments[4] if segments[1] == "w" else segments[2], event, context)

    def client(self, **options: Any) -> httpx.Client:
        """Return a client whose requests go through API Gateway to the functions, without a socket."""
        return httpx.Client(transport=httpx.MockTransport(self._carry), base_url=URL, **options)

    def control(self) -> httpx.Client:
        return self.client(headers={"Authorization": f"Bearer {CONTROL_TOKEN}"})

    def catch_up(self, context: Any = None) -> dict[str, int]:
        """Let the schedule invoke its function."""
        answer: dict[str, int] = self.invoke("maintenance", schedule_event(), context)
        return answer

    def _carry(self, request: httpx.Request) -> httpx.Response:
        answer = self.send(event_of(request.method, str(request.url), dict(request.headers), request.read()))
        assert set(answer) <= {"statusCode", "headers", "body", "isBase64Encoded", "cookies"}, answer.keys()
        return httpx.Response(answer["statusCode"], headers=answer["headers"], content=answer.get("body") or "")


def event_of(
    method: str, url: str, headers: dict[str, str] | None = None, body: bytes = b"", request_id: str | None = None
) -> dict[str, Any]:
    """Return the payload 2.0 event of a request; each has an id of its own unless one is given."""
    parts = urlsplit(url)
    path = unquote(parts.path)  # API Gateway decodes it
    text = (headers or {}).get("content-type", "").startswith(("application/json", "text/"))
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": parts.query,
        "headers": {"host": urlsplit(URL).netloc, "x-forwarded-proto": "https"} | (headers or {}),
        "requestContext": {
            "domainName": urlsplit(URL).netloc,
            "requestId": request_id or f"{next(_NUMBERS):015d}=",
            "stage": "$default",
            "http": {"method": method, "path": path, "sourceIp": "203.0.113.10", "userAgent": ""},
        },
        "body": body.decode() if text else base64.b64encode(body).decode(),
        "isBase64Encoded": not text,
    }


def schedule_event() -> dict[str, Any]:
    event: dict[str, Any] = json.loads((ROOT / "events/maintenance_schedule.json").read_text())
    return event | {"id": f"6f0c1d7e-1a2b-4c3d-8e9f-{next(_NUMBERS):012d}"}


def make_what_the_template_makes(client_of: Any, table: str = TABLE) -> None:
    """Make table and control token; `client_of` returns an AWS client of a service."""
    from sosie.store.dynamodb import create_table

    create_table(client_of("dynamodb"), table)
    client_of("secretsmanager").create_secret(Name=CONTROL_SECRET, SecretString=CONTROL_TOKEN)


@contextmanager
def fresh_process() -> Iterator[None]:
    """Let what is loaded find no logger and no assembled cloud of an earlier test, nor leave any to a later one."""
    from sosie.wiring import deployed

    before = {name: logging.getLogger(name).level for name in ("botocore", "boto3", "urllib3", "aws_lambda_powertools")}
    _forget()
    deployed.cache_clear()
    try:
        yield
    finally:
        _forget()
        deployed.cache_clear()
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)


def _forget() -> None:
    reset_cold_start_flag()
    for name in FUNCTIONS:
        logging.Logger.manager.loggerDict.pop(name, None)
