"""The verbs on faults: added whole or not at all, listed with their counters, removed, and described."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from sosie.control.client import ControlClient
from sosie.control.connection import RefusedByControlError
from sosie.domain.fault_effects import EFFECTS
from sosie.functions.waiting import wait
from sosie.settings import Settings
from sosie.wiring import Sosie
from tests.local.started import Started, request_token
from tests.support.cloud import TestCloud, WireAnswer
from tests.support.control import ask
from tests.support.stores import WatchedStore

FAULTS = "/worlds/default/faults"
STATUS = {"kind": "status", "status": 503}


def add(cloud: TestCloud, rule: Any) -> WireAnswer:
    return ask(cloud, "POST", FAULTS, rule)


def listed(cloud: TestCloud) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = ask(cloud, "GET", FAULTS).json["items"]
    return items


def test_a_rule_is_answered_as_it_was_given_with_an_id_and_counters(cloud: TestCloud) -> None:
    answer = add(cloud, {"match": {"route": "connect/token"}, "effect": STATUS, "limit": {"times": 2}})

    expected = {
        "id": "fault-1",
        "match": {"route": "connect/token"},
        "effect": STATUS,
        "limit": {"times": 2},
        "seen": 0,
        "applied": 0,
    }
    assert (answer.status, answer.json) == (200, expected)
    assert listed(cloud) == [expected]
    assert ask(cloud, "GET", f"{FAULTS}/fault-1").json == expected


def test_a_list_is_added_in_order_behind_what_is_there(cloud: TestCloud) -> None:
    add(cloud, {"effect": STATUS, "id": "first"})

    answer = add(cloud, [{"effect": STATUS}, {"effect": STATUS, "id": "mine"}, {"effect": STATUS}])

    assert [each["id"] for each in answer.json["items"]] == ["fault-1", "mine", "fault-2"]
    assert [each["id"] for each in listed(cloud)] == ["first", "fault-1", "mine", "fault-2"]


def test_ids_that_are_given_out_keep_clear_of_those_that_are_taken(cloud: TestCloud) -> None:
    add(cloud, {"effect": STATUS, "id": "fault-1"})

    answer = add(cloud, [{"effect": STATUS}, {"effect": STATUS, "id": "fault-3"}, {"effect": STATUS}])

    assert [each["id"] for each in answer.json["items"]] == ["fault-2", "fault-3", "fault-4"]


def test_a_list_with_a_mistake_adds_nothing_and_says_where_it_is(cloud: TestCloud) -> None:
    answer = add(cloud, [{"effect": STATUS}, {"effect": STATUS, "match": {"nth": 0}}])

    assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json["where"] == "[1].match.nth"
    assert listed(cloud) == []


@pytest.mark.parametrize("body", [None, "status", 7, {}, {"effect": {"kind": "nothing"}}], ids=str)
def test_what_is_no_rule_is_refused(cloud: TestCloud, body: Any) -> None:
    assert add(cloud, body).status == 400


@pytest.mark.parametrize("rules", [{"effect": STATUS, "id": "a"}, [{"effect": STATUS, "id": "b"}] * 2], ids=str)
def test_an_id_is_taken_once(cloud: TestCloud, rules: Any) -> None:
    add(cloud, {"effect": STATUS, "id": "a"})

    assert add(cloud, rules).status == 409
    assert [each["id"] for each in listed(cloud)] == ["a"]


def test_a_world_keeps_a_hundred_rules(cloud: TestCloud) -> None:
    assert add(cloud, [{"effect": STATUS}] * 100).status == 200

    assert add(cloud, {"effect": STATUS}).status == 400
    assert len(listed(cloud)) == 100


def test_rules_that_no_store_takes_are_refused(cloud: TestCloud) -> None:
    long = {"effect": {"kind": "redirect", "location": "x" * 2_000}}

    assert add(cloud, [long] * 70).status == 400
    assert listed(cloud) == []


def test_one_rule_is_removed_and_the_others_stay(cloud: TestCloud) -> None:
    add(cloud, [{"effect": STATUS, "id": name} for name in "abc"])

    answer = ask(cloud, "DELETE", f"{FAULTS}/b")

    assert (answer.status, answer.body) == (204, "")
    assert [each["id"] for each in listed(cloud)] == ["a", "c"]


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_rule_that_is_not_there_is_not_found(cloud: TestCloud, method: str) -> None:
    assert ask(cloud, method, f"{FAULTS}/fault-1").status == 404


def test_all_rules_are_removed_at_once_also_if_there_are_none(cloud: TestCloud) -> None:
    add(cloud, [{"effect": STATUS}] * 3)

    assert [ask(cloud, "DELETE", FAULTS).status for _ in range(2)] == [204, 204]
    assert (listed(cloud), cloud.get("/version").status) == ([], 200)


def test_a_world_that_is_not_there_has_no_faults(cloud: TestCloud) -> None:
    assert [ask(cloud, each, "/worlds/nowhere/faults").status for each in ("GET", "POST", "DELETE")] == [404] * 3


def test_two_who_add_at_the_same_time_both_succeed(keyring: Any) -> None:
    store = WatchedStore()
    cloud = TestCloud(keyring=keyring, store=store)
    store.before_next_write(lambda: add(cloud, {"effect": STATUS}))

    add(cloud, {"effect": STATUS})

    assert [each["id"] for each in listed(cloud)] == ["fault-1", "fault-2"]


# The catalogue.


def test_the_catalogue_has_every_effect_with_a_schema_that_its_rules_fit(cloud: TestCloud) -> None:
    catalogue = ask(cloud, "GET", "/faults/catalog").json

    assert [each["kind"] for each in catalogue["items"]] == list(EFFECTS)
    for each in catalogue["items"]:
        assert each["description"]
        assert each["strikes"] in ("before", "after")
        assert each["available"]
        Draft202012Validator.check_schema(each["schema"])
    status = next(each for each in catalogue["items"] if each["kind"] == "status")
    assert Draft202012Validator(status["schema"]).is_valid(STATUS)
    assert not Draft202012Validator(status["schema"]).is_valid({"kind": "status"})


def test_the_catalogue_describes_match_and_limit(cloud: TestCloud) -> None:
    catalogue = ask(cloud, "GET", "/faults/catalog").json

    assert set(catalogue["match"]["properties"]) == {
        "service", "region", "method", "route", "installation", "organization", "nth"
    }  # fmt: skip
    assert set(catalogue["limit"]["properties"]) == {"times", "until", "probability"}


# A host without sockets.


@pytest.fixture
def function(keyring: Any) -> TestCloud:
    """A cloud of Lambda functions."""
    cloud = TestCloud(keyring=keyring)
    cloud.sosie = Sosie(Settings(), store=cloud.sosie.store, clock=cloud.clock, keyring=keyring, many_processes=True)
    return cloud


@pytest.mark.parametrize("kind", ["truncated-body", "slow-body", "connection-reset"])
def test_what_a_function_cannot_do_is_refused_when_the_rule_is_made(function: TestCloud, kind: str) -> None:
    answers = [add(function, {"effect": {"kind": kind}}), add(function, [{"effect": {"kind": kind}}])]

    assert [answer.status for answer in answers] == [400, 400]
    assert [answer.json["where"] for answer in answers] == ["effect.kind", "[0].effect.kind"]
    assert "sockets" in answers[0].json["detail"]


def test_the_catalogue_of_a_function_says_what_is_not_available(function: TestCloud) -> None:
    catalogue = ask(function, "GET", "/faults/catalog").json["items"]

    assert {each["kind"] for each in catalogue if not each["available"]} == {
        "truncated-body", "slow-body", "connection-reset"
    }  # fmt: skip


def test_a_function_that_shares_its_store_with_a_server_answers_whole(cloud: TestCloud) -> None:
    add(cloud, {"effect": {"kind": "truncated-body"}})
    answer = cloud.get("/version")

    assert wait({"statusCode": 200, "body": answer.body, "wire": answer.wire}) == {
        "statusCode": 200,
        "body": answer.body,
    }


# Over HTTP.


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    with Started(tmp_path_factory.mktemp("faulty"), "--no-penalty-delays", "--json") as running:
        yield running


@pytest.fixture
def client(started: Started) -> Iterator[ControlClient]:
    with ControlClient(started.url) as made:
        made.reset()
        yield made


def test_the_control_client_adds_reads_and_removes_faults(client: ControlClient, started: Started) -> None:
    rule = client.add_fault({"match": {"route": "/connect/token"}, "effect": STATUS})
    more = client.add_faults([{"effect": STATUS, "match": {"region": "eu"}}])

    assert request_token(started).status == 503
    assert client.read_fault(rule["id"]) == {**rule, "seen": 1, "applied": 1}
    assert [each["id"] for each in client.faults()] == [rule["id"], more[0]["id"]]

    client.drop_fault(rule["id"])
    assert request_token(started).status == 200
    client.clear_faults()
    assert client.faults() == []


def test_the_control_client_has_the_catalogue_and_tells_of_mistakes(client: ControlClient) -> None:
    assert [each["kind"] for each in client.fault_catalog()] == list(EFFECTS)

    with pytest.raises(RefusedByControlError) as refused:
        client.add_fault({"effect": {"kind": "latency", "milliseconds": -1}})

    assert refused.value.problem["where"] == "effect.milliseconds"


# Snapshots.


def test_a_snapshot_holds_no_faults_and_a_restore_ends_them(cloud: TestCloud) -> None:
    ask(cloud, "PUT", "/worlds/default/settings", {"realisticLimits": True})
    add(cloud, {"effect": STATUS, "limit": {"times": 1}})
    cloud.get("/version")
    cloud.get("/version")
    ask(cloud, "PUT", "/worlds/default/snapshots/now")

    document = ask(cloud, "GET", "/worlds/default/snapshots/now").json
    ask(cloud, "POST", "/worlds/default/snapshots/now/restore")

    assert {"faults", "rate-limits"}.isdisjoint(document["items"])
    assert (listed(cloud), cloud.get("/version").status) == ([], 200)


@pytest.mark.parametrize("partition", ["faults", "rate-limits"])
def test_a_snapshot_from_elsewhere_brings_no_faults(cloud: TestCloud, partition: str) -> None:
    ask(cloud, "PUT", "/worlds/default/snapshots/now")
    document = ask(cloud, "GET", "/worlds/default/snapshots/now").json
    document["items"][partition] = {"rules": {"body": {"rules": 7}}}

    answer = ask(cloud, "POST", "/worlds/default/snapshots/then", document)

    assert (answer.status, answer.json["where"]) == (400, f"items.{partition}")
