"""What stands before the functions: httpx's requests become an HTTP API's events (payload 2.0), answers the reverse."""

from __future__ import annotations

import base64
import itertools
import re
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.runtime.emulator import Function

ADDRESS = "https://sosie.test"
TEXTS = re.compile(r"(text/.*|application/(json|javascript|xml))(;.*)?", re.IGNORECASE)
"""What an HTTP API passes as it is; other bodies, forms among them, come in base64."""
ROUTES = re.compile(r"/(?:_sosie|(?:w/[^/]+/)?(?:us|eu)/(?P<service>identity|api|push))/.+")
_REQUESTS = itertools.count(1)


class NoAnswerError(httpx.TransportError):
    """The function gave none. An HTTP API makes a 500 of it, `{"message":"Internal Server Error"}`."""


class Gateway(httpx.BaseTransport):
    """Leads each request to its function, by the routes of the template."""

    def __init__(self, function: Callable[[str], Function]) -> None:
        self._function = function

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        route = ROUTES.fullmatch(request.url.path)
        if route is None:
            return httpx.Response(404, json={"message": "Not Found"})
        invocation = self._function(route["service"] or "control").invoke(event_of(request))
        if invocation.error is not None:
            raise NoAnswerError(invocation.error)
        return _response(invocation.answer)


def event_of(request: httpx.Request) -> dict[str, Any]:
    """Return a request as the event of an HTTP API."""
    body = request.read()
    is_text = TEXTS.fullmatch(request.headers.get("content-type", "")) is not None
    headers = {name.lower(): value for name, value in request.headers.items()}
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": request.url.path,
        "rawQueryString": request.url.query.decode(),
        "headers": headers | {"x-forwarded-proto": "https", "x-forwarded-for": "192.0.2.1"},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "sosie",
            "domainName": request.url.host,
            "http": {
                "method": request.method,
                "path": request.url.path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": f"request-{next(_REQUESTS):06d}",
            "stage": "$default",
            "timeEpoch": 1772600767000,
        },
        "body": body.decode() if is_text else base64.b64encode(body).decode(),
        "isBase64Encoded": not is_text,
    }


def _response(answer: dict[str, Any]) -> httpx.Response:
    body = answer.get("body") or ""
    content = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
    return httpx.Response(answer["statusCode"], headers=answer.get("headers"), content=content)
