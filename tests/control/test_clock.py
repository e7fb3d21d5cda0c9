"""A world's clock is put, frozen and advanced, and everybody in that world lives by it (design: time)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.cloud import START, TestCloud, WireAnswer
from tests.support.control import ask
from tests.support.families import ALICE, COUSIN, FAMILY, GLOBEX, offer, redeem_newest, rows_of, sync_row, synced

CLOCK = "/worlds/default/clock"
NOW = "2026-03-04T05:06:07.000000Z"


def put(cloud: TestCloud, **body: Any) -> WireAnswer:
    return ask(cloud, "PUT", CLOCK, body)


def advance(cloud: TestCloud, **body: Any) -> WireAnswer:
    return ask(cloud, "POST", f"{CLOCK}/advance", body)


def test_a_world_starts_with_the_systems_clock(cloud: TestCloud) -> None:
    assert ask(cloud, "GET", CLOCK).json == {"mode": "system", "now": NOW, "offsetSeconds": 0}


def test_a_frozen_clock_stands_still(cloud: TestCloud) -> None:
    assert put(cloud, mode="frozen").json == {"mode": "frozen", "now": NOW, "offsetSeconds": 0}
    cloud.clock.advance(START - START.replace(hour=1))

    assert cloud.get("/alive").json == "2026-03-04T05:06:07Z"


def test_a_shifted_clock_goes_on_from_where_it_was_put(cloud: TestCloud) -> None:
    answer = put(cloud, mode="shifted", now="2027-01-01T00:00:00Z")
    cloud.clock.advance(START - START.replace(hour=4))

    assert answer.json["now"] == "2027-01-01T00:00:00.000000Z"
    assert cloud.get("/alive").json == "2027-01-01T01:00:00Z"
    assert put(cloud, mode="system").json["offsetSeconds"] == 0


@pytest.mark.parametrize(
    ("mode", "by", "now"),
    [
        ("system", "P31D", "2026-04-04T05:06:07Z"),
        ("frozen", "P31D", "2026-04-04T05:06:07Z"),
        ("system", "P6M", "2026-09-04T05:06:07Z"),
        ("system", "P1Y2M3W4DT5H6M7.5S", "2027-05-29T10:12:14.5Z"),
        ("system", "PT0.5S", "2026-03-04T05:06:07.5Z"),
        ("system", "p1w", "2026-03-11T05:06:07Z"),
    ],
)
def test_advancing_moves_any_clock_forward_by_a_duration(cloud: TestCloud, mode: str, by: str, now: str) -> None:
    put(cloud, mode=mode)

    answer = advance(cloud, by=by)

    assert (answer.status, answer.json["clock"]["mode"]) == (200, "frozen" if mode == "frozen" else "shifted")
    assert cloud.get("/alive").json == now


def test_advancing_goes_to_a_time_as_well(cloud: TestCloud) -> None:
    assert advance(cloud, to="2026-12-24T18:00:00+01:00").json["clock"]["now"] == "2026-12-24T17:00:00.000000Z"


def test_advancing_twice_adds_up(cloud: TestCloud) -> None:
    advance(cloud, by="P1D")

    assert advance(cloud, by="P1D").json["clock"]["offsetSeconds"] == 2 * 86_400


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"by": "31 days"},
        {"by": "P"},
        {"by": "PT"},
        {"by": "P0D"},
        {"by": "-P1D"},
        {"by": 31},
        {"by": None},
        {"by": {}},
        {"by": "P9999Y"},
        {"by": "P999999999W"},
        {"by": "P1D", "to": "2027-01-01T00:00:00Z"},
        {"to": "2026-03-04T05:06:06Z"},
        {"to": "tomorrow"},
        {"to": "9999-12-31T23:59:59Z"},
        {"days": 31},
        [],
    ],
    ids=str,
)
def test_what_is_no_way_forward_is_refused_and_the_clock_stands(cloud: TestCloud, body: Any) -> None:
    answer = ask(cloud, "POST", f"{CLOCK}/advance", body)

    assert (answer.status, answer.json["title"]) == (400, "Bad request")
    assert ask(cloud, "GET", CLOCK).json["offsetSeconds"] == 0


@pytest.mark.parametrize(
    "body",
    [
        {"mode": "stopped"},
        {"mode": "shifted"},
        {"mode": "shifted", "now": "soon"},
        {"mode": "frozen", "now": "1999-12-31T23:59:59Z"},
        {"mode": "frozen", "at": "2027-01-01T00:00:00Z"},
        {"now": "2027-01-01T00:00:00Z"},
    ],
    ids=str,
)
def test_what_is_no_clock_is_refused(cloud: TestCloud, body: Any) -> None:
    assert ask(cloud, "PUT", CLOCK, body).status == 400


def test_tokens_grow_old_with_the_world(cloud: TestCloud) -> None:
    token = cloud.installation_token("api.push")
    advance(cloud, by="PT1H6M")

    assert cloud.post("/push/delete", {"id": "1"}, service="push", token=token).status == 401


def test_another_worlds_clock_is_not_touched(cloud: TestCloud) -> None:
    ask(cloud, "PUT", "/worlds/other")
    advance(cloud, by="P31D")

    assert ask(cloud, "GET", "/worlds/other/clock").json["offsetSeconds"] == 0
    assert cloud.get("/alive", world="other").json == "2026-03-04T05:06:07Z"


def test_both_regions_live_by_the_same_clock(cloud: TestCloud) -> None:
    advance(cloud, by="P31D")

    assert cloud.get("/alive", region="eu").json == cloud.get("/alive", region="us").json == "2026-04-04T05:06:07Z"


def test_an_advance_tells_what_happened_on_the_way_in_order(cloud: TestCloud) -> None:
    offer(cloud, ALICE, COUSIN)
    redeem_newest(cloud)

    items = advance(cloud, by="P2Y").json["items"]

    assert [item["at"] for item in items] == sorted(item["at"] for item in items)
    ours = [item for item in items if item["organizationName"] == FAMILY]
    assert [item["kind"] for item in ours] == ["renewal-check", "renewal", "renewal-check", "renewal"]
    assert rows_of(cloud)[0].valid_until == cloud.organization(FAMILY).expiration_date > START.replace(year=2028)


def test_a_put_is_a_jump_that_lets_nothing_happen(cloud: TestCloud) -> None:
    offer(cloud, ALICE, COUSIN)
    redeem_newest(cloud)
    until = rows_of(cloud)[0].valid_until

    put(cloud, mode="shifted", now="2028-03-04T05:06:07Z")

    assert ask(cloud, "POST", "/worlds/default/maintenance").status == 200
    assert [row.valid_until for row in rows_of(cloud)] != [until]  # a purge is for the day it runs on, so the row went
    assert cloud.organization(FAMILY).expiration_date == until


def test_a_sync_says_the_worlds_time(cloud: TestCloud) -> None:
    advance(cloud, by="P31D")

    assert synced(cloud, sync_row("ann"), organization=GLOBEX)[0]["lastSyncDate"] == "2026-04-04T05:06:07Z"


def test_a_reset_puts_the_clock_back(cloud: TestCloud) -> None:
    advance(cloud, by="P31D")
    ask(cloud, "POST", "/worlds/default/reset")

    assert ask(cloud, "GET", CLOCK).json == {"mode": "system", "now": NOW, "offsetSeconds": 0}


def test_the_penalty_of_a_wrong_secret_is_a_setting(cloud: TestCloud) -> None:
    assert ask(cloud, "GET", "/worlds/default/settings").json["penaltyDelays"] is True

    changed = ask(cloud, "PUT", "/worlds/default/settings", {"penaltyDelays": False}).json

    assert changed == {"penaltyDelays": False, "realisticLimits": False}
    assert ask(cloud, "GET", "/worlds/default/settings").json == changed


@pytest.mark.parametrize("body", [{"penaltyDelays": "no"}, {"penalty": False}, []], ids=str)
def test_what_is_no_setting_is_refused(cloud: TestCloud, body: Any) -> None:
    assert ask(cloud, "PUT", "/worlds/default/settings", body).status == 400
