"""Configurations that nothing is wrong with, and how a test spoils and mends them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from sosie.domain.regions import Region
from sosie.local.doctor.configuration import CaFile, Configuration
from sosie.local.doctor.keys import Client, recognized
from sosie.local.doctor.model import Finding
from sosie.local.doctor.parse import parse
from sosie.local.doctor.rules import examine

ID = "0f0e0d0c-0b0a-4908-8706-050403020100"
KEY = "aB3dE6gH9jK2mN5pQ8rS"

Lines = dict[str, str | None]

# The contract's own examples: docs/contract/clients.md §7 and §8.
US: Lines = {
    "globalSettings__installation__id": ID,
    "globalSettings__installation__key": KEY,
    "globalSettings__enableCloudCommunication": "true",
    "globalSettings__baseServiceUri__cloudRegion": "US",
}
EU: Lines = {
    "globalSettings__installation__id": ID,
    "globalSettings__installation__key": KEY,
    "globalSettings__installation__identityUri": "https://identity.bitwarden.eu",
    "globalSettings__installation__apiUri": "https://api.bitwarden.eu",
    "globalSettings__pushRelayBaseUri": "https://push.bitwarden.eu",
    "globalSettings__enableCloudCommunication": "true",
    "globalSettings__baseServiceUri__cloudRegion": "EU",
}
SIM: Lines = EU | {
    "globalSettings__installation__identityUri": "http://sim.test:8080/eu/identity/",
    "globalSettings__installation__apiUri": "http://sim.test:8080/eu/api/",
    "globalSettings__pushRelayBaseUri": "http://sim.test:8080/eu/push/",
}
VAULTWARDEN: Lines = {
    "PUSH_ENABLED": "true",
    "PUSH_INSTALLATION_ID": ID,
    "PUSH_INSTALLATION_KEY": KEY,
}
VAULTWARDEN_EU: Lines = VAULTWARDEN | {
    "PUSH_RELAY_URI": "https://api.bitwarden.eu",
    "PUSH_IDENTITY_URI": "https://identity.bitwarden.eu",
}
VAULTWARDEN_SIM: Lines = VAULTWARDEN | {
    "PUSH_RELAY_URI": "https://sim.test:8443/us/push",
    "PUSH_IDENTITY_URI": "https://sim.test:8443/us/identity",
    "HTTP_REQUEST_BLOCK_NON_GLOBAL_IPS": "false",
    "SSL_CERT_FILE": "/certs/ca.pem",
}
CLEAN = {
    "us": US,
    "eu": EU,
    "sim": SIM,
    "vaultwarden": VAULTWARDEN,
    "vaultwarden-eu": VAULTWARDEN_EU,
    "vaultwarden-sim": VAULTWARDEN_SIM,
}


def written(lines: Lines) -> str:
    """An env file; a key of None is left out."""
    return "".join(f"{key}={value}\n" for key, value in lines.items() if value is not None)


def written_with_colons(lines: Lines) -> str:
    return "".join(f"{key.replace('__', ':')}={value}\n" for key, value in lines.items() if value is not None)


def written_as_json(lines: Lines) -> str:
    """An appsettings file, nested and indented, one member per line."""
    document: dict[str, Any] = {"globalSettings": {"selfHosted": True}}
    for key, value in lines.items():
        *sections, name = key.split("__")
        at = document
        for section in sections:
            at = at.setdefault(section, {})
        if value is not None:
            at[name] = value
    return json.dumps(document, indent=2)


def read(
    text: str,
    *,
    client: Client | None = None,
    region: Region | None = None,
    name: str = "global.override.env",
    ca_files: tuple[CaFile, ...] = (),
) -> Configuration:
    document = parse(text)
    found = client or recognized(document.entries, json=document.format == "json")
    assert found is not None
    return replace(Configuration(found, document, name, region), ca_files=ca_files)


def findings(text: str, **options: Any) -> list[Finding]:
    return examine(read(text, **options))


def codes(text: str, **options: Any) -> list[str]:
    return [each.code for each in findings(text, **options)]


def errors(text: str, **options: Any) -> list[str]:
    return [each.code for each in findings(text, **options) if each.severity == "error"]


def mended(text: str, found: list[Finding]) -> str:
    """The text after the lines to write were written, with what a person knows in place of `<…>`."""
    before = text.rstrip("\n").split("\n")
    after = list(before)
    is_json = text.lstrip().startswith("{")
    changes = [change for each in found for change in each.changes]
    for change in sorted(changes, key=lambda change: change.at is None):
        known = change.text.replace("<the installation id>", ID).replace("<the installation key>", KEY)
        known = re.sub(r"<the value of line (\d+)>", lambda m: value_of(before[int(m[1]) - 1], is_json), known)
        if change.at is None:
            after.insert(1 if is_json else len(after), known + "," * is_json)
        else:
            goes_on = is_json and before[change.at - 1].rstrip().endswith(",")
            after[change.at - 1] = known + "," * goes_on
    return "\n".join(after) + "\n"


def value_of(line: str, is_json: bool) -> str:
    return line.partition(":")[2].strip(' ",') if is_json else line.partition("=")[2]


def write(path: Path, lines: Lines) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(written(lines))
    return path
