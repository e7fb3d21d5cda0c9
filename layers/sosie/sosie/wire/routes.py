"""Which routes each service has. The API answers the push routes as well, as the real hosts do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sosie.domain.regions import Service
    from sosie.wire.http import Route


def routes_of(service: Service) -> tuple[Route, ...]:
    """Return a service's route table. Imported by service: a function loads only what it serves."""
    from sosie.wire import info

    if service == "identity":
        return info.IDENTITY_ROUTES
    from sosie.wire import installations

    return (*installations.ROUTES, *info.API_ROUTES)
