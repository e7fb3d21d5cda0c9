"""The settings of each client that concern the cloud: their keys, their defaults (docs/contract/clients.md §7, §8)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sosie.local.doctor.model import Entry

Client = Literal["bitwarden", "vaultwarden"]
Role = Literal[
    "id",
    "key",
    "identity",
    "api",
    "push",
    "installer",
    "self_hosted",
    "communication",
    "cloud_region",
    "push_enabled",
    "block_private",
    "ca_file",
    "ca_directory",
]
CLIENTS: tuple[Client, ...] = ("bitwarden", "vaultwarden")
URI_ROLES: tuple[Role, ...] = ("identity", "api", "push", "installer")
SWITCHES: frozenset[Role] = frozenset({"self_hosted", "communication", "push_enabled", "block_private"})

_NET_SECTION = "globalsettings:"
_LONGEST_DISTANCE = 2


@dataclass(frozen=True, slots=True)
class Dialect:
    """One client's settings. A role's first key is the one to write, the others are read too.

    `defaults` are what the client assumes in silence; `final_slash` is whether a base URI with a path has to end in
    one. The installer has its own mind about that.
    """

    client: Client
    keys: Mapping[Role, tuple[str, ...]]
    defaults: Mapping[Role, str]
    final_slash: bool
    marks: tuple[str, ...]
    """Beginnings of keys that tell the client's file from others, in lower case."""

    def has_role(self, role: Role) -> bool:
        """Tell whether the client has such a setting."""
        return role in self.keys

    def slash_wanted(self, role: Role) -> bool:
        """Tell whether the base URI of a role has to end in a slash if it has a path."""
        return self.final_slash and role != "installer"


DIALECTS: dict[Client, Dialect] = {
    "bitwarden": Dialect(
        client="bitwarden",
        keys={
            "id": ("globalSettings:installation:id", "BW_INSTALLATION_ID"),
            "key": ("globalSettings:installation:key", "BW_INSTALLATION_KEY"),
            "identity": ("globalSettings:installation:identityUri",),
            "api": ("globalSettings:installation:apiUri",),
            "push": ("globalSettings:pushRelayBaseUri",),
            "installer": ("BW_INSTALLATION_URL",),
            "self_hosted": ("globalSettings:selfHosted",),
            "communication": ("globalSettings:enableCloudCommunication",),
            "cloud_region": ("globalSettings:baseServiceUri:cloudRegion",),
            "ca_directory": ("SSL_CERT_DIR",),
            "ca_file": ("SSL_CERT_FILE",),
        },
        defaults={"identity": "https://identity.bitwarden.com", "api": "https://api.bitwarden.com"},
        final_slash=True,
        marks=(_NET_SECTION, "bw_installation_", "bw_domain"),
    ),
    "vaultwarden": Dialect(
        client="vaultwarden",
        keys={
            "id": ("PUSH_INSTALLATION_ID",),
            "key": ("PUSH_INSTALLATION_KEY",),
            "identity": ("PUSH_IDENTITY_URI",),
            "push": ("PUSH_RELAY_URI",),
            "push_enabled": ("PUSH_ENABLED",),
            "block_private": ("HTTP_REQUEST_BLOCK_NON_GLOBAL_IPS", "ICON_BLACKLIST_NON_GLOBAL_IPS"),
            "ca_file": ("SSL_CERT_FILE",),
            "ca_directory": ("SSL_CERT_DIR",),
        },
        defaults={"identity": "https://identity.bitwarden.com", "push": "https://push.bitwarden.com"},
        final_slash=False,
        marks=(
            "push_",
            "http_request_block_",
            "rocket_",
            "signups_",
            "websocket_enabled",
            "enable_websocket",
            "web_vault_",
            "invitations_allowed",
            "admin_token",
            "domain",
            "data_folder",
        ),
    ),
}
INSTALLERS_PUSH = "https://push.bitwarden.com"
"""What the installer writes into docker/global.env, for every region; the server itself has no default."""


def canonical(client: Client, key: str, *, json: bool) -> str:
    """Return a key so that two spellings of one setting are equal.

    .NET does not mind letter case, and takes `__` of an environment variable for `:`. vaultwarden's variables are
    upper case; the file its admin page writes is JSON with lower case.
    """
    if client == "vaultwarden":
        return key.upper() if json else key
    return key.lower() if json else key.replace("__", ":").lower()


def role_of(client: Client, key: str, *, json: bool) -> Role | None:
    """Return what a key sets, or None if it is none of ours."""
    wanted = canonical(client, key, json=json)
    for role, keys in DIALECTS[client].keys.items():
        if wanted in (canonical(client, each, json=False) for each in keys):
            return role
    return None


def recognized(entries: Sequence[Entry], *, json: bool) -> Client | None:
    """Return whose configuration it is, by the number of keys that only one of them has; None for nobody's."""
    scores = dict.fromkeys(CLIENTS, 0)
    for entry in entries:
        for client in CLIENTS:
            key = canonical(client, entry.key, json=json).lower()
            scores[client] += key.startswith(DIALECTS[client].marks)
    best = max(CLIENTS, key=lambda client: scores[client])
    return best if scores[best] else None


def nearest(client: Client, key: str, *, json: bool) -> str | None:
    """Return the known key that an unknown one was probably meant to be.

    That is one with the same letters or nearly so, or the same last name in another section.
    """
    if role_of(client, key, json=json) is not None or (client == "vaultwarden" and _from_a_file(key)):
        return None
    dialect = DIALECTS[client]
    known = [each for keys in dialect.keys.values() for each in keys]
    letters = _letters(key)
    by_distance = min(known, key=lambda each: _distance(letters, _letters(each)))
    if _distance(letters, _letters(by_distance)) <= _LONGEST_DISTANCE:
        return by_distance
    if client == "vaultwarden":
        of_push = [each for each in known if each.startswith("PUSH_")]
        is_push = key.upper().startswith("PUSH_")
        return min(of_push, key=lambda each: _distance(letters, _letters(each))) if is_push else None
    last = _letters(re.split(r":|__", key)[-1])
    in_section = (each for each in known if each.startswith("globalSettings") and _letters(each.split(":")[-1]) == last)
    return next((each for each in in_section if last not in ("id", "key")), None)


def _from_a_file(key: str) -> bool:
    # vaultwarden reads the value of X from the file that X_FILE names.
    return role_of("vaultwarden", key.removesuffix("_FILE"), json=False) is not None


def _letters(key: str) -> str:
    bare = re.sub(r"[^a-z0-9]", "", key.lower())
    return bare.removeprefix("globalsettings") or bare


def _distance(one: str, other: str) -> int:
    """Return how many letters have to be added, dropped or replaced."""
    if abs(len(one) - len(other)) > _LONGEST_DISTANCE * 8:
        return _LONGEST_DISTANCE * 8
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        last, row[0] = row[0], at
        for to, wanted in enumerate(other, 1):
            last, row[to] = row[to], min(row[to] + 1, row[to - 1] + 1, last + (letter != wanted))
    return row[-1]
