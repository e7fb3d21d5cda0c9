"""Asking for and looking up installations (docs/contract/licensing-push-installations.md B)."""

from __future__ import annotations

import re

import pytest

from tests.support.cloud import TestCloud


def test_a_new_installation_is_answered_with_its_key_once(cloud: TestCloud) -> None:
    answer = cloud.post("/installations", {"email": "ops@acme.test"})

    assert answer.status == 200
    assert set(answer.json) == {"id", "key", "enabled", "object"}
    assert re.fullmatch(r"[A-Za-z0-9]{20}", answer.json["key"])
    read = cloud.get(f"/installations/{answer.json['id']}")
    assert read.json == {"id": answer.json["id"], "key": None, "enabled": True, "object": "installation"}


def test_the_same_email_gets_another_installation_each_time(cloud: TestCloud) -> None:
    first, second = (cloud.post("/installations", {"email": "ops@acme.test"}).json for _ in range(2))

    assert first["id"] != second["id"]
    assert first["key"] != second["key"]


@pytest.mark.parametrize(
    ("body", "texts"),
    [
        ({}, ["The Email field is required."]),
        ({"email": None}, ["The Email field is required."]),
        ({"email": "@acme.test"}, ["The Email field is not a valid e-mail address."]),
        ({"email": "ops@"}, ["The Email field is not a valid e-mail address."]),
        ({"email": "a@b@c"}, ["The Email field is not a valid e-mail address."]),
        ({"email": f"{'x' * 252}@a.te"}, ["The field Email must be a string with a maximum length of 256."]),
    ],
)
def test_a_wrong_email_is_refused_with_the_frameworks_text(cloud: TestCloud, body: dict, texts: list[str]) -> None:
    answer = cloud.post("/installations", body)

    assert answer.status == 400
    assert answer.message == "The model state is invalid."
    assert answer.errors == {"Email": texts}


def test_an_empty_json_body_is_refused(cloud: TestCloud) -> None:
    answer = cloud.request("POST", "/installations", body=b"", headers={"content-type": "application/json"})

    assert (answer.status, answer.errors) == (400, {"": ["A non-empty request body is required."]})


def test_a_body_without_content_type_is_answered_415_without_a_body(cloud: TestCloud) -> None:
    answer = cloud.request("POST", "/installations", body=b'{"email":"a@b.test"}')

    assert (answer.status, answer.body) == (415, "")


def test_a_disabled_installation_is_found_and_says_so(cloud: TestCloud) -> None:
    disabled = cloud.installation(enabled=False)

    answer = cloud.get(f"/installations/{disabled.id.upper()}")

    assert (answer.status, answer.json["enabled"], answer.json["key"]) == (200, False, None)


def test_another_regions_installation_is_not_found(cloud: TestCloud) -> None:
    foreign = cloud.installation(region="eu")

    answer = cloud.get(f"/installations/{foreign.id}")

    assert (answer.status, answer.message) == (404, "Resource not found.")


def test_an_id_that_is_no_guid_is_a_wrong_value(cloud: TestCloud) -> None:
    answer = cloud.get("/installations/abc")

    assert (answer.status, answer.errors) == (400, {"id": ["The value 'abc' is not valid."]})
