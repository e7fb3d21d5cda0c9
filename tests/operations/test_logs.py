"""What the functions log: one JSON line per request, which leads to the journal and to API Gateway's access log."""

from __future__ import annotations

from typing import Any

import pytest

from tests.operations.conftest import Printed
from tests.operations.deployment import TRACE, Context, Deployment, event_of
from tests.support.passwords import authentication_hash
from tests.support.token_client import password_form

WORLD = "/_sosie/worlds/default"
WRONG = password_form("owner@acme.test", password=authentication_hash("owner@acme.test", "another password"))
VERSION = {"Bitwarden-Client-Version": "2026.6.0"}


def summary(deployment: Deployment) -> dict[str, Any]:
    answer: dict[str, Any] = deployment.control().get(WORLD).raise_for_status().json()
    return answer


def installation_form(deployment: Deployment, region: str = "us") -> dict[str, str]:
    installation = summary(deployment)["regions"][region]["installations"][0]
    return {
        "grant_type": "client_credentials",
        "scope": "api.push",
        "client_id": f"installation.{installation['id']}",
        "client_secret": installation["key"],
    }


def test_a_request_is_one_line(deployment: Deployment, logged: Printed) -> None:
    form = installation_form(deployment, "eu")
    logged()

    answer = deployment.client().post("/eu/identity/connect/token", data=form)

    (line,) = logged()
    assert answer.status_code == 200
    assert line["level"] == "INFO"
    assert line["message"] == "POST /connect/token 200"
    assert line["service"] == "identity"
    assert (line["method"], line["route"], line["status"]) == ("POST", "/connect/token", 200)
    assert (line["world"], line["region"], line["caller"]) == ("default", "eu", form["client_id"])
    assert line["duration_ms"] > 0
    assert line["xray_trace_id"] == TRACE
    assert line["function_name"] == "sosie-identity"
    assert not {"diagnosis", "fault", "conflicts", "delay_ms"} & line.keys(), "what there is nothing of is left out"


def test_the_line_names_the_journals_entry_and_the_access_logs_request(deployment: Deployment, logged: Printed) -> None:
    deployment.client().get("/us/api/alive")
    logged()

    answer = deployment.send(event_of("GET", "/us/api/alive", request_id="JKJaXmPLvHcESHA="))

    (line,) = logged()
    assert line["correlation_id"] == answer["headers"]["x-sosie-request"]
    assert line["request_id"] == "JKJaXmPLvHcESHA="
    entry = deployment.control().get(f"{WORLD}/journal/{line['correlation_id']}").json()
    assert (entry["route"], entry["status"]) == (line["route"], line["status"])
    assert entry["id"].endswith(f"-{line['request_id']}")


def test_a_refusal_has_its_diagnosis(deployment: Deployment, logged: Printed) -> None:
    summary(deployment)
    logged()

    deployment.client().post("/us/identity/connect/token", data=WRONG, headers=VERSION)

    (line,) = logged()
    assert (line["status"], line["diagnosis"]) == (400, "SECRET_WRONG")


def test_a_fault_has_its_id(deployment: Deployment, logged: Printed) -> None:
    rule = {"id": "down", "effect": {"kind": "status", "status": 503}}
    deployment.control().post(f"{WORLD}/faults", json=rule).raise_for_status()
    logged()

    deployment.client().get("/us/api/version")

    (line,) = logged()
    assert (line["status"], line["fault"]) == (503, "down")


@pytest.mark.parametrize(
    "path", ["/us/api/organizations/zyxw-my-secret/nothing", "/us/api//alive/my-secret", "/us/apimy-secret/x"]
)
def test_a_path_without_a_route_is_not_logged(deployment: Deployment, logged: Printed, path: str) -> None:
    summary(deployment)
    logged()

    answer = deployment.invoke("api", event_of("GET", f"{path}?token=my-secret"))

    (line,) = logged()
    assert (answer["statusCode"], line["status"]) == (404, 404)
    assert "route" not in line
    assert "my-secret" not in str(line)


def test_another_world_is_named(deployment: Deployment, logged: Printed) -> None:
    deployment.control().put("/_sosie/worlds/team-a", json={}).raise_for_status()
    logged()

    deployment.client().get("/w/team-a/eu/push/alive")

    (line,) = logged()
    assert (line["service"], line["world"], line["region"]) == ("push", "team-a", "eu")


def test_the_control_plane_logs_the_verbs_route(deployment: Deployment, logged: Printed) -> None:
    deployment.control().get(f"{WORLD}/mail/none-of-these")

    (line,) = logged()
    assert (line["service"], line["method"], line["route"]) == ("control", "GET", "/_sosie/worlds/{world}/mail/{id}")
    assert (line["status"], line["world"]) == (404, "default")
    assert "correlation_id" not in line, "the control plane has no journal"
    assert "none-of-these" not in str(line)


def test_what_is_no_name_of_a_world_is_not_logged(deployment: Deployment, logged: Printed) -> None:
    deployment.control().get("/_sosie/worlds/My%20Secret/mail")

    (line,) = logged()
    assert (line["status"], line["route"]) == (404, "/_sosie/worlds/{world}/mail")
    assert "Secret" not in str(line)


def test_whoever_may_not_use_the_control_plane_is_logged_too(deployment: Deployment, logged: Printed) -> None:
    deployment.client(headers={"Authorization": "Bearer guessed"}).get(WORLD)

    (line,) = logged()
    assert line["status"] == 401
    assert "guessed" not in str(line)


def test_a_run_of_the_scheduled_jobs_is_one_line(deployment: Deployment, logged: Printed) -> None:
    summary(deployment)
    logged()

    deployment.catch_up()

    (line,) = logged()
    assert line["message"] == "caught up"
    assert (line["service"], line["happenings"], line["unfinished"]) == ("maintenance", {}, False)
    assert line["correlation_id"].startswith("6f0c1d7e-")


def test_what_one_request_logged_is_not_in_the_next_ones_line(deployment: Deployment, logged: Printed) -> None:
    deployment.client().post("/us/identity/connect/token", data=WRONG, headers=VERSION)
    logged()

    deployment.client().get("/us/identity/alive")

    (line,) = logged()
    assert "diagnosis" not in line
    assert line["cold_start"] is False


def test_an_invocation_that_is_no_request_at_all_is_answered_and_logged(
    deployment: Deployment, logged: Printed
) -> None:
    answer = deployment.invoke("api", {"hello": "from the console's test button"}, Context("api", 29.0))

    assert (answer["statusCode"], answer["headers"]["x-sosie-hint"]) == (500, "SOSIE_FAILED")
    told, line = logged()
    assert told["exception_name"] == "KeyError"
    assert (line["status"], line["diagnosis"]) == (500, "SOSIE_FAILED")
    assert "hello" not in str(told)
