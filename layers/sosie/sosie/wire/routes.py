"""Which routes each service has, by the first segment of their paths.

A request loads the modules of its own segment alone: importing all of the API takes longer than answering a request,
and start-up is a budget. The API answers the push routes as well, as the real hosts do.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sosie.domain.regions import Service
    from sosie.wire.http import Route

_EVERYWHERE = {"alive": ("info",), "now": ("info",), "version": ("info",)}
_PUSH = {"push": ("push",)}
AREAS: Mapping[Service, Mapping[str, tuple[str, ...]]] = {
    "identity": {
        "connect": ("token", "discovery"),
        "accounts": ("prelogin", "discovery"),
        ".well-known": ("discovery",),
        "sso": ("discovery",),
        **_EVERYWHERE,
    },
    "api": {
        "installations": ("installations",),
        "organization": ("sponsorships",),
        "organizations": ("billing_sync_keys", "licences", "sponsorships", "organizations", "removals"),
        "licenses": ("licences",),
        "accounts": ("accounts", "removals"),
        "sync": ("accounts",),
        "config": ("reference",),
        "plans": ("reference",),
        "healthz": ("info",),
        **_PUSH,
        **_EVERYWHERE,
    },
    "push": {**_PUSH, **_EVERYWHERE},
}


def area_of(path: str) -> str:
    """Return the segment that decides which modules a path needs."""
    return path.lstrip("/").partition("/")[0].lower()


def routes_of(service: Service, area: str | None = None) -> tuple[Route, ...]:
    """Return the routes whose paths start with a segment; without one all of the service's. Unknown ones have none."""
    areas = AREAS[service]
    wanted = (
        areas.get(area, ()) if area is not None else dict.fromkeys(name for names in areas.values() for name in names)
    )
    routes: list[Route] = []
    for name in wanted:
        module = import_module(f"sosie.wire.{name}")
        routes += [route for route in module.ROUTES if area in (None, area_of(route.path)) and _is_served(areas, route)]
    return tuple(routes)


def _is_served(areas: Mapping[str, tuple[str, ...]], route: Route) -> bool:
    return area_of(route.path) in areas
