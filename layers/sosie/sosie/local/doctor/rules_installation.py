"""Rules about the installation's id and key (clients.md §7, identity.md §3.5). A key is never printed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sosie.domain.ids import EMPTY_GUID, parse_guid
from sosie.local.doctor.catalog import finding
from sosie.local.doctor.configuration import masked
from sosie.local.doctor.model import Change

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sosie.local.doctor.configuration import Configuration
    from sosie.local.doctor.model import Finding

THE_ID = "<the installation id>"
THE_KEY = "<the installation key>"
_KEY = re.compile(r"[A-Za-z0-9]{20}")
_PREFIX = re.compile(r"(?:\s*installation\s*\.\s*)+", re.IGNORECASE)


def needs_installation(configuration: Configuration) -> bool:
    """Tell whether the server uses id and key, and this file is the place for them."""
    if configuration.client == "vaultwarden":
        return configuration.switch("push_enabled") is True
    return not configuration.of_the_installer


def swapped(configuration: Configuration) -> bool:
    """Tell whether id and key stand in each other's place."""
    return bool(
        _KEY.fullmatch((configuration.value("id") or "").strip())
        and parse_guid(_PREFIX.sub("", configuration.value("key") or ""))
    )


def id_and_key_in_their_places(configuration: Configuration) -> Iterator[Finding]:
    """The id is where the id belongs, the key where the key belongs."""
    if not swapped(configuration):
        return
    id_line, key_line = configuration.line("id"), configuration.line("key")
    yield finding(
        "ID_KEY_SWAPPED",
        f"{configuration.spelled('id')} looks like a key, and {configuration.spelled('key')} like an id.",
        line=id_line,
        changes=[
            configuration.change("id", parse_guid(_PREFIX.sub("", configuration.value("key") or "")) or THE_ID),
            Change(configuration.change("key", f"<the value of line {id_line}>").text, key_line),
        ],
    )


def id_is_a_guid(configuration: Configuration) -> Iterator[Finding]:
    """The id is a GUID, without prefix, and not empty."""
    if configuration.from_elsewhere("id") or swapped(configuration):
        return
    text = (configuration.value("id") or "").strip()
    key, line = configuration.spelled("id"), configuration.line("id")
    without_prefix = parse_guid(_PREFIX.sub("", text, count=1))
    if not text or text.lower() == "replace":
        if needs_installation(configuration):
            yield finding("ID_MISSING", f"{key} has no value.", line=line, changes=[configuration.change("id", THE_ID)])
    elif _PREFIX.match(text):
        changes = [configuration.change("id", without_prefix or THE_ID)]
        yield finding("ID_PREFIX", f"{key} begins with `installation.`.", line=line, changes=changes)
    elif parse_guid(text) is None:
        # It may be a secret that was pasted into the wrong place.
        message = f"{key} is no GUID, but {masked(text)}."
        yield finding("ID_NOT_GUID", message, line=line, changes=[configuration.change("id", THE_ID)])
    elif parse_guid(text) == EMPTY_GUID:
        yield finding("ID_ZERO", f"{key} is all zeros.", line=line, changes=[configuration.change("id", THE_ID)])


def key_is_whole(configuration: Configuration) -> Iterator[Finding]:
    """The key is 20 letters and digits."""
    if configuration.from_elsewhere("key") or swapped(configuration):
        return
    text = configuration.value("key") or ""
    key, line = configuration.spelled("key"), configuration.line("key")
    changes = [configuration.change("key", THE_KEY)]
    unset = not text.strip() or (configuration.client == "bitwarden" and not configuration.is_set("key"))
    if unset:
        if needs_installation(configuration):
            yield finding("KEY_MISSING", f"{key} has no value.", line=line, changes=changes)
    elif re.search(r"[\s'\"`“”‘’]", text):
        yield finding("KEY_BLANKS", f"{key} has blanks or quotation marks inside.", line=line, changes=changes)
    elif not _KEY.fullmatch(text):
        message = f"{key} is not 20 letters and digits, but {masked(text)}."
        yield finding("KEY_SHAPE", message, line=line, changes=changes)


RULES = (id_and_key_in_their_places, id_is_a_guid, key_is_whole)
