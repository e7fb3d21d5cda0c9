"""Rules about the file itself: what was written, and is not read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosie.local.doctor.catalog import finding
from sosie.local.doctor.keys import DIALECTS, canonical, nearest, role_of
from sosie.local.doctor.model import Change

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sosie.local.doctor.configuration import Configuration
    from sosie.local.doctor.model import Entry, Finding


def lines_can_be_read(configuration: Configuration) -> Iterator[Finding]:
    """Each line is a comment or an assignment."""
    for each in configuration.document.broken:
        yield finding("LINE_BROKEN", f"Line {each.line} is not read: {each.why}.", line=each.line)


def keys_are_given_once(configuration: Configuration) -> Iterator[Finding]:
    """No setting stands in the file twice, in any spelling."""
    seen: dict[str, Entry] = {}
    for entry in configuration.document.entries:
        role = role_of(configuration.client, entry.key, json=configuration.json)
        if role is None:
            continue
        # By key, not by role: a role's second key is another client's way of saying the same.
        key = canonical(configuration.client, entry.key, json=configuration.json)
        first = seen.get(key)
        if first is not None:
            same = "with the same value" if first.value == entry.value else "with another value; the last one counts"
            yield finding("KEY_TWICE", f"{entry.key} stands in line {first.line} too, {same}.", line=entry.line)
        seen[key] = entry


def keys_are_known(configuration: Configuration) -> Iterator[Finding]:
    """No key is nearly one of those that matter."""
    for entry in configuration.document.entries:
        known = nearest(configuration.client, entry.key, json=configuration.json)
        if known is None:
            continue
        role = role_of(configuration.client, known, json=False)
        # The line is right only where nothing else sets it; a second one would win over the first, or not.
        given = role is not None and configuration.entry(role) is not None
        right = _respelled(configuration, known)
        # Not the value itself: it may be a secret.
        renamed = Change(f"{right}=<the value of line {entry.line}>", entry.line)
        changes = [] if given or configuration.json else [renamed]
        yield finding("KEY_UNKNOWN", f"{entry.key} is not read; the key is {right}.", line=entry.line, changes=changes)


def _respelled(configuration: Configuration, known: str) -> str:
    role = role_of(configuration.client, known, json=False)
    if role is None or known != DIALECTS[configuration.client].keys[role][0]:
        return known
    return configuration.spelled(role)


def keys_have_no_colons(configuration: Configuration) -> Iterator[Finding]:
    """Env files spell sections with underscores."""
    if configuration.client != "bitwarden" or configuration.document.format != "env":
        return
    with_colons = [
        entry
        for entry in configuration.document.entries
        if ":" in entry.key and role_of("bitwarden", entry.key, json=False) is not None
    ]
    if with_colons:
        key = with_colons[0].key
        message = f"{key} is spelled with colons; docker compose would take {key.partition(':')[0]} for the key."
        yield finding("KEY_WITH_COLONS", message, line=with_colons[0].line)


def values_are_plain(configuration: Configuration) -> Iterator[Finding]:
    """Values are in the file, and not in quotation marks."""
    for entry in configuration.document.entries:
        if role_of(configuration.client, entry.key, json=configuration.json) is None:
            continue
        if entry.value is None:
            message = f"The value of {entry.key} comes from outside the file."
            yield finding("VALUE_FROM_ELSEWHERE", message, line=entry.line)
        elif entry.quoted and not configuration.json:
            yield finding("VALUE_QUOTED", f"The value of {entry.key} is in quotation marks.", line=entry.line)


def file_is_kept(configuration: Configuration) -> Iterator[Finding]:
    """Settings of one's own are not in the file that updates rewrite."""
    if configuration.of_the_installer:
        yield finding("FILE_OF_INSTALLER", "This is docker/global.env, which updates rewrite.")


RULES = (
    lines_can_be_read,
    keys_are_given_once,
    keys_are_known,
    keys_have_no_colons,
    values_are_plain,
    file_is_kept,
)
