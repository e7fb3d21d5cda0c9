"""Whole worlds at once: opened for the first time, filled, reset, and given their signing keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sosie.domain.regions import REGIONS
from tests.support import jwt
from tests.support.control import ask as ask_control
from tests.support.families import sync, sync_row
from tests.support.races import request_of
from tests.support.token_client import ask, installation_form

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.races.conftest import Race
    from tests.support.cloud import TestCloud
    from tests.support.engines import Engine
    from tests.support.races import Answer, Outcome
    from tests.support.stormy import Stormy

SEED, RESET = "/worlds/default/seed", "/worlds/default/reset"


def people(*names: str) -> dict[str, Any]:
    users = [{"email": f"{name}@more.test", "masterPassword": "half way there"} for name in names]
    regions = {region: {"users": users} for region in REGIONS}
    return {"version": 1, "name": "more", "regions": regions}


def emails(outcome: Outcome, region: str = "us", world: str = "default") -> list[str]:
    return [user["email"] for user in outcome.bodies(f"{world}/{region}/users", "id#")]


# Seeds.


def test_of_two_seeds_with_the_same_person_one_is_refused_as_a_whole(race: Race, cloud: TestCloud) -> None:
    outcomes = race.run(
        cloud,
        lambda: ask_control(cloud, "POST", SEED, people("dora", "emil")),
        lambda: ask_control(cloud, "POST", SEED, people("frieda", "dora")),
    )

    for outcome in outcomes:
        assert sorted(outcome.statuses) in ([200, 400], [200, 409])


def test_two_seeds_of_other_people_are_both_there(race: Race, cloud: TestCloud) -> None:
    outcomes = race.rounds(
        cloud,
        lambda: ask_control(cloud, "POST", SEED, people("dora")),
        lambda: ask_control(cloud, "POST", SEED, people("emil")),
    )

    for outcome in outcomes:
        assert outcome.statuses == [200, 200]
        assert {"dora@more.test", "emil@more.test"} <= set(emails(outcome))
        assert {"dora@more.test", "emil@more.test"} <= set(emails(outcome, "eu"))


def test_a_world_that_is_reset_twice_at_once_is_as_its_scenario_says(race: Race, cloud: TestCloud) -> None:
    sync(cloud, [sync_row("zoe")])

    def send():
        return ask_control(cloud, "POST", RESET)

    race.run(cloud, send, send, collide=False, versions=False)


def test_a_seed_while_the_world_is_reset_is_in_it_as_a_whole_or_not_at_all(race: Race, cloud: TestCloud) -> None:
    outcomes = race.run(
        cloud,
        lambda: ask_control(cloud, "POST", SEED, people("dora", "emil")),
        lambda: ask_control(cloud, "POST", RESET),
        versions=False,
        may_refuse=True,
        collide=None,
    )

    for outcome in outcomes:
        assert outcome.statuses in ([200, 200], [409, 200])
        if outcome.statuses[0] == 409:
            assert "dora@more.test" not in emails(outcome)


def test_a_seed_between_the_steps_of_a_reset_is_refused_and_leaves_nothing(
    cloud: TestCloud, stormy: Callable[[TestCloud], Stormy]
) -> None:
    reset = request_of(cloud, lambda: ask_control(cloud, "POST", RESET))
    seed = request_of(cloud, lambda: ask_control(cloud, "POST", SEED, people("dora")))
    here = stormy(cloud)
    met: list[Answer] = []

    def seed_now(_: object) -> None:
        met.append(here.send(seed, "seed"))

    here.weather.strike(("BatchWriteItem",), seed_now)

    assert here.send(reset).status == 200
    assert [answer.status for answer in met] == [409]
    assert "dora@more.test" not in str(here.state())


# The first time.


def test_a_deployment_that_is_first_asked_by_three_clients_at_once_has_one_default_world(
    race: Race, cloud: TestCloud
) -> None:
    for outcome in race.rounds(cloud, *[lambda: cloud.get("/alive")] * 3, start=[]):
        assert outcome.statuses == [200, 200, 200]
        check_one_life(outcome, "default")


def test_a_world_that_two_create_at_once_is_made_once(race: Race, cloud: TestCloud) -> None:
    def send():
        return ask_control(cloud, "PUT", "/worlds/team", {"scenario": "families"})

    for outcome in race.rounds(cloud, send, send):
        assert outcome.statuses == [200, 200]
        assert outcome.answers[0].json == outcome.answers[1].json
        check_one_life(outcome, "team")


def check_one_life(outcome: Outcome, world: str) -> None:
    """Check that what is there is of one seed: each person once, found by e-mail, and the world as it was claimed."""
    claim, record, _ = outcome.bodies(f"{world}/world")
    assert record["seed"] == claim["seed"]
    for region in REGIONS:
        users = {user["id"]: user["email"] for user in outcome.bodies(f"{world}/{region}/users", "id#")}
        pointers = [kept["id"] for kept in outcome.bodies(f"{world}/{region}/users", "email#")]
        assert sorted(users) == sorted(pointers)
        assert len(set(users.values())) == len(users) > 0


@pytest.mark.parametrize("runners", ["processes"], indirect=True)
def test_two_functions_that_need_a_signing_key_at_once_sign_with_the_same(
    race: Race, cloud: TestCloud, moto_server: Engine
) -> None:
    race.secrets_url = moto_server.url

    def send():
        return ask(cloud, installation_form(cloud.installation()))

    for outcome in race.rounds(cloud, send, send, send, rounds=2):
        headers = [jwt.decode(answer.json["access_token"]).header for answer in outcome.answers]
        assert len({header["kid"] for header in headers}) == 1
