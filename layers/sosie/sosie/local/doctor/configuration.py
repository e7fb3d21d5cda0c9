"""A file as its client understands it: settings by what they are for, with the client's defaults filled in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from sosie.local.doctor.keys import DIALECTS, INSTALLERS_PUSH, SWITCHES, canonical, role_of
from sosie.local.doctor.model import Change
from sosie.local.doctor.uris import Uri, parse_uri

if TYPE_CHECKING:
    from datetime import datetime

    from sosie.domain.regions import Region
    from sosie.local.doctor.keys import Client, Dialect, Role
    from sosie.local.doctor.model import Document, Entry

_SHORT = 12
"""Characters of a text that is masked altogether, or shown."""
_UNSET = frozenset({"", "replace", "secret"})
"""What .NET's settings take for "not set" where they look for it (docs/contract/clients.md §7)."""


@dataclass(frozen=True, slots=True)
class CaFile:
    """What was found where the configuration, or its folder, has certificates to trust.

    `exists` may be false because the path is one inside a container. `certificates` is None if it cannot be read;
    `der` tells that it is not PEM; `issued` names certificates that are not their own issuer.
    """

    path: str
    exists: bool = True
    why_not: str = ""
    der: bool = False
    certificates: int | None = 0
    last_day: datetime | None = None
    expired: bool = False
    issued: tuple[str, ...] = ()


@dataclass(frozen=True)
class Configuration:
    """One client's configuration. `asked` is the region that the user says it is for."""

    client: Client
    document: Document
    name: str = ""
    asked: Region | None = None
    ca_files: tuple[CaFile, ...] = ()

    @property
    def dialect(self) -> Dialect:
        """The client's keys and defaults."""
        return DIALECTS[self.client]

    @property
    def json(self) -> bool:
        """Whether the file's keys are spelled as in JSON."""
        return self.document.format == "json"

    @property
    def of_the_installer(self) -> bool:
        """Whether it is the file that updates rewrite, which lacks what stands in global.override.env."""
        return self.client == "bitwarden" and self.name == "global.env"

    @cached_property
    def _by_role(self) -> dict[Role, Entry]:
        found: dict[Role, Entry] = {}
        for entry in self.document.entries:
            role = role_of(self.client, entry.key, json=self.json)
            if role is not None:
                found[role] = entry
        return found

    def entry(self, role: Role) -> Entry | None:
        """Return the entry that counts: the last one."""
        return self._by_role.get(role)

    def line(self, role: Role) -> int | None:
        """Return where a setting stands."""
        entry = self.entry(role)
        return entry.line if entry else None

    def from_elsewhere(self, role: Role) -> bool:
        """Tell whether a setting is there, but its value is not: nothing can be said about it then."""
        entry = self.entry(role)
        if entry is None and self.client == "vaultwarden":
            files = {f"{key}_FILE" for key in self.dialect.keys.get(role, ())}
            return any(each.key in files for each in self.document.entries)
        return entry is not None and entry.value is None

    def value(self, role: Role) -> str | None:
        """Return a setting's text, None if it is not given or its value is elsewhere."""
        entry = self.entry(role)
        return entry.value if entry else None

    def is_set(self, role: Role) -> bool:
        """Tell whether a setting has a value, .NET's stand-ins for "none" aside."""
        value = self.value(role)
        return value is not None and value.strip().lower() not in _UNSET

    def switch(self, role: Role) -> bool | None:
        """Return a switch's position, None if it is not given or unreadable for the client."""
        text = (self.value(role) or "").strip().lower()
        more = self.client == "vaultwarden"
        if text in (("true", "t", "yes", "y", "1") if more else ("true",)):
            return True
        return False if text in (("false", "f", "no", "n", "0") if more else ("false",)) else None

    def uri_text(self, role: Role) -> str | None:
        """Return the base URI that the client uses, by default or because it is given; None for none or unknown."""
        if self.from_elsewhere(role) or not self.dialect.has_role(role):
            return None
        value = self.value(role)
        if role == "push" and self.client == "bitwarden":
            if value is None:
                return None if self.document.complete else INSTALLERS_PUSH
            return value if self.is_set(role) else None
        if value is None or (not value.strip() and self.client == "bitwarden"):
            return self.dialect.defaults.get(role)
        return value

    def uri(self, role: Role) -> Uri | None:
        """Return that URI parsed, None also if it cannot be."""
        text = self.uri_text(role)
        return None if text is None else parse_uri(text)

    def given_uri(self, role: Role) -> Uri | None:
        """Return a URI that the file itself gives."""
        return self.uri(role) if self.value(role) is not None else None

    # Writing in the file's own spelling.

    def spelled(self, role: Role) -> str:
        """Return a role's key as the file writes it, or would."""
        entry = self.entry(role)
        if entry is not None:
            return entry.key
        key = self.dialect.keys[role][0]
        if self.json:
            return key.lower() if self.client == "vaultwarden" else key
        if not key.startswith("globalSettings:"):
            return key
        return key if self._writes_colons else key.replace(":", "__")

    @cached_property
    def _writes_colons(self) -> bool:
        keys = [
            each.key
            for each in self.document.entries
            if canonical("bitwarden", each.key, json=False).startswith("globalsettings:")
        ]
        return bool(keys) and all("__" not in key for key in keys)

    def change(self, role: Role, value: str) -> Change:
        """Return the line that gives a setting another value, in its place if it has one."""
        key = self.spelled(role)
        at = self.line(role)
        if not self.json:
            return Change(f"{key}={value}", at)
        # .NET takes a key with colons at the top for a path, but refuses a path that is there twice.
        name = key if at is None else key.rsplit(":", 1)[-1]
        literal = value if role in SWITCHES and value in ("true", "false") else json.dumps(value, ensure_ascii=False)
        return Change(f"{json.dumps(name)}: {literal}", at)


def unless_secret(text: str) -> str:
    """Return a short word as it is, and anything that could be a secret in the wrong place masked."""
    return repr(text) if len(text) < _SHORT else masked(text)


def masked(secret: str) -> str:
    """Return what may be shown of a secret: its length, and the first two characters of a long one."""
    if not secret:
        return "nothing"
    many = "1 character" if len(secret) == 1 else f"{len(secret)} characters"
    return many if len(secret) < _SHORT else f"{secret[:2]}… ({many})"
