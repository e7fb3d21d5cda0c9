"""The .NET side of a self-hosted server, byte by byte: contract/clients.md §2 to §4.

Written on `http.client`, because a friendlier library would add a User-Agent, a Content-Length or a missing slash,
and those differences are what this client is here to show.
"""

import http.client
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.journeys.support.jwt import decode
from tests.journeys.support.region import Installation

TIMEOUT_SECONDS = 100
BACK_OFF_SECONDS = 24 * 3600
LATE_SECONDS = 5 * 60
CHUNK = 16 * 1024


@dataclass(frozen=True)
class Answer:
    status_code: int
    headers: http.client.HTTPMessage
    content: bytes

    def json(self) -> Any:
        return json.loads(self.content)


class NoTokenError(Exception):
    """The identity service refused, or this instance is silent for 24 hours because it did."""

    def __init__(self, answer: Answer | None):
        super().__init__("in back-off" if answer is None else f"{answer.status_code} {answer.content!r}")
        self.answer = answer


def uri_text(configured: str) -> str:
    """What `Uri` prints for a configured base; the request path is glued to it as it is."""
    parts = urlsplit(configured.strip())
    default_port = {"http": 80, "https": 443}[parts.scheme]
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = "" if parts.port in (None, default_port) else f":{parts.port}"
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{host}{port}{parts.path or '/'}{query}"


class Wire:
    """Connections of one process: HTTP/1.1, kept alive per host, every byte of the head chosen here."""

    def __init__(self) -> None:
        self._connections: dict[tuple[str, str], http.client.HTTPConnection] = {}

    def request(self, method: str, url: str, headers: dict[str, str], parts: list[bytes]) -> Answer:
        """`parts` are sent as they are; chunking has been done before."""
        target = urlsplit(url)
        where = (target.scheme, target.netloc)
        path = target.path + (f"?{target.query}" if target.query else "")
        reused = where in self._connections
        try:
            return self._exchange(where, method, path, headers, parts)
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            # SocketsHttpHandler too tries once more when a pooled connection turns out to be gone.
            self._connections.pop(where).close()
            if not reused:
                raise
            return self._exchange(where, method, path, headers, parts)

    def _exchange(
        self, where: tuple[str, str], method: str, path: str, headers: dict[str, str], parts: list[bytes]
    ) -> Answer:
        kind = http.client.HTTPSConnection if where[0] == "https" else http.client.HTTPConnection
        connection = self._connections.setdefault(where, kind(where[1], timeout=TIMEOUT_SECONDS))
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in {"Host": where[1], **headers}.items():
            connection.putheader(name, value)
        connection.endheaders()
        for part in parts:
            connection.send(part)
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())

    def close(self) -> None:
        for connection in self._connections.values():
            connection.close()
        self._connections.clear()


def json_content(payload: Any) -> bytes:
    """System.Text.Json: no blanks, ASCII only, and a plus sign escaped."""
    return json.dumps(payload, separators=(",", ":")).replace("+", "\\u002B").encode("ascii")


def chunked(body: bytes) -> list[bytes]:
    pieces = [body[start : start + CHUNK] for start in range(0, len(body), CHUNK)]
    return [b"%X\r\n%b\r\n" % (len(piece), piece) for piece in pieces] + [b"0\r\n\r\n"]


class IdentityClient:
    """BaseIdentityClientService: one instance, one scope, one token, one back-off."""

    def __init__(
        self,
        wire: Wire,
        identity_uri: str,
        api_uri: str,
        installation: Installation,
        scope: str,
        now: Callable[[], float] = time.time,
    ):
        self._wire = wire
        self._identity = uri_text(identity_uri)
        self._api = uri_text(api_uri)
        self._installation = installation
        self._scope = scope
        self._now = now
        self._silent_until = 0.0
        self._token: str | None = None
        self._decoded: dict[str, Any] | None = None
        self.token_requests = 0
        self.calls = 0

    def ask_for_token(self) -> Answer:
        """POST connect/token as it stands in clients.md §3, field order included."""
        fields = {
            "grant_type": "client_credentials",
            "scope": self._scope,
            "client_id": f"installation.{self._installation.id}",
            "client_secret": self._installation.key,
        }
        body = urlencode(fields).encode()
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
            "Content-Length": str(len(body)),
        }
        self.token_requests += 1
        return self._wire.request("POST", f"{self._identity}connect/token", headers, [body])

    def send(self, method: str, path: str, payload: Any) -> Answer:
        """An API call: the body is chunked and never has a length, on GET and PUT as on POST."""
        token = self._usable_token()
        headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/json",
            "Transfer-Encoding": "chunked",
            "Content-Type": "application/json; charset=utf-8",
        }
        self.calls += 1
        return self._wire.request(method, f"{self._api}{path}", headers, chunked(json_content(payload)))

    def _usable_token(self) -> str:
        if self._now() < self._silent_until:
            raise NoTokenError(None)
        if self._token is not None and not self._needs_refresh():
            return self._token
        answer = self.ask_for_token()
        if answer.status_code == 400:
            self._silent_until = self._now() + BACK_OFF_SECONDS
        if answer.status_code != 200:
            raise NoTokenError(answer)
        self._token = answer.json()["access_token"]
        return self._token

    def _needs_refresh(self) -> bool:
        # The decoded payload is kept when a new token arrives: the real client does so too.
        if self._decoded is None:
            self._decoded = decode(self._token or "").claims
        return self._now() - LATE_SECONDS > int(self._decoded["exp"])
