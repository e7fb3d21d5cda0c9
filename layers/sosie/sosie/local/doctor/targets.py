"""Which host a probe may contact. Never one that the user did not name: the real cloud's hosts are played by Sosie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from sosie.domain.regions import REGIONS, SERVICES
from sosie.local.doctor.keys import URI_ROLES
from sosie.local.doctor.uris import Uri, parse_uri

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sosie.domain.regions import Region
    from sosie.local.doctor.configuration import Configuration
    from sosie.local.doctor.keys import Role

Way = Literal["direct", "stand-in", "not contacted"]
CONTAINER_NAMES = ("host.docker.internal", "host.containers.internal", "sosie.test")
"""How containers call the machine that a Sosie runs on; `*.sosie.test` too. The machine itself knows them not."""


class Cloud:
    """A running Sosie as its world's summary describes it."""

    def __init__(self, url: str, summary: Mapping[str, Any]) -> None:
        self.url = url
        self.world: str = summary["world"]
        self._regions: Mapping[str, Any] = summary["regions"]
        parsed = parse_uri(url)
        self._place = (parsed.host, parsed.port) if parsed else ("", 0)

    def is_at(self, uri: Uri) -> bool:
        """Tell whether a URI leads to this Sosie."""
        return (uri.host, uri.port) == self._place

    def is_called(self, uri: Uri) -> bool:
        """Tell whether a URI leads here by a name that containers use."""
        named = uri.host in CONTAINER_NAMES or uri.host.endswith(".sosie.test")
        return named and uri.port == self._place[1]

    @property
    def netloc(self) -> str:
        """Host and port."""
        return urlsplit(self.url).netloc

    def uri(self, region: Region, service: str) -> str:
        """Return the base URI of a service, without a final slash."""
        found: str = self._regions[region][service]
        return found

    def installations(self, region: Region) -> Sequence[Mapping[str, Any]]:
        """Return the region's installations: `id`, `enabled`."""
        found: Sequence[Mapping[str, Any]] = self._regions[region]["installations"]
        return found

    def homes(self, installation_id: str) -> list[Region]:
        """Return the regions that know an installation, given by its id in lower case with hyphens."""
        return [
            region for region in REGIONS if any(each["id"] == installation_id for each in self.installations(region))
        ]


@dataclass(frozen=True, slots=True)
class Target:
    """A base URI and what a probe makes of it.

    `base` is the URI to ask, of the configured one's form but without a query, which could be a secret; `why` says
    why another host than the configured one is asked, or none.
    """

    role: Role
    configured: Uri
    base: str
    way: Way
    why: str = ""
    of_sosie: bool = False

    @property
    def place(self) -> Uri | None:
        """The host to contact, None for none."""
        return None if self.way == "not contacted" else parse_uri(self.base)

    @property
    def plays_cloud(self) -> bool:
        """Whether Sosie is asked in place of the real cloud, whose certificates the client would trust anyway."""
        return self.way == "stand-in" and self.configured.of_cloud


def targets(configuration: Configuration, cloud: Cloud | None, against: Collection[str]) -> list[Target]:
    """Return a target for each base URI that the client uses."""
    found = []
    for role in URI_ROLES:
        uri = configuration.uri(role)
        if uri is not None:
            found.append(_target(configuration, role, uri, cloud, against))
    return found


def needs_sosie(configuration: Configuration, against: Collection[str]) -> bool:
    """Tell whether there is anything to probe for which a Sosie has to run."""
    uris = [uri for role in URI_ROLES if (uri := configuration.uri(role)) is not None]
    return not uris or any(uri.host not in against for uri in uris)


def _target(
    configuration: Configuration, role: Role, uri: Uri, cloud: Cloud | None, against: Collection[str]
) -> Target:
    configured = uri.text()
    if uri.host in against:
        return Target(role, uri, configured, "direct", "named with --against")
    if uri.of_cloud:
        return _played(role, uri, cloud, rooted=configuration.dialect.slash_wanted(role))
    if cloud is not None and cloud.is_called(uri):
        base = uri.text(netloc=cloud.netloc)
        return Target(role, uri, base, "stand-in", f"{uri.host} is this machine's Sosie to a container", of_sosie=True)
    if uri.loopback or (cloud is not None and cloud.is_at(uri)):
        return Target(role, uri, configured, "direct", of_sosie=cloud is not None and cloud.is_at(uri))
    why = "it is neither the cloud's nor loopback nor the running Sosie's"
    return Target(role, uri, configured, "not contacted", f"{why}; to ask it, add --against {uri.host}")


def _played(role: Role, uri: Uri, cloud: Cloud | None, *, rooted: bool) -> Target:
    allow = f"to ask the real one, add --against {uri.host}"
    if cloud is None:
        return Target(role, uri, uri.text(), "not contacted", f"it is the real cloud's; {allow}")
    if uri.service not in SERVICES or uri.region is None:
        return Target(role, uri, uri.text(), "not contacted", f"Sosie does not play it; {allow}")
    path = uri.path.partition(f"/{uri.service}")[2] if uri.host.startswith("vault.") else uri.path
    # A bare host becomes a prefix here, and .NET, which prints a bare host with a slash, needs one after that.
    base = cloud.uri(uri.region, uri.service) + (path or "/" * rooted)
    return Target(role, uri, base, "stand-in", f"Sosie plays {uri.host}; {allow}", of_sosie=True)
