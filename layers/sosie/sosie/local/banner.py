"""What `sosie start` says to a newcomer: where everything answers, who lives there, and what to type next."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sosie import __version__
from sosie.control.connection import DEFAULT_URL
from sosie.domain.regions import SERVICES
from sosie.local.output import address, bad, columns, command, dim, heading, secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_PER_LINE = 4


@dataclass(frozen=True, slots=True)
class Circumstances:
    """How this server was started, as far as its users have to know."""

    url: str
    state: Path | None = None
    ca: Path | None = None
    new_control_token: str | None = None
    """Set if the token was drawn for this start, so that nobody can know it yet."""
    everywhere: bool = False
    """Whether it listens on all addresses of this machine."""


def banner(summary: Mapping[str, Any], facts: Circumstances) -> str:
    """Return the text that greets a newcomer."""
    return "\n".join(_lines(summary, facts))


def _lines(summary: Mapping[str, Any], facts: Circumstances) -> Iterator[str]:
    kept = f"state in {facts.state}" if facts.state else "state in memory, gone when it stops"
    yield f"{heading(f'Sosie {__version__}')}  a stand-in for the Bitwarden cloud, not affiliated with Bitwarden Inc."
    scenario = f"scenario {summary['scenario']}, {kept}"
    yield f"{address(facts.url)}  {dim(scenario)}"
    if facts.everywhere:
        yield dim("It listens on all addresses of this machine: whoever reaches it can use it.")
    if facts.ca:
        export = "sosie ca export DIR" + (f" --state {shlex.quote(str(facts.state))}" if facts.state else "")
        yield f"{dim('CA')} {address(str(facts.ca))}  {dim(f'how clients trust it: {export}')}"
    if facts.new_control_token:
        yield f"{dim('control token')} {secret(facts.new_control_token)}"
    for name, region in summary["regions"].items():
        yield ""
        yield heading(name.upper())
        yield from _region(name, region, summary.get("roots", {}))
    yield ""
    yield from _logins(summary)
    yield ""
    yield heading("Try next, in another terminal")
    suffix = "" if facts.url == DEFAULT_URL else f" --url {facts.url}"
    for line in next_commands(summary):
        yield f"  {command(line + suffix)}"
    yield dim("Ctrl-C stops it.")


def _region(name: str, region: Mapping[str, Any], roots: Mapping[str, Any]) -> Iterator[str]:
    extra = roots.get(name, {})
    yield from columns(
        [[dim(each), address(region[each]), *([dim("or"), address(extra[each])] if extra else [])] for each in SERVICES]
    )
    installations = [
        [dim("installation"), each["id"], dim("key"), secret(each["key"]), "" if each["enabled"] else bad("disabled")]
        for each in region["installations"]
    ]
    organizations = [
        [dim("organization"), each["name"], each["tier"] if each["enabled"] else bad("disabled"), each["owner"] or ""]
        for each in region["organizations"]
    ]
    for rows in (installations, organizations):
        yield from columns(rows) if rows else ()


def _logins(summary: Mapping[str, Any]) -> Iterator[str]:
    users = [(name, user) for name, region in summary["regions"].items() for user in region["users"]]
    passwords = {user["masterPassword"] for _, user in users}
    yield heading("Logins")
    if len(passwords) == 1:
        label = dim("everybody's master password")
        yield f"  {label}  {secret(str(passwords.pop()))}"
        for name in summary["regions"]:
            emails = [user["email"] for where, user in users if where == name]
            for start in range(0, len(emails), _PER_LINE):
                yield f"  {dim(name)}  " + "  ".join(emails[start : start + _PER_LINE])
    else:
        rows = [[dim(name), user["email"], secret(user["masterPassword"] or "–")] for name, user in users]
        yield from columns(rows) if rows else ()


def next_commands(summary: Mapping[str, Any]) -> list[str]:
    """Return what to try first: the article's story with people of this scenario, a client's lines, the journal."""
    story = next((line for name, region in summary["regions"].items() if (line := _story(name, region))), None)
    # Without an installation there are no lines for a client.
    usable = [
        name for name, region in summary["regions"].items() if any(each["enabled"] for each in region["installations"])
    ]
    lines = [f"sosie env --for bitwarden --region {usable[-1]}"] if usable else []
    return [*([story] if story else []), *lines, "sosie journal"]


def _story(name: str, region: Mapping[str, Any]) -> str | None:
    """Return a first sync: a colleague of an Enterprise organization's owner offers to a Families organization's."""
    tiers = {each["owner"]: each["tier"] for each in reversed(region["organizations"]) if each["owner"]}
    owners = [email for email, tier in tiers.items() if tier == "enterprise"]
    families = [email for email, tier in tiers.items() if tier == "families"]
    emails = [user["email"] for user in region["users"]]
    for owner in reversed(owners):
        domain = owner.partition("@")[2]
        colleagues = [email for email in emails if email.endswith(f"@{domain}") and email not in tiers]
        if colleagues and families:
            people = f"--sponsor {shlex.quote(colleagues[0])} --for {shlex.quote(families[0])}"
            return f"sosie selfhost sync --region {name} {people}"
    return None
