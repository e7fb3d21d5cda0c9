"""Base URIs as the clients read them, and which region and service their hosts stand for (clients.md §2, §9)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sosie.domain.regions import FACTS, REGIONS, SERVICES
from sosie.wire.address import resolve_address

if TYPE_CHECKING:
    from sosie.domain.regions import Region, Service

_DEFAULT_PORTS = {"http": 80, "https": 443}
_PRIVATE_ENDS = (".test", ".local", ".internal", ".lan", ".home.arpa", ".localhost", ".intranet", ".corp")
_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?\.?|[0-9A-Fa-f:.]+")
OTHER_HOSTS = ("vault", "notifications", "sso", "events", "icons", "send", "scim", "admin")
"""Hosts of the clouds that serve something else than the three services."""


@dataclass(frozen=True, slots=True)
class Uri:
    """A parsed base URI. `host` is in lower case and without brackets, `region` and `service` where it leads."""

    scheme: str
    host: str
    port: int
    path: str
    query: str
    credentials: bool
    netloc: str
    region: Region | None
    service: str | None
    of_cloud: bool

    @property
    def loopback(self) -> bool:
        """Whether it leads to the machine, or the container, that asks."""
        if self.host == "localhost" or self.host.endswith(".localhost"):
            return True
        address = _address(self.host)
        return address is not None and (address.is_loopback or address.is_unspecified)

    @property
    def private(self) -> bool:
        """Whether its host is one of a private network, as far as the name tells."""
        if self.of_cloud:
            return False
        address = _address(self.host)
        if address:
            return not address.is_global
        return self.loopback or "." not in self.host or self.host.endswith(_PRIVATE_ENDS)

    def text(self, **changes: str) -> str:
        """Return the URI with parts replaced (`scheme`, `path`), without credentials and query."""
        scheme = changes.get("scheme", self.scheme)
        return f"{scheme}://{changes.get('netloc', self.netloc)}{changes.get('path', self.path)}"


def parse_uri(text: str) -> Uri | None:
    """Return a URI, or None if no client could use the text."""
    text = text.strip()
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    host = (parts.hostname or "").lower()
    if parts.scheme not in _DEFAULT_PORTS or not _HOST.fullmatch(host) or re.search(r"[\s\\]", text):
        return None
    if ":" in host and not _address(host):
        return None
    region, service, of_cloud = _leads_to(host, parts.path)
    query = f"?{parts.query}" if parts.query else ""
    query += f"#{parts.fragment}" if parts.fragment else ""
    return Uri(
        scheme=parts.scheme,
        host=host,
        port=port if port is not None else _DEFAULT_PORTS[parts.scheme],
        path=parts.path,
        query=query,
        credentials="@" in parts.netloc,
        netloc=parts.netloc.rpartition("@")[2],
        region=region,
        service=service,
        of_cloud=of_cloud,
    )


def without_credentials(text: str) -> str:
    """Return a text that was meant as a URI as it may be printed."""
    return re.sub(r"//[^/\s]*@", "//…@", text.strip())


def near_cloud_host(host: str) -> str | None:
    """Return the cloud's host that an unknown one was probably meant to be."""
    if _of_cloud(host) is not None and host.partition(".")[0] in (*SERVICES, *OTHER_HOSTS):
        return None
    names = [facts.host(service) for facts in FACTS.values() for service in SERVICES]
    return next((name for name in names if host != name and _one_slip(host, name)), None)


def _leads_to(host: str, path: str) -> tuple[Region | None, str | None, bool]:
    region = _of_cloud(host)
    if region is not None:
        label = host.removesuffix(FACTS[region].domain).rstrip(".")
        if label == "vault":
            # The web vault's host has the services below paths, which is how the bw CLI reaches the EU.
            first = path.strip("/").partition("/")[0].lower()
            return region, first if first in SERVICES else "vault", True
        return region, label or "none", True
    found = resolve_address(path if path.endswith("/") else f"{path}/")
    if found is None:
        return None, None, False
    service: Service = found.service
    return found.region, service, False


def _of_cloud(host: str) -> Region | None:
    for region in REGIONS:
        domain = FACTS[region].domain
        if host == domain or host.endswith(f".{domain}"):
            return region
    return None


def _one_slip(one: str, other: str) -> bool:
    """Tell whether two names differ by one letter more, less, other, or by two neighbours exchanged."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    rest, of_other = one[start:], other[start:]
    return (
        rest[1:] == of_other
        or rest == of_other[1:]
        or rest[1:] == of_other[1:]
        or (rest[:2] == of_other[1::-1] and rest[2:] == of_other[2:])
    )


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
