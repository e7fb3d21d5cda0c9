"""The portable document of a snapshot: what is in it, and what it makes of another world (docs/control-plane.md)."""

from __future__ import annotations

import json
from datetime import timedelta

from tests.support.cloud import TestCloud
from tests.support.control import ask
from tests.support.families import (
    ACME,
    ALICE,
    COUSIN,
    OWNER,
    offer,
    offer_token,
    redeem,
)
from tests.support.snapshots import SNAPSHOTS, carried, document, everything, restore, take
from tests.support.token_client import VERSION, password_form
from tests.support.token_client import ask as ask_for_token


def test_the_document_is_sorted_readable_and_without_the_worlds_name(cloud: TestCloud) -> None:
    offer(cloud, ALICE, COUSIN)
    take(cloud, query="?with=mail")

    answer = ask(cloud, "GET", f"{SNAPSHOTS}/before")
    made = answer.json

    assert (made["format"], made["version"], made["parts"]) == ("sosie-snapshot", 1, ["mail"])
    assert answer.body == json.dumps(made, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    assert "default/" not in answer.body
    acme = cloud.organization(ACME)
    assert made["items"]["us/organizations"][acme.id]["body"]["name"] == "Acme Corporation"
    (row,) = [
        item for sort, item in made["items"][f"us/organization/{acme.id}"].items() if sort.startswith("sponsorship#")
    ]
    assert (row["body"]["offered_to_email"], set(row["orders"])) == (COUSIN, {"by_name"})


def test_two_documents_of_one_state_are_the_same(cloud: TestCloud) -> None:
    take(cloud, "a")
    take(cloud, "b")

    assert ask(cloud, "GET", f"{SNAPSHOTS}/a").body == ask(cloud, "GET", f"{SNAPSHOTS}/b").body


def test_no_signing_key_is_in_a_document(cloud: TestCloud) -> None:
    ask_for_token(cloud, password_form(OWNER), VERSION)
    take(cloud, query="?with=mail,journal")

    text = ask(cloud, "GET", f"{SNAPSHOTS}/before").body

    assert "PRIVATE KEY" not in text
    assert cloud.user(OWNER).keys.private_key in text  # people's own key material is part of the state


def test_a_document_makes_another_world_the_same(cloud: TestCloud) -> None:
    offer(cloud, ALICE, COUSIN)
    take(cloud)
    ask(cloud, "PUT", "/worlds/copy", {"scenario": "empty"})

    assert carried(cloud, document(cloud), world="copy").status == 200
    restore(cloud, "carried", "copy")

    here, there = everything(cloud), everything(cloud, "copy")
    assert there["items"] == here["items"]
    assert there["state"]["regions"] == here["state"]["regions"]
    assert there["summary"]["world"] == "copy"
    assert cloud.get("/alive", world="copy").status == 200


def test_another_worlds_tokens_do_not_become_good(cloud: TestCloud) -> None:
    token = cloud.user_token(OWNER)
    take(cloud)
    ask(cloud, "PUT", "/worlds/copy", {"scenario": "empty"})
    carried(cloud, document(cloud), world="copy")

    restore(cloud, "carried", "copy")

    assert cloud.get("/accounts/profile", token=token, world="copy").status == 401
    assert cloud.get("/accounts/profile", token=token).status == 200


def test_requests_in_another_world_make_no_id_that_the_document_has(cloud: TestCloud) -> None:
    for _ in range(5):
        made = cloud.post("/installations", {"email": "ops@acme.test"}).json["id"]
    take(cloud)
    ask(cloud, "PUT", "/worlds/copy", {"scenario": "empty"})
    carried(cloud, document(cloud), world="copy")
    restore(cloud, "carried", "copy")

    ids = {cloud.post("/installations", {"email": "ops@acme.test"}, world="copy").json["id"] for _ in range(6)}

    assert made not in ids
    assert len(ids) == 6


def test_what_expires_lives_as_long_as_it_had_to_live(cloud: TestCloud) -> None:
    ask_for_token(cloud, password_form(OWNER), VERSION)
    take(cloud)
    (before,) = cloud.sosie.store.query("default/us/refresh")
    cloud.clock.advance(timedelta(days=10))

    restore(cloud)

    (after,) = cloud.sosie.store.query("default/us/refresh")
    assert after.expires - before.expires == 10 * 24 * 3600


def test_a_document_of_ones_own_that_was_not_changed_is_taken(cloud: TestCloud) -> None:
    offer(cloud, ALICE, COUSIN)
    redeem(cloud, COUSIN, offer_token(cloud, COUSIN))
    ask_for_token(cloud, password_form(OWNER), VERSION)
    cloud.get("/alive")
    take(cloud, query="?with=mail,journal")

    answer = carried(cloud, document(cloud))

    assert answer.status == 200, answer.body
    assert answer.json["items"] == ask(cloud, "GET", SNAPSHOTS).json["items"][0]["items"]
