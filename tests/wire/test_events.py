"""The events that ship for `sam local invoke` reach the route they are named after, and mean what they show."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.cloud import TestCloud

EVENTS = Path(__file__).parents[2] / "events"
# Without a token of the moment, a guarded route says 401: that it is the route is in the journal.
ANSWERS = {
    "identity_token_installation": (200, "/connect/token"),
    "identity_prelogin": (200, "/accounts/prelogin/password"),
    "api_installation": (200, "/installations/{id}"),
    "api_sponsorship_sync": (401, "/organization/sponsorship/sync"),
    "api_licence_sync": (401, "/licenses/organization/{id}"),
    "push_register": (401, "/push/register"),
}


def load(name: str) -> dict[str, Any]:
    return json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))


def body_of(event: dict[str, Any]) -> str:
    body = event["body"]
    return base64.b64decode(body).decode() if event["isBase64Encoded"] else body


@pytest.mark.parametrize("name", ANSWERS)
def test_an_event_is_answered_by_its_route(cloud: TestCloud, name: str) -> None:
    response = cloud.sosie.gate.handle(load(name))

    world_entry = response["headers"]["x-sosie-request"]
    from sosie.services.journal import get_entry

    entry = get_entry(cloud.sosie.store, "default", world_entry)
    assert entry is not None
    assert (response["statusCode"], entry["route"]) == ANSWERS[name]


def test_the_control_event_is_answered_by_the_control_plane(cloud: TestCloud) -> None:
    response = cloud.sosie.control.handle(load("control_health"), trusted=True)

    assert response["statusCode"] in (200, 403), "200 from loopback, 403 for the address API Gateway has"


def test_every_event_that_ships_is_tested() -> None:
    assert {path.stem for path in EVENTS.glob("*.json")} == {*ANSWERS, "control_health", "maintenance_schedule"}


def test_the_schedules_event_lets_happen_what_is_due(cloud: TestCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Sosie")
    monkeypatch.setattr("sosie.wiring.deployed", lambda: cloud.sosie)
    spec = spec_from_file_location("maintenance_app", EVENTS.parent / "functions" / "maintenance" / "app.py")
    assert spec is not None
    assert spec.loader is not None
    function = module_from_spec(spec)
    spec.loader.exec_module(function)
    context = SimpleNamespace(
        function_name="maintenance",
        memory_limit_in_mb=1024,
        invoked_function_arn="arn:aws:lambda:eu-central-1:123456789012:function:maintenance",
        aws_request_id="1",
    )

    assert function.handler(load("maintenance_schedule"), context) == {"happenings": 0}
    cloud.clock.advance(timedelta(days=400))
    assert function.handler(load("maintenance_schedule"), context)["happenings"] > 0
    assert function.handler(load("maintenance_schedule"), context) == {"happenings": 0}


def test_the_token_event_carries_the_scenarios_installation(cloud: TestCloud) -> None:
    body = body_of(load("identity_token_installation"))

    assert f"client_id=installation.{cloud.installation().id}" in body
    assert f"client_secret={cloud.installation().key}" in body


def test_the_sync_event_is_for_the_scenarios_enterprise_organization(cloud: TestCloud) -> None:
    sync = json.loads(body_of(load("api_sponsorship_sync")))

    assert sync["sponsoringOrganizationCloudId"] == cloud.organization("Acme Corporation").id
