"""Installations: ask for one, look one up (docs/contract/licensing-push-installations.md B). Both are anonymous."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sosie.services import installations
from sosie.wire.http import Answer, Param, Route

if TYPE_CHECKING:
    from sosie.domain.installations import Installation
    from sosie.wire.http import Call


def _request_model() -> type[Any]:
    from sosie.wire.models import InstallationRequest

    return InstallationRequest


def request_installation(call: Call) -> Answer:
    """B.1: each call makes a new installation; the key is given out here only."""
    installation = installations.request_installation(call.uow, call.model.email)
    return Answer(body=to_wire(installation, key=installation.key))


def read_installation(call: Call) -> Answer:
    """B.2: a disabled one is answered like any other."""
    return Answer(body=to_wire(installations.read_installation(call.uow, call.params["id"]), key=None))


def to_wire(installation: Installation, key: str | None) -> dict[str, Any]:
    """Return the answer's object."""
    return {"id": installation.id, "key": key, "enabled": installation.enabled, "object": "installation"}


ROUTES = (
    Route("POST", "/installations", request_installation, model=_request_model),
    Route("GET", "/installations/{id}", read_installation, params={"id": Param.GUID}),
)
