"""The check of every in-process answer against its document notices what it is there for."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.support.cloud import TestCloud, WireAnswer
from tests.support.documented import UndocumentedError, check


@pytest.fixture
def answer(cloud: TestCloud) -> WireAnswer:
    return cloud.get(f"/installations/{cloud.installation().id}")


def problem(answer: WireAnswer, method: str = "GET", path: str = "/Installations/7/") -> str:
    with pytest.raises(UndocumentedError) as caught:
        check("api", method, path, answer)
    return str(caught.value)


def test_a_documented_answer_passes_whatever_the_paths_letter_case(answer: WireAnswer) -> None:
    check("api", "GET", "/Installations/7/", answer)


def test_a_status_that_is_not_documented_is_noticed(answer: WireAnswer) -> None:
    assert "was answered 409, and documented are 200, 400, 404" in problem(replace(answer, status=409))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"more": 1}, "at $: Additional properties are not allowed ('more' was unexpected)"),
        ({"enabled": "yes"}, "at $.enabled: 'yes' is not of type 'boolean'"),
        ({"id": "AAAAAAAA-0000-4000-8000-000000000000"}, "at $.id:"),
    ],
)
def test_a_body_of_another_shape_is_noticed(answer: WireAnswer, change, expected) -> None:
    assert expected in problem(replace(answer, body=json.dumps(answer.json | change)))


def test_a_missing_member_is_noticed(answer: WireAnswer) -> None:
    body = {name: value for name, value in answer.json.items() if name != "key"}

    assert "at $: 'key' is a required property" in problem(replace(answer, body=json.dumps(body)))


def test_a_missing_body_is_noticed(answer: WireAnswer) -> None:
    assert "there should be a body" in problem(replace(answer, body=""))


def test_a_body_where_none_should_be_is_noticed(answer: WireAnswer) -> None:
    assert "there should be no body" in problem(replace(answer, status=403), path="/sync")
    assert "there should be no body" in problem(replace(answer, status=404), path="/nowhere")


@pytest.mark.parametrize("content_type", ["text/html", "application/json", "application/json; charset=utf-16"])
def test_another_content_type_is_noticed(answer: WireAnswer, content_type) -> None:
    headers = answer.headers | {"content-type": content_type}

    assert "should be" in problem(replace(answer, headers=headers))


def test_a_refusal_that_does_not_say_what_would_do_is_noticed(answer: WireAnswer) -> None:
    refusal = replace(answer, status=405, body="")

    assert "the methods that would do are not named" in problem(refusal, method="PATCH")


def test_a_cloud_fails_the_test_that_saw_an_undocumented_answer(cloud: TestCloud, monkeypatch) -> None:
    monkeypatch.setattr("sosie.wire.info.SERVER_VERSION", 2026)

    with pytest.raises(UndocumentedError, match="GET /version"):
        cloud.get("/version")
