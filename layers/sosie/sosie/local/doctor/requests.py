"""Requests shaped as the configured client's own (docs/contract/clients.md §2, §3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from sosie.local.selfhost.transport import chunked, json_body, uri_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sosie.local.doctor.keys import Client, Role
    from sosie.local.selfhost.transport import Reply, Transport

Headers = tuple[tuple[str, str], ...]
_JSON_NET = "application/json; charset=utf-8"


class Asker:
    """Sends what one client sends. Each method raises WireFailedError if there is no answer."""

    def __init__(self, client: Client, transport: Transport) -> None:
        self._net = client == "bitwarden"
        self._transport = transport

    def url(self, role: Role, base: str, route: str) -> str:
        """Return the URL the client makes of a base URI and a route: glued by .NET, with a slash between by others."""
        return f"{uri_text(base)}{route}" if self._net and role != "installer" else f"{base}/{route}"

    def token(self, base: str, installation_id: str, key: str, scope: str) -> Reply:
        """Ask for a token."""
        body = urlencode(
            {
                "grant_type": "client_credentials",
                "scope": scope,
                "client_id": f"installation.{installation_id}",
                "client_secret": key,
            }
        ).encode("utf-8", "replace")
        headers = (
            *self._who(),
            ("Accept", "application/json" if self._net else "*/*"),
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Content-Length", str(len(body))),
        )
        return self._transport.send("POST", self.url("identity", base, "connect/token"), headers, [body])

    def call(self, method: str, role: Role, base: str, route: str, payload: Any, token: str | None) -> Reply:
        """Call the API with a JSON body: chunked as .NET does, with its length as vaultwarden does."""
        url = self.url(role, base, route)
        body = json_body(payload)
        authorization: Headers = () if token is None else (("Authorization", f"Bearer {token}"),)
        framing: Headers
        pieces: Sequence[bytes]
        if self._net:
            framing = (("Transfer-Encoding", "chunked"), ("Content-Type", _JSON_NET))
            pieces = chunked(body)
        else:
            framing = (("Content-Type", "application/json"), ("Content-Length", str(len(body))))
            pieces = [body]
        headers = (*self._who(), *authorization, ("Accept", "application/json"), *framing)
        return self._transport.send(method, url, headers, pieces)

    def look_up(self, role: Role, base: str, installation_id: str) -> Reply:
        """Look an installation up as the installer does: a GET without any header."""
        return self._transport.send("GET", self.url(role, base, f"installations/{installation_id}"), ())

    def _who(self) -> Headers:
        # vaultwarden would also accept compressed answers, which the transport does not read.
        return () if self._net else (("User-Agent", "Vaultwarden"),)
