"""Snapshots of a world: taken, kept, returned to (docs/control-plane.md: snapshots)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sosie.services import snapshot_store
from sosie.services.request_ids import SequentialIds
from tests.support.cloud import START, TestCloud
from tests.support.control import ask
from tests.support.families import (
    ACME,
    ALICE,
    BOB,
    COUSIN,
    OWNER,
    STRANGER,
    generate_sync_key,
    key_request,
    offer,
    offer_token,
    redeem,
    rows_of,
    sync_key,
)
from tests.support.snapshots import SNAPSHOTS, carried, everything, restore, take
from tests.support.token_client import VERSION, password_form
from tests.support.token_client import ask as ask_for_token

# Taking and returning.


def test_a_restore_takes_back_whatever_was_done(cloud: TestCloud) -> None:
    offer(cloud, ALICE, COUSIN)
    ask_for_token(cloud, password_form(OWNER), VERSION)
    before = everything(cloud)
    take(cloud)
    redeem(cloud, COUSIN, offer_token(cloud, COUSIN))
    generate_sync_key(cloud)
    cloud.post("/installations", {"email": "ops@acme.test"})
    ask(cloud, "PUT", "/worlds/default/settings", {"penaltyDelays": False})
    ask(cloud, "POST", "/worlds/default/clock/advance", {"by": "P2Y"})
    assert everything(cloud) != before

    answer = restore(cloud)

    assert everything(cloud) == before
    assert answer.json == ask(cloud, "GET", "/worlds/default").json


def test_a_restored_world_is_another_incarnation(cloud: TestCloud) -> None:
    take(cloud)
    before = ask(cloud, "GET", "/worlds/default").json["incarnation"]

    assert restore(cloud).json["incarnation"] not in ("", before)


def test_the_clock_is_put_back_as_it_was(cloud: TestCloud) -> None:
    ask(cloud, "PUT", "/worlds/default/clock", {"mode": "frozen", "now": "2027-01-01T00:00:00Z"})
    take(cloud)
    ask(cloud, "PUT", "/worlds/default/clock", {"mode": "system"})

    restore(cloud)

    assert ask(cloud, "GET", "/worlds/default/clock").json["now"] == "2027-01-01T00:00:00.000000Z"


def test_a_reset_after_a_restore_goes_to_the_scenario_of_then(cloud: TestCloud) -> None:
    ask(cloud, "PUT", "/worlds/mine", {"scenario": "empty"})
    ask(cloud, "PUT", "/worlds/mine/snapshots/nothing")
    made = ask(cloud, "GET", "/worlds/mine/snapshots/nothing").json
    assert carried(cloud, made).status == 200
    restore(cloud, "carried")

    summary = ask(cloud, "POST", "/worlds/default/reset").json

    assert (summary["scenario"], summary["regions"]["us"]["users"]) == ("empty", [])


def test_tokens_and_offers_from_before_stay_good(cloud: TestCloud) -> None:
    offer(cloud, ALICE, COUSIN)
    sponsorship_token, access_token = offer_token(cloud, COUSIN), cloud.user_token(COUSIN)
    take(cloud)
    cloud.post("/installations", {"email": "ops@acme.test"})

    restore(cloud)

    assert redeem(cloud, COUSIN, sponsorship_token, token=access_token).status == 200


def test_a_refresh_token_from_before_stays_good(cloud: TestCloud) -> None:
    refresh = ask_for_token(cloud, password_form(OWNER), VERSION).json["refresh_token"]
    take(cloud)

    restore(cloud)

    form = {"grant_type": "refresh_token", "refresh_token": refresh, "client_id": password_form(OWNER)["client_id"]}
    assert ask_for_token(cloud, form, VERSION).status == 200


def test_journal_and_mailbox_are_empty_after_a_restore(cloud: TestCloud) -> None:
    offer(cloud, ALICE, COUSIN)
    take(cloud)

    restore(cloud)

    assert ask(cloud, "GET", "/worlds/default/mail").json == {"items": []}
    assert ask(cloud, "GET", "/worlds/default/journal").json == {"items": []}


def test_journal_and_mailbox_come_along_if_they_are_wanted(cloud: TestCloud) -> None:
    offer(cloud, ALICE, COUSIN)
    lists = ("/worlds/default/mail", "/worlds/default/journal")
    before = [ask(cloud, "GET", path).json for path in lists]
    header = take(cloud, query="?with=mail,journal")
    offer(cloud, BOB, STRANGER)

    restore(cloud)

    assert header["parts"] == ["mail", "journal"]
    assert [ask(cloud, "GET", path).json for path in lists] == before


def test_no_request_id_comes_twice(cloud: TestCloud) -> None:
    ids = [cloud.get("/alive").headers["x-sosie-request"]]
    take(cloud)
    ids += [cloud.get("/alive").headers["x-sosie-request"] for _ in range(3)]

    restore(cloud)

    ids.append(cloud.get("/alive").headers["x-sosie-request"])
    assert len(set(ids)) == len(ids)
    assert SequentialIds(cloud.sosie.store).next("default", START, "") not in ids


def test_no_id_that_a_request_makes_comes_twice(cloud: TestCloud) -> None:
    take(cloud)
    first = cloud.post("/installations", {"email": "ops@acme.test"}).json["id"]

    restore(cloud)

    assert cloud.post("/installations", {"email": "ops@acme.test"}).json["id"] != first


def test_a_restore_that_cannot_be_written_leaves_the_world_as_it_was(
    cloud: TestCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(cloud)
    offer(cloud, ALICE, COUSIN)
    before = everything(cloud)

    def full(*_: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as broken:
        broken.setattr(cloud.sosie.store, "_apply", full)
        assert ask(cloud, "POST", f"{SNAPSHOTS}/before/restore").status == 500

    assert everything(cloud) == before


def test_a_snapshot_taken_again_replaces_the_first(cloud: TestCloud) -> None:
    take(cloud)
    offer(cloud, ALICE, COUSIN)
    take(cloud)
    cloud.sosie.worlds.reset("default")

    restore(cloud)

    assert len(rows_of(cloud)) == 1


# Keeping them.


def test_snapshots_are_listed_by_name(cloud: TestCloud) -> None:
    assert ask(cloud, "GET", SNAPSHOTS).json == {"items": []}
    cloud.clock.advance(timedelta(hours=1))
    take(cloud, "b")
    take(cloud, "a", "?with=mail")

    items = ask(cloud, "GET", SNAPSHOTS).json["items"]

    assert [item["name"] for item in items] == ["a", "b"]
    assert set(items[0]) == {"name", "scenario", "at", "wallAt", "parts", "items", "bytes"}
    assert (items[0]["scenario"], items[0]["parts"]) == ("families", ["mail"])
    assert items[1]["at"] == items[1]["wallAt"] == "2026-03-04T06:06:07.000000Z"


def test_a_snapshot_survives_a_reset(cloud: TestCloud) -> None:
    offer(cloud, ALICE, COUSIN)
    take(cloud)
    ask(cloud, "POST", "/worlds/default/reset")
    assert rows_of(cloud) == []

    restore(cloud)

    assert len(rows_of(cloud)) == 1


def test_a_snapshot_survives_its_own_restore(cloud: TestCloud) -> None:
    take(cloud)

    restore(cloud)
    restore(cloud)

    assert [item["name"] for item in ask(cloud, "GET", SNAPSHOTS).json["items"]] == ["before"]


def test_snapshots_go_with_their_world_and_with_no_other(cloud: TestCloud) -> None:
    for world in ("a", "a-b"):
        ask(cloud, "PUT", f"/worlds/{world}", {"scenario": "empty"})
        ask(cloud, "PUT", f"/worlds/{world}/snapshots/kept")

    ask(cloud, "DELETE", "/worlds/a")
    ask(cloud, "PUT", "/worlds/a", {"scenario": "empty"})

    assert ask(cloud, "GET", "/worlds/a/snapshots").json == {"items": []}
    assert ask(cloud, "GET", "/worlds/a/snapshots/kept").status == 404
    assert ask(cloud, "GET", "/worlds/a-b/snapshots/kept").status == 200


def test_a_deleted_snapshot_is_gone(cloud: TestCloud) -> None:
    take(cloud)

    assert ask(cloud, "DELETE", f"{SNAPSHOTS}/before").status == 204

    assert ask(cloud, "GET", SNAPSHOTS).json == {"items": []}
    for method, path in (("GET", "before"), ("DELETE", "before"), ("POST", "before/restore")):
        assert ask(cloud, method, f"{SNAPSHOTS}/{path}").status == 404
    assert cloud.sosie.store.query("_snapshots/default/text/before") == []


@pytest.mark.parametrize("name", ["-a", "a b", "ä", "x" * 64, "a%2Fb"])
def test_a_name_that_could_lead_elsewhere_is_refused(cloud: TestCloud, name: str) -> None:
    answer = ask(cloud, "PUT", f"{SNAPSHOTS}/{name.replace(' ', '%20').replace('ä', '%C3%A4')}")

    assert answer.status in (400, 404)
    assert ask(cloud, "GET", SNAPSHOTS).json == {"items": []}


@pytest.mark.parametrize(("query", "named"), [("with=push", "'push'"), ("parts=mail", "'parts'")])
def test_what_is_unknown_is_refused_by_name(cloud: TestCloud, query: str, named: str) -> None:
    answer = ask(cloud, "PUT", f"{SNAPSHOTS}/x?{query}")

    assert answer.status == 400
    assert named in answer.json["detail"]


def test_a_large_snapshot_is_kept_in_pieces(cloud: TestCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot_store, "PIECE", 500)
    before = everything(cloud)
    take(cloud)
    take(cloud)
    offer(cloud, ALICE, COUSIN)

    restore(cloud)

    pieces = cloud.sosie.store.query("_snapshots/default/text/before")
    assert len(pieces) > 5
    assert len({piece.key.sort.partition("#")[0] for piece in pieces}) == 1
    assert everything(cloud) == before


def test_a_billing_sync_key_is_the_one_of_then(cloud: TestCloud) -> None:
    key = generate_sync_key(cloud)
    take(cloud)
    path = f"/organizations/{cloud.organization(ACME).id}/rotate-api-key"
    assert cloud.post(path, key_request(OWNER), token=cloud.user_token(OWNER)).json["apiKey"] != key

    restore(cloud)

    assert sync_key(cloud, ACME) == key
