"""uvicorn's protocol, whose requests bring the transport of their connection along, for faults that break it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping

_EXTENSION = "sosie"


class Protocol(HttpToolsProtocol):
    """HTTP/1.1 by httptools; an extension of each scope holds the transport."""

    def on_message_begin(self) -> None:
        """Begin a request's scope."""
        super().on_message_begin()
        self.scope["extensions"] = {_EXTENSION: {"transport": self.transport}}


def transport_of(scope: Mapping[str, Any]) -> asyncio.Transport:
    """Return the transport of a request's connection. Raises LookupError under a server other than Sosie's own."""
    transport: asyncio.Transport = scope["extensions"][_EXTENSION]["transport"]
    return transport
