"""The embedded server's application: each HTTP request becomes an API Gateway payload 2.0 event and back.

The path keeps its doubled slashes and is percent-decoded once (docs/decisions/0018), a body is read on any method and
framed in any way, and bytes that are no UTF-8 travel as base64, as API Gateway does it.
"""

from __future__ import annotations

import asyncio
import base64
import math
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sosie import __version__
from sosie.domain.hosts import hosts_below
from sosie.wire.address import HOSTS, resolve_address
from sosie.wire.http import decoded_path
from sosie.wiring import ASK_AGAIN_AFTER

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, MutableMapping

    from sosie.wiring import Sosie

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

BODY_LIMIT = 6 * 1024 * 1024
"""Bytes of a request body: what a Lambda function can be given."""
PATIENCE = 64 * 1024 * 1024
"""Bytes of a body that are read to the end although they are too many."""

_TEXT = (
    "text/",
    "application/json",
    "application/x-www-form-urlencoded",
    "application/javascript",
    "application/xml",
)


class Application:
    """An ASGI application for one assembled Sosie. `prefixes` maps a local port to the prefix it stands for."""

    def __init__(self, sosie: Sosie, *, prefixes: Mapping[int, str] | None = None, loopback: bool = True) -> None:
        self._sosie = sosie
        self._prefixes = dict(prefixes or {})
        self._loopback = loopback
        self._closing = False

    def close(self) -> None:
        """Let nobody wait any longer: streams end, and who waits is answered. For a server that stops."""
        self._closing = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's scope."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        body = await _read_body(receive)
        if body is None:
            await _send(scope, send, _TOO_LARGE)
            return
        event = self._event(scope, body)
        response = self._handle(event)
        if response.get("pending"):
            response = await self._settled(event, response, receive)
        if delay := response.get("delay"):
            await asyncio.sleep(delay)
        if "resume" in response:
            await self._stream(event, response, receive, send)
            return
        if "wire" in response:
            await _misbehave(scope, receive, send, response)
            return
        await _send(scope, send, response)

    async def _settled(self, event: dict[str, Any], response: dict[str, Any], receive: Receive) -> dict[str, Any]:
        """Ask again until what the caller waits for has happened, or nobody waits any more."""
        from sosie.control.http import asked_again

        gone, started = asyncio.ensure_future(receive()), time.monotonic()
        try:
            while response.get("pending"):
                await asyncio.wait([gone], timeout=ASK_AGAIN_AFTER)
                over = gone.done() or self._closing
                waited = math.inf if over else time.monotonic() - started
                response = self._handle(asked_again(event, waited=waited, resume=response["resume"]))
        finally:
            gone.cancel()
        return response

    async def _stream(self, event: dict[str, Any], first: dict[str, Any], receive: Receive, send: Send) -> None:
        """Send the pieces of a stream as they come, until nobody listens any more."""
        from sosie.control.http import asked_again

        await send({"type": "http.response.start", "status": first["statusCode"], "headers": _headers(first)})
        gone, piece = asyncio.ensure_future(receive()), first
        try:
            while not gone.done() and not self._closing and "resume" in piece:
                data = (piece.get("body") or "").encode()
                if data:
                    await send({"type": "http.response.body", "body": data, "more_body": True})
                await asyncio.wait([gone], timeout=ASK_AGAIN_AFTER)
                piece = self._handle(asked_again(event, resume=piece["resume"]))
        finally:
            gone.cancel()
        await send({"type": "http.response.body", "body": b""})

    def _event(self, scope: Scope, body: bytes) -> dict[str, Any]:
        prefix = self._prefix(scope)
        event = _event(scope, body, prefix)
        if prefix:
            event["requestContext"]["roots"] = self._roots(scope["scheme"], event["headers"].get("host", ""))
        return event

    def _roots(self, scheme: str, host: str) -> dict[str, str]:
        """Return the URL of each service's own port, for the host name the client uses."""
        name = urlsplit(f"//{host}").hostname or "localhost"
        shown = f"[{name}]" if ":" in name else name
        return {prefix[1:]: f"{scheme}://{shown}:{port}" for port, prefix in self._prefixes.items()}

    def _prefix(self, scope: Scope) -> str:
        server = scope.get("server")
        return self._prefixes.get(server[1], "") if server and self._prefixes else ""

    def _handle(self, event: dict[str, Any]) -> dict[str, Any]:
        path = event["rawPath"]
        if path.startswith("/_sosie"):
            return self._sosie.control.handle(event, None, trusted=self._loopback)
        if path == "/" and not self._is_service(event["requestContext"]["domainName"]):
            return self._sosie.control.front_page(event)
        return self._sosie.gate.handle(event)

    def _is_service(self, host: str) -> bool:
        return resolve_address("/", host, HOSTS | hosts_below(self._sosie.settings.domain)) is not None


