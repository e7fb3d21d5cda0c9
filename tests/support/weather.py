"""What can befall the calls of a DynamoDB client, at botocore's own door: each attempt that goes out passes here.

The client behind is a real one of a real engine, with botocore's own repetitions. An effect gets the signed request and
answers it, loses it, or lets it through and loses the answer.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError
from botocore.httpsession import URLLib3Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest
    from mypy_boto3_dynamodb.client import DynamoDBClient

READS = ("BatchGetItem", "Query")
WRITES = ("TransactWriteItems", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem")
FOREVER = 10_000


@dataclass
class _Strike:
    operations: tuple[str, ...]
    effect: Callable[[Any], AWSResponse | None]
    skip: int
    times: int


class Weather:
    """The weather of one client. Calm until told otherwise; `sent` are the operations of all attempts."""

    def __init__(self, client: DynamoDBClient) -> None:
        self.sent: list[str] = []
        self.struck = 0
        self._strikes: list[_Strike] = []
        client.meta.events.register("before-send.dynamodb", self._before_send)

    def strike(
        self,
        operations: tuple[str, ...],
        effect: Callable[[Any], AWSResponse | None],
        *,
        skip: int = 0,
        times: int = 1,
    ) -> None:
        """Let an effect befall attempts of these operations: the first `skip` pass, then `times` are struck."""
        self._strikes.append(_Strike(operations, effect, skip, times))

    def calm(self) -> None:
        """Let everything pass again."""
        self._strikes.clear()

    def _before_send(self, request: Any, event_name: str, **_: Any) -> AWSResponse | None:
        operation = event_name.rpartition(".")[2]
        self.sent.append(operation)
        for strike in self._strikes:
            if operation not in strike.operations:
                continue
            if strike.skip:
                strike.skip -= 1
            elif strike.times:
                strike.times -= 1
                self.struck += 1
                return strike.effect(request)
        return None


def without_waiting(patch: pytest.MonkeyPatch) -> None:
    """Let botocore repeat at once what it repeats."""
    from botocore.retries.standard import ExponentialBackoff

    patch.setattr(ExponentialBackoff, "delay_amount", lambda *_: 0)


# Effects.


def refused(code: str, status: int = 400, **members: Any) -> Callable[[Any], AWSResponse]:
    """Answer with an error of DynamoDB's, as it spells them."""
    body = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": f"{code}, says the test", **members}
    return lambda request: _response(request, status, body)


def cancelled(*codes: str) -> Callable[[Any], AWSResponse]:
    """Cancel a transaction for these reasons, one per item from the first on."""

    def answer(request: Any) -> AWSResponse:
        count = len(json.loads(request.body)["TransactItems"])
        reasons = [{"Code": code} for code in (*codes, *["None"] * count)][:count]
        return refused("TransactionCanceledException", CancellationReasons=reasons)(request)

    return answer


def unprocessed(request: Any) -> AWSResponse:
    """Take a batch and do nothing of it, as DynamoDB does without capacity."""
    asked = json.loads(request.body)["RequestItems"]
    if "BatchGetItem" in str(request.headers["X-Amz-Target"]):
        return _response(request, 200, {"Responses": {}, "UnprocessedKeys": asked})
    return _response(request, 200, {"UnprocessedItems": asked})


def cut_off(request: Any) -> AWSResponse:
    """Close the connection before the request arrived."""
    raise ConnectionClosedError(endpoint_url=request.url)


def unreachable(request: Any) -> AWSResponse:
    """Find nobody at the address."""
    raise EndpointConnectionError(endpoint_url=request.url, error="refused by the test")


def silent(request: Any) -> AWSResponse:
    """Never answer; nothing was done."""
    raise ReadTimeoutError(endpoint_url=request.url)


def lost(request: Any) -> AWSResponse:
    """Do it, and close the connection before the answer."""
    _deliver(request)
    raise ConnectionClosedError(endpoint_url=request.url)


def too_late(request: Any) -> AWSResponse:
    """Do it, and answer when nobody waits any more."""
    _deliver(request)
    raise ReadTimeoutError(endpoint_url=request.url)


def _deliver(request: Any) -> None:
    session = URLLib3Session()
    try:
        session.send(request)
    finally:
        session.close()


class _Raw(io.BytesIO):
    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def _response(request: Any, status: int, body: Any) -> AWSResponse:
    headers = HeadersDict({"Content-Type": "application/x-amz-json-1.0"})
    return AWSResponse(request.url, status, headers, _Raw(json.dumps(body).encode()))
