"""The events that ship for `sam local invoke` reach the route their page names, and are answered what it says."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from types import SimpleNamespace

import pytest
from sam_local.events import EVENTS, load

from sosie.control.handler import VERBS
from sosie.domain.clock import SettableClock
from sosie.domain.regions import SERVICES
from sosie.services.journal import get_entry
from sosie.settings import Settings
from sosie.store.sqlite import SqliteStore
from sosie.wire.http import Policy
from sosie.wire.routes import AREAS, routes_of
from sosie.wiring import Sosie
from tests.support.cloud import START, TestCloud, seeded_store
from tests.support.shipped_events import CONTROL_TOKEN, InThisProcess, on_the_page

PAGE = on_the_page()
SCHEDULE = "maintenance_schedule"
OPEN = {
    (route.method, route.path)
    for service in SERVICES
    for route in routes_of(service)
    if route.policy is Policy.ANONYMOUS
}
GUARDED = [
    name
    for name, shipped in PAGE.items()
    if shipped.function == "control" or (shipped.method, shipped.route) not in OPEN
]


@pytest.fixture
def sosie(keyring) -> Sosie:
    """A cloud that asks for a control token, as a deployed one does."""
    settings = Settings(control_token=CONTROL_TOKEN)
    return Sosie(settings, store=seeded_store(), clock=SettableClock(START), keyring=keyring)


def test_every_event_that_ships_is_on_the_page() -> None:
    assert {path.stem for path in EVENTS.glob("*.json")} == {*PAGE, SCHEDULE}


@pytest.mark.parametrize("name", PAGE)
def test_an_event_with_the_tokens_of_the_moment_is_answered_as_its_page_says(sosie: Sosie, name: str) -> None:
    cloud, shipped = InThisProcess(sosie), PAGE[name]
    for earlier in shipped.after:
        assert cloud.answer(earlier)["statusCode"] == 200

    response = cloud.answer(name)

    assert response["statusCode"] == shipped.status
    assert (shipped.method, shipped.route) == reached(sosie, name, response)


def reached(sosie: Sosie, name: str, response: dict) -> tuple[str, str | None]:
    """Return which route answered: the journal tells, or for the control plane the pattern that fits."""
    http = load(name)["requestContext"]["http"]
    if name.startswith("control_"):
        path = http["path"].removeprefix("/_sosie").replace("/worlds/default", "/worlds/{world}")
        path = path.replace("/worlds/team-a", "/worlds/{world}").replace("/snapshots/before", "/snapshots/{name}")
        return next((verb.method, verb.path) for verb in VERBS if (verb.method, verb.path) == (http["method"], path))
    entry = get_entry(sosie.store, "default", response["headers"]["x-sosie-request"])
    assert entry is not None
    return entry["method"], entry["route"]


@pytest.mark.parametrize(
    ("environment", "status"), [({}, 400), ({"SOSIE_SEED": "drawn"}, 400), ({"SOSIE_SEED": "scenario"}, 200)]
)
def test_a_function_takes_the_keys_of_the_events_only_if_it_is_told_to_be_guessable(
    environment, status, keyring
) -> None:
    settings = Settings.from_environment(environment)
    function = Sosie(settings, store=SqliteStore(), clock=SettableClock(START), keyring=keyring, many_processes=True)

    assert function.gate.handle(load("identity_token_installation"))["statusCode"] == status


@pytest.mark.parametrize("name", GUARDED)
def test_an_event_as_it_is_committed_opens_no_guarded_route(sosie: Sosie, name: str) -> None:
    response = InThisProcess(sosie).handle(PAGE[name].function, load(name))

    assert response["statusCode"] == 401


@pytest.mark.parametrize(
    "module", sorted({name for areas in AREAS.values() for names in areas.values() for name in names})
)
def test_each_family_of_wire_routes_has_an_event(module: str) -> None:
    routes = {(route.method, route.path) for route in import_module(f"sosie.wire.{module}").ROUTES}

    assert routes & {(shipped.method, shipped.route) for shipped in PAGE.values() if shipped.function != "control"}


@pytest.mark.parametrize("module", sorted({verb.action.__module__ for verb in VERBS}))
def test_each_family_of_control_verbs_has_an_event(module: str) -> None:
    verbs = {(verb.method, verb.path) for verb in VERBS if verb.action.__module__ == module}

    assert verbs & {(shipped.method, shipped.route) for shipped in PAGE.values() if shipped.function == "control"}


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
