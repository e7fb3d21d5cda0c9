"""What the functions count (docs/operations.md), as CloudWatch reads it from what they print."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sosie.diagnosis.catalog import CATALOG
from sosie.domain.errors import ConflictError
from tests.operations.conftest import Printed
from tests.operations.deployment import Deployment, event_of
from tests.operations.emf import metrics_of, sums
from tests.support.cloud import TestCloud
from tests.support.families import GLOBEX, guid, sync_key, sync_row
from tests.support.schedule import PERIOD_END
from tests.support.token_client import VERSION, api_key_form, installation_form, password_form, refresh_form

OWNER = "owner@acme.test"
TOKEN = "/us/identity/connect/token"


def ask_for_token(deployment: Deployment, form: dict[str, str]) -> dict[str, Any]:
    answer = deployment.client().post(TOKEN, data=form, headers=VERSION)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def sync_some_rows(deployment: Deployment, cloud: TestCloud, names: list[str]) -> None:
    body = {
        "billingSyncKey": sync_key(cloud, GLOBEX),
        "sponsoringOrganizationCloudId": cloud.organization(GLOBEX).id,
        "sponsorshipsBatch": [sync_row(name) for name in names],
    }
    headers = {"Authorization": f"Bearer {cloud.installation_token('api.installation')}"}
    path = "/us/api/organization/sponsorship/sync"
    deployment.client().post(path, json=body, headers=headers).raise_for_status()


def counted(printed: Printed) -> dict[str, float]:
    """Return the sums that are not nought since the last look, without cold starts."""
    return {name: value for name, value in sums(printed()).items() if value and not name.startswith("ColdStart")}


def test_answers_are_counted_by_class_and_service(deployment: Deployment, printed: Printed) -> None:
    with deployment.client() as client:
        client.get("/us/api/alive")
        client.get("/eu/api/version")
        client.get("/us/push/push/send")

    told = counted(printed)

    assert told["Answers2xx service=api"] == 2
    assert told["Answers4xx service=push"] == 1


def test_tokens_are_counted_by_grant(deployment: Deployment, cloud: TestCloud, printed: Printed) -> None:
    ask_for_token(deployment, installation_form(cloud.installation()))
    ask_for_token(deployment, api_key_form(cloud.user(OWNER)))
    handle = ask_for_token(deployment, password_form(OWNER))["refresh_token"]
    ask_for_token(deployment, refresh_form(handle))
    deployment.client().post(TOKEN, data=password_form(OWNER, password="wrong"), headers=VERSION)
    deployment.client().post(TOKEN, data=password_form(OWNER, grant_type="made up"), headers=VERSION)

    told = counted(printed)

    assert {name: value for name, value in told.items() if name.startswith("TokensIssued")} == {
        "TokensIssued service=identity grant=client_credentials": 2,
        "TokensIssued service=identity grant=password": 1,
        "TokensIssued service=identity grant=refresh_token": 1,
    }


def test_syncs_are_counted_with_their_rows(deployment: Deployment, cloud: TestCloud, printed: Printed) -> None:
    for rows in (["ann", "ben", "eve"], ["ann"], []):
        sync_some_rows(deployment, cloud, rows)

    told = counted(printed)

    assert (told["Syncs service=api"], told["SyncedRows service=api"]) == (3, 4)


def test_refusals_are_counted_by_diagnosis(deployment: Deployment, printed: Printed) -> None:
    with deployment.client() as client:
        client.get("/us/api/nothing-here")
        client.get("/us/api/nothing-there")
        client.post("/us/identity/connect/token", data=password_form(OWNER, password="wrong"), headers=VERSION)

    told = counted(printed)

    assert told["Refusals service=api diagnosis=UNKNOWN_ROUTE"] == 2
    assert told["Refusals service=identity diagnosis=SECRET_WRONG"] == 1


def test_a_remark_about_a_request_that_succeeds_is_no_refusal(
    deployment: Deployment, cloud: TestCloud, printed: Printed
) -> None:
    for _ in range(12):
        answer = deployment.client().post(TOKEN, data=installation_form(cloud.installation()))
    assert answer.headers["x-sosie-hint"] == "TOKEN_STORM"

    assert not [name for name in counted(printed) if name.startswith("Refusals")]


def test_what_a_fault_answers_is_no_failure(deployment: Deployment, printed: Printed) -> None:
    rule = {"effect": {"kind": "status", "status": 500}}
    deployment.control().post("/_sosie/worlds/default/faults", json=rule).raise_for_status()

    deployment.client().get("/us/api/version")

    told = counted(printed)
    assert told["Answers5xx service=api"] == 1
    assert "Failures service=api" not in told


@pytest.mark.parametrize("conflicts", [1, 3])
def test_conflicts_that_were_decided_again_are_counted(
    deployment: Deployment, cloud: TestCloud, printed: Printed, monkeypatch: pytest.MonkeyPatch, conflicts: int
) -> None:
    write, left = cloud.sosie.store.write, [None] * conflicts

    def refuse(*arguments: Any, **more: Any) -> None:
        if left:
            left.pop()
            raise ConflictError("somebody else was faster")
        write(*arguments, **more)

    monkeypatch.setattr(cloud.sosie.store, "write", refuse)

    answer = deployment.client().get("/us/api/alive")

    lines = printed()
    assert answer.status_code == 200
    assert sums(lines)["ConflictsRetried service=api"] == conflicts
    assert [line["conflicts"] for line in lines if "conflicts" in line] == [conflicts]
    assert [line["correlation_id"] for line in lines if "conflicts" in line] == [answer.headers["x-sosie-request"]]


def test_noughts_are_counted_so_that_an_alarm_knows_somebody_asked(deployment: Deployment, printed: Printed) -> None:
    deployment.client().get("/us/api/alive")

    told = sums(printed())

    noughts = {name.partition(" ")[0] for name, value in told.items() if value == 0}
    assert noughts == {"Failures", "JournalWriteFailures", "ConflictsRetried"}


def test_what_the_schedule_lets_happen_is_counted_as_a_whole_and_by_kind(
    deployment: Deployment, cloud: TestCloud, printed: Printed
) -> None:
    deployment.catch_up()
    first = sums(printed())
    assert first["Happenings service=maintenance"] == 0

    cloud.clock.at = PERIOD_END + timedelta(days=1)
    happenings = deployment.catch_up()["happenings"]

    told = counted(printed)
    by_kind = {name: value for name, value in told.items() if "kind=" in name}
    assert happenings > 0
    assert told["Happenings service=maintenance"] == happenings == sum(by_kind.values())
    assert by_kind["Happenings service=maintenance kind=renewal"] > 0
    assert {"Failures service=maintenance", "Unfinished service=maintenance"} <= first.keys()


def test_dimensions_are_words_of_sosies_own_whatever_clients_send(
    deployment: Deployment, cloud: TestCloud, printed: Printed
) -> None:
    deployment.control().put("/_sosie/worlds/team-a", json={}).raise_for_status()
    odd = guid("odd")
    with deployment.client() as client:
        for form in (
            installation_form(cloud.installation()),
            password_form(OWNER),
            password_form(odd),
            password_form(OWNER, grant_type=odd, scope=odd),
            {"grant_type": odd, "client_id": f"installation.{odd}", "client_secret": odd},
        ):
            client.post(TOKEN, data=form, headers=VERSION)
            client.post(f"/w/team-a{TOKEN}", data=form, headers=VERSION)
            client.post(f"/w/{odd}{TOKEN}", data=form, headers=VERSION)
        client.get(f"/us/api/installations/{odd}")
        client.get(f"/us/api/{odd}")
    deployment.send(event_of("PATCH", f"/us/push/{odd}"))

    found = list(metrics_of(printed()))

    words = {(name, value) for metric in found for name, value in metric.dimensions.items()}
    services = {"identity", "api", "push", "control"}
    assert {name for name, _ in words} == {"service", "function_name", "grant", "diagnosis"}
    assert {value for name, value in words if name == "service"} == services
    assert {value for name, value in words if name == "grant"} <= {"client_credentials", "password", "refresh_token"}
    assert {value for name, value in words if name == "diagnosis"} <= set(CATALOG)
    assert {metric.name for metric in found if "function_name" in metric.dimensions} == {"ColdStart"}


def test_the_page_lists_every_metric_and_no_other(deployment: Deployment, cloud: TestCloud, printed: Printed) -> None:
    page = (Path(__file__).parents[2] / "docs/operations.md").read_text()
    listed = re.findall(r"^\| `(\w+)`", page.partition("## Metrics")[2].partition("\n## ")[0], re.MULTILINE)
    ask_for_token(deployment, installation_form(cloud.installation()))
    sync_some_rows(deployment, cloud, ["ann"])
    with deployment.client() as client, deployment.control() as control:
        client.get("/us/api/nothing")
        for effect in ({"kind": "status", "status": 503}, {"kind": "redirect", "status": 307}):
            control.post("/_sosie/worlds/default/faults", json={"effect": effect, "limit": {"times": 1}})
            client.get("/us/api/version")
    deployment.catch_up()

    names = {metric.name for metric in metrics_of(printed())}

    assert sorted(names) == sorted(listed)
