"""A connection that sends bytes the way it is told to, and reads an answer without any HTTP library's kindness."""

from __future__ import annotations

import json
import select
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from tests.replays.captures import Request

PATIENCE_SECONDS = 30

Pattern = Callable[["Request"], Iterator[bytes]]


def whole(request: Request) -> Iterator[bytes]:
    yield request.head + request.body


def byte_by_byte(request: Request) -> Iterator[bytes]:
    for byte in request.head + request.body:
        yield bytes([byte])


def in_parts(request: Request) -> Iterator[bytes]:
    """The head, then the body's pieces one after the other; a request without a body in the middle of its head."""
    if request.pieces:
        yield request.head
        yield from request.pieces
    else:
        half = len(request.head) // 2
        yield request.head[:half]
        yield request.head[half:]


PATTERNS: dict[str, Pattern] = {"whole": whole, "byte by byte": byte_by_byte, "in parts": in_parts}


class FramingError(Exception):
    """What arrived is no HTTP/1.1 answer."""


@dataclass(frozen=True)
class Answer:
    """One answer. Headers are as they arrived; the body is without its framing."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def all(self, name: str) -> list[str]:
        return [value for each, value in self.headers if each.lower() == name]

    def one(self, name: str) -> str:
        (value,) = self.all(name)
        return value

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Connection:
    """One TCP connection to a port of this machine."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def exchange(self, request: Request, pattern: Pattern = whole) -> Answer:
        for data in pattern(request):
            self.send(data)
        return self.receive()

    @property
    def is_silent(self) -> bool:
        """Whether nothing has arrived that no answer accounts for."""
        return not self._received and not select.select([self._socket], [], [], 0)[0]

    @property
    def is_closed(self) -> bool:
        """Whether the other side ends the connection; waits for it."""
        return not self._received and not self._socket.recv(1)

    def receive(self) -> Answer:
        """Return the next answer. Raises FramingError for anything that is not framed as RFC 9112 wants it."""
        protocol, status, reason = self._line().split(" ", 2)
        if protocol != "HTTP/1.1" or not status.isdigit():
            raise FramingError(f"{protocol} {status}")
        headers = []
        while line := self._line():
            name, colon, value = line.partition(":")
            if not colon or name != name.strip():
                raise FramingError(line)
            headers.append((name, value.strip()))
        return Answer(int(status), reason, tuple(headers), self._body(int(status), headers))

    def _body(self, status: int, headers: list[tuple[str, str]]) -> bytes:
        lengths = [value for name, value in headers if name.lower() == "content-length"]
        codings = [value for name, value in headers if name.lower() == "transfer-encoding"]
        without_body = status < 200 or status in (204, 304)
        if (lengths, codings) == ([], []) and without_body:
            return b""
        if codings == ["chunked"] and not lengths and not without_body:
            return b"".join(iter(self._chunk, b""))
        if len(lengths) == 1 and lengths[0].isdigit() and not codings and not without_body:
            return self._exactly(int(lengths[0]))
        raise FramingError(f"{status} with lengths {lengths} and codings {codings}")

    def _chunk(self) -> bytes:
        data = self._exactly(int(self._line().partition(";")[0], 16))
        if data and self._line() != "":
            raise FramingError("a chunk is longer than it says")
        while not data and self._line():
            pass  # trailers
        return data

    def _line(self) -> str:
        while b"\r\n" not in self._received:
            self._more()
        line, _, self._received = self._received.partition(b"\r\n")
        return line.decode("ascii")

    def _exactly(self, size: int) -> bytes:
        while len(self._received) < size:
            self._more()
        data, self._received = self._received[:size], self._received[size:]
        return data

    def _more(self) -> None:
        data = self._socket.recv(65536)
        if not data:
            raise FramingError(f"the connection ended after {self._received!r}")
        self._received += data
