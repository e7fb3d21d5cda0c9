"""Rules about the region: US is the default of everything, and nothing follows from cloudRegion (clients.md §7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosie.domain.regions import FACTS, other_region
from sosie.local.doctor.catalog import finding
from sosie.local.doctor.configuration import unless_secret
from sosie.local.doctor.uris import near_cloud_host

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sosie.domain.regions import Region
    from sosie.local.doctor.configuration import Configuration
    from sosie.local.doctor.keys import Role
    from sosie.local.doctor.model import Finding
    from sosie.local.doctor.uris import Uri

_SERVICE_ROLES: tuple[Role, ...] = ("identity", "api", "push")


def wanted_region(configuration: Configuration) -> Region | None:
    """Return the region the configuration is for, as far as it can be told; None if nothing of it is a region's.

    --region decides; then EU in cloudRegion, which is US unless somebody changed it; then the base URIs that the file
    gives, the identity service's first, because it knows the installation; then the defaults.
    """
    if configuration.asked is not None:
        return configuration.asked
    if cloud_region(configuration) == "eu":
        return "eu"
    given = [uri.region for role in _SERVICE_ROLES if (uri := configuration.given_uri(role)) and uri.region]
    if len(set(given)) > 1 and cloud_region(configuration) == "us":
        return "us"
    if given:
        return given[0]
    effective = [uri.region for role in _SERVICE_ROLES if (uri := configuration.uri(role)) and uri.region]
    return effective[0] if effective else cloud_region(configuration)


def cloud_region(configuration: Configuration) -> Region | None:
    """Return what cloudRegion says, None if it says nothing or nonsense."""
    text = (configuration.value("cloud_region") or "").strip().upper()
    return next((region for region, facts in FACTS.items() if facts.cloud_region == text), None)


def expected_uri(configuration: Configuration, role: Role, region: Region) -> str:
    """Return the base URI to write for a service: at a Sosie if another base URI leads to one, else the cloud's."""
    service = "api" if role == "installer" else role
    slash = "/" if configuration.dialect.slash_wanted(role) else ""
    https = {"scheme": "https"} if configuration.client == "vaultwarden" else {}
    for each in _SERVICE_ROLES:
        uri = configuration.given_uri(each)
        if uri is not None and not uri.of_cloud and uri.region and uri.service:
            tail = f"/{uri.region}/{uri.service}"
            root = uri.path.rstrip("/")
            if root.lower().endswith(tail):
                return uri.text(path=f"{root[: -len(tail)]}/{region}/{service}{slash}", **https)
    return f"https://{FACTS[region].host(service)}"


def regions_agree(configuration: Configuration) -> Iterator[Finding]:
    """All base URIs lead to the region that is wanted."""
    wanted = wanted_region(configuration)
    if wanted is None:
        return
    strangers = [
        (role, uri)
        for role in _SERVICE_ROLES
        if (uri := configuration.uri(role)) is not None and uri.region not in (None, wanted)
    ]
    for role, _ in strangers:
        change = configuration.change(role, expected_uri(configuration, role, wanted))
        key = configuration.spelled(role)
        line = configuration.line(role)
        if not configuration.value(role):
            yield finding(
                "REGION_DEFAULT_US",
                f"{key} is missing, and without it the server asks the US cloud; the installation is one of the "
                f"{wanted.upper()}.",
                line=line,
                changes=[change],
            )
        elif configuration.asked is not None:
            yield finding(
                "REGION_NOT_AS_ASKED",
                f"{key} leads to {other_region(wanted).upper()}, and --region says {wanted.upper()}.",
                line=line,
                changes=[change],
            )
        else:
            yield finding("REGION_MIXED", _mixed(configuration, role, wanted), line=line, changes=[change])


def _mixed(configuration: Configuration, role: Role, wanted: Region) -> str:
    says = "cloudRegion says" if cloud_region(configuration) == wanted else "other base URIs lead to"
    return f"{configuration.spelled(role)} leads to {other_region(wanted).upper()}, but {says} {wanted.upper()}."


def cloud_region_fits(configuration: Configuration) -> Iterator[Finding]:
    """A server's cloudRegion is that of its base URIs."""
    if configuration.client != "bitwarden" or configuration.from_elsewhere("cloud_region"):
        return
    wanted, said = wanted_region(configuration), cloud_region(configuration)
    text = (configuration.value("cloud_region") or "").strip()
    region = FACTS[wanted or "us"].cloud_region
    changes = [configuration.change("cloud_region", region)]
    line = configuration.line("cloud_region")
    if text and said is None:
        if text.lower() != "gov":
            yield finding("CLOUD_REGION_UNKNOWN", f"cloudRegion is {unless_secret(text)}.", line=line, changes=changes)
    elif wanted is not None and (said or "us") != wanted:
        is_now = f"is {text}" if text else "is missing, which means US"
        message = f"cloudRegion {is_now}, and the installation is one of the {region}: links lead to the wrong cloud."
        yield finding("CLOUD_REGION_DIFFERS", message, line=line, changes=changes)


def nothing_left_at_the_cloud(configuration: Configuration) -> Iterator[Finding]:
    """If base URIs lead elsewhere, all do."""
    found: list[tuple[Role, Uri]] = [
        (role, uri) for role in _SERVICE_ROLES if (uri := configuration.uri(role)) is not None
    ]
    elsewhere = [uri for _, uri in found if not uri.of_cloud and not near_cloud_host(uri.host)]
    if not elsewhere:
        return
    wanted = wanted_region(configuration) or "us"
    for role, uri in found:
        if not uri.of_cloud or uri.region not in (None, wanted):
            continue  # of the wrong region: that is said already
        expected = expected_uri(configuration, role, wanted)
        moved = not expected.endswith(FACTS[wanted].domain)
        yield finding(
            "CLOUD_LEFT_IN",
            f"{configuration.spelled(role)} leads to {uri.host}, and others to {elsewhere[0].host}.",
            line=configuration.line(role),
            changes=[configuration.change(role, expected)] if moved else [],
        )


RULES = (regions_agree, cloud_region_fits, nothing_left_at_the_cloud)
