"""Why no route answers a request: what the path looks like it was meant for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

_KNOWN_MISSES = (
    ("DOUBLE_SLASH", re.compile(r".*//")),
    # An old way to unregister, which vaultwarden still uses (docs/contract/licensing-push-installations.md C.7).
    ("PUSH_DELETE_LEGACY_PATH", re.compile(r"/push/delete/[^/]+", re.IGNORECASE)),
)
_NEAR, _NEAREST = 0.75, 3
_LONGEST_PATH = 200


_SERVICE_FIRST = re.compile(
    r"/+(identity|api|push|connect|accounts|organizations?|licenses|installations)(/|$)", re.IGNORECASE
)


class KnownRoute(NamedTuple):
    """A route that exists: its path has `{name}` for parameters."""

    service: str
    method: str
    path: str


def diagnose_unaddressed(path: str) -> str:
    """Return the diagnosis code for a path that names no region and service."""
    return "REGION_MISSING" if _SERVICE_FIRST.match(path) else "ADDRESS_UNKNOWN"


def diagnose_unrouted(path: str) -> str:
    """Return the diagnosis code for a path that a service has no route for."""
    return next((code for code, misses in _KNOWN_MISSES if misses.match(path)), "UNKNOWN_ROUTE")


def nearest_routes(path: str, method: str, routes: Iterable[KnownRoute]) -> list[KnownRoute]:
    """Return the routes whose paths look most like this one, the nearest first; a parameter is like anything."""
    scored = [(_likeness(path, route.path), route.method == method, route) for route in routes]
    near = sorted((each for each in scored if each[0] >= _NEAR), key=lambda each: each[:2], reverse=True)
    return [route for _, _, route in near[:_NEAREST]]


def is_route(path: str, method: str, route: KnownRoute) -> bool:
    """Tell whether a request is for this route."""
    return route.method == method and _likeness(path, route.path) == 1.0


def _likeness(path: str, pattern: str) -> float:
    from difflib import SequenceMatcher  # late: start-up is a budget

    asked, known = path[:_LONGEST_PATH].lower().split("/"), pattern.lower().split("/")
    if len(asked) == len(known):
        known = [mine if theirs.startswith("{") else theirs for mine, theirs in zip(asked, known, strict=True)]
    return SequenceMatcher(None, "/".join(asked), "/".join(known), autojunk=False).ratio()
