"""Addresses, routing, and what marks an answer as Sosie's (design: addresses; identity.md §2, §12; clients.md §2)."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sosie import __version__
from sosie.domain.clock import SettableClock, WorldClock
from sosie.settings import Settings
from sosie.wiring import Sosie
from tests.support.cloud import START, TestCloud, WireAnswer
from tests.support.journal import entries, last_entry
from tests.support.passwords import authentication_hash
from tests.support.token_client import ask, cloud_headers, installation_form

SECURITY = {
    "x-frame-options": "SAMEORIGIN",
    "x-xss-protection": "1; mode=block",
    "x-content-type-options": "nosniff",
}


def raw_request(cloud: TestCloud, method: str, path: str, headers: dict[str, str] | None = None) -> WireAnswer:
    """Send a request to exactly this path, whatever service it is for."""
    sent = {"host": "127.0.0.1:8787", **(headers or {})}
    event = {
        "rawPath": path,
        "headers": sent,
        "requestContext": {"domainName": sent["host"], "http": {"method": method, "path": path}},
    }
    response = cloud.sosie.gate.handle(event)
    lowered = {name.lower(): value for name, value in response["headers"].items()}
    return WireAnswer(response["statusCode"], lowered, response["body"], response.get("delay", 0.0))


def assert_missed(answer: WireAnswer, hint: str) -> None:
    """The cloud's answer to a path it does not have; why stands in a header."""
    assert (answer.status, answer.body, cloud_headers(answer)) == (404, "", SECURITY)
    assert answer.headers["x-sosie-hint"] == hint


# What marks an answer.


def test_each_answer_names_sosie_the_world_and_its_journal_entry(cloud: TestCloud) -> None:
    cloud.sosie.worlds.create("other", "families")

    for world in ("default", "other"):
        answer = cloud.get("/alive", world=world)

        assert answer.headers["x-sosie"] == f"{__version__}; world={world}"
        assert answer.headers["x-sosie-request"] == last_entry(cloud, world)["id"]
        assert "x-sosie-hint" not in answer.headers


def test_refusals_name_their_entry_and_the_diagnosis_that_stands_there(cloud: TestCloud) -> None:
    answer = cloud.get("/nothing")

    entry = last_entry(cloud)
    assert answer.headers["x-sosie-request"] == entry["id"]
    assert answer.headers["x-sosie-hint"] == entry["diagnosis"]["code"] == "UNKNOWN_ROUTE"
    assert entry["diagnosis"].keys() == {"code", "message", "remedy"}


# Addresses.


@pytest.mark.parametrize(
    "path",
    [
        "/us/identity/version",
        "/us/identity/version/",
        "/US/Identity/Version",
        "/w/default/us/identity/version",
        "/W/default/us/identity/VERSION/",
    ],
)
def test_a_path_matches_in_any_letter_case_and_with_a_trailing_slash(cloud: TestCloud, path: str) -> None:
    assert raw_request(cloud, "GET", path).body == '"2026.8.0"'


def test_parameters_keep_their_letter_case_and_are_percent_decoded(cloud: TestCloud) -> None:
    installation = cloud.installation()
    written = f"%7B{installation.id.upper()}%7D"

    assert cloud.get(f"/INSTALLATIONS/{written}").json["id"] == installation.id


@pytest.mark.parametrize(
    ("host", "region", "service"),
    [
        ("identity.bitwarden.com", "us", "identity"),
        ("api.bitwarden.com", "us", "api"),
        ("push.bitwarden.eu", "eu", "push"),
        ("IDENTITY.bitwarden.EU:443", "eu", "identity"),
    ],
)
def test_the_clouds_own_host_names_serve_at_the_root(cloud: TestCloud, host: str, region: str, service: str) -> None:
    answer = raw_request(cloud, "GET", "/alive", {"host": host})

    assert answer.status == 200
    assert (last_entry(cloud)["region"], last_entry(cloud)["service"]) == (region, service)


@pytest.mark.parametrize("service", ["api", "push"])
def test_push_routes_answer_on_both_hosts(cloud: TestCloud, service: str) -> None:
    assert cloud.request("POST", "/push/send", service=service).status == 401


@pytest.mark.parametrize("path", ["/us/identity", "/us/identity/", "/us/api/", "/eu/push"])
def test_a_services_root_is_404(cloud: TestCloud, path: str) -> None:
    assert_missed(raw_request(cloud, "GET", path), "UNKNOWN_ROUTE")


@pytest.mark.parametrize(
    "path", ["/", "/us", "/gov/identity/alive", "/us/web/alive", "/identity/alive", "//us/api/alive"]
)
def test_a_path_that_leads_to_no_service_is_404(cloud: TestCloud, path: str) -> None:
    answer = raw_request(cloud, "GET", path)

    assert (answer.status, answer.body, cloud_headers(answer)) == (404, "", SECURITY)
    assert answer.headers["x-sosie"] == __version__
    (entry,) = entries(cloud)
    assert (entry["region"], entry["service"], entry["path"], entry["status"]) == (None, None, path, 404)
    assert entry["diagnosis"]["code"] == ("REGION_MISSING" if path == "/identity/alive" else "ADDRESS_UNKNOWN")


@pytest.mark.parametrize(
    "path",
    [
        "/us/identity//connect/token",
        "/us/identity/connect//token",
        "/us/identity/connect/token//",
        "/us/api//push/send",
        "/eu/push//push/send",
    ],
)
def test_a_doubled_slash_is_another_path(cloud: TestCloud, path: str) -> None:
    assert_missed(raw_request(cloud, "POST", path), "DOUBLE_SLASH")


