"""Which world, region and service a request is for, by path, host or port.

/{region}/{service}/…             the default world
/w/{world}/{region}/{service}/…   another world
Host: identity.bitwarden.com      the same service at the root
Host: identity-us.{domain}         the same below a domain of one's own (domain/hosts.py)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sosie.domain.regions import FACTS, REGIONS, SERVICES
from sosie.services.world_record import DEFAULT_WORLD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sosie.domain.regions import Region, Service

_BY_PATH = re.compile(
    r"(?P<prefix>(?:/w/(?P<world>[a-z0-9][a-z0-9-]{0,62}))?/(?P<region>us|eu)/(?P<service>identity|api|push))(?P<path>/.*|)",
    re.DOTALL | re.IGNORECASE,
)
_GLUED = re.compile(r"/(?:w/[a-z0-9-]+/)?(?:us|eu)/(?:identity|api|push)(?=[a-z.])", re.IGNORECASE)
HOSTS: dict[str, tuple[Region, Service]] = {
    FACTS[region].host(service): (region, service) for region in REGIONS for service in SERVICES
}
"""The real cloud's hosts, by name."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a request goes: the service's own path, and the prefix that led there."""

    world: str
    region: Region
    service: Service
    path: str
    prefix: str = ""


def resolve_address(path: str, host: str = "", hosts: Mapping[str, tuple[Region, Service]] = HOSTS) -> Address | None:
    """Return where a path leads, or None if no service is addressed."""
    by_host = hosts.get(host.partition(":")[0].lower())
    if by_host is not None:
        return Address(DEFAULT_WORLD, *by_host, path or "/")
    match = _BY_PATH.fullmatch(path)
    if match is None:
        return None
    world = match["world"]
    return Address(
        world=world.lower() if world else DEFAULT_WORLD,
        region=match["region"].lower(),  # type: ignore[arg-type]  # the pattern admits regions only
        service=match["service"].lower(),  # type: ignore[arg-type]  # the pattern admits services only
        path=match["path"] or "/",
        prefix=match["prefix"],
    )


def is_glued(path: str) -> bool:
    """Tell whether a base URI without its trailing slash was glued to a path: `/us/apiorganization/…`."""
    return _GLUED.match(path) is not None


def glued_address(path: str) -> Address | None:
    """Return the address that a glued path was meant for."""
    match = _GLUED.match(path)
    if match is None:
        return None
    return resolve_address(f"{match[0]}/{path[match.end() :]}")
