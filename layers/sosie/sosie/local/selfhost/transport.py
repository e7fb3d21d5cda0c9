"""HTTP/1.1 as a self-hosted server writes it, header by header and chunk by chunk (docs/contract/clients.md §2, §3).

On `http.client` of the standard library, because here the framing is the point: a friendlier client adds a
User-Agent and an Accept-Encoding, gives every body a Content-Length, and has its own mind about a GET with a body.
"""

from __future__ import annotations

import http.client
import json
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sosie.domain.errors import SosieError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

TIMEOUT_SECONDS = 100.0
"""The framework's default."""
_CHUNK_BYTES = 16 * 1024
_DEFAULT_PORTS = {"http": 80, "https": 443}


class WireFailedError(SosieError):
    """No answer: refused, no such name, TLS, a timeout, or something that is no HTTP."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, and which request it is for. Header names are lower case."""

    method: str
    url: str
    status: int
    phrase: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Any:
        """Return the body's JSON, or None for anything else."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def document(self) -> dict[str, Any]:
        """Return the body's JSON object, or an empty one for anything else."""
        found = self.json()
        return found if isinstance(found, dict) else {}


class Transport:
    """The connections of one process, kept alive per host. `cacert` is a PEM file to trust instead of the system.

    `trust` says the same with a context of one's own; `timeout` is in seconds.
    """

    def __init__(
        self, cacert: Path | None = None, *, trust: ssl.SSLContext | None = None, timeout: float = TIMEOUT_SECONDS
    ) -> None:
        self._cacert = cacert
        self._trust = trust
        self._timeout = timeout
        self._connections: dict[tuple[str, str], http.client.HTTPConnection] = {}

    def send(self, method: str, url: str, headers: Sequence[tuple[str, str]], pieces: Sequence[bytes] = ()) -> Reply:
        """Send exactly these header lines after `Host`, and these bytes after the head. Raises WireFailedError."""
        target = urlsplit(url)
        path = target.path + (f"?{target.query}" if target.query else "")
        try:
            connection = self._connection(target.scheme, target.netloc)
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in (("Host", target.netloc), *headers):
                connection.putheader(name, value)
            connection.endheaders()
            for piece in pieces:
                connection.send(piece)
            response = connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException) as error:
            broken = self._connections.pop((target.scheme, target.netloc), None)
            if broken is not None:
                broken.close()
            raise WireFailedError(f"{method} {url}: {_reason(error)}") from error
        received = {name.lower(): value for name, value in response.getheaders()}
        return Reply(method, url, response.status, response.reason, received, body)

    def close(self) -> None:
        """Close the connections."""
        for connection in self._connections.values():
            connection.close()
        self._connections.clear()

    def _connection(self, scheme: str, netloc: str) -> http.client.HTTPConnection:
        where = (scheme, netloc)
        if where not in self._connections:
            if scheme == "https":
                trust = self._trust or ssl.create_default_context(cafile=self._cacert)
                made: http.client.HTTPConnection = http.client.HTTPSConnection(
                    netloc, timeout=self._timeout, context=trust
                )
            else:
                made = http.client.HTTPConnection(netloc, timeout=self._timeout)
            self._connections[where] = made
        return self._connections[where]


def uri_text(configured: str) -> str:
    """Return a configured base URI as .NET prints it: request paths are glued to this text as it is (§2).

    The host in lower case, no default port, and a slash where there is no path at all, but none after a path.
    """
    parts = urlsplit(configured.strip())
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    port = "" if parts.port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f":{parts.port}"
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{host}{port}{parts.path or '/'}{query}"


def json_body(payload: Any) -> bytes:
    """Return a document without blanks, in ASCII."""
    return json.dumps(payload, separators=(",", ":")).encode("ascii")


def chunked(body: bytes) -> list[bytes]:
    """Return a body framed in chunks, as a sender does that never reports a length."""
    pieces = [body[start : start + _CHUNK_BYTES] for start in range(0, len(body), _CHUNK_BYTES)]
    return [b"%X\r\n%b\r\n" % (len(piece), piece) for piece in pieces] + [b"0\r\n\r\n"]


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    return str(error) or type(error).__name__
