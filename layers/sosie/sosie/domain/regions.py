"""The two regions, and what the real cloud calls its hosts there (docs/contract/api.md §6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Region = Literal["us", "eu"]
Service = Literal["identity", "api", "push"]

REGIONS: tuple[Region, ...] = ("us", "eu")
SERVICES: tuple[Service, ...] = ("identity", "api", "push")


@dataclass(frozen=True, slots=True)
class RegionFacts:
    """A region's names on the wire."""

    region: Region
    cloud_region: str
    domain: str

    @property
    def issuer(self) -> str:
        """The issuer of access tokens: scheme and host of the identity service, no port, no slash."""
        return f"https://identity.{self.domain}"

    @property
    def vault(self) -> str:
        """The web vault, which mail links point to and browsers send as their origin."""
        return f"https://vault.{self.domain}"

    def host(self, service: str) -> str:
        """Return the real cloud's host name of a service."""
        return f"{service}.{self.domain}"


FACTS: dict[Region, RegionFacts] = {
    "us": RegionFacts("us", "US", "bitwarden.com"),
    "eu": RegionFacts("eu", "EU", "bitwarden.eu"),
}


def other_region(region: Region) -> Region:
    """Return the region that is not this one."""
    return "eu" if region == "us" else "us"
