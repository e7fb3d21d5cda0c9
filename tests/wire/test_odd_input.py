"""Odd input of any kind gets the contract's error, at once, and leaves nothing behind that breaks others."""

from __future__ import annotations

import time

import pytest

from tests.support.cloud import TestCloud
from tests.support.control import ask

OWNER = "owner@acme.test"


def test_an_address_of_many_dots_is_refused_as_quickly_as_any(cloud: TestCloud) -> None:
    path = f"/organization/sponsorship/{cloud.organization('Acme Corporation').id}/families-for-enterprise"
    token = cloud.user_token(OWNER)

    def seconds(dots: int) -> float:
        started = time.perf_counter()
        answer = cloud.post(path, {"sponsoredEmail": "a@" + "." * dots + "1"}, token=token)
        assert answer.status == 400
        return time.perf_counter() - started

    seconds(10)
    few, many = min(seconds(2_000) for _ in range(3)), min(seconds(40_000) for _ in range(3))
    assert many < 100 * few, "twenty times the dots may not cost four hundred times the time"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/organizations/{id}/api-key-information/{long}"),
        ("GET", "/organizations/connections/{id}/{long}"),
        ("PUT", "/organizations/{id}/policies/{long}"),
    ],
)
def test_a_number_of_thousands_of_digits_is_a_wrong_value(cloud: TestCloud, method: str, path: str) -> None:
    where = path.format(id=cloud.organization("Acme Corporation").id, long="9" * 5_000)
    body = {"policy": {"enabled": True, "data": None}} if method == "PUT" else None

    answer = cloud.request(method, where, json_body=body, token=cloud.user_token(OWNER))

    assert answer.status == 400
    assert list(answer.errors) == ["type"]


@pytest.mark.parametrize("data", ['{"x":1e999}', '{"x":' * 40 + "1" + "}" * 40])
def test_a_policy_that_could_not_be_shown_again_is_not_stored(cloud: TestCloud, data: str) -> None:
    body = f'{{"policy":{{"enabled":true,"data":{data}}}}}'.encode()
    path = f"/organizations/{cloud.organization('Acme Corporation').id}/policies/13"
    json_type = {"content-type": "application/json"}

    answer = cloud.request("PUT", path, body=body, headers=json_type, token=cloud.user_token(OWNER))

    assert (answer.status, list(answer.errors)) == (400, ["$.policy.data"])
    assert cloud.get("/sync", token=cloud.user_token(OWNER)).json["policies"] == []


def test_a_push_payload_beyond_all_numbers_is_passed_on_and_the_control_plane_still_speaks_json(
    cloud: TestCloud,
) -> None:
    body = f'{{"userId":"{cloud.user(OWNER).id}","type":0,"payload":{{"x":1e999}}}}'.encode()
    json_type = {"content-type": "application/json"}
    token = cloud.installation_token("api.push")

    assert cloud.request("POST", "/push/send", service="push", body=body, headers=json_type, token=token).status == 200

    pushes = ask(cloud, "GET", "/worlds/default/push")
    assert "Infinity" not in pushes.body
    assert '{\\"x\\":1e999}' in pushes.body


def test_a_body_in_utf_16_is_read_when_it_says_so(cloud: TestCloud) -> None:
    body = '{"email":"ops@acme.test"}'.encode("utf-16")
    headers = {"content-type": "application/json; charset=utf-16"}

    assert cloud.request("POST", "/installations", body=body, headers=headers).status == 200


def test_a_route_whose_guid_does_not_hold_is_no_route_for_other_methods_either(cloud: TestCloud) -> None:
    assert cloud.post("/organizations/abc/subscription", {}).status == 404
    assert cloud.post(f"/organizations/{cloud.organization('Initech').id}/subscription", {}).status == 405


def test_a_blank_client_id_is_a_missing_one(cloud: TestCloud) -> None:
    form = {"grant_type": "client_credentials", "client_id": "  ", "client_secret": "x"}

    answer = cloud.request("POST", "/connect/token", service="identity", form=form)

    assert (answer.status, answer.body) == (400, '{"error":"invalid_request"}')


@pytest.mark.parametrize("name", ["master\\u0050asswordHash", "masterPasswordH\\u0061sh"])
def test_a_secret_under_an_escaped_name_is_kept_by_nobody(cloud: TestCloud, name: str) -> None:
    path = f"/organizations/{cloud.organization('Acme Corporation').id}/api-key"
    body = f'{{"type":1,"{name}":"SECRETHASHVALUE"}}'.encode()

    cloud.request("POST", path, body=body, headers={"content-type": "application/json"}, token=cloud.user_token(OWNER))

    assert "SECRETHASHVALUE" not in ask(cloud, "GET", "/worlds/default/journal").body


def test_a_token_in_the_query_is_kept_by_nobody_whatever_the_path_looks_like(cloud: TestCloud) -> None:
    token = cloud.user_token(OWNER)
    acme = cloud.organization("Acme Corporation").id

    cloud.request("DELETE", f"/organization/sponsorship/{acme}/user=tag@x.test/revoke?access_token={token}")

    assert token not in ask(cloud, "GET", "/worlds/default/journal").body


def test_the_texts_of_a_refusal_stay_readable_in_the_journal(cloud: TestCloud) -> None:
    path = f"/organizations/{cloud.organization('Acme Corporation').id}/api-key"
    answer = cloud.post(path, {"type": 1, "masterPasswordHash": "SECRETHASHVALUE"}, token=cloud.user_token(OWNER))

    (entry,) = ask(cloud, "GET", "/worlds/default/journal").json["items"]
    assert entry["response"]["body"] == answer.body
    assert "SECRETHASHVALUE" not in entry["request"]["body"]
