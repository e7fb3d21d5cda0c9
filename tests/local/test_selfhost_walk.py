"""`sosie selfhost`: the article's story from the self-hosted side, against a running Sosie."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.local.conftest import Sosie
from tests.local.started import Started

ReadJson = Callable[..., Any]

PEOPLE = {
    "us": ("alice@acme.test", "cousin@family.test", "newcomer@family.test", "Acme Corporation", "Cousin Family"),
    "eu": ("amelie@dupont.test", "tante@famille.test", "nieuw@gezin.test", "Dupont SA", "Famille Tante"),
}


@pytest.mark.parametrize("region", ["us", "eu"])
def test_the_story_ends_with_an_active_sponsorship_and_a_licence(
    sosie: Sosie, read_json: ReadJson, region: str, home: Path
) -> None:
    member, friend, _, enterprise, family = PEOPLE[region]
    verb = ("selfhost", "sync", "--region", region)

    # When the owner generates the key and the server syncs its first offer
    first = read_json(*verb, "--sponsor", member, "--for", friend)
    assert first["organization"]["name"] == enterprise
    assert [step["status"] for step in first["steps"]] == [200] * 5
    assert [(row["offeredToEmail"], row["status"]) for row in first["rows"]] == [(friend, "sent")]

    # and the offered person redeems it
    redeemed = read_json("selfhost", "redeem", "--region", region, "--email", friend)
    assert redeemed["organization"]["name"] == family

    # Then the next sync shows it active, without the owner's help
    second = read_json(*verb)
    assert [row["status"] for row in second["rows"]] == ["active"]
    assert [step["url"].rpartition("/us/" if region == "us" else "/eu/")[2] for step in second["steps"]] == [
        "identity/connect/token",
        "api/organization/sponsorship/sync",
    ]

    # and the licence can be synced, is verified, and written
    licence = read_json("selfhost", "license", "--region", region, "--output", "licence.json")
    assert licence["verified"] is True
    assert licence["licence"]["name"] == enterprise
    assert json.loads((home / "licence.json").read_text()) == licence["licence"]
    assert sosie(*verb, "--revoke", member).exit_code == 0
    assert [row["status"] for row in read_json(*verb)["rows"]] == ["revoke when expired"]


def test_every_step_is_told_in_plain_words(sosie: Sosie) -> None:
    done = sosie("selfhost", "sync", "--sponsor", "alice@acme.test", "--for", "cousin@family.test")

    assert done.exit_code == 0
    for said in (
        "/us/identity/accounts/prelogin/password",
        "PBKDF2, 5000 rounds",
        "signed in as owner@acme.test",
        "the organization's billing sync key",
        "the installation gets a token for api.installation, for 86400 s",
        "1 row sent, 1 answered",
        "alice@acme.test  for  cousin@family.test  sent",
        "sosie selfhost redeem --region us",
        "--email cousin@family.test",
    ):
        assert said in done.stdout


def test_an_offer_can_be_redeemed_for_a_new_organization(read_json: ReadJson, running: Started) -> None:
    read_json("selfhost", "sync", "--sponsor", "bob@acme.test", "--for", "newcomer@family.test")

    redeemed = read_json("selfhost", "redeem", "--email", "newcomer@family.test", "--new", "--organization", "Us Two")

    made = running.control("GET", "/worlds/default/state?region=us&kind=organizations")["regions"]["us"]
    assert {"Us Two"} == {
        each["name"] for each in made["organizations"] if each["id"] == redeemed["organization"]["id"]
    }
    (sponsorship,) = running.control("GET", "/worlds/default/state?region=us&kind=sponsorships")["regions"]["us"][
        "sponsorships"
    ]
    assert sponsorship["sponsoredOrganizationId"] == redeemed["organization"]["id"]


def test_without_an_organization_of_ones_own_new_is_needed(sosie: Sosie) -> None:
    sosie("selfhost", "sync", "--sponsor", "bob@acme.test", "--for", "newcomer@family.test")

    done = sosie("selfhost", "redeem", "--email", "newcomer@family.test")

    assert done.exit_code == 2
    assert "--new" in done.stderr


def test_redeeming_twice_is_a_no(sosie: Sosie) -> None:
    sosie("selfhost", "sync", "--sponsor", "alice@acme.test", "--for", "cousin@family.test")
    assert sosie("selfhost", "redeem", "--email", "cousin@family.test").exit_code == 0

    done = sosie("selfhost", "redeem", "--email", "cousin@family.test")

    assert done.exit_code == 1
    assert "not valid any more" in done.stderr


def test_redeeming_for_an_enterprise_organization_is_refused_with_the_clouds_text(sosie: Sosie) -> None:
    sosie("selfhost", "sync", "--sponsor", "alice@acme.test", "--for", "owner@globex.test")

    done = sosie("selfhost", "redeem", "--email", "owner@globex.test", "--organization", "Globex")

    assert done.exit_code == 1
    assert "the cloud answers 400: Can only redeem sponsorship offer on families organizations." in done.stderr


def test_nothing_was_offered_to_somebody(sosie: Sosie) -> None:
    done = sosie("selfhost", "redeem", "--email", "cousin@family.test")

    assert done.exit_code == 1
    assert "no offer was mailed to cousin@family.test" in done.stderr


def test_a_wrong_key_is_refused_with_the_clouds_status_and_text_and_what_people_read(
    sosie: Sosie, read_json: ReadJson
) -> None:
    read_json("selfhost", "sync", "--sponsor", "alice@acme.test", "--for", "cousin@family.test")

    sync = sosie("selfhost", "sync", "--billing-sync-key", "wrong")
    licence = sosie("selfhost", "license", "--billing-sync-key", "wrong")

    for done, read in (
        (sync, "Organization sync failed"),
        (licence, "An error has occurred. Check your internet connection and ensure the billing token is correct."),
    ):
        assert done.exit_code == 1
        assert "the cloud answers 400: Invalid Billing Sync Key" in done.stderr
        assert read in done.stderr


def test_a_refusal_as_json_is_still_one_line_and_exit_code_1(sosie: Sosie, read_json: ReadJson) -> None:
    people = ("--sponsor", "alice@acme.test", "--for", "cousin@family.test")

    told = read_json("selfhost", "sync", *people, "--billing-sync-key", "wrong")

    assert told["error"].startswith("the cloud answers 500: An unhandled server error has occurred.")
    assert told["steps"][-1]["diagnosis"] == "SYNC_KEY_NEVER_GENERATED"
    assert sosie("selfhost", "sync", "--json", "--billing-sync-key", "wrong").exit_code == 1


def test_a_refused_sync_keeps_the_local_rows(sosie: Sosie, home: Path) -> None:
    sosie("selfhost", "sync", "--sponsor", "alice@acme.test", "--for", "cousin@family.test", "--billing-sync-key", "no")

    (organization,) = json.loads((home / ".sosie" / "selfhost-us.json").read_text())["organizations"]
    assert [row["last_sync_date"] for row in organization["rows"]] == [None]


def test_an_organization_that_may_not_sponsor_has_its_rows_skipped(sosie: Sosie, read_json: ReadJson) -> None:
    people = ("--sponsor", "owner@initech.test", "--for", "cousin@family.test")

    done = sosie("selfhost", "sync", "--organization", "initech", *people)

    assert done.exit_code == 1
    assert "skipped by the cloud" in done.stdout
    assert "Initech is on Teams; only Enterprise organizations sponsor" in done.stderr
    told = read_json("selfhost", "sync", "--organization", "Initech")
    assert told["skipped"] == [told["rows"][0]["sponsoringOrganizationUserId"]]


def test_without_rows_the_cloud_is_not_asked(read_json: ReadJson, running: Started) -> None:
    told = read_json("selfhost", "sync", "--billing-sync-key", "whatever")

    assert told["steps"] == []
    assert running.control("GET", "/worlds/default/journal")["items"] == []


def test_each_region_and_world_has_a_file_of_its_own(sosie: Sosie, home: Path) -> None:
    sosie("worlds", "create", "team-c")
    for place in (["--region", "us"], ["--region", "eu"], ["--world", "team-c"]):
        assert sosie("selfhost", "sync", *place, "--billing-sync-key", "key").exit_code == 0
    assert sosie("selfhost", "sync", "--file", "mine.json", "--billing-sync-key", "key").exit_code == 0

    assert sorted(path.name for path in (home / ".sosie").iterdir()) == [
        "selfhost-eu.json",
        "selfhost-team-c-us.json",
        "selfhost-us.json",
    ]
    assert (home / "mine.json").exists()


def test_other_worlds_have_a_story_of_their_own(sosie: Sosie, read_json: ReadJson, running: Started) -> None:
    sosie("worlds", "create", "team-d")

    told = read_json("selfhost", "sync", "--world", "team-d", "--sponsor", "bob@acme.test", "--for", "x@family.test")

    assert {step["url"].startswith(f"{running.url}/w/team-d/us/") for step in told["steps"]} == {True}
    assert read_json("mail", "--world", "team-d")["items"][-1]["to"] == "x@family.test"
    assert read_json("mail")["items"] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("sync", "--sponsor", "alice@acme.test"), "--for"),
        (("sync", "--organization", "Nonsense"), "no organization 'Nonsense'"),
        (("sync", "--billing-sync-key", "key", "--revoke", "bob@acme.test"), "bob@acme.test sponsors nobody"),
        (("redeem", "--email", "nobody@else.test"), "no login nobody@else.test"),
        (("redeem",), "--email"),
    ],
)
def test_what_cannot_be_meant_is_wrong_use(sosie: Sosie, arguments: tuple[str, ...], said: str) -> None:
    done = sosie("selfhost", *arguments)

    assert done.exit_code == 2
    assert said in done.stderr


def test_a_licence_of_another_key_or_for_others_does_not_pass(read_json: ReadJson, running: Started) -> None:
    from datetime import datetime

    from sosie.local.selfhost.licence import Expected, examine

    told = read_json("selfhost", "license")
    certificates = running.control("GET", "/worlds/default/certificates")
    organization = told["licence"]["id"]
    installation = told["licence"]["installationId"]
    now = datetime.fromisoformat(running.control("GET", "/worlds/default")["clock"]["now"])
    right = {"organization_id": organization, "installation_id": installation, "now": now}
    right["certificate_pem"] = certificates["us"]["licence"]

    def wrong(licence: dict[str, Any] = told["licence"], **changed: Any) -> list[str]:
        return [each.text for each in examine(licence, Expected(**(right | changed))) if not each.right]

    assert wrong() == []
    assert any("another key" in text for text in wrong(certificate_pem=certificates["eu"]["licence"]))
    assert wrong(organization_id="0" * 8) == [f"audience organization:{organization}"]
    assert wrong(installation_id="0" * 8) == [f"it is for installation {installation}"]
    assert wrong(now=now.replace(year=now.year - 1)) == ["the token is valid already, without any clock tolerance"]
    assert wrong(now=now.replace(year=now.year + 2)) == ["the token has not expired"]
    assert wrong({**told["licence"], "seats": 1_000_000}) == ["the file's signature does not fit its fields"]
