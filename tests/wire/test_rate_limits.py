"""A world that keeps the cloud's rate limits (docs/contract/identity.md §3.3, licensing-push-installations.md §0)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sosie.settings import Settings
from sosie.wiring import Sosie
from tests.support.cloud import TestCloud
from tests.support.control import ask
from tests.support.faults import UNAVAILABLE, counters, fault, request_token
from tests.support.journal import last_entry
from tests.support.stores import WatchedStore

SETTINGS = "/worlds/default/settings"


def too_many(period: str) -> dict[str, Any]:
    return {
        "object": "error",
        "message": f"Slow down! Too many requests. Try again in {period}.",
        "validationErrors": None,
        "exceptionMessage": None,
        "exceptionStackTrace": None,
        "innerExceptionMessage": None,
    }


@pytest.fixture
def limited(cloud: TestCloud) -> TestCloud:
    """A cloud whose default world keeps the limits; its documents do not speak of 429."""
    cloud.checks_answers = False
    assert ask(cloud, "PUT", SETTINGS, {"realisticLimits": True}).json["realisticLimits"] is True
    return cloud


def create_installation(cloud: TestCloud, **more: Any) -> int:
    return cloud.post("/installations", {"email": "ops@acme.test"}, **more).status


def spaced(cloud: TestCloud, times: int, seconds: float) -> list[int]:
    """Return the statuses of token requests so many seconds apart."""
    statuses = []
    for _ in range(times):
        statuses.append(request_token(cloud).status)
        cloud.clock.advance(timedelta(seconds=seconds))
    return statuses


def test_no_limit_is_kept_unless_somebody_wants_it(cloud: TestCloud) -> None:
    assert ask(cloud, "GET", SETTINGS).json["realisticLimits"] is False
    assert {request_token(cloud).status for _ in range(30)} == {200}


def test_the_eleventh_token_of_a_minute_is_refused_with_the_clouds_words(limited: TestCloud) -> None:
    assert spaced(limited, 10, 2) == [200] * 10

    answer = request_token(limited)

    assert (answer.status, answer.json) == (429, too_many("1m"))
    assert answer.headers["retry-after"] == "40"
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    entry = last_entry(limited)
    assert (entry["status"], entry["fault"]) == (429, None)


def test_the_sixth_request_of_a_second_is_refused_for_a_second(limited: TestCloud) -> None:
    answers = [limited.get("/version", service="identity") for _ in range(6)]

    assert [answer.status for answer in answers] == [200] * 5 + [429]
    assert (answers[5].json, answers[5].headers["retry-after"]) == (too_many("1s"), "1")


def test_a_window_is_over_after_its_period_by_the_worlds_clock(limited: TestCloud) -> None:
    spaced(limited, 11, 2)
    refused = request_token(limited)

    ask(limited, "POST", "/worlds/default/clock/advance", {"by": "PT1M"})

    assert (refused.status, request_token(limited).status) == (429, 200)


def test_a_world_whose_clock_stands_waits_for_ever(limited: TestCloud) -> None:
    ask(limited, "PUT", "/worlds/default/clock", {"mode": "frozen"})

    assert spaced(limited, 8, 3600) == [200] * 5 + [429] * 3


def test_a_third_installation_within_two_minutes_is_refused(limited: TestCloud) -> None:
    statuses = [create_installation(limited) for _ in range(2)]

    answer = limited.post("/installations", {"email": "ops@acme.test"})

    assert (statuses, answer.status, answer.json) == ([200, 200], 429, too_many("2m"))
    assert answer.headers["retry-after"] == "120"
    assert len(list(limited.sosie.store.query("default/us/installations"))) == 4


def test_reading_is_limited_by_the_minute_alone(limited: TestCloud) -> None:
    statuses = [limited.get("/version").status for _ in range(201)]

    assert statuses == [200] * 200 + [429]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_changes_are_limited_before_anybody_asks_for_a_token_or_a_route(limited: TestCloud, method: str) -> None:
    statuses = [limited.request(method, "/accounts").status for _ in range(6)]

    assert statuses[:5] == [statuses[0]] * 5
    assert (statuses[0] in (401, 404, 405), statuses[5]) == (True, 429)


def test_each_endpoint_is_counted_by_itself_in_any_letter_case(limited: TestCloud) -> None:
    first = [limited.post("/push/send", {}).status for _ in range(5)]

    assert first == [401] * 5
    assert limited.post("/push/register", {}).status == 401
    assert limited.post("/Push/SEND", {}).status == 429


def test_the_push_host_is_the_same_application_as_the_api(limited: TestCloud) -> None:
    for _ in range(5):
        limited.post("/push/send", {}, service="push")

    assert limited.post("/push/send", {}).status == 429


def test_clients_are_told_apart_by_their_address(limited: TestCloud) -> None:
    for _ in range(3):
        create_installation(limited, client_ip="198.51.100.7")

    assert create_installation(limited, client_ip="198.51.100.7") == 429
    assert create_installation(limited, client_ip="198.51.100.8") == 200


def test_regions_and_worlds_are_counted_apart(limited: TestCloud) -> None:
    ask(limited, "PUT", "/worlds/other")
    ask(limited, "PUT", "/worlds/other/settings", {"realisticLimits": True})
    for _ in range(3):
        create_installation(limited)

    assert create_installation(limited) == 429
    assert create_installation(limited, region="eu") == 200
    assert create_installation(limited, world="other") == 200


def test_another_world_keeps_no_limit_because_one_does(limited: TestCloud) -> None:
    ask(limited, "PUT", "/worlds/other")

    assert [create_installation(limited, world="other") for _ in range(3)] == [200] * 3


def test_a_preflight_is_not_counted(limited: TestCloud) -> None:
    preflight = {"origin": "https://vault.bitwarden.com", "access-control-request-method": "POST"}

    answers = [limited.request("OPTIONS", "/connect/token", service="identity", headers=preflight) for _ in range(7)]

    assert {answer.status for answer in answers} == {204}


def test_a_fault_comes_before_a_limit_and_is_not_counted_by_it(limited: TestCloud) -> None:
    rule = fault(limited, UNAVAILABLE, {"route": "/installations"}, {"times": 3})

    assert [create_installation(limited) for _ in range(6)] == [503] * 3 + [200] * 2 + [429]
    assert counters(limited, rule) == (6, 3)


def test_a_fault_may_happen_to_the_answer_of_a_limit(limited: TestCloud) -> None:
    fault(limited, {"kind": "empty-body"}, {"route": "/installations"})

    answers = [limited.post("/installations", {"email": "ops@acme.test"}) for _ in range(3)]

    assert [(answer.status, answer.body) for answer in answers] == [(200, ""), (200, ""), (429, "")]


def test_a_reset_forgets_what_was_counted_and_the_setting(limited: TestCloud) -> None:
    for _ in range(3):
        create_installation(limited)

    ask(limited, "POST", "/worlds/default/reset")

    assert ask(limited, "GET", SETTINGS).json["realisticLimits"] is False
    ask(limited, "PUT", SETTINGS, {"realisticLimits": True})
    assert create_installation(limited) == 200


def test_a_handler_that_fails_is_counted_too(limited: TestCloud) -> None:
    token = limited.installation_token("api.installation")
    body = {"sponsoringOrganizationCloudId": limited.organization("Acme Corporation").id, "billingSyncKey": "x"}

    answers = [limited.post("/organization/sponsorship/sync", body, token=token).status for _ in range(6)]

    assert answers == [500] * 5 + [429]  # no billing sync key was ever generated (api.md §2.8)


def test_a_world_without_limits_neither_reads_nor_writes_counters(keyring: Any) -> None:
    store = WatchedStore()
    cloud = TestCloud(keyring=keyring, store=store)
    cloud.checks_answers = False
    store.written.clear()
    request_token(cloud)
    without = {key.partition for group in store.places() for key in group}

    ask(cloud, "PUT", SETTINGS, {"realisticLimits": True})
    store.written.clear()
    request_token(cloud)

    assert {key.partition for group in store.places() for key in group} == {"default/rate-limits", *without}


def test_counters_expire(keyring: Any) -> None:
    cloud = TestCloud(keyring=keyring)
    ask(cloud, "PUT", SETTINGS, {"realisticLimits": True})
    cloud.get("/version")

    (counter,) = cloud.sosie.store.query("default/rate-limits")

    assert counter.expires is not None
    assert counter.expires > cloud.clock.now().timestamp() + 120


# For every world of a process.


@pytest.mark.parametrize(("value", "on"), [("true", True), ("1", True), ("", False), ("no", False)])
def test_the_environment_can_ask_for_limits(value: str, on: bool) -> None:
    assert Settings.from_environment({"SOSIE_REALISTIC_LIMITS": value}).realistic_limits is on


def test_a_process_can_keep_limits_in_every_world(cloud: TestCloud) -> None:
    cloud.checks_answers = False
    cloud.sosie = Sosie(Settings(realistic_limits=True), store=cloud.sosie.store, clock=cloud.clock)
    ask(cloud, "PUT", "/worlds/other")

    assert [create_installation(cloud) for _ in range(3)] == [200, 200, 429]
    assert [create_installation(cloud, world="other") for _ in range(3)] == [200, 200, 429]
