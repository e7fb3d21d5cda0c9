"""What stands before a Sosie and deviates: it passes requests on and changes them, or answers on their way back."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Passing:
    """One answer on its way back, and the request it is for. Header names are lower case."""

    method: str
    path: str
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def with_json(self, change: Callable[[Any], Any]) -> Passing:
        """Return the answer with another JSON body; as it is if there is none."""
        if not self.body.startswith((b"{", b"[")):
            return self
        return replace(self, body=json.dumps(change(json.loads(self.body))).encode())

    def with_header(self, name: str, value: str | None) -> Passing:
        kept = {known: text for known, text in self.headers.items() if known != name}
        return replace(self, headers=kept if value is None else kept | {name: value})


@dataclass(frozen=True)
class Sending:
    """One request on its way in; names of headers as the client wrote them, the path as it was sent."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def header(self, name: str) -> str | None:
        return next((value for known, value in self.headers.items() if known.lower() == name), None)

    def with_header(self, name: str, value: str | None) -> Sending:
        kept = {known: text for known, text in self.headers.items() if known.lower() != name}
        return replace(self, headers=kept if value is None else kept | {name: value})


PassOn = Callable[[Sending], Passing]
Meddle = Callable[[Sending, PassOn], Passing]
Alter = Callable[[Passing], Passing]


class Gateway:
    """Listens on loopback; `url` is its address. `meddle` gets each request, and what passes one on."""

    def __init__(self, upstream: str, meddle: Meddle) -> None:
        netloc = urlsplit(upstream).netloc

        class Handler(_Handler):
            def answer(self, body: bytes) -> Passing:
                sent = Sending(self.command, self.path, dict(self.headers.items()), body)
                return meddle(sent, lambda request: _ask(netloc, request))

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class AlteringProxy(Gateway):
    """A gateway that changes answers alone."""

    def __init__(self, upstream: str, alter: Alter) -> None:
        super().__init__(upstream, lambda sent, pass_on: alter(pass_on(sent)))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet

    def answer(self, body: bytes) -> Passing:
        raise NotImplementedError

    def serve(self) -> None:
        found = self.answer(self._read())
        self.send_response_only(found.status)
        for name, value in found.headers.items():
            if name != "content-length":
                self.send_header(name, value)
        if found.status != 204:
            self.send_header("content-length", str(len(found.body)))
        self.end_headers()
        self.wfile.write(found.body)

    def __getattr__(self, name: str) -> Any:
        # The standard library looks for do_GET, do_POST and so on.
        if name.startswith("do_"):
            return self.serve
        raise AttributeError(name)

    def log_message(self, *_: object) -> None:
        return

    def _read(self) -> bytes:
        if self.headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("content-length", 0)))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body


def _ask(netloc: str, sent: Sending) -> Passing:
    framing = ("transfer-encoding", "content-length")
    kept = {name: value for name, value in sent.headers.items() if name.lower() not in framing}
    connection = http.client.HTTPConnection(netloc, timeout=30)
    try:
        connection.request(sent.method, sent.path, sent.body or None, kept)
        response = connection.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Passing(sent.method, sent.path, response.status, headers, response.read())
    finally:
        connection.close()
