"""Whether requests arrived, and what came nearest (docs/control-plane.md: the journal)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.cloud import TestCloud
from tests.support.control import Asked, ask
from tests.support.families import GLOBEX, sync, sync_key, sync_row
from tests.support.token_client import ask as ask_for_token
from tests.support.token_client import installation_form

VERIFY = "/worlds/default/journal/verify"
SYNC = "POST /organization/sponsorship/sync"


def verify(cloud: TestCloud, match: Any, **more: Any) -> dict[str, Any]:
    answer = ask(cloud, "POST", VERIFY, {"match": match, **more})
    assert answer.status == 200, answer.body
    found: dict[str, Any] = answer.json
    return found


@pytest.fixture
def synced(cloud: TestCloud) -> TestCloud:
    """A token, then two syncs of which the second is refused."""
    ask_for_token(cloud, installation_form(cloud.installation()))
    sync(cloud, [sync_row("ann"), sync_row("ben", toDelete=True)])
    sync(cloud, [], billingSyncKey="wrong")
    return cloud


@pytest.mark.parametrize(
    "match",
    [
        SYNC,
        "post /us/api/organization/sponsorship/sync/",
        {"route": "/organization/sponsorship/sync"},
        {"path": "sponsorship/sync", "method": "post"},
        {"service": "api", "region": "us"},
        {"caller": "installation.", "service": "api"},
    ],
    ids=str,
)
def test_requests_are_found_by_a_short_form_or_by_filters(synced: TestCloud, match: Any) -> None:
    assert verify(synced, match) == {
        "met": True,
        "count": 2,
        "entries": ["0000000002", "0000000003"],
        "nearestMisses": [],
    }


def test_a_route_is_meant_whatever_its_parameters_are_called(cloud: TestCloud) -> None:
    cloud.get(f"/installations/{cloud.installation().id}")

    assert verify(cloud, "GET /installations/{anything}")["count"] == 1
    assert verify(cloud, f"GET /installations/{cloud.installation().id}")["count"] == 1
    assert verify(cloud, "GET /installations/other")["met"] is False


@pytest.mark.parametrize(
    ("times", "met"),
    [
        (None, True),
        (2, True),
        (1, False),
        (3, False),
        (0, False),
        ({"atLeast": 2}, True),
        ({"atLeast": 3}, False),
        ({"atMost": 2}, True),
        ({"atMost": 1}, False),
        ({"atLeast": 1, "atMost": 5}, True),
    ],
    ids=str,
)
def test_how_often_is_said_exactly_or_by_bounds(synced: TestCloud, times: Any, *, met: bool) -> None:
    found = verify(synced, SYNC, times=times)

    assert (found["met"], found["count"]) == (met, 2)


def test_nothing_at_all_is_met_by_zero_times(cloud: TestCloud) -> None:
    assert verify(cloud, SYNC, times=0)["met"] is True


# The body.


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ({"sponsorshipsBatch": []}, 1),
        ({"sponsorshipsBatch": [{"toDelete": False}, {"toDelete": True}]}, 1),
        ({"SponsorshipsBatch": [{"friendlyName": "ann@mail.test"}, {}]}, 1),
        ({"sponsorshipsBatch": [{"toDelete": False}]}, 0),
        ({"sponsorshipsBatch": [{"toDelete": 0}, {}]}, 0),
        ({"sponsorshipsBatch": {}}, 0),
        ({"neverSent": None}, 0),
        ({}, 2),
    ],
    ids=str,
)
def test_a_body_is_described_by_a_part_of_it(synced: TestCloud, body: dict[str, Any], count: int) -> None:
    assert verify(synced, {"route": "/organization/sponsorship/sync", "body": body})["count"] == count


def test_a_secret_is_recognized_although_the_journal_does_not_keep_it(synced: TestCloud) -> None:
    right = {"path": "sync", "body": {"billingSyncKey": sync_key(synced, GLOBEX)}}

    assert verify(synced, right)["entries"] == ["0000000002"]
    assert verify(synced, {"path": "sync", "body": {"billingSyncKey": "wrong"}})["entries"] == ["0000000003"]
    assert verify(synced, {"path": "sync", "body": {"billingSyncKey": "another"}})["count"] == 0


def test_a_forms_fields_are_its_body(synced: TestCloud) -> None:
    form = {"grant_type": "client_credentials", "client_secret": synced.installation().key}

    assert verify(synced, {"path": "connect/token", "body": form})["count"] == 1
    assert verify(synced, {"path": "connect/token", "body": {"grant_type": "password"}})["count"] == 0


def test_a_body_that_was_cut_matches_nothing_and_shows_what_was_kept(cloud: TestCloud) -> None:
    cloud.post("/installations", {"email": "ops@acme.test", "more": "x" * 30_000})

    found = verify(cloud, {"path": "installations", "body": {"email": "ops@acme.test"}})

    assert found["met"] is False
    assert found["nearestMisses"][0]["differs"]["body"]["seen"].startswith('{"email": "ops@acme.test"')


# What came nearest.


def test_the_nearest_misses_differ_least_and_are_the_newest(synced: TestCloud) -> None:
    synced.get("/alive")

    found = verify(synced, {"method": "POST", "route": "/organization/sponsorship/sync", "status": "503"})

    assert (found["met"], found["count"], found["entries"]) == (False, 0, [])
    assert [miss["entry"] for miss in found["nearestMisses"]] == [
        "0000000003",
        "0000000002",
        "0000000001",
        "0000000004",
    ]
    assert found["nearestMisses"][0] == {
        "entry": "0000000003",
        "method": "POST",
        "path": "/us/api/organization/sponsorship/sync",
        "status": 400,
        "differs": {"status": {"wanted": "503", "seen": 400}},
    }
    assert set(found["nearestMisses"][3]["differs"]) == {"method", "route", "status"}


def test_no_more_than_five_misses_are_told(cloud: TestCloud) -> None:
    for _ in range(7):
        cloud.get("/alive")

    found = verify(cloud, "POST /alive")["nearestMisses"]

    assert [miss["entry"] for miss in found] == [f"{number:010d}" for number in (7, 6, 5, 4, 3)]


def test_a_miss_shows_only_the_members_that_were_asked_about(synced: TestCloud) -> None:
    wanted = {"sponsorshipsBatch": [{"friendlyName": "ann@mail.test"}, {"friendlyName": "bob@mail.test"}]}

    found = verify(synced, {"route": "/organization/sponsorship/sync", "status": 200, "body": wanted})

    assert found["nearestMisses"][0]["differs"]["body"] == {
        "wanted": wanted,
        "seen": {"sponsorshipsBatch": [{"friendlyName": "ann@mail.test"}, {"friendlyName": "ben@mail.test"}]},
    }


def test_the_short_form_differs_in_method_and_path(cloud: TestCloud) -> None:
    cloud.get("/alive")

    (miss,) = verify(cloud, SYNC)["nearestMisses"]

    assert miss["differs"] == {
        "method": {"wanted": "POST", "seen": "GET"},
        "path": {"wanted": "/organization/sponsorship/sync", "seen": "/us/api/alive"},
    }


# Waiting: the host asks again in a moment.


def test_it_waits_until_it_is_met(cloud: TestCloud) -> None:
    cloud.get("/alive")
    asked = Asked(cloud, "POST", VERIFY, {"match": "GET /alive", "times": 3, "within": 20})
    for waited in (1, 2):
        assert asked.pending
        cloud.get("/alive")
        asked.again(waited)

    assert (asked.json["met"], asked.json["count"]) == (True, 3)


def test_it_waits_no_longer_than_it_was_told(cloud: TestCloud) -> None:
    asked = Asked(cloud, "POST", VERIFY, {"match": "GET /alive", "within": 5})

    asked.again(4.9)
    assert asked.pending
    asked.again(5.1)
    assert asked.json["met"] is False


def test_what_is_exceeded_is_answered_at_once(cloud: TestCloud) -> None:
    cloud.get("/alive")
    cloud.get("/alive")

    asked = Asked(cloud, "POST", VERIFY, {"match": "GET /alive", "times": 1, "within": 25})

    assert (asked.json["met"], asked.json["count"]) == (False, 2)


def test_each_look_reads_only_what_came_since_the_last(cloud: TestCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(20):
        cloud.get("/alive")
    asked = Asked(cloud, "POST", VERIFY, {"match": "GET /config", "within": 20})
    cloud.get("/config")
    read: list[str] = []
    query = type(cloud.sosie.store).query

    def counted(store: Any, partition: str, *more: Any, **options: Any) -> Any:
        found = query(store, partition, *more, **options)
        read.extend(item.key.sort for item in found)
        return found

    monkeypatch.setattr(type(cloud.sosie.store), "query", counted)
    asked.again(1)

    assert asked.json["met"] is True
    assert set(read) == {"0000000021"}


def test_a_reset_meanwhile_starts_the_count_anew(cloud: TestCloud) -> None:
    cloud.get("/alive")
    cloud.get("/alive")
    asked = Asked(cloud, "POST", VERIFY, {"match": "GET /alive", "times": 3, "within": 20})
    ask(cloud, "POST", "/worlds/default/reset")
    cloud.get("/alive")

    asked.again(1)
    assert asked.pending
    asked.again(21)
    assert asked.json["count"] == 1


# What makes no sense.


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "`match`"),
        ({"match": {}}, "`match`"),
        ({"match": "POST"}, "`match`"),
        ({"match": "POST sync"}, "`match`"),
        ({"match": 5}, "`match`"),
        ({"match": {"stauts": 404}}, "'stauts'"),
        ({"match": {"status": "teapot"}}, "`status`"),
        ({"match": {"path": ["sync"]}}, "`match.path`"),
        ({"match": {"path": True}}, "`match.path`"),
        ({"match": SYNC, "time": 1}, "'time'"),
        ({"match": SYNC, "times": -1}, "`times`"),
        ({"match": SYNC, "times": 1.5}, "`times`"),
        ({"match": SYNC, "times": True}, "`times`"),
        ({"match": SYNC, "times": {}}, "`times`"),
        ({"match": SYNC, "times": {"min": 1}}, "`times`"),
        ({"match": SYNC, "times": {"atLeast": "1"}}, "`times.atLeast`"),
        ({"match": SYNC, "times": {"atLeast": 2, "atMost": 1}}, "`times.atLeast`"),
        ({"match": SYNC, "within": 26}, "`within`"),
        ({"match": SYNC, "within": "5"}, "`within`"),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused_by_name(cloud: TestCloud, body: dict[str, Any], named: str) -> None:
    answer = ask(cloud, "POST", VERIFY, body)

    assert answer.status == 400
    assert named in answer.json["detail"]
