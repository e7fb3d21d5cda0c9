"""Liveness and version (docs/contract/identity.md §10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosie.domain.dates import wire_date
from sosie.wire.http import Answer, Route

if TYPE_CHECKING:
    from sosie.wire.http import Call

SERVER_VERSION = "2026.8.0"


def alive(call: Call) -> Answer:
    """The current time of the world, as a JSON string."""
    return Answer(body=wire_date(call.uow.now))


def version(call: Call) -> Answer:
    """The version of the server whose contract is simulated, a bare string."""
    del call
    return Answer(body=SERVER_VERSION)


def health(call: Call) -> Answer:
    """The API host alone has it."""
    del call
    return Answer(body=b"Healthy", headers={"Content-Type": "text/plain"})


ROUTES = (
    Route("GET", "/alive", alive),
    Route("GET", "/now", alive),
    Route("GET", "/version", version),
    Route("GET", "/healthz", health),
)
