"""What to paste into each client's configuration to point it at one region (docs/contract/clients.md §2, §7, §8).

Base URIs with a path: the .NET server's must end in a slash, vaultwarden's and the bw CLI's must not.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sosie.control.connection import LOOPBACK
from sosie.domain.regions import FACTS, SERVICES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sosie.domain.regions import Region


@dataclass(frozen=True, slots=True)
class Place:
    """One region of one world as a client is to see it. `ca` is the CA's file on the client's machine."""

    region: Region
    world: str
    base_url: str
    uris: Mapping[str, str]
    installation_id: str
    installation_key: str
    ca: str

    @property
    def https(self) -> bool:
        """Whether the addresses are https."""
        return self.base_url.startswith("https:")


@dataclass(frozen=True, slots=True)
class Lines:
    """Variables in order, shell commands after them, remarks for people, and warnings about what will not work."""

    variables: Mapping[str, str]
    commands: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    quoted: Mapping[str, str] = field(default_factory=dict)
    """Variables as a shell reads them; empty where the lines are a file's and not a shell's."""

    def text(self) -> list[str]:
        """Return the lines to paste."""
        remarks = [f"# {remark}" for remark in self.remarks]
        if self.quoted or self.commands:
            exports = " ".join(f"{name}={value}" for name, value in self.quoted.items())
            return [*remarks, f"export {exports}", *self.commands]
        return [*remarks, *(f"{name}={value}" for name, value in self.variables.items())]


def place_of(summary: Mapping[str, Any], region: Region, base_url: str, reached_as: str | None, ca: str) -> Place:
    """Return a region as a client reaches it: at `reached_as` instead of `base_url`, if given.

    Raises LookupError if no installation is enabled there.
    """
    facts = summary["regions"][region]
    installation = next((each for each in facts["installations"] if each["enabled"]), None)
    if installation is None:
        raise LookupError(f"region {region} of world {summary['world']} has no enabled installation")
    shown = (reached_as or base_url).rstrip("/")
    uris: dict[str, str] = {service: shown + facts[service].removeprefix(base_url) for service in SERVICES}
    return Place(region, summary["world"], shown, uris, installation["id"], installation["key"], ca)


def _bitwarden(place: Place) -> Lines:
    uri = {service: f"{uri}/" for service, uri in place.uris.items()}
    variables = {
        "globalSettings__installation__id": place.installation_id,
        "globalSettings__installation__key": place.installation_key,
        "globalSettings__installation__identityUri": uri["identity"],
        "globalSettings__installation__apiUri": uri["api"],
        "globalSettings__pushRelayBaseUri": uri["push"],
        "globalSettings__enableCloudCommunication": "true",
        "globalSettings__baseServiceUri__cloudRegion": FACTS[place.region].cloud_region,
    }
    remarks = [
        "bwdata/env/global.override.env, then: ./bitwarden.sh restart",
        f"The installer, before that: BW_INSTALLATION_URL={place.uris['api']}",
    ]
    if place.https:
        remarks.append(f"Trust the CA: copy {place.ca} into bwdata/ca-certificates/")
    host = urlsplit(place.base_url).hostname
    lost = f"the server's containers cannot reach {host} of this machine; say with --as how they reach Sosie"
    return Lines(variables, remarks=tuple(remarks), warnings=(lost,) if host in LOOPBACK else ())


def _vaultwarden(place: Place) -> Lines:
    variables = {
        "PUSH_ENABLED": "true",
        "PUSH_INSTALLATION_ID": place.installation_id,
        "PUSH_INSTALLATION_KEY": place.installation_key,
        "PUSH_RELAY_URI": place.uris["push"],
        "PUSH_IDENTITY_URI": place.uris["identity"],
        "HTTP_REQUEST_BLOCK_NON_GLOBAL_IPS": "false",
    }
    if place.https:
        variables["SSL_CERT_FILE"] = place.ca
        return Lines(variables)
    return Lines(
        variables,
        warnings=("vaultwarden does not start with URIs that are not https://; start Sosie with --tls",),
    )


def _bw(place: Place) -> Lines:
    base = place.uris["api"].removesuffix("/api")
    home = f".bw-{place.region}" if place.world == "default" else f".bw-{place.world}-{place.region}"
    variables = {"NODE_EXTRA_CA_CERTS": place.ca} if place.https else {}
    quoted = {name: shlex.quote(value) for name, value in variables.items()}
    return Lines(
        {**variables, "BITWARDENCLI_APPDATA_DIR": f"$HOME/{home}"},
        commands=(f"bw config server {base}",),
        quoted={**quoted, "BITWARDENCLI_APPDATA_DIR": f'"$HOME/{home}"'},
        warnings=() if place.https else ("bw refuses every URL that is not https://; start Sosie with --tls",),
    )


def _dotenv(place: Place) -> Lines:
    variables = {
        "SOSIE_URL": place.base_url,
        "SOSIE_WORLD": place.world,
        "SOSIE_REGION": place.region,
        "SOSIE_IDENTITY_URI": place.uris["identity"],
        "SOSIE_API_URI": place.uris["api"],
        "SOSIE_PUSH_URI": place.uris["push"],
        "SOSIE_INSTALLATION_ID": place.installation_id,
        "SOSIE_INSTALLATION_KEY": place.installation_key,
    }
    return Lines(variables | ({"SOSIE_CACERT": place.ca} if place.https else {}))


CLIENTS: dict[str, Callable[[Place], Lines]] = {
    "bitwarden": _bitwarden,
    "vaultwarden": _vaultwarden,
    "bw": _bw,
    "dotenv": _dotenv,
}
