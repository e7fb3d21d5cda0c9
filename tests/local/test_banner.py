"""What `sosie start` greets a newcomer with."""

from __future__ import annotations

import copy
from pathlib import Path

import click
import pytest

from sosie.local.banner import Circumstances, banner, next_commands
from tests.local.started import Started

PASSWORD = "correct horse battery staple"


@pytest.fixture
def text(running: Started) -> str:
    return click.unstyle(banner(running.summary, Circumstances(running.url)))


def test_it_names_every_base_uri_also_those_with_a_port_of_their_own(text: str, running: Started) -> None:
    summary = running.summary
    for region in ("us", "eu"):
        for service in ("identity", "api", "push"):
            assert summary["regions"][region][service] in text
            assert summary["roots"][region][service] in text


def test_it_names_installations_with_their_keys_and_says_which_is_disabled(text: str, running: Started) -> None:
    for region in running.summary["regions"].values():
        for installation in region["installations"]:
            (line,) = [line for line in text.splitlines() if installation["id"] in line]
            assert installation["key"] in line
            assert ("disabled" in line) is not installation["enabled"]


def test_it_names_every_login_and_the_one_password_once(text: str, running: Started) -> None:
    for region in running.summary["regions"].values():
        for user in region["users"]:
            assert user["email"] in text
    assert text.count(PASSWORD) == 1


def test_it_names_every_password_if_they_differ(running: Started) -> None:
    summary = copy.deepcopy(running.summary)
    summary["regions"]["us"]["users"][0]["masterPassword"] = "another one"

    lines = click.unstyle(banner(summary, Circumstances(running.url))).splitlines()

    (line,) = [line for line in lines if "another one" in line]
    assert summary["regions"]["us"]["users"][0]["email"] in line
    assert sum(PASSWORD in line for line in lines) == 13


def test_it_names_organizations_with_tier_and_owner(text: str) -> None:
    (line,) = [line for line in text.splitlines() if "Dupont SA" in line]
    assert "enterprise" in line
    assert "owner@dupont.test" in line


def test_it_ends_with_commands_that_work_here(text: str, running: Started) -> None:
    first = "sosie selfhost sync --region us --sponsor alice@acme.test --for cousin@family.test"
    assert f"{first} --url {running.url}" in text
    assert f"sosie env --for bitwarden --region eu --url {running.url}" in text


def test_at_the_usual_address_the_commands_need_no_url(running: Started) -> None:
    text = click.unstyle(banner(running.summary, Circumstances("http://127.0.0.1:8787")))

    assert "--url" not in text


def test_the_story_is_left_out_where_nobody_can_play_it(running: Started) -> None:
    summary = copy.deepcopy(running.summary)
    for region in summary["regions"].values():
        region["organizations"] = []

    assert next_commands(summary) == ["sosie env --for bitwarden --region eu", "sosie journal"]


def test_it_says_where_state_and_authority_are_and_which_token_was_drawn(running: Started) -> None:
    facts = Circumstances(running.url, Path("/var/lib/sosie"), Path("/etc/sosie-ca.pem"), "drawn-token")

    text = click.unstyle(banner(running.summary, facts))

    assert "/var/lib/sosie" in text
    assert "/etc/sosie-ca.pem" in text
    assert "drawn-token" in text
    assert "sosie ca export DIR --state /var/lib/sosie" in text


def test_it_says_when_it_listens_on_all_addresses(text: str, running: Started) -> None:
    everywhere = click.unstyle(banner(running.summary, Circumstances(running.url, everywhere=True)))

    assert "listens on all addresses" in everywhere
    assert "listens on all addresses" not in text


def test_a_region_without_data_is_in_no_command(running: Started) -> None:
    summary = copy.deepcopy(running.summary)
    summary["regions"]["eu"] |= {"installations": [], "users": [], "organizations": []}

    assert not any("--region eu" in line for line in next_commands(summary))
    assert "sosie env --for bitwarden --region us" in next_commands(summary)


def test_it_says_what_it_is_not(text: str) -> None:
    assert "not affiliated with Bitwarden Inc." in text
