"""Why no route answers a request: what the path looks like it was meant for."""

from __future__ import annotations

import re

_KNOWN_MISSES = (
    ("DOUBLE_SLASH", re.compile(r".*//")),
    # An old way to unregister, which vaultwarden still uses (docs/contract/licensing-push-installations.md C.7).
    ("PUSH_DELETE_LEGACY_PATH", re.compile(r"/push/delete/[^/]+", re.IGNORECASE)),
)


_SERVICE_FIRST = re.compile(
    r"/+(identity|api|push|connect|accounts|organizations?|licenses|installations)(/|$)", re.IGNORECASE
)


def diagnose_unaddressed(path: str) -> str:
    """Return the diagnosis code for a path that names no region and service."""
    return "REGION_MISSING" if _SERVICE_FIRST.match(path) else "ADDRESS_UNKNOWN"


def diagnose_unrouted(path: str) -> str:
    """Return the diagnosis code for a path that a service has no route for."""
    return next((code for code, misses in _KNOWN_MISSES if misses.match(path)), "UNKNOWN_ROUTE")
