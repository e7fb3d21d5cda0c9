"""Writes of several transactions that break off between two: what a client sees, and what a repetition makes of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from sosie.domain.members import Member, MemberStatus, Role
from sosie.services import repository as repo
from tests.support import weather
from tests.support.control import ask as ask_control
from tests.support.families import (
    ACME,
    ALICE,
    OWNER,
    guid,
    prepared,
    sync,
    sync_row,
)
from tests.support.races import named, request_of, without_versions
from tests.support.removals import delete_organization
from tests.support.stormy import as_unversioned, check_failed, check_same
from tests.support.weather import FOREVER, WRITES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.cloud import TestCloud
    from tests.support.races import State
    from tests.support.stormy import Stormy

TRANSACTIONS = ("TransactWriteItems",)
ROWS = [sync_row(f"relative{number:03}") for number in range(250)]
NAMES = [row["offeredToEmail"] for row in ROWS]


def bodies(state: State, partition: str, prefix: str = "") -> list[Any]:
    return [state[key][-1] for key in sorted(state) if key[0].endswith(partition) and key[1].startswith(prefix)]


def mailed(state: State) -> Counter[str]:
    return Counter(mail["to"] for mail in bodies(state, "/mail"))


def offered(state: State) -> Counter[str]:
    return Counter(kept[-1]["offered_to_email"] for key, kept in state.items() if key.sort.startswith("sponsorship#"))


# A sync of 250 new rows: 500 changes and a few more, in six groups, the last of which holds the journal entry.


@pytest.mark.parametrize(("good", "fault"), [(0, "refused"), (2, "refused"), (2, "lost"), (5, "lost")])
def test_a_sync_that_breaks_off_is_told_and_its_repetition_makes_each_row_and_mail_once(
    cloud: TestCloud, stormy: Callable[[TestCloud], Stormy], good: int, fault: str
) -> None:
    act = request_of(cloud, lambda: sync(cloud, ROWS))
    here = stormy(cloud)
    effect = weather.refused("InternalServerError", 500) if fault == "refused" else weather.lost
    here.weather.strike(TRANSACTIONS, effect, skip=good, times=FOREVER)

    answer = here.send(act)
    between = here.state()
    here.weather.calm()
    again = here.send(act, "again")

    check_failed(act, answer)
    assert offered(between) == mailed(between)
    assert again.status == 200
    assert [row["offeredToEmail"] for row in again.json["sponsorshipsBatch"]] == NAMES
    after = here.state()
    assert offered(after) == mailed(after) == dict.fromkeys(NAMES, 1)


def test_a_sync_that_breaks_off_before_its_last_group_has_no_entry(
    cloud: TestCloud, stormy: Callable[[TestCloud], Stormy]
) -> None:
    act = request_of(cloud, lambda: sync(cloud, ROWS))
    here = stormy(cloud)
    here.weather.strike(TRANSACTIONS, weather.silent, skip=3, times=FOREVER)

    here.send(act)

    assert bodies(here.state(), "default/journal") == []
    assert bodies(here.state(), "/us/organization/" + cloud.organization("Globex").id, "event#") == []


# A seed of 150 people: 300 changes.


def crowd() -> dict[str, Any]:
    users = [{"email": f"p{number}@more.test", "masterPassword": "half way there"} for number in range(150)]
    return {"version": 1, "name": "more", "regions": {"eu": {"users": users}}}


@pytest.mark.parametrize("good", [1, 3])
def test_a_seed_that_breaks_off_is_taken_back_and_can_be_repeated(
    cloud: TestCloud, stormy: Callable[[TestCloud], Stormy], good: int
) -> None:
    act = request_of(cloud, lambda: ask_control(cloud, "POST", "/worlds/default/seed", crowd()))
    here = stormy(cloud)
    here.weather.strike(WRITES, weather.silent, skip=good, times=4)  # as often as one call is repeated

    answer = here.send(act)
    between = bodies(here.state(), "/eu/users", "email#")
    again = here.send(act, "again")

    check_failed(act, answer)
    assert len(between) == people_of(here)
    check_same(as_unversioned(again, here.state()), without_versions(here.in_fair_weather(named(act, "again"))))


def people_of(here: Stormy) -> int:
    """Return how many people there were in the EU to begin with."""
    return sum(item.key.partition == "default/eu/users" and item.key.sort.startswith("email#") for item in here.start)


# A reset, and a restore of some hundred items.


@pytest.mark.parametrize("good", range(3))
def test_a_reset_that_breaks_off_is_told_and_its_repetition_completes_it(
    cloud: TestCloud, stormy: Callable[[TestCloud], Stormy], good: int
) -> None:
    sync(cloud, ROWS[:120])
    act = request_of(cloud, lambda: ask_control(cloud, "POST", "/worlds/default/reset"))
    here = stormy(cloud)
    here.weather.strike(WRITES, weather.silent, skip=good * 3, times=FOREVER)

    answer = here.send(act)
    between = here.send(request_of(cloud, lambda: ask_control(cloud, "POST", "/worlds/default/seed", crowd())))
    here.weather.calm()
    again = here.send(act, "again")

    check_failed(act, answer)
    assert between.status >= 400
    check_same(as_unversioned(again, here.state()), without_versions(here.in_fair_weather(named(act, "again"))))


def test_a_world_whose_reset_broke_off_takes_no_seed_until_it_is_reset(
    cloud: TestCloud, stormy: Callable[[TestCloud], Stormy]
) -> None:
    act = request_of(cloud, lambda: ask_control(cloud, "POST", "/worlds/default/reset"))
    seed = request_of(cloud, lambda: ask_control(cloud, "POST", "/worlds/default/seed", crowd()))
    here = stormy(cloud)
    here.weather.strike(TRANSACTIONS, weather.silent, times=4)

    statuses = [here.send(one).status for one in (act, seed, act, seed)]

    assert statuses == [503, 409, 200, 200]


def test_a_restore_that_breaks_off_is_told_and_its_repetition_completes_it(
    cloud: TestCloud, stormy: Callable[[TestCloud], Stormy]
) -> None:
    sync(cloud, ROWS[:120])
    assert ask_control(cloud, "PUT", "/worlds/default/snapshots/before").status == 200
    act = request_of(cloud, lambda: ask_control(cloud, "POST", "/worlds/default/snapshots/before/restore"))
    here = stormy(cloud)
    here.weather.strike(TRANSACTIONS, weather.silent, skip=1, times=FOREVER)

    answer = here.send(act)
    here.weather.calm()
    again = here.send(act, "again")

    check_failed(act, answer)
    check_same(as_unversioned(again, here.state()), without_versions(here.in_fair_weather(named(act, "again"))))


# The deletion of an organization with 120 confirmed members: their accounts' dates come first, in a group of their own.


@pytest.fixture
def crowded(cloud: TestCloud) -> TestCloud:
    person, acme = cloud.user(ALICE), cloud.organization(ACME).id
    with prepared(cloud) as uow:
        for number in range(120):
            email = f"p{number}@more.test"
            repo.add_user(uow, replace(person, id=guid(email), email=email))
            member = Member(
                id=guid(f"{email} in Acme"),
                organization_id=acme,
                user_id=guid(email),
                email=None,
                status=MemberStatus.CONFIRMED,
                role=Role.USER,
                creation_date=uow.now,
                revision_date=uow.now,
            )
            repo.add_member(uow, member)
    return cloud


@pytest.mark.parametrize(("good", "second"), [(0, 200), (1, 200), (2, 404)])
def test_a_deletion_that_breaks_off_has_happened_or_not_and_nobody_sees_it_half_done(
    crowded: TestCloud, stormy: Callable[[TestCloud], Stormy], good: int, second: int
) -> None:
    token = crowded.user_token(OWNER)
    act = request_of(crowded, lambda: delete_organization(crowded, OWNER, token=token))
    look = request_of(crowded, lambda: crowded.get("/organizations", token=token))
    here = stormy(crowded)
    here.weather.strike(TRANSACTIONS, weather.silent, skip=good, times=FOREVER)

    answer = here.send(act)
    here.weather.calm()
    seen = here.send(look, "look")
    again = here.send(act, "again")

    check_failed(act, answer)
    assert len(seen.json["data"]) == (1 if second == 200 else 0)
    assert again.status == second


# Two at once.


@pytest.mark.parametrize("runners", ["processes"], indirect=True)
def test_two_large_syncs_that_overlap_leave_each_row_and_mail_once(race: Any, cloud: TestCloud) -> None:
    outcomes = race.rounds(cloud, lambda: sync(cloud, ROWS[:150]), lambda: sync(cloud, ROWS[100:]), rounds=2)

    for outcome in outcomes:
        assert outcome.statuses == [200, 200]
        assert offered(outcome.state) == dict.fromkeys(NAMES, 1)
        assert mailed(outcome.state).keys() == set(NAMES)
