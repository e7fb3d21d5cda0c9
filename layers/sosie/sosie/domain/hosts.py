"""A domain of one's own: `identity-us.sosie.example.test` is that service of that region, at the root.

Hosts below it that name no service, such as `cloud.sosie.example.test`, serve everything by path.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosie.domain.regions import REGIONS, SERVICES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sosie.domain.regions import Region, Service

OPEN_HOST = "cloud"
"""Names the host that the control plane's address and other worlds' addresses are given with."""


def hosts_below(domain: str | None) -> dict[str, tuple[Region, Service]]:
    """Return what each service's host below a domain stands for, by its name; nothing without a domain."""
    if domain is None:
        return {}
    return {f"{service}-{region}.{domain}": (region, service) for region in REGIONS for service in SERVICES}


def roots_below(base_url: str, domain: str | None) -> Mapping[str, str]:
    """Return the URL of each service's host by `us/api` and so on, if a request came to a host below the domain.

    `base_url` is the scheme and host it came to; scheme and port stay.
    """
    parts = _parts(base_url, domain)
    if parts is None:
        return {}
    scheme, _, rest = parts
    return {f"{region}/{service}": f"{scheme}{host}{rest}" for host, (region, service) in hosts_below(domain).items()}


def open_url(base_url: str, domain: str | None) -> str:
    """Return where paths such as `/w/team-a/us/api` lead: where the request came to, unless to a service's host."""
    parts = _parts(base_url, domain)
    if parts is None or parts[1] not in hosts_below(domain):
        return base_url
    return f"{parts[0]}{OPEN_HOST}.{domain}{parts[2]}"


def _parts(base_url: str, domain: str | None) -> tuple[str, str, str] | None:
    """Return scheme with slashes, host, and port with its colon, of a URL below the domain."""
    scheme, slashes, place = base_url.partition("://")
    host, colon, port = place.partition(":")
    if domain is None or not host.lower().endswith(f".{domain}"):
        return None
    return scheme + slashes, host.lower(), colon + port
