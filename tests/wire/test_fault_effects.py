"""Every effect of the catalogue, as the client sees it, and what the cloud did meanwhile (design: faults).

What needs a socket is data for the host here; tests/local/test_fault_sockets.py sees it happen.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from sosie.domain.fault_effects import EFFECTS
from tests.support.cloud import START, TestCloud, WireAnswer
from tests.support.control import ask
from tests.support.faults import TOKEN_ROUTE, fault, request_token
from tests.support.journal import last_entry
from tests.support.licence_checks import sync_licence
from tests.support.refusals import error_body

SLOW_DOWN = "Slow down! Too many requests. Try again in 1m."
UNHANDLED = "An unhandled server error has occurred."
NOW = int(START.timestamp())


def installations(cloud: TestCloud) -> int:
    return len(list(cloud.sosie.store.query("default/us/installations")))


def create_installation(cloud: TestCloud) -> WireAnswer:
    return cloud.post("/installations", {"email": "ops@acme.test"})


# status.


@pytest.mark.parametrize(
    ("status", "message"),
    [(402, "An error has occurred."), (409, "Conflict."), (500, UNHANDLED), (502, UNHANDLED), (503, UNHANDLED)],
)
@pytest.mark.parametrize("service", ["api", "identity", "push"])
def test_a_status_has_the_clouds_error_object(cloud: TestCloud, service: str, status: int, message: str) -> None:
    fault(cloud, {"kind": "status", "status": status})

    answer = cloud.get("/version", service=service)

    assert (answer.status, answer.json) == (status, error_body(message))
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"


@pytest.mark.parametrize("status", [401, 403, 404, 405, 415])
def test_a_status_that_comes_without_a_body_from_the_cloud_has_none(cloud: TestCloud, status: int) -> None:
    fault(cloud, {"kind": "status", "status": status})

    answer = cloud.get("/version")

    assert (answer.status, answer.body) == (status, "")
    assert answer.headers.get("www-authenticate") == ("Bearer" if status == 401 else None)


def test_a_status_with_a_message_has_a_body_whatever_it_is(cloud: TestCloud) -> None:
    fault(cloud, {"kind": "status", "status": 401, "message": "Unauthorized."})

    assert cloud.get("/version").json == error_body("Unauthorized.")


def test_a_400_of_the_token_endpoint_is_an_oauth_error_body(cloud: TestCloud) -> None:
    fault(cloud, {"kind": "status", "status": 400}, {"service": "identity"})

    answer = request_token(cloud)

    assert (answer.status, answer.body) == (400, '{"error":"invalid_client"}')
    assert answer.headers["cache-control"] == "no-store, no-cache, max-age=0"
    assert cloud.get("/version", service="identity").json == error_body("An error has occurred.")


def test_a_400_of_the_token_endpoint_may_have_another_code_and_a_message(cloud: TestCloud) -> None:
    fault(cloud, {"kind": "status", "status": 400, "error": "invalid_grant", "message": "Not today."})

    expected = {"error": "invalid_grant", "ErrorModel": {"Object": "error", "Message": "Not today."}}
    assert request_token(cloud).json == expected


def test_other_errors_of_the_token_endpoint_are_error_objects(cloud: TestCloud) -> None:
    fault(cloud, {"kind": "status", "status": 500})

    assert request_token(cloud).json == error_body(UNHANDLED)


def test_a_429_names_a_minute_unless_told(cloud: TestCloud) -> None:
    fault(cloud, {"kind": "status", "status": 429})

    answer = cloud.get("/version")

    assert (answer.status, answer.message, answer.headers["retry-after"]) == (429, SLOW_DOWN, "60")


def test_headers_are_added_and_win_over_the_clouds_in_any_letter_case(cloud: TestCloud) -> None:
    headers = {"retry-after": "7", "content-type": "application/problem+json"}
    fault(cloud, {"kind": "status", "status": 429, "headers": headers})

    answer = cloud.get("/version")

    assert (answer.headers["retry-after"], answer.headers["content-type"]) == ("7", "application/problem+json")


def test_a_browser_of_the_vault_may_read_a_fault(cloud: TestCloud) -> None:
    fault(cloud, {"kind": "status", "status": 503})

    answer = cloud.get("/version", headers={"origin": "https://vault.bitwarden.com"})

    assert answer.headers["access-control-allow-origin"] == "https://vault.bitwarden.com"


# Time and limits.


def test_latency_is_data_for_the_host_and_changes_nothing_else(cloud: TestCloud) -> None:
    fault(cloud, {"kind": "latency", "milliseconds": 1500})

    answer = create_installation(cloud)

    assert (answer.status, answer.delay, installations(cloud)) == (200, 1.5, 3)


def test_latency_comes_on_top_of_a_penalty_and_stays_where_penalties_are_off(cloud: TestCloud) -> None:
    fault(cloud, {"kind": "latency", "milliseconds": 1500})
    delays = []
    for penalties in (True, False):
        ask(cloud, "PUT", "/worlds/default/settings", {"penaltyDelays": penalties})
        delays.append(sync_licence(cloud, licenseKey="wrong").delay)

    assert delays == [3.5, 1.5]


def test_a_rate_limit_has_the_clouds_text_and_retry_after(cloud: TestCloud) -> None:
    fault(cloud, {"kind": "rate-limit"}, {"route": TOKEN_ROUTE}, {"times": 1})
    fault(cloud, {"kind": "rate-limit", "retryAfter": 1, "period": "1s"}, {"route": TOKEN_ROUTE}, {"times": 1})

    usual, short = request_token(cloud), request_token(cloud)

    assert (usual.status, usual.json, usual.headers["retry-after"]) == (429, error_body(SLOW_DOWN), "60")
    assert (short.message, short.headers["retry-after"]) == (SLOW_DOWN.replace("1m", "1s"), "1")


# Bodies.


@pytest.mark.parametrize(("effect", "status"), [({}, 403), ({"status": 200}, 200), ({"status": 503}, 503)])
def test_a_firewall_answers_html_where_json_is_expected(cloud: TestCloud, effect: dict[str, Any], status: int) -> None:
    fault(cloud, {"kind": "waf-html", **effect})

    answer = create_installation(cloud)

    assert (answer.status, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert answer.body.startswith("<!DOCTYPE html>")
    assert installations(cloud) == 2


def test_an_empty_body_has_the_status_and_type_of_the_right_answer_and_the_work_is_done(cloud: TestCloud) -> None:
    fault(cloud, {"kind": "empty-body"})

    answer = create_installation(cloud)

    assert (answer.status, answer.body) == (200, "")
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert installations(cloud) == 3


@pytest.mark.parametrize("path", ["/version", "/config", "/accounts/revision-date", "/accounts/profile", "/healthz"])
def test_malformed_json_is_none_whatever_the_right_answer_was(cloud: TestCloud, path: str) -> None:
    token = cloud.user_token("owner@acme.test") if path != "/accounts/profile" else None
    right = cloud.get(path, token=token)
    fault(cloud, {"kind": "malformed-json"})

    answer = cloud.get(path, token=token)

    assert answer.status == right.status
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.body)


def test_malformed_json_is_told_after_the_work_is_done(cloud: TestCloud) -> None:
    fault(cloud, {"kind": "malformed-json"})

    create_installation(cloud)

    assert installations(cloud) == 3


@pytest.mark.parametrize(
    ("effect", "wire"),
    [
        ({"kind": "truncated-body"}, {"kind": "truncated-body", "bytes": None}),
        ({"kind": "truncated-body", "bytes": 3}, {"kind": "truncated-body", "bytes": 3}),
        ({"kind": "slow-body"}, {"kind": "slow-body", "pieceBytes": 16, "pauseMilliseconds": 200}),
        ({"kind": "connection-reset"}, {"kind": "connection-reset", "when": "before-headers"}),
        ({"kind": "connection-reset", "when": "in-body"}, {"kind": "connection-reset", "when": "in-body"}),
    ],
    ids=str,
)
def test_what_happens_to_a_connection_is_data_for_the_host_and_the_work_is_done(
    cloud: TestCloud, effect: dict[str, Any], wire: dict[str, Any]
) -> None:
    fault(cloud, effect)

    answer = create_installation(cloud)

    assert (answer.status, answer.wire, installations(cloud)) == (200, wire, 3)
    assert answer.json["enabled"] is True
    assert last_entry(cloud)["fault"]["kind"] == effect["kind"]


def test_a_connection_may_be_reset_before_the_work_is_done(cloud: TestCloud) -> None:
    fault(cloud, {"kind": "connection-reset", "after": False})

    answer = create_installation(cloud)

    assert (answer.wire, installations(cloud)) == ({"kind": "connection-reset", "when": "before-headers"}, 2)


def test_an_answer_without_a_fault_does_nothing_to_its_connection(cloud: TestCloud) -> None:
    assert cloud.get("/version").wire is None


# Redirects and outages.


@pytest.mark.parametrize(("effect", "status"), [({}, 302), *(({"status": each}, each) for each in (301, 307, 308))])
def test_a_redirect_leads_back_to_the_url_of_the_request(cloud: TestCloud, effect: dict[str, Any], status: int) -> None:
    fault(cloud, {"kind": "redirect", **effect}, limit={"times": 1})

    answer = cloud.post("/installations?Email=a%20b", {"email": "ops@acme.test"})

    assert (answer.status, answer.body) == (status, "")
    assert answer.headers["location"] == "http://127.0.0.1:8787/us/api/installations?Email=a%20b"
    assert installations(cloud) == 2


def test_a_redirect_leads_elsewhere_if_told(cloud: TestCloud) -> None:
    fault(cloud, {"kind": "redirect", "location": "https://elsewhere.test/"})

    assert cloud.get("/version").headers["location"] == "https://elsewhere.test/"


def test_an_outage_takes_everything_of_a_service_down_preflights_and_health_as_well(cloud: TestCloud) -> None:
    fault(cloud, {"kind": "outage", "retryAfter": 30}, {"service": "identity"})
    preflight = {"origin": "https://vault.bitwarden.com", "access-control-request-method": "POST"}

    struck = [
        cloud.get("/alive", service="identity"),
        request_token(cloud),
        cloud.request("OPTIONS", "/connect/token", service="identity", headers=preflight),
    ]

    assert [(each.status, each.headers["retry-after"]) for each in struck] == [(503, "30")] * 3
    assert {each.headers["content-type"] for each in struck} == {"text/html; charset=utf-8"}
    assert cloud.get("/alive").status == 200


def test_an_outage_of_everything_promises_no_end_unless_told(cloud: TestCloud) -> None:
    fault(cloud, {"kind": "outage"})

    answers = [cloud.get("/alive", region=region) for region in ("us", "eu")]

    assert [(each.status, "retry-after" in each.headers) for each in answers] == [(503, False)] * 2


# All of them.


def minimal(kind: str) -> dict[str, Any]:
    needed = {"status": {"status": 500}, "latency": {"milliseconds": 1}}
    return {"kind": kind, **needed.get(kind, {})}


@pytest.mark.parametrize("kind", EFFECTS)
def test_no_effect_answers_400_at_the_token_endpoint_by_itself(cloud: TestCloud, kind: str) -> None:
    fault(cloud, minimal(kind))

    assert request_token(cloud).status != 400


@pytest.mark.parametrize("kind", EFFECTS)
def test_every_effect_that_strikes_after_the_handler_keeps_what_it_did_and_no_other_does(
    cloud: TestCloud, kind: str
) -> None:
    fault(cloud, minimal(kind))
    create_installation(cloud)

    assert installations(cloud) == (3 if EFFECTS[kind].strikes == "after" else 2)