@pytest.mark.parametrize(
    "path",
    [
        "/us/identityconnect/token",
        "/us/apiorganization/sponsorship/sync",
        "/eu/apilicenses/organization/6f1c0a52-3d4e-4b7a-9c21-0d5e8f7a6b90",
        "/eu/pushpush/send",
        "/w/default/us/apiinstallations",
        "/us/identity.well-known/openid-configuration",
    ],
)
def test_a_base_uri_without_its_slash_is_recognized(cloud: TestCloud, path: str) -> None:
    assert_missed(raw_request(cloud, "POST", path), "BASE_URI_GLUED")
    assert last_entry(cloud)["path"] == path


def test_a_world_nobody_created_is_404_and_no_failure(cloud: TestCloud, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    for path in ("/alive", "/nothing"):
        assert_missed(cloud.get(path, world="nobodys"), "WORLD_UNKNOWN")
    assert_missed(ask(cloud, {"client_id": "web"}, world="nobodys"), "WORLD_UNKNOWN")

    assert caplog.records == []
    assert cloud.sosie.worlds.names() == ["default"]


def test_the_default_world_exists_before_anybody_asks(keyring: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    cloud = TestCloud(keyring=keyring)
    cloud.sosie = Sosie(Settings(), clock=SettableClock(START), keyring=keyring)

    assert ask(cloud, {"client_id": f"user.{'0' * 32}"}).body == '{"error":"invalid_client"}'
    assert len(cloud.sosie.worlds.names()) == 1
    assert caplog.records == []


def test_worlds_share_nothing_but_their_scenario(cloud: TestCloud) -> None:
    cloud.sosie.worlds.create("other", "families")

    new = cloud.post("/installations", {"email": "ops@acme.test"}, world="other").json

    assert cloud.get(f"/installations/{new['id']}", world="other").status == 200
    assert cloud.get(f"/installations/{new['id']}").status == 404
    assert len(entries(cloud, "other")) == 2
    assert len(entries(cloud)) == 1


# Methods.


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/installations", "POST"),
        ("DELETE", "/installations/6f1c0a52-3d4e-4b7a-9c21-0d5e8f7a6b90", "GET"),
        ("GET", "/push/send", "POST"),
        ("POST", "/push/add-organization", "PUT"),
        ("POST", "/ALIVE", "GET"),
        ("HEAD", "/version/", "GET"),
    ],
)
def test_another_method_is_405_with_the_allowed_ones(cloud: TestCloud, method: str, path: str, allow: str) -> None:
    answer = cloud.request(method, path)

    assert (answer.status, answer.body) == (405, "")
    assert cloud_headers(answer) == SECURITY | {"allow": allow}


def test_the_method_is_looked_at_before_token_and_body(cloud: TestCloud) -> None:
    assert cloud.request("GET", "/organization/sponsorship/sync", token="abc", body=b"{").status == 405


# Delays are data: whoever carries the answer waits, nobody here does.


def ask_for_sync_key(cloud: TestCloud, password: str) -> WireAnswer:
    organization = cloud.organization("Acme Corporation")
    return cloud.post(
        f"/organizations/{organization.id}/api-key",
        {"type": 1, "masterPasswordHash": authentication_hash("owner@acme.test", password)},
        token=cloud.user_token("owner@acme.test"),
    )


def test_a_wrong_secret_is_answered_with_two_seconds_to_wait(cloud: TestCloud) -> None:
    answer = ask_for_sync_key(cloud, "wrong")

    assert (answer.status, answer.delay) == (400, 2.0)


def test_a_right_secret_and_any_other_refusal_wait_for_nothing(cloud: TestCloud) -> None:
    assert ask_for_sync_key(cloud, "correct horse battery staple").delay == 0
    assert cloud.get("/nothing").delay == 0
    assert ask(cloud, installation_form(cloud.installation(), client_secret="wrong")).delay == 0


def test_a_world_can_do_without_the_wait(cloud: TestCloud) -> None:
    uow = cloud.unit()
    uow.save_record(replace(uow.record, penalty_delays=False))
    uow.commit()

    answer = ask_for_sync_key(cloud, "wrong")

    assert (answer.status, answer.delay) == (400, 0)


def test_a_process_can_do_without_the_wait(cloud: TestCloud, keyring: Any) -> None:
    cloud.sosie = Sosie(Settings(penalty_delays=False), store=cloud.sosie.store, clock=cloud.clock, keyring=keyring)

    answer = ask_for_sync_key(cloud, "wrong")

    assert (answer.status, answer.delay) == (400, 0)


# Rates.


def test_no_rate_limit_stands_in_a_tests_way(cloud: TestCloud) -> None:
    # The cloud takes 10 token requests a minute, and 60 of any other kind (identity.md §3.3, api.md §1.9).
    assert {ask(cloud, installation_form(cloud.installation())).status for _ in range(11)} == {200}
    assert {cloud.post("/installations", {"email": "ops@acme.test"}).status for _ in range(61)} == {200}


# Time.


def test_a_request_happens_at_the_worlds_time(cloud: TestCloud) -> None:
    uow = cloud.unit()
    uow.save_record(replace(uow.record, clock=WorldClock("shifted", timedelta(days=31))))
    uow.commit()

    assert cloud.get("/alive").json == "2026-04-04T05:06:07Z"
    assert re.match("2026-04-04T05:06:07", last_entry(cloud)["at"])
    assert re.match("2026-03-04T05:06:07", last_entry(cloud)["wallAt"])
