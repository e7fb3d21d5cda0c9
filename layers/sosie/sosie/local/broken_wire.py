"""What a fault does to a connection, carried out by the embedded server: cut short, drip, reset.

uvicorn ends a connection only with an error in its log when an answer stays incomplete. So the transport of the
connection comes along in the scope (`local/protocol.py`), is closed here, and uvicorn told of it as of any client that
hung up.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from typing import TYPE_CHECKING, Any

from sosie.local.protocol import transport_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sosie.local.asgi import Receive, Scope, Send

ARRIVAL_SECONDS = 0.05
"""How long what was sent has to arrive: a reset may overtake what lies unread at the other end."""
_FAREWELL_SECONDS = 1.0


class Wire:
    """One connection, and the answer that goes wrong on it. `headers` are without a Content-Length."""

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, status: int, headers: list[tuple[bytes, bytes]], data: bytes
    ) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._status = status
        self._headers = headers
        self._data = b"" if scope["method"] == "HEAD" else data

    async def misbehave(self, effect: Mapping[str, Any]) -> None:
        """Send the answer as the effect wants it."""
        match effect:
            case {"kind": "truncated-body", "bytes": size}:
                await self._cut_short(len(self._data) // 2 if size is None else size)
                await self._close()
            case {"kind": "slow-body", "pieceBytes": size, "pauseMilliseconds": pause}:
                await self._drip(size, pause / 1000)
            case {"kind": "connection-reset", "when": "in-body"}:
                await self._cut_short(len(self._data) // 2)
                await asyncio.sleep(ARRIVAL_SECONDS)
                await self._reset()
            case _:
                await self._reset()

    async def _cut_short(self, size: int) -> None:
        """Send so many bytes of the body, and promise at least one more."""
        sent = self._data[:size]
        await self._start(max(len(self._data), len(sent) + 1))
        await self._send({"type": "http.response.body", "body": sent, "more_body": True})

    async def _drip(self, size: int, pause: float) -> None:
        """Send the body piece by piece, for as long as somebody reads it."""
        await self._start(len(self._data))
        gone = asyncio.ensure_future(self._receive())
        try:
            for at in range(0, len(self._data), size):
                await asyncio.wait([gone], timeout=pause)
                if gone.done():
                    return
                piece = self._data[at : at + size]
                await self._send({"type": "http.response.body", "body": piece, "more_body": True})
        finally:
            gone.cancel()
        await self._send({"type": "http.response.body", "body": b""})

    async def _start(self, length: int) -> None:
        headers = [*self._headers, (b"content-length", str(length).encode())]
        await self._send({"type": "http.response.start", "status": self._status, "headers": headers})

    async def _close(self) -> None:
        transport_of(self._scope).close()  # what was written is sent first
        await self._until_gone()

    async def _reset(self) -> None:
        transport = transport_of(self._scope)
        connection = transport.get_extra_info("socket")
        if connection is not None:
            # Not to linger makes closing a reset: the peer sees an error instead of an end.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
        await self._until_gone()

    async def _until_gone(self) -> None:
        # uvicorn would log an answer that ends before it knows that nobody waits for it.
        with contextlib.suppress(asyncio.TimeoutError):
            async with asyncio.timeout(_FAREWELL_SECONDS):
                while (await self._receive())["type"] != "http.disconnect":
                    pass
