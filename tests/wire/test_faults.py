"""Fault rules at the door: what they match, how often they apply, what they count, and whom they leave alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sosie.ports import Item, Key
from tests.support.cloud import TestCloud
from tests.support.control import ask
from tests.support.families import GLOBEX, OWNER, sync, sync_row
from tests.support.faults import TOKEN_ROUTE, UNAVAILABLE, counters, fault, request_token
from tests.support.journal import entries, last_entry
from tests.support.stores import WatchedStore
from tests.support.token_client import ask as ask_token
from tests.support.token_client import basic

VAULT = {
    "origin": "https://vault.bitwarden.com",
    "access-control-request-method": "POST",
}


def statuses(cloud: TestCloud, times: int, path: str = "/version") -> list[int]:
    return [cloud.get(path).status for _ in range(times)]


# What a rule matches.


def test_the_example_of_the_documentation_refuses_two_tokens_and_then_gives_one(cloud: TestCloud) -> None:
    rule = fault(cloud, UNAVAILABLE, {"service": "identity", "route": TOKEN_ROUTE}, {"times": 2})

    answers = [request_token(cloud) for _ in range(3)]

    assert [answer.status for answer in answers] == [503, 503, 200]
    assert [answer.headers.get("x-sosie-fault") for answer in answers] == [rule, rule, None]
    assert counters(cloud, rule) == (3, 2)


def test_a_rule_without_a_match_is_for_every_request(cloud: TestCloud) -> None:
    fault(cloud, UNAVAILABLE)

    assert [cloud.get("/version", service=each).status for each in ("identity", "api", "push")] == [503] * 3
    assert cloud.get("/no/such/route").status == 503
    assert cloud.get("/accounts/profile").status == 503  # before anybody asks for a token


@pytest.mark.parametrize(
    "match",
    [{"service": "identity"}, {"region": "eu"}, {"method": "POST"}, {"route": "/alive"}, {"route": "/versions"}],
    ids=str,
)
def test_a_request_that_differs_in_one_member_is_left_alone(cloud: TestCloud, match: dict[str, Any]) -> None:
    rule = fault(cloud, UNAVAILABLE, match)

    answer = cloud.get("/version")

    assert (answer.status, "x-sosie-fault" in answer.headers) == (200, False)
    assert counters(cloud, rule) == (0, 0)


@pytest.mark.parametrize("route", ["/connect/token", "connect/token", "/Connect/TOKEN", "/connect/*", "/con*", "*"])
def test_a_route_may_be_written_in_any_case_without_its_first_slash_and_with_a_star(
    cloud: TestCloud, route: str
) -> None:
    fault(cloud, UNAVAILABLE, {"route": route})

    assert request_token(cloud).status == 503


def test_a_route_with_parameters_is_that_route_and_no_other_that_looks_alike(cloud: TestCloud) -> None:
    rule = fault(cloud, UNAVAILABLE, {"route": "/organization/sponsorship/{anyName}"})
    token = cloud.installation_token("api.installation")

    # /organization/sponsorship/sync has as many segments and is another route.
    cloud.checks_answers = False
    synced = cloud.post("/organization/sponsorship/sync", {}, token=token)
    deleted = cloud.request("DELETE", f"/organization/sponsorship/{cloud.installation().id}")

    assert (synced.status, deleted.status) == (400, 503)
    assert counters(cloud, rule) == (1, 1)


def test_the_api_answers_push_routes_too_and_a_rule_can_tell_the_hosts_apart(cloud: TestCloud) -> None:
    fault(cloud, UNAVAILABLE, {"service": "push", "route": "/push/send"})

    assert cloud.post("/push/send", {}, service="push").status == 503
    assert cloud.post("/push/send", {}).status == 401


def test_an_installation_is_known_by_its_token_its_credentials_and_its_own_address(cloud: TestCloud) -> None:
    mine, other = cloud.installation(), cloud.installation(enabled=False)
    rule = fault(cloud, UNAVAILABLE, {"installation": mine.id.upper()})
    token = cloud.installation_token("api.push")

    faulty = [
        request_token(cloud),
        ask_token(cloud, {"grant_type": "client_credentials"}, basic(f"installation.{mine.id}", mine.key)),
        cloud.get(f"/installations/{mine.id}"),
        cloud.post("/push/delete", {"id": other.id}, token=token),
    ]
    fine = [
        cloud.get(f"/installations/{other.id}"),
        cloud.post("/push/delete", {"id": other.id}, token=cloud.installation_token("api.push", enabled=False)),
        cloud.get("/version", headers={"authorization": "Bearer not.a.token"}),
        cloud.get("/version", headers={"authorization": "Basic §§"}),
    ]

    assert [answer.status for answer in faulty] == [503] * 4
    assert [answer.status for answer in fine] == [200] * 4
    assert counters(cloud, rule) == (4, 4)


def test_an_organization_is_known_by_path_query_and_body_and_not_by_its_owners_token(cloud: TestCloud) -> None:
    organization = cloud.organization(GLOBEX)
    fault(cloud, UNAVAILABLE, {"organization": organization.id})

    assert sync(cloud, [sync_row("jo")]).status == 503
    assert cloud.get(f"/organizations/{organization.id.replace('-', '')}").status == 503
    assert cloud.get(f"/organizations/x/license?installationId={organization.id}").status == 503
    assert cloud.get("/accounts/profile", token=cloud.user_token("owner@globex.test")).status == 200


# Which of the matching requests.


def test_only_the_nth_matching_request_is_struck(cloud: TestCloud) -> None:
    rule = fault(cloud, UNAVAILABLE, {"route": "/version", "nth": 3})
    cloud.get("/alive")

    assert statuses(cloud, 5) == [200, 200, 503, 200, 200]
    assert counters(cloud, rule) == (5, 1)


def test_a_rule_ends_at_a_time_of_the_worlds_clock(cloud: TestCloud) -> None:
    fault(cloud, UNAVAILABLE, limit={"until": "2026-03-04T05:07:07Z"})
    before = cloud.get("/version")

    ask(cloud, "POST", "/worlds/default/clock/advance", {"by": "PT1M"})

    assert (before.status, cloud.get("/version").status) == (503, 200)


def test_a_clock_that_moves_on_by_itself_ends_a_rule_as_well(cloud: TestCloud) -> None:
    fault(cloud, UNAVAILABLE, limit={"until": "2026-03-04T06:07:06+01:00"})
    before = cloud.get("/version")

    cloud.clock.advance(timedelta(minutes=1))

    assert (before.status, cloud.get("/version").status) == (503, 200)


def test_chance_strikes_some_requests_and_the_same_ones_in_another_run(cloud: TestCloud) -> None:
    fault(cloud, UNAVAILABLE, limit={"probability": 0.5}, id="half")
    first = statuses(cloud, 40)
    ask(cloud, "POST", "/worlds/default/reset")
    fault(cloud, UNAVAILABLE, limit={"probability": 0.5}, id="half")

    assert statuses(cloud, 40) == first
    assert set(first) == {200, 503}


def test_the_first_rule_that_is_due_applies_and_the_others_count_what_they_saw(cloud: TestCloud) -> None:
    once = fault(cloud, {"kind": "status", "status": 500}, limit={"times": 1})
    twice = fault(cloud, UNAVAILABLE, limit={"times": 2})

    assert statuses(cloud, 4) == [500, 503, 503, 200]
    assert (counters(cloud, once), counters(cloud, twice)) == ((4, 1), (4, 2))


def test_a_preflight_is_no_call_and_only_a_rule_for_options_strikes_it(cloud: TestCloud) -> None:
    every = fault(cloud, UNAVAILABLE, limit={"times": 1})

    free = cloud.request("OPTIONS", "/accounts/profile", headers=VAULT)
    fault(cloud, UNAVAILABLE, {"method": "OPTIONS"})
    struck = cloud.request("OPTIONS", "/accounts/profile", headers=VAULT)

    assert (free.status, struck.status) == (204, 503)
    assert struck.headers["access-control-allow-origin"] == VAULT["origin"]
    assert counters(cloud, every) == (0, 0)


# What a struck request leaves behind.


def test_a_fault_before_the_handler_leaves_nothing_but_its_journal_entry(cloud: TestCloud) -> None:
    rule = fault(cloud, UNAVAILABLE, {"route": "/installations"})

    assert cloud.post("/installations", {"email": "ops@acme.test"}).status == 503

    assert len(list(cloud.sosie.store.query("default/us/installations"))) == 2  # the scenario's
    entry = last_entry(cloud)
    assert (entry["status"], entry["route"]) == (503, "/installations")
    assert entry["fault"] == {"id": rule, "kind": "status"}
    assert entry["diagnosis"] is None


def test_a_fault_after_the_handler_loses_its_answer_and_keeps_its_work(cloud: TestCloud) -> None:
    fault(cloud, UNAVAILABLE | {"after": True}, {"route": "/installations"})

    assert cloud.post("/installations", {"email": "ops@acme.test"}).status == 503

    assert len(list(cloud.sosie.store.query("default/us/installations"))) == 3
    assert last_entry(cloud)["fault"]["kind"] == "status"


def test_an_entry_without_a_fault_says_so(cloud: TestCloud) -> None:
    fault(cloud, UNAVAILABLE, {"route": "/version"})

    cloud.get("/alive")

    assert last_entry(cloud)["fault"] is None


def test_counters_and_entry_are_written_together_and_only_if_a_rule_matched(keyring: Any) -> None:
    store = WatchedStore()
    cloud = TestCloud(keyring=keyring, store=store)
    rule = fault(cloud, UNAVAILABLE, {"route": "/version"})
    store.written.clear()

    cloud.get("/version")
    cloud.get("/alive")

    names = [sorted(key.partition for key in group) for group in store.places()]
    assert names == [["default/faults", "default/journal"], ["default/journal"]]
    assert counters(cloud, rule) == (1, 1)


def test_who_counts_at_the_same_time_is_not_forgotten(keyring: Any) -> None:
    store = WatchedStore()
    cloud = TestCloud(keyring=keyring, store=store)
    rule = fault(cloud, UNAVAILABLE, limit={"times": 1})
    store.before_next_write(lambda: cloud.get("/alive"))

    answer = cloud.get("/version")

    assert (answer.status, store.refused) == (200, 1)  # the other request used the rule up
    assert counters(cloud, rule) == (2, 1)
    told = [(entry["path"], entry["status"]) for entry in entries(cloud)]
    assert told == [("/us/api/alive", 503), ("/us/api/version", 200)]


def test_a_handler_that_fails_is_counted_too(cloud: TestCloud) -> None:
    rule = fault(cloud, {"kind": "latency", "milliseconds": 5})

    # The length of a member's name is what storage refuses (api.md §2.8): everything the handler wrote is dropped.
    answer = sync(cloud, [sync_row("jo", friendlyName="x" * 300)])

    assert (answer.status, counters(cloud, rule)) == (500, (1, 1))


# Worlds, regions, and no rules at all.


def test_a_world_does_not_feel_another_worlds_faults(cloud: TestCloud) -> None:
    ask(cloud, "PUT", "/worlds/other")
    rule = fault(cloud, UNAVAILABLE, world="other")

    assert cloud.get("/version").status == 200
    assert cloud.get("/version", world="other").status == 503
    assert counters(cloud, rule, "other") == (1, 1)
    assert ask(cloud, "GET", "/worlds/default/faults").json == {"items": []}


def test_a_region_does_not_feel_another_regions_outage(cloud: TestCloud) -> None:
    fault(cloud, {"kind": "outage"}, {"region": "eu"})

    assert (cloud.get("/version").status, cloud.get("/version", region="eu").status) == (200, 503)


def test_a_reset_forgets_rules_and_counters(cloud: TestCloud) -> None:
    fault(cloud, UNAVAILABLE)
    cloud.get("/version")

    ask(cloud, "POST", "/worlds/default/reset")

    assert cloud.get("/version").status == 200
    assert ask(cloud, "GET", "/worlds/default/faults").json == {"items": []}


def test_rules_of_a_dropped_world_do_not_come_back_with_its_name(cloud: TestCloud) -> None:
    ask(cloud, "PUT", "/worlds/other")
    fault(cloud, UNAVAILABLE, world="other")
    ask(cloud, "DELETE", "/worlds/other")

    ask(cloud, "PUT", "/worlds/other")

    assert cloud.get("/version", world="other").status == 200


class CountedReads(WatchedStore):
    """Counts the calls that a request costs."""

    def __init__(self) -> None:
        super().__init__()
        self.reads: list[str] = []

    def get_many(self, keys: Any) -> dict[Key, Item]:
        self.reads.append("get_many")
        return super().get_many(keys)

    def query(self, partition: str, prefix: str = "", **more: Any) -> list[Item]:
        self.reads.append("query")
        return super().query(partition, prefix, **more)


def reads_of(cloud: TestCloud, store: CountedReads) -> list[list[str]]:
    found = []
    for path in ("/version", f"/installations/{cloud.installation().id}", "/accounts/profile", "/no/such/route"):
        store.reads.clear()
        cloud.get(path)
        found.append(list(store.reads))
    return found


def test_neither_a_world_without_rules_nor_one_with_rules_reads_once_more(keyring: Any) -> None:
    store = CountedReads()
    cloud = TestCloud(keyring=keyring, store=store)
    cloud.get("/version")
    without = reads_of(cloud, store)

    fault(cloud, UNAVAILABLE, {"route": "/something/else"})

    assert reads_of(cloud, store) == without == [["get_many"]] * 4


def test_a_person_is_signed_in_as_ever_next_to_a_rule_for_somebody_else(cloud: TestCloud) -> None:
    fault(cloud, UNAVAILABLE, {"installation": cloud.installation().id})

    assert cloud.get("/accounts/profile", token=cloud.user_token(OWNER)).status == 200
