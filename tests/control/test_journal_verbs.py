"""The journal's filters, its archive, and forgetting it (docs/control-plane.md: the journal)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from jsonschema import Draft202012Validator

from sosie.services.request_ids import SequentialIds
from tests.support.cloud import START, TestCloud
from tests.support.control import Asked, ask
from tests.support.families import GLOBEX_OWNER
from tests.support.token_client import ask as ask_for_token
from tests.support.token_client import installation_form

JOURNAL = "/worlds/default/journal"


def paths(cloud: TestCloud, **filters: str) -> list[str]:
    """Return the paths of the entries that a list with these filters has."""
    query = "&".join(f"{name}={quote(value)}" for name, value in filters.items())
    answer = ask(cloud, "GET", f"{JOURNAL}?{query}")
    assert answer.status == 200, answer.body
    return [entry["path"] for entry in answer.json["items"]]


@pytest.fixture
def busy(cloud: TestCloud) -> TestCloud:
    """Three requests, a day between each: 200, 404, 401."""
    cloud.get("/alive")
    cloud.clock.advance(timedelta(days=1))
    cloud.get("/installations/6f1c0a52-3d4e-4b7a-9c21-0d5e8f7a6b90")
    cloud.clock.advance(timedelta(days=1))
    cloud.get("/accounts/profile")
    return cloud


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"status": "4xx"}, ["/us/api/installations/6f1c0a52-3d4e-4b7a-9c21-0d5e8f7a6b90", "/us/api/accounts/profile"]),
        ({"status": "2XX"}, ["/us/api/alive"]),
        ({"status": "401"}, ["/us/api/accounts/profile"]),
        ({"status": "5xx"}, []),
        ({"since": "2026-03-06T00:00:00Z"}, ["/us/api/accounts/profile"]),
        ({"until": "2026-03-05T00:00:00Z"}, ["/us/api/alive"]),
        ({"since": "2026-03-04T05:06:07Z", "until": "2026-03-04T05:06:08Z"}, ["/us/api/alive"]),
        ({"until": "2026-03-04T05:06:07Z"}, []),
        ({"since": "2026-03-06T00:06:07-05:00"}, ["/us/api/accounts/profile"]),
        ({"since": "2026-03-06T05:06:07"}, ["/us/api/accounts/profile"]),
        ({"diagnosis": "any", "service": "API"}, ["/us/api/accounts/profile"]),
        ({"diagnosis": "none", "path": "alive"}, ["/us/api/alive"]),
        ({"fault": "any"}, []),
        ({"fault": "none", "status": "200"}, ["/us/api/alive"]),
    ],
    ids=str,
)
def test_entries_are_found_by_status_class_and_world_time(
    busy: TestCloud, filters: dict[str, str], found: list[str]
) -> None:
    if filters.get("diagnosis") == "any":  # whether a 404 has a diagnosis is not what this is about
        found = [entry["path"] for entry in ask(busy, "GET", JOURNAL).json["items"] if entry["diagnosis"]]

    assert paths(busy, **filters) == found


def test_an_offset_in_a_query_may_have_a_bare_plus(busy: TestCloud) -> None:
    answer = ask(busy, "GET", f"{JOURNAL}?since=2026-03-06T06:06:07+01:00")

    assert [entry["path"] for entry in answer.json["items"]] == ["/us/api/accounts/profile"]


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("status=teapot", "`status`"),
        ("status=9xx", "`status`"),
        ("since=yesterday", "`since`"),
        ("until=", "`until`"),
        ("format=xml", "`format`"),
        ("stauts=404", "'stauts'"),
        ("limit=0", "`limit`"),
        ("wait=soon", "`wait`"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused_by_name(cloud: TestCloud, query: str, named: str) -> None:
    answer = ask(cloud, "GET", f"{JOURNAL}?{query}")

    assert (answer.status, answer.json["title"]) == (400, "Bad request")
    assert named in answer.json["detail"]


def test_an_entry_is_found_by_the_fault_that_was_applied(cloud: TestCloud) -> None:
    cloud.checks_answers = False
    rule = {"id": "down", "match": {"route": "/alive"}, "effect": {"kind": "status", "status": 503}}
    assert ask(cloud, "POST", "/worlds/default/faults", rule).status == 200
    cloud.get("/alive")
    cloud.get("/config")

    assert paths(cloud, fault="any") == paths(cloud, fault="down") == paths(cloud, fault="STATUS") == ["/us/api/alive"]
    assert paths(cloud, fault="none") == ["/us/api/config"]
    assert paths(cloud, fault="latency") == []


def test_more_entries_than_a_page_are_found_from_both_ends(cloud: TestCloud) -> None:
    for _ in range(205):
        cloud.get("/alive")
    cloud.get("/config")

    newest = ask(cloud, "GET", f"{JOURNAL}?path=alive&limit=2").json["items"]
    following = ask(cloud, "GET", f"{JOURNAL}?after=0000000001&limit=203").json

    assert [entry["id"] for entry in newest] == ["0000000204", "0000000205"]
    assert (len(following["items"]), following["next"]) == (203, "0000000204")
    assert ask(cloud, "GET", f"{JOURNAL}?path=config&after=0000000001").json["items"][0]["id"] == "0000000206"


def test_a_list_waits_for_what_matches(cloud: TestCloud) -> None:
    cloud.get("/alive")
    asked = Asked(cloud, "GET", f"{JOURNAL}?path=config&wait=20")
    cloud.get("/alive")
    asked.again(1)
    assert asked.pending
    cloud.get("/config")

    asked.again(2)

    assert [entry["path"] for entry in asked.json["items"]] == ["/us/api/config"]


def test_a_list_waits_no_longer_than_it_was_told(cloud: TestCloud) -> None:
    asked = Asked(cloud, "GET", f"{JOURNAL}?wait=5")

    asked.again(4.9)
    assert asked.pending
    asked.again(5.1)
    assert asked.json == {"items": []}


def test_a_reset_while_a_list_waits_makes_everything_new(cloud: TestCloud) -> None:
    for _ in range(3):
        cloud.get("/alive")
    asked = Asked(cloud, "GET", f"{JOURNAL}?path=config&wait=20")
    ask(cloud, "POST", "/worlds/default/reset")
    cloud.get("/config")

    asked.again(1)

    assert [entry["id"] for entry in asked.json["items"]] == ["0000000001"]


# The archive.

_PAIRS = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["name", "value"],
        "properties": {"name": {"type": "string"}, "value": {"type": "string"}},
    },
}
_SIZE = {"type": "integer", "minimum": -1}
HAR = {
    "type": "object",
    "required": ["log"],
    "properties": {
        "log": {
            "type": "object",
            "required": ["version", "creator", "entries"],
            "properties": {
                "version": {"const": "1.2"},
                "creator": {"type": "object", "required": ["name", "version"]},
                "entries": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["startedDateTime", "time", "request", "response", "cache", "timings"],
                        "properties": {
                            "startedDateTime": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"},
                            "time": {"type": "number", "minimum": 0},
                            "cache": {"type": "object"},
                            "timings": {"type": "object", "required": ["send", "wait", "receive"]},
                            "request": {
                                "type": "object",
                                "required": [
                                    "method", "url", "httpVersion", "cookies", "headers", "queryString",
                                    "headersSize", "bodySize",
                                ],
                                "properties": {
                                    "url": {"type": "string", "pattern": "^https?://"},
                                    "headers": _PAIRS,
                                    "queryString": _PAIRS,
                                    "headersSize": _SIZE,
                                    "bodySize": _SIZE,
                                    "postData": {
                                        "type": "object",
                                        "required": ["mimeType"],
                                        "oneOf": [{"required": ["text"]}, {"required": ["params"]}],
                                        "properties": {"text": {"type": "string"}, "params": _PAIRS},
                                    },
                                },
                            },
                            "response": {
                                "type": "object",
                                "required": [
                                    "status", "statusText", "httpVersion", "cookies", "headers", "content",
                                    "redirectURL", "headersSize", "bodySize",
                                ],
                                "properties": {
                                    "status": {"type": "integer"},
                                    "headers": _PAIRS,
                                    "content": {"type": "object", "required": ["size", "mimeType"]},
                                    "headersSize": _SIZE,
                                    "bodySize": _SIZE,
                                },
                            },
                        },
                    },
                },
            },
        }
    },
}  # fmt: skip
"""The fields that HAR 1.2 demands (http://www.softwareishard.com/blog/har-12-spec/)."""


def archive(cloud: TestCloud, query: str = "") -> list[dict[str, Any]]:
    answer = ask(cloud, "GET", f"{JOURNAL}?format=har{query}")
    assert [problem.message for problem in Draft202012Validator(HAR).iter_errors(answer.json)] == []
    entries: list[dict[str, Any]] = answer.json["log"]["entries"]
    return entries


def test_an_archive_has_every_field_that_the_format_demands(cloud: TestCloud) -> None:
    ask_for_token(cloud, installation_form(cloud.installation()))
    cloud.get("/accounts/profile?a=1&b=", token=cloud.user_token(GLOBEX_OWNER))
    cloud.post("/installations", {"email": "ops@acme.test"})

    token, profile, installation = archive(cloud)

    assert token["request"]["url"] == "http://127.0.0.1:8787/us/identity/connect/token"
    assert {"name": "grant_type", "value": "client_credentials"} in token["request"]["postData"]["params"]
    assert (token["response"]["status"], token["response"]["statusText"]) == (200, "OK")
    assert profile["request"]["queryString"] == [{"name": "a", "value": "1"}, {"name": "b", "value": ""}]
    assert (profile["_route"], profile["_diagnosis"], profile["_fault"]) == ("/accounts/profile", None, None)
    assert installation["request"]["postData"]["text"] == '{"email": "ops@acme.test"}'
    assert installation["startedDateTime"] == installation["_at"] == "2026-03-04T05:06:07.000000Z"


def test_an_archive_holds_what_the_filters_mean_and_no_secret(cloud: TestCloud) -> None:
    installation = cloud.installation()
    ask_for_token(cloud, installation_form(installation))
    ask_for_token(cloud, {**installation_form(installation), "client_secret": "x" * 20})

    (entry,) = archive(cloud, "&status=400")

    assert entry["_caller"] == f"installation.{installation.id}"
    assert installation.key not in str(archive(cloud))
    secrets = [each["value"] for each in entry["request"]["postData"]["params"] if each["name"] == "client_secret"]
    assert secrets[0].startswith("[redacted ")


# Forgetting.


def test_a_forgotten_journal_is_empty_and_ids_go_on(cloud: TestCloud) -> None:
    first = cloud.get("/alive").headers["x-sosie-request"]

    assert ask(cloud, "DELETE", JOURNAL).status == 204

    assert ask(cloud, "GET", JOURNAL).json == {"items": []}
    assert cloud.get("/alive").headers["x-sosie-request"] > first


def test_ids_go_on_after_the_journal_even_in_another_process(cloud: TestCloud) -> None:
    ids = {cloud.get("/alive").headers["x-sosie-request"] for _ in range(3)}
    ask(cloud, "DELETE", JOURNAL)

    assert SequentialIds(cloud.sosie.store).next("default", START, "") not in ids


def test_a_reset_starts_ids_anew_although_the_journal_was_forgotten(cloud: TestCloud) -> None:
    first = cloud.get("/alive").headers["x-sosie-request"]
    ask(cloud, "DELETE", JOURNAL)

    ask(cloud, "POST", "/worlds/default/reset")

    assert cloud.get("/alive").headers["x-sosie-request"] == first


def test_other_worlds_keep_their_journal(cloud: TestCloud) -> None:
    ask(cloud, "PUT", "/worlds/other")
    cloud.get("/alive", world="other")

    ask(cloud, "DELETE", JOURNAL)

    assert len(ask(cloud, "GET", "/worlds/other/journal").json["items"]) == 1
