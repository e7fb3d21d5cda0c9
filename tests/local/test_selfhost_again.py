"""`sosie selfhost` on the second day: a cloud that was reset, other keys, corrected offers, wrong use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sosie.control.client import ControlClient
from tests.local.conftest import Sosie
from tests.local.started import Started
from tests.local.test_selfhost_walk import ReadJson


def silent_about_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the world's summary not say which life it is in, as that of an older Sosie."""
    asked = ControlClient.summary

    def summary(client: ControlClient, world: str = "default") -> dict[str, Any]:
        found = asked(client, world)
        found.pop("incarnation", None)
        return found

    monkeypatch.setattr(ControlClient, "summary", summary)


def test_after_a_reset_the_server_starts_afresh_and_says_so_once(
    sosie: Sosie, read_json: ReadJson, running: Started, home: Path
) -> None:
    sosie("selfhost", "sync", "--sponsor", "alice@acme.test", "--for", "cousin@family.test")
    running.control("POST", "/worlds/default/reset")

    done = sosie("selfhost", "sync", "--sponsor", "bob@acme.test", "--for", "x@family.test")

    assert done.exit_code == 0
    (line,) = done.stderr.splitlines()
    assert "this cloud is not the one that .sosie/selfhost-us.json was written with, or was reset since" in line
    assert "cousin@family.test" in (home / ".sosie" / "selfhost-us.json.before").read_text()
    assert sosie("selfhost", "sync").stderr == ""
    assert [row["offeredToEmail"] for row in read_json("selfhost", "sync")["rows"]] == ["x@family.test"]


def test_after_a_restore_the_server_still_has_its_rows(sosie: Sosie, read_json: ReadJson) -> None:
    sosie("selfhost", "sync", "--sponsor", "alice@acme.test", "--for", "cousin@family.test")
    sosie("snapshot", "take", "with-an-offer")
    sosie("selfhost", "sync", "--sponsor", "bob@acme.test", "--for", "x@family.test")
    sosie("restore", "with-an-offer")

    done = sosie("selfhost", "sync")

    assert (done.exit_code, done.stderr) == (0, "")
    told = {row["offeredToEmail"] for row in read_json("selfhost", "sync")["rows"]}
    assert told == {"cousin@family.test", "x@family.test"}


def test_a_stored_key_that_the_cloud_does_not_know_is_told_apart_with_the_remedy(
    sosie: Sosie, running: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent_about_lives(monkeypatch)
    sosie("selfhost", "sync", "--sponsor", "alice@acme.test", "--for", "cousin@family.test")
    running.control("POST", "/worlds/default/reset")

    refused = sosie("selfhost", "sync")

    assert refused.exit_code == 1
    assert "--fetch-key" in refused.stderr
    assert sosie("selfhost", "sync", "--fetch-key").exit_code == 0


def stored_key(home: Path) -> str | None:
    (organization,) = json.loads((home / ".sosie" / "selfhost-us.json").read_text())["organizations"]
    key: str | None = organization["billing_sync_key"]
    return key


@pytest.mark.parametrize("verb", ["sync", "license"])
def test_a_refused_key_of_the_command_line_does_not_replace_the_stored_one(sosie: Sosie, home: Path, verb: str) -> None:
    sosie("selfhost", "sync", "--sponsor", "alice@acme.test", "--for", "cousin@family.test")
    good = stored_key(home)

    refused = sosie("selfhost", verb, "--billing-sync-key", "wrong")

    assert refused.exit_code == 1
    assert "The key you gave was refused" in refused.stderr
    assert "earlier run" not in refused.stderr
    assert stored_key(home) == good
    assert sosie("selfhost", "sync").exit_code == 0


def test_an_accepted_key_of_the_command_line_is_kept(sosie: Sosie, home: Path) -> None:
    sosie("selfhost", "license")
    key = stored_key(home)
    assert key
    (home / ".sosie" / "selfhost-us.json").unlink()

    assert sosie("selfhost", "license", "--billing-sync-key", key).exit_code == 0

    assert stored_key(home) == key


def test_a_key_that_nobody_was_asked_about_is_not_kept(sosie: Sosie, home: Path) -> None:
    assert sosie("selfhost", "sync", "--billing-sync-key", "untried").exit_code == 0

    assert stored_key(home) is None


def test_a_corrected_offer_is_warned_about_and_only_a_new_one_leads_to_redeem(sosie: Sosie) -> None:
    first = sosie("selfhost", "sync", "--sponsor", "alice@acme.test", "--for", "wrong@family.test")
    assert "Next:" in first.stdout

    corrected = sosie("selfhost", "sync", "--sponsor", "alice@acme.test", "--for", "cousin@family.test")

    assert "keeps the offer to 'wrong@family.test'; revoke it first: --revoke alice@acme.test" in corrected.stderr
    assert "Next:" not in corrected.stdout
    assert "Next:" not in sosie("selfhost", "sync").stdout
    sosie("selfhost", "sync", "--revoke", "alice@acme.test")
    again = sosie("selfhost", "sync", "--sponsor", "alice@acme.test", "--for", "cousin@family.test")
    assert again.stderr == ""
    assert "Next:" in again.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--sponsor", "amelie@dupont.test", "--for", "x@y.test"), "is in region eu; did you mean --region eu?"),
        (("--sponsor", "nobody@acme.test", "--for", "x@y.test"), "no login nobody@acme.test"),
        (("--sponsor", "alice@acme.test", "--for", "cousin"), "'cousin' is no e-mail address"),
        (
            ("--sponsor", "alice@acme.test", "--for", "x@y.test", "--revoke", "Alice@acme.test"),
            "contradict each other",
        ),
        (("--billing-sync-key", "key", "--fetch-key"), "contradict each other"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_sent(
    sosie: Sosie, running: Started, arguments: tuple[str, ...], said: str
) -> None:
    done = sosie("selfhost", "sync", *arguments)

    assert done.exit_code == 2
    assert said in done.stderr
    assert running.control("GET", "/worlds/default/journal")["items"] == []


@pytest.mark.parametrize(("region", "name"), [("us", "Acme Corporation"), ("eu", "Dupont SA")])
def test_without_a_file_or_people_it_is_the_organization_with_the_most_of_them(
    read_json: ReadJson, region: str, name: str
) -> None:
    assert read_json("selfhost", "sync", "--region", region)["organization"]["name"] == name
