"""Worlds come, go back to their scenario, and go (design: control plane)."""

from __future__ import annotations

from sosie.store.keyring import LocalKeyring
from sosie.store.sqlite import SqliteStore
from tests.support.cloud import TestCloud
from tests.support.control import ask

DEFAULT = "/worlds/default"


def without_incarnation(summary: dict) -> dict:
    assert summary["incarnation"]
    return {name: value for name, value in summary.items() if name != "incarnation"}


def test_a_reset_takes_back_what_was_created(cloud: TestCloud) -> None:
    created = cloud.post("/installations", {"email": "ops@acme.test"}).json["id"]
    assert cloud.get(f"/installations/{created}").status == 200

    answer = ask(cloud, "POST", f"{DEFAULT}/reset")

    assert answer.status == 200
    assert cloud.get(f"/installations/{created}").status == 404


def test_a_reset_returns_to_the_scenario_and_not_to_nothing(cloud: TestCloud) -> None:
    before = ask(cloud, "GET", DEFAULT).json

    assert without_incarnation(ask(cloud, "POST", f"{DEFAULT}/reset").json) == without_incarnation(before)
    assert before["regions"]["us"]["organizations"]


def test_a_reset_clears_journal_and_mailbox(cloud: TestCloud) -> None:
    owner = cloud.user_token("alice@acme.test")
    acme = cloud.organization("Acme Corporation").id
    offer = {"sponsoredEmail": "cousin@family.test", "friendlyName": "cousin@family.test"}
    assert cloud.post(f"/organization/sponsorship/{acme}/families-for-enterprise", offer, token=owner).status == 200
    assert ask(cloud, "GET", f"{DEFAULT}/mail").json["items"]

    ask(cloud, "POST", f"{DEFAULT}/reset")

    assert ask(cloud, "GET", f"{DEFAULT}/mail").json == {"items": []}
    assert ask(cloud, "GET", f"{DEFAULT}/journal").json == {"items": []}


def test_the_same_requests_after_a_reset_get_the_same_ids_and_keys(cloud: TestCloud) -> None:
    first = cloud.post("/installations", {"email": "ops@acme.test"}).json

    ask(cloud, "POST", f"{DEFAULT}/reset")

    assert cloud.post("/installations", {"email": "ops@acme.test"}).json == first


def test_two_clouds_of_one_scenario_have_the_same_ids_and_keys(cloud: TestCloud, keyring: LocalKeyring) -> None:
    other = TestCloud(keyring=keyring)

    ours, theirs = (without_incarnation(ask(each, "GET", DEFAULT).json) for each in (cloud, other))
    assert ours == theirs


def test_the_summary_tells_a_newcomer_everything(cloud: TestCloud) -> None:
    summary = ask(cloud, "GET", DEFAULT).json

    assert set(summary) == {"world", "scenario", "incarnation", "clock", "console", "regions"}
    assert summary["clock"] == {"mode": "system", "now": "2026-03-04T05:06:07Z"}
    for name, region in summary["regions"].items():
        assert region["identity"] == f"http://127.0.0.1:8787/{name}/identity"
        assert [each["enabled"] for each in region["installations"]] == [True, False]
        assert {each["masterPassword"] for each in region["users"]} == {"correct horse battery staple"}
        assert [each["tier"] for each in region["organizations"]].count("enterprise") == 2
    acme = next(each for each in summary["regions"]["us"]["organizations"] if each["name"] == "Acme Corporation")
    assert acme["owner"] == "owner@acme.test"
    assert acme["plan"] == "enterprise-annually"


def test_a_world_is_created_once_and_answers_under_its_own_address(cloud: TestCloud) -> None:
    created = ask(cloud, "PUT", "/worlds/team-a", {"scenario": "families"})
    again = ask(cloud, "PUT", "/worlds/team-a")

    assert (created.status, again.status) == (200, 200)
    assert created.json["regions"]["eu"]["api"] == "http://127.0.0.1:8787/w/team-a/eu/api"
    assert cloud.get("/alive", world="team-a").headers["x-sosie"].endswith("world=team-a")
    names = [each["world"] for each in ask(cloud, "GET", "/worlds").json["items"]]
    assert names == ["default", "team-a"]


def test_worlds_do_not_see_each_other(cloud: TestCloud) -> None:
    ask(cloud, "PUT", "/worlds/a", {"scenario": "families"})
    ask(cloud, "PUT", "/worlds/a-b", {"scenario": "families"})
    created = cloud.post("/installations", {"email": "ops@acme.test"}, world="a").json["id"]

    assert cloud.get(f"/installations/{created}", world="a").status == 200
    assert cloud.get(f"/installations/{created}", world="a-b").status == 404
    assert cloud.get(f"/installations/{created}").status == 404
    assert len(ask(cloud, "GET", "/worlds/a/journal").json["items"]) == 2


def test_dropping_a_world_leaves_its_neighbours_alone(cloud: TestCloud) -> None:
    ask(cloud, "PUT", "/worlds/a", {"scenario": "families"})
    ask(cloud, "PUT", "/worlds/a-b", {"scenario": "families"})

    assert ask(cloud, "DELETE", "/worlds/a").status == 204

    assert cloud.get("/alive", world="a").status == 404
    assert cloud.get("/alive", world="a-b").status == 200
    assert ask(cloud, "GET", "/worlds/a").status == 404


def test_the_default_world_cannot_be_dropped(cloud: TestCloud) -> None:
    answer = ask(cloud, "DELETE", DEFAULT)

    assert (answer.status, answer.json["title"]) == (409, "Conflict")
    assert cloud.get("/alive").status == 200


def test_a_world_that_nobody_created_is_a_problem_of_its_own(cloud: TestCloud) -> None:
    answer = ask(cloud, "GET", "/worlds/nowhere")

    assert answer.status == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["detail"] == "There is no world named 'nowhere'."


def test_a_worlds_name_must_fit_into_a_path(cloud: TestCloud) -> None:
    assert ask(cloud, "PUT", "/worlds/Team_A").status == 400


def test_health_says_which_version_serves_from_which_store(cloud: TestCloud) -> None:
    health = ask(cloud, "GET", "/health").json

    assert (health["status"], health["store"]) == ("ready", "sqlite")
    assert health["uptimeSeconds"] >= 0


def test_each_life_of_a_world_has_a_name_of_its_own(cloud: TestCloud, keyring: LocalKeyring) -> None:
    first = ask(cloud, "GET", DEFAULT).json["incarnation"]
    again = ask(cloud, "POST", f"{DEFAULT}/reset").json["incarnation"]
    other = ask(TestCloud(keyring=keyring, store=SqliteStore()), "GET", DEFAULT).json["incarnation"]

    assert len({first, again, other}) == 3
    assert ask(cloud, "GET", DEFAULT).json["incarnation"] == again
