"""However often and in however many pieces a world catches up, the same things happen to it at the same times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import zip_longest
from typing import Any

import pytest

from sosie.domain.clock import WorldClock
from sosie.ports import Change
from sosie.services import repository as repo
from sosie.services.maintenance import catch_up, catch_up_by_steps, maintain
from sosie.services.unit_of_work import UnknownWorldError
from sosie.store.keyring import LocalKeyring
from sosie.store.sqlite import SqliteStore
from tests.support.cloud import START, TestCloud
from tests.support.families import (
    ACME,
    ALICE,
    FAMILY,
    SPONSORED_PRICE,
    a_redeemed_row,
    a_row,
    change_organization,
    change_subscription,
    guid,
    rows_of,
    store,
)
from tests.support.schedule import FIRST_PURGE, PERIOD_END, after, everything, of_kind

DAY = timedelta(days=1)
LONG = timedelta(days=1000)
OVERDUE = START - timedelta(days=100)


def busy(keyring: LocalKeyring, its_store: Any = None) -> TestCloud:
    """Return a cloud in which every job has something to do within LONG."""
    cloud = TestCloud(keyring=keyring, store=its_store)
    store(cloud, a_redeemed_row(cloud, ALICE), a_row(cloud, ALICE, id=guid("overdue"), valid_until=OVERDUE))
    change_subscription(cloud, FAMILY, price_id=SPONSORED_PRICE)
    change_organization(cloud, "Initech", plan_type=17)
    change_subscription(cloud, ACME, cancel_at_period_end=True)
    return cloud


def maintained_until(cloud: TestCloud) -> Any:
    return cloud.unit().record.maintained_until


# What is remembered.


def test_a_world_begins_maintained(cloud: TestCloud) -> None:
    assert maintained_until(cloud) == START

    cloud.clock.advance(DAY)
    cloud.sosie.worlds.reset("default")

    assert maintained_until(cloud) == START + DAY


def test_a_record_from_before_is_taken_as_maintained_until_now(cloud: TestCloud) -> None:
    uow = cloud.unit()
    uow.save_record(replace(uow.record, maintained_until=None))
    uow.commit()

    assert after(cloud, PERIOD_END + DAY) == []

    assert maintained_until(cloud) == PERIOD_END + DAY
    assert cloud.organization(ACME).expiration_date == PERIOD_END


def test_an_expired_organization_of_a_scenario_stays_expired(cloud: TestCloud) -> None:
    expired = {
        "version": 1,
        "name": "expired",
        "regions": {
            "us": {
                "users": [{"email": "owner@old.test", "masterPassword": "a b c d"}],
                "organizations": [
                    {
                        "name": "Old",
                        "plan": "enterprise-annually",
                        "subscription": {"endsInDays": -1},
                        "members": [{"email": "owner@old.test", "role": "owner"}],
                    }
                ],
            }
        },
    }
    cloud.clock.advance(DAY / 2)
    cloud.sosie.worlds.seed("default", expired)
    cloud.sosie.worlds.create("old", expired)
    before = cloud.organization("Old")

    happened = [*after(cloud, LONG), *catch_up(cloud.sosie.worlds, "old")]

    assert "Old" not in [each.organization_name for each in happened]
    assert cloud.organization("Old") == before


def test_a_world_that_nobody_created_cannot_catch_up(cloud: TestCloud) -> None:
    with pytest.raises(UnknownWorldError):
        catch_up(cloud.sosie.worlds, "nowhere")


def test_what_happens_follows_the_worlds_clock_and_not_the_machines(cloud: TestCloud) -> None:
    uow = cloud.unit()
    uow.save_record(replace(uow.record, clock=WorldClock("shifted", timedelta(days=335))))
    uow.commit()

    happened = catch_up(cloud.sosie.worlds, "default")

    assert {each.at for each in happened} == {PERIOD_END}
    assert cloud.organization(ACME).revision_date == PERIOD_END


def test_it_can_be_told_until_when(cloud: TestCloud) -> None:
    assert catch_up(cloud.sosie.worlds, "default", PERIOD_END) != []

    assert maintained_until(cloud) == PERIOD_END


def test_when_the_clock_is_put_back_time_runs_from_there_and_nothing_happens_twice(keyring: LocalKeyring) -> None:
    cloud = busy(keyring)
    happened = after(cloud, PERIOD_END + DAY)
    state = everything(cloud)

    assert after(cloud, START) == []
    assert maintained_until(cloud) == START
    again = after(cloud, PERIOD_END + DAY)

    assert {each.kind for each in happened} == {"purge", "renewal", "cancellation", "renewal-check"}
    assert again == []
    assert everything(cloud) == state


# One interval or many.


def test_a_long_time_is_as_good_as_many_days(keyring: LocalKeyring) -> None:
    at_once, day_by_day = busy(keyring), busy(keyring)

    happened = after(at_once, LONG)

    assert [each for _ in range(LONG.days) for each in after(day_by_day, DAY)] == happened
    assert everything(day_by_day) == everything(at_once)
    assert [each.at for each in happened] == sorted(each.at for each in happened)


def test_catching_up_again_does_nothing(keyring: LocalKeyring) -> None:
    cloud = busy(keyring)
    after(cloud, LONG)
    state = everything(cloud)

    assert after(cloud, timedelta()) == []
    assert everything(cloud) == state


# Trouble.


class TroubledStore(SqliteStore):
    """Runs something before one of the writes to come."""

    def __init__(self) -> None:
        super().__init__()
        self.writes_left = -1
        self.then: Callable[[], None] | None = None

    def write(self, changes: Sequence[Change], **how: bool) -> None:
        if changes and self.then is not None:
            self.writes_left -= 1
            if self.writes_left < 0:
                then, self.then = self.then, None
                then()
        super().write(changes)


def killed() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("writes", range(12))
def test_one_that_was_killed_is_completed_by_the_next(keyring: LocalKeyring, writes: int) -> None:
    troubled, undisturbed = TroubledStore(), busy(keyring)
    cloud = busy(keyring, troubled)
    after(undisturbed, LONG)
    troubled.writes_left, troubled.then = writes, killed
    with pytest.raises(KeyboardInterrupt):
        after(cloud, LONG)
    assert maintained_until(cloud) == START

    after(cloud, timedelta())

    assert everything(cloud) == everything(undisturbed)
    assert maintained_until(cloud) == START + LONG


def test_what_a_request_changes_meanwhile_is_not_lost(keyring: LocalKeyring) -> None:
    troubled = TroubledStore()
    cloud = TestCloud(keyring=keyring, store=troubled)
    cloud.clock.at = PERIOD_END

    def rename_all() -> None:
        for name in (ACME, FAMILY, "Globex", "Initech"):
            change_organization(cloud, name, name=f"New {name}")

    troubled.writes_left, troubled.then = 5, rename_all
    catch_up(cloud.sosie.worlds, "default")

    assert cloud.organization(f"New {ACME}").expiration_date > PERIOD_END
    assert len([each for each in repo.organizations.list(cloud.unit()) if each.name.startswith("New ")]) == 4
    assert not [each for each in repo.organizations.list(cloud.unit()) if each.expiration_date == PERIOD_END]


def test_two_at_once_do_everything_once(keyring: LocalKeyring) -> None:
    cloud, undisturbed = busy(keyring), busy(keyring)
    cloud.clock.advance(LONG)
    first, second = (catch_up_by_steps(cloud.sosie.worlds, "default") for _ in range(2))
    alone = after(undisturbed, LONG)

    together = []
    for steps in zip_longest(first, second, fillvalue=()):
        together += [each for step in steps for each in step]

    for kind in ("purge", "renewal", "cancellation"):
        assert set(of_kind(together, kind)) == set(of_kind(alone, kind))
        assert len(of_kind(together, kind)) == len(of_kind(alone, kind))
    assert everything(cloud) == everything(undisturbed)


def test_a_reset_ends_what_is_under_way(keyring: LocalKeyring) -> None:
    cloud = busy(keyring)
    cloud.clock.at = FIRST_PURGE + LONG
    steps = catch_up_by_steps(cloud.sosie.worlds, "default")
    next(steps)

    cloud.sosie.worlds.reset("default")
    fresh = everything(cloud)

    assert [each for step in steps for each in step] == []
    assert everything(cloud) == fresh


def test_so_does_dropping_the_world(cloud: TestCloud) -> None:
    cloud.sosie.worlds.create("team-a", "families")
    cloud.clock.at = PERIOD_END
    steps = catch_up_by_steps(cloud.sosie.worlds, "team-a")
    next(steps)

    cloud.sosie.worlds.drop("team-a")

    assert list(steps) == []


# All worlds.


def test_every_world_catches_up(cloud: TestCloud) -> None:
    cloud.sosie.worlds.create("team-a", "families")
    cloud.clock.at = PERIOD_END

    happened = [each for step in maintain(cloud.sosie.worlds) for each in step]

    assert len(happened) == 2 * 8  # four organizations of each region
    assert catch_up(cloud.sosie.worlds, "team-a") == []


def test_a_world_that_fails_does_not_keep_the_others_waiting(cloud: TestCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.sosie.worlds.create("a-first", "families")
    names = cloud.sosie.worlds.names()
    assert names == ["a-first", "default"]
    organizations = cloud.sosie.store.query("a-first/us/organizations")
    broken = replace(organizations[0], body={**organizations[0].body, "creation_date": "nonsense"})
    uow = cloud.unit()
    uow.put(broken, always=True)
    uow.commit()
    store(cloud, a_row(cloud, ALICE, valid_until=OVERDUE))
    cloud.clock.at = FIRST_PURGE

    with pytest.raises(ExceptionGroup) as raised:
        list(maintain(cloud.sosie.worlds))

    assert [error.__notes__ for error in raised.value.exceptions] == [["in the world a-first"]]
    assert rows_of(cloud) == []
