"""Rules about certificates to trust (clients.md §6). What is in the files was looked up before: `surroundings`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosie.local.doctor.catalog import finding
from sosie.local.doctor.keys import URI_ROLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sosie.local.doctor.configuration import CaFile, Configuration
    from sosie.local.doctor.model import Finding

FEW = 20
"""Up to so many certificates a bundle cannot be a system's."""
DEFAULT_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
"""What a line about certificates names if nobody knows better."""


def private_hosts_have_a_ca(configuration: Configuration) -> Iterator[Finding]:
    """Something says whom to trust for a private https host."""
    private = [
        (role, uri)
        for role in URI_ROLES
        if (uri := configuration.given_uri(role)) and uri.scheme == "https" and uri.private
    ]
    said = any(configuration.is_set(role) or configuration.from_elsewhere(role) for role in ("ca_file", "ca_directory"))
    found = any(each.exists and each.certificates for each in configuration.ca_files)
    if not private or said or found:
        return
    role, uri = private[0]
    if configuration.client == "vaultwarden":
        remedy = "Name a PEM bundle with its CA; for a Sosie's, `sosie ca export DIR` writes sosie-ca.pem."
        changes = [configuration.change("ca_file", "<path of the CA's PEM file>")]
    else:
        remedy = "Copy its CA into bwdata/ca-certificates/; for a Sosie's, `sosie ca export DIR` writes it."
        changes = []
    yield finding(
        "CA_MISSING",
        f"{configuration.spelled(role)} is https at {uri.host}, and nothing says whose certificates to trust there.",
        line=configuration.line(role),
        changes=changes,
        remedy=remedy,
    )


def ca_files_are_sound(configuration: Configuration) -> Iterator[Finding]:
    """Files of certificates can be read, hold some, and these are valid."""
    for each in configuration.ca_files:
        yield from _examined(configuration, each)


def _examined(configuration: Configuration, file: CaFile) -> Iterator[Finding]:
    line = configuration.line("ca_file") or configuration.line("ca_directory")
    if not file.exists:
        yield finding("CA_NOT_HERE", f"{file.path} does not exist on this machine.", line=line)
    elif file.certificates is None:
        yield finding("CA_UNREADABLE", f"{file.path} cannot be read: {file.why_not}.", line=line)
    elif not file.certificates:
        yield finding("CA_EMPTY", f"{file.path} holds no certificate.", line=line)
    elif file.expired:
        day = f"{file.last_day:%Y-%m-%d}" if file.last_day else "earlier"
        yield finding("CA_EXPIRED", f"no certificate in {file.path} is valid today; the last day was {day}.", line=line)
    if file.der and configuration.client == "vaultwarden":
        yield finding("CA_DER", f"{file.path} is DER, and vaultwarden reads PEM.", line=line)
    if file.issued and configuration.client == "bitwarden":
        names = ", ".join(file.issued[:3])
        yield finding("CA_NOT_ROOT", f"{file.path} holds certificates that others issued: {names}.", line=line)


def bundle_has_the_clouds_ca(configuration: Configuration) -> Iterator[Finding]:
    """A bundle in the system's place has the public CAs, if the cloud itself is asked."""
    if configuration.client != "vaultwarden" or not configuration.is_set("ca_file"):
        return
    few = [each for each in configuration.ca_files if each.certificates and each.certificates <= FEW]
    cloud = next((uri for role in URI_ROLES if (uri := configuration.uri(role)) and uri.of_cloud), None)
    if few and cloud is not None:
        count = "1 certificate" if few[0].certificates == 1 else f"{few[0].certificates} certificates"
        yield finding(
            "CA_REPLACES_SYSTEM",
            f"{few[0].path} holds {count} and takes the place of the system's, and {cloud.host} needs a public one.",
            line=configuration.line("ca_file"),
            changes=[configuration.change("ca_file", DEFAULT_BUNDLE)],
        )


RULES = (private_hosts_have_a_ca, ca_files_are_sound, bundle_has_the_clouds_ca)
