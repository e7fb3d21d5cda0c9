"""Rules about switches: what is off is not asked for, and nothing says so (clients.md §7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosie.local.doctor.catalog import finding
from sosie.local.doctor.configuration import unless_secret
from sosie.local.doctor.keys import SWITCHES
from sosie.local.doctor.rules_region import expected_uri, wanted_region

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sosie.local.doctor.configuration import Configuration
    from sosie.local.doctor.keys import Role
    from sosie.local.doctor.model import Finding

_WANTED: dict[Role, str] = {
    "self_hosted": "true",
    "communication": "true",
    "push_enabled": "true",
    "block_private": "false",
}


def switches_can_be_read(configuration: Configuration) -> Iterator[Finding]:
    """A switch is true or false."""
    for role in sorted(SWITCHES):
        value = configuration.value(role)
        if value is None or configuration.switch(role) is not None:
            continue
        message = f"{configuration.spelled(role)} is {unless_secret(value.strip())}, neither true nor false."
        changes = [configuration.change(role, _WANTED[role])]
        yield finding("SWITCH_UNREADABLE", message, line=configuration.line(role), changes=changes)


def server_is_self_hosted(configuration: Configuration) -> Iterator[Finding]:
    """A server knows that it is self-hosted. An env file may leave that to the installer's."""
    if configuration.client != "bitwarden" or configuration.from_elsewhere("self_hosted"):
        return
    given = configuration.value("self_hosted") is not None
    if configuration.switch("self_hosted") is False or (not given and configuration.document.complete):
        key = configuration.spelled("self_hosted")
        yield finding(
            "SELF_HOSTED_OFF",
            f"{key} is {'false' if given else 'missing, which means false'}.",
            line=configuration.line("self_hosted"),
            changes=[configuration.change("self_hosted", "true")],
        )


def cloud_communication_is_on(configuration: Configuration) -> Iterator[Finding]:
    """A server may ask the cloud for licences and sponsorships."""
    if configuration.client != "bitwarden" or configuration.from_elsewhere("communication"):
        return
    given = configuration.value("communication") is not None
    if configuration.switch("communication") is False or (not given and not configuration.of_the_installer):
        key = configuration.spelled("communication")
        yield finding(
            "COMMUNICATION_OFF",
            f"{key} is {'false' if given else 'missing, which means false'}: neither licences nor sponsorships are "
            "synced.",
            line=configuration.line("communication"),
            changes=[configuration.change("communication", "true")],
        )


def push_is_set(configuration: Configuration) -> Iterator[Finding]:
    """A server has a push relay; vaultwarden has push enabled."""
    if configuration.client == "vaultwarden":
        given = configuration.value("push_enabled") is not None
        unknown = configuration.from_elsewhere("push_enabled") or (
            given and configuration.switch("push_enabled") is None
        )
        if not unknown and not configuration.switch("push_enabled"):
            changes = [configuration.change("push_enabled", "true")]
            message = f"PUSH_ENABLED is {'false' if given else 'missing, which means false'}."
            yield finding("PUSH_DISABLED", message, line=configuration.line("push_enabled"), changes=changes)
        return
    if configuration.from_elsewhere("push") or configuration.uri_text("push") is not None:
        return
    text = (configuration.value("push") or "").strip()
    key = configuration.spelled("push")
    yield finding(
        "PUSH_NOT_SET",
        f"{key} is {text or 'missing or empty'}: the server sends no push messages.",
        line=configuration.line("push"),
        changes=[
            configuration.change("push", expected_uri(configuration, "push", wanted_region(configuration) or "us"))
        ],
    )


RULES = (switches_can_be_read, server_is_self_hosted, cloud_communication_is_on, push_is_set)
