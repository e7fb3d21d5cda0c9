"""Requests and answers of the wire. httpx for the usual ones, a bare socket where framing or bytes are the point."""

from __future__ import annotations

import http.client
import json as json_module
import socket
import ssl
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlencode, urlsplit

import httpx

from sosie.conformance.expect import DeviationError

if TYPE_CHECKING:
    from pathlib import Path

TIMEOUT_SECONDS = 30.0
JSON = "application/json; charset=utf-8"
FORM = "application/x-www-form-urlencoded"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class _Nothing:
    """Stands for no body at all: JSON's null is one."""


NOTHING: Final = _Nothing()


class NoAnswerError(Exception):
    """Nobody answers there, or nothing that is HTTP."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `request` is method and URL for messages; header names are lower case."""

    request: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON. Raises DeviationError."""
        try:
            return json_module.loads(self.body)
        except ValueError:
            raise DeviationError(f"{self.request}: expected JSON, saw {self.status} {self.body[:200]!r}") from None


class Wire:
    """The connections of one run. `cacert` is a PEM file with the only authority to trust."""

    def __init__(self, url: str, cacert: Path | None = None) -> None:
        self._tls: ssl.SSLContext | None = None
        if url.startswith("https:"):
            self._tls = ssl.create_default_context(cafile=cacert)
        # A proxy of the environment cannot reach this machine's own loopback.
        trust_env = urlsplit(url).hostname not in _LOOPBACK
        self._http = httpx.Client(verify=self._tls or False, timeout=TIMEOUT_SECONDS, trust_env=trust_env)
        self._http.headers["user-agent"] = "sosie-conformance"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the connections."""
        self._http.close()

    def send(
        self,
        method: str,
        url: str,
        *,
        json: Any = NOTHING,
        form: Mapping[str, str] | None = None,
        content: bytes | Iterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
        token: str | None = None,
    ) -> Answer:
        """Send a request with one body: JSON, a form, or content, which goes in chunks unless it is bytes.

        Raises NoAnswerError.
        """
        given = dict(headers or {})
        if token is not None:
            given.setdefault("Authorization", f"Bearer {token}")
        if not isinstance(json, _Nothing):
            content = json_module.dumps(json).encode()
            given.setdefault("Content-Type", JSON)
        elif form is not None:
            content = urlencode(form).encode()
            given.setdefault("Content-Type", FORM)
        try:
            found = self._http.request(method, url, content=content, headers=given)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise NoAnswerError(f"{method} {url}: {str(error) or type(error).__name__}") from error
        return Answer(f"{method} {url}", found.status_code, dict(found.headers), found.content)

    def exchange(self, url: str, *requests: RawRequest) -> list[Answer]:
        """Send requests one after the other on one connection, byte by byte as they stand. Raises NoAnswerError."""
        try:
            with self._connect(url) as connection:
                return [_exchange(connection, url, request) for request in requests]
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswerError(f"{requests[0].method} {url}: {str(error) or type(error).__name__}") from error

    def _connect(self, url: str) -> socket.socket:
        target = urlsplit(url)
        port = target.port or (443 if target.scheme == "https" else 80)
        plain = socket.create_connection((target.hostname or "", port), timeout=TIMEOUT_SECONDS)
        if self._tls is None:
            return plain
        return self._tls.wrap_socket(plain, server_hostname=target.hostname)


@dataclass(frozen=True, slots=True)
class RawRequest:
    """One request as bytes. `path` is added to the path of the service's URL; `pieces` follow the head."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    pieces: tuple[bytes, ...] = ()


def _exchange(connection: socket.socket, url: str, request: RawRequest) -> Answer:
    target = urlsplit(url)
    lines = [f"{request.method} {target.path}{request.path} HTTP/1.1", f"Host: {target.netloc}"]
    lines += [f"{name}: {value}" for name, value in request.headers]
    connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))
    for piece in request.pieces:
        connection.sendall(piece)
    response = http.client.HTTPResponse(connection, method=request.method)
    response.begin()
    body = response.read()
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Answer(f"{request.method} {url}{request.path}", response.status, headers, body)


def chunked(body: bytes, size: int = 16 * 1024) -> tuple[bytes, ...]:
    """Return a body framed in chunks, as a sender does that never reports a length."""
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return (*(b"%X\r\n%b\r\n" % (len(piece), piece) for piece in pieces), b"0\r\n\r\n")


def in_pieces(body: bytes) -> Iterator[bytes]:
    """Return a body whose length is not known beforehand, so that httpx sends it in chunks."""
    yield body
