"""`POST /_sosie/worlds/{world}/maintenance`: the scheduled jobs now (docs/control-plane.md)."""

from __future__ import annotations

import importlib.util
import json
from datetime import timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from sosie import wiring
from tests.support.cloud import START, TestCloud
from tests.support.control import ask
from tests.support.families import (
    ACME,
    ALICE,
    BOB,
    FAMILY,
    SPONSORED_PRICE,
    a_redeemed_row,
    a_row,
    change_row,
    change_subscription,
    rows_of,
    store,
)
from tests.support.schedule import PERIOD_END

ROOT = Path(__file__).parents[2]
PATH = "/worlds/default/maintenance"
DAY = timedelta(days=1)
NOTHING: dict[str, Any] = {
    "organizationName": None,
    "rowId": None,
    "memberId": None,
    "oldValidUntil": None,
    "newValidUntil": None,
    "oldExpirationDate": None,
    "newExpirationDate": None,
    "valid": None,
    "reasons": [],
}


def run(cloud: TestCloud) -> list[dict[str, Any]]:
    answer = ask(cloud, "POST", PATH)
    assert answer.status == 200
    assert list(answer.json) == ["items"]
    items: list[dict[str, Any]] = answer.json["items"]
    return items


def test_when_nothing_is_due_nothing_is_told(cloud: TestCloud) -> None:
    assert run(cloud) == []


def test_what_fell_due_is_done_and_told_with_the_time_it_was_due_at(cloud: TestCloud) -> None:
    cloud.clock.at = PERIOD_END + DAY

    items = run(cloud)

    (item,) = [each for each in items if each["organizationName"] == ACME]
    assert item == NOTHING | {
        "at": "2027-02-02T05:06:07.000000Z",
        "region": "us",
        "kind": "renewal",
        "organizationId": cloud.organization(ACME).id,
        "organizationName": ACME,
        "oldExpirationDate": "2027-02-02T05:06:07.000000Z",
        "newExpirationDate": "2028-02-02T05:06:07.000000Z",
    }
    assert {each["region"] for each in items} == {"us", "eu"}
    assert run(cloud) == []


def test_rows_are_purged_on_any_day(cloud: TestCloud) -> None:
    row = a_row(cloud, ALICE, valid_until=START - 90 * DAY - timedelta(microseconds=1))
    store(cloud, row, a_row(cloud, BOB, valid_until=START - 90 * DAY))

    (item,) = run(cloud)

    assert item == NOTHING | {
        "at": "2026-03-04T05:06:07.000000Z",
        "region": "us",
        "kind": "purge",
        "organizationId": row.sponsoring_organization_id,
        "organizationName": ACME,
        "rowId": row.id,
        "memberId": row.sponsoring_member_id,
        "oldValidUntil": "2025-12-04T05:06:06.999999Z",
    }
    assert [each.id for each in rows_of(cloud)] == [a_row(cloud, BOB).id]


def test_every_sponsored_subscription_is_checked_on_any_day(cloud: TestCloud) -> None:
    row = a_redeemed_row(cloud, ALICE, to_delete=True)
    store(cloud, row)
    change_subscription(cloud, FAMILY, price_id=SPONSORED_PRICE)

    (item,) = run(cloud)

    assert item == NOTHING | {
        "at": "2026-03-04T05:06:07.000000Z",
        "region": "us",
        "kind": "renewal-check",
        "organizationId": cloud.organization(FAMILY).id,
        "organizationName": FAMILY,
        "rowId": row.id,
        "memberId": row.sponsoring_member_id,
        "valid": False,
        "reasons": ["marked"],
    }
    assert rows_of(cloud) == [row]


def test_the_check_comes_behind_the_purge(cloud: TestCloud) -> None:
    store(cloud, a_redeemed_row(cloud, ALICE))
    change_row(cloud, valid_until=START - 100 * DAY)
    change_subscription(cloud, FAMILY, price_id=SPONSORED_PRICE)

    assert [(each["kind"], each["reasons"]) for each in run(cloud)] == [("purge", []), ("renewal-check", ["no-row"])]


def test_a_name_is_told_as_people_write_it(cloud: TestCloud) -> None:
    document = json.loads((ROOT / "layers/sosie/sosie/scenarios/families.json").read_text())
    document["regions"]["us"]["organizations"][0]["name"] = "Müller & Söhne"
    cloud.sosie.worlds.create("names", document)
    cloud.clock.at = PERIOD_END

    names = [each["organizationName"] for each in ask(cloud, "POST", "/worlds/names/maintenance").json["items"]]

    assert "Müller & Söhne" in names


def test_a_world_that_does_not_exist_is_not_found(cloud: TestCloud) -> None:
    assert ask(cloud, "POST", "/worlds/nowhere/maintenance").status == 404


def test_other_worlds_are_left_alone(cloud: TestCloud) -> None:
    cloud.sosie.worlds.create("team-a", "families")
    cloud.clock.at = PERIOD_END

    assert ask(cloud, "POST", "/worlds/team-a/maintenance").json["items"] != []

    assert cloud.organization(ACME).expiration_date == PERIOD_END


# The function that the schedule invokes.


@pytest.fixture
def function(cloud: TestCloud, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """`functions/maintenance/app.py`, with this test's cloud as the deployed one."""
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "maintenance")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Sosie")
    monkeypatch.setattr(wiring, "deployed", lambda: cloud.sosie)
    spec = importlib.util.spec_from_file_location("maintenance_function", ROOT / "functions/maintenance/app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_function_catches_up_in_every_world(
    cloud: TestCloud, function: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    event = json.loads((ROOT / "events/maintenance_schedule.json").read_text())
    context = SimpleNamespace(
        function_name="sosie-maintenance",
        memory_limit_in_mb=1024,
        invoked_function_arn="arn:aws:lambda:eu-central-1:123456789012:function:sosie-maintenance",
        aws_request_id="52fdfc07-2182-454f-963f-5f0f9a621d72",
    )
    cloud.sosie.worlds.create("team-a", "families")
    cloud.clock.at = PERIOD_END

    assert function.handler(event, context) == {"happenings": 2 * 8}
    assert function.handler(replace_time(event), context) == {"happenings": 0}

    assert '"Happenings":[16.0]' in capsys.readouterr().out.replace(" ", "")


def replace_time(event: dict[str, Any]) -> dict[str, Any]:
    """Return the event of the next hour: it says nothing that matters."""
    return {**event, "id": "another", "time": "2026-11-21T10:00:00Z"}
