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
        from sosie.wire import discovery, prelogin, token

        return (*token.ROUTES, *prelogin.ROUTES, *discovery.ROUTES, *info.IDENTITY_ROUTES)
    from sosie.wire import push

    if service == "push":
        return (*push.ROUTES, *info.API_ROUTES)
    from sosie.wire import (
        accounts,
        billing_sync_keys,
        installations,
        licences,
        organizations,
        reference,
        sponsorships,
    )

    return (
        *installations.ROUTES,
        *billing_sync_keys.ROUTES,
        *sponsorships.ROUTES,
        *licences.ROUTES,
        *organizations.ROUTES,
        *accounts.ROUTES,
        *reference.ROUTES,
        *push.ROUTES,
        *info.API_ROUTES,
    )