_TOO_LARGE: dict[str, Any] = {
    "statusCode": 413,
    "headers": {"x-sosie": __version__, "Content-Type": "text/plain; charset=utf-8", "Connection": "close"},
    "body": f"The request body is larger than {BODY_LIMIT} bytes, the most a Lambda function is given.\n",
}


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _read_body(receive: Receive) -> bytes | None:
    """Return the whole body, however it is framed; None if it is over the limit.

    Too large a body is read to its end, and forgotten: most clients look for an answer only after they have sent
    everything, and would see a broken connection instead.
    """
    body, size = bytearray(), 0
    while True:
        message = await receive()
        if message["type"] != "http.disconnect":
            size += len(message.get("body", b""))
            if size <= BODY_LIMIT:
                body += message.get("body", b"")
            if message.get("more_body", False) and size <= PATIENCE:
                continue
        return bytes(body) if size <= BODY_LIMIT else None


def _event(scope: Scope, body: bytes, prefix: str) -> dict[str, Any]:
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1"), value.decode("latin-1")
        headers[key] = f"{headers[key]},{text}" if key in headers else text
    raw_path = prefix + decoded_path((scope.get("raw_path") or scope["path"].encode()).decode("latin-1"))
    client = scope.get("client") or ("", 0)
    method = scope["method"]
    is_text = headers.get("content-type", "").lower().startswith(_TEXT)
    text = _as_text(body) if is_text else None
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": raw_path,
        "rawQueryString": scope["query_string"].decode("latin-1"),
        "headers": headers,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "embedded",
            "domainName": headers.get("host", ""),
            # A header would stand in the journal as if the client had sent it.
            "scheme": scope["scheme"],
            "http": {
                "method": method,
                "path": raw_path,
                "protocol": f"HTTP/{scope['http_version']}",
                "sourceIp": client[0],
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": "",
            "routeKey": "$default",
            "stage": "$default",
        },
        "isBase64Encoded": bool(body) and text is None,
    }
    if body:
        event["body"] = base64.b64encode(body).decode() if text is None else text
    return event


def _as_text(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None


async def _misbehave(scope: Scope, receive: Receive, send: Send, response: Mapping[str, Any]) -> None:
    from sosie.local.broken_wire import Wire  # late: only faults need it

    wire = Wire(scope, receive, send, response["statusCode"], _headers(response), _data(response))
    await wire.misbehave(response["wire"])


async def _send(scope: Scope, send: Send, response: Mapping[str, Any]) -> None:
    data, status = _data(response), response["statusCode"]
    headers = _headers(response)
    if status not in (204, 304):
        headers.append((b"content-length", str(len(data)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else data})


def _data(response: Mapping[str, Any]) -> bytes:
    body = response.get("body") or ""
    return base64.b64decode(body) if response.get("isBase64Encoded") else body.encode()


def _headers(response: Mapping[str, Any]) -> list[tuple[bytes, bytes]]:
    return [
        (name.lower().encode("latin-1"), str(value).encode("latin-1", "replace"))
        for name, value in (response.get("headers") or {}).items()
    ]
