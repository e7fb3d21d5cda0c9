"""A function answers before its time is up, whatever it waits for (docs/operations.md)."""

from __future__ import annotations

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from sosie.domain.fault_effects import LONGEST_LATENCY_OF_A_FUNCTION
from sosie.domain.faults import Rule
from sosie.functions import schedule, waiting
from sosie.services.faults import add_rules
from tests.operations.conftest import Printed
from tests.operations.deployment import CONTROL_TOKEN, Context, Deployment, event_of, schedule_event
from tests.support.cloud import TestCloud
from tests.support.families import ALICE, STRANGER, offer
from tests.support.schedule import PERIOD_END

WORLD = "/_sosie/worlds/default"


class Watch:
    """Time as a function sees it: it passes when somebody waits, and no other way."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str, seconds: float) -> None:
        self.context = Context(name, seconds)
        self.waited = 0.0
        self.between: Any = None
        monkeypatch.setattr(waiting, "pause", self._pause)
        monkeypatch.setattr(waiting, "time", SimpleNamespace(monotonic=lambda: self.waited))

    def _pause(self, seconds: float) -> None:
        assert seconds > 0
        self.waited += seconds
        self.context.left -= seconds
        assert self.context.left > 0, "the function was ended while it waited"
        if self.between is not None:
            self.between()


def ask(path: str, method: str = "GET", body: Any = None) -> dict[str, Any]:
    headers = {"authorization": f"Bearer {CONTROL_TOKEN}", "content-type": "application/json"}
    return event_of(method, path, headers, b"" if body is None else json.dumps(body).encode())


@pytest.mark.parametrize("path", [f"{WORLD}/mail?wait=25", f"{WORLD}/journal?wait=25&path=/never"])
@pytest.mark.parametrize(("seconds", "waits"), [(29.0, 25.0), (12.0, 11.0), (1.5, 0.5), (0.2, 0.0)])
def test_who_waits_in_vain_is_answered_with_nothing_in_time(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, path: str, seconds: float, waits: float
) -> None:
    watch = Watch(monkeypatch, "control", seconds)

    answer = deployment.invoke("control", ask(path), watch.context)

    assert (answer["statusCode"], json.loads(answer["body"])) == (200, {"items": []})
    assert watch.waited == pytest.approx(waits, abs=2 * waiting.ASK_AGAIN_AFTER)


def test_a_verification_that_cannot_wait_any_longer_says_that_it_is_not_met(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Watch(monkeypatch, "control", 3.0)
    wish = {"match": "GET /alive", "within": 20, "times": 1}

    answer = deployment.invoke("control", ask(f"{WORLD}/journal/verify", "POST", wish), watch.context)

    assert answer["statusCode"] == 200, answer["body"]
    assert json.loads(answer["body"])["met"] is False
    assert watch.waited == pytest.approx(2.0, abs=2 * waiting.ASK_AGAIN_AFTER)


def test_who_waits_is_answered_as_soon_as_it_is_there(
    deployment: Deployment, cloud: TestCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Watch(monkeypatch, "control", 29.0)

    def let_it_happen() -> None:
        watch.between = None
        assert offer(cloud, ALICE, STRANGER).status == 200

    watch.between = let_it_happen

    answer = deployment.invoke("control", ask(f"{WORLD}/mail?wait=25"), watch.context)

    (mail,) = json.loads(answer["body"])["items"]
    assert mail["to"] == STRANGER
    assert watch.waited == pytest.approx(waiting.ASK_AGAIN_AFTER)


def test_what_hosts_say_to_each_other_never_leaves(deployment: Deployment) -> None:
    for event in (ask(f"{WORLD}/mail?wait=1"), ask(f"{WORLD}/events"), event_of("GET", "/us/api/alive")):
        assert deployment.send(event).keys() <= {"statusCode", "headers", "body", "isBase64Encoded", "cookies"}


# Delays.


def slow(cloud: TestCloud, milliseconds: int) -> None:
    """Let a host that may wait for ever, and shares the store, make a rule."""
    add_rules(cloud.sosie.store, "default", [Rule("slow", {"kind": "latency", "milliseconds": milliseconds})])


@pytest.mark.parametrize(
    ("milliseconds", "seconds", "waits"),
    [
        (1_500, 29.0, 1.5),
        (LONGEST_LATENCY_OF_A_FUNCTION, 29.0, 25.0),
        (600_000, 29.0, 25.0),
        (20_000, 10.0, 9.0),
        (20_000, 0.8, 0.0),
    ],
)
def test_an_answer_is_held_back_as_long_as_it_says_and_time_allows(
    deployment: Deployment,
    cloud: TestCloud,
    monkeypatch: pytest.MonkeyPatch,
    milliseconds: int,
    seconds: float,
    waits: float,
) -> None:
    slow(cloud, milliseconds)
    watch = Watch(monkeypatch, "api", seconds)

    answer = deployment.invoke("api", event_of("GET", "/us/api/alive"), watch.context)

    assert (answer["statusCode"], answer["headers"]["x-sosie-fault"]) == (200, "slow")
    assert watch.waited == pytest.approx(waits)


def test_a_latency_that_no_function_can_keep_is_refused_when_it_is_made(deployment: Deployment) -> None:
    rule = {"effect": {"kind": "latency", "milliseconds": LONGEST_LATENCY_OF_A_FUNCTION + 1}}

    answer = deployment.send(ask(f"{WORLD}/faults", "POST", rule))

    problem = json.loads(answer["body"])
    assert (answer["statusCode"], problem["where"]) == (400, "effect.milliseconds")
    assert "25000 ms" in problem["detail"]


def test_a_fault_and_a_penalty_together_are_cut_as_one(
    deployment: Deployment, cloud: TestCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow(cloud, LONGEST_LATENCY_OF_A_FUNCTION)
    watch = Watch(monkeypatch, "api", 29.0)
    organization = cloud.organization("Acme Corporation").id
    headers = {"authorization": f"Bearer {cloud.user_token('owner@acme.test')}", "content-type": "application/json"}
    wrong = json.dumps({"type": 1, "masterPasswordHash": "wrong"}).encode()

    answer = deployment.invoke(
        "api", event_of("POST", f"/us/api/organizations/{organization}/api-key", headers, wrong), watch.context
    )

    assert (answer["statusCode"], answer["headers"]["x-sosie-hint"]) == (400, "SECRET_WRONG")
    assert watch.waited == pytest.approx(25.0)


def test_what_was_waited_for_stands_in_the_log(deployment: Deployment, cloud: TestCloud, logged: Printed) -> None:
    slow(cloud, 1_500)

    deployment.client().get("/us/api/alive")

    (line,) = logged()
    assert line["delay_ms"] == 1_500


# The scheduled jobs.


class Passing(Context):
    """A second passes with each look at the clock."""

    def get_remaining_time_in_millis(self) -> int:
        self.left -= 1
        return super().get_remaining_time_in_millis()


def test_the_scheduled_jobs_stop_in_time_and_the_next_run_goes_on(
    deployment: Deployment, cloud: TestCloud, logged: Printed
) -> None:
    cloud.clock.at = PERIOD_END + timedelta(days=1)
    runs: list[dict[str, Any]] = []
    while not runs or runs[-1]["unfinished"]:
        deployment.invoke("maintenance", schedule_event(), Passing("maintenance", schedule.SPARE + 5))
        runs += logged()
        assert len(runs) < 50

    assert len(runs) > 1
    assert {run["message"] for run in runs[:-1]} == {"time is up, the next run goes on"}
    assert runs[-1]["message"] == "caught up"
    assert sum(sum(run["happenings"].values()) for run in runs) == 8
    assert deployment.catch_up() == {"happenings": 0}
