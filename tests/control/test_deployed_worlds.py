"""Worlds of a deployed Sosie: nobody can work out what is in them, and none goes on with another's keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from sosie.domain.clock import SettableClock
from sosie.domain.errors import StoreBusyError
from sosie.ports import Change, Delete
from sosie.services import repository as repo
from sosie.services.seed import SHIPPED_PASSWORD
from sosie.services.world_record import DEFAULT_WORLD
from sosie.store.keyring import LocalKeyring
from sosie.store.sqlite import SqliteStore
from sosie.wiring import Sosie
from tests.support.cloud import START


class Secrets:
    """What several processes share, in Secrets Manager's place."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def keyring(self) -> LocalKeyring:
        shared = self.texts

        class SharedKeyring(LocalKeyring):
            def _load(self, name: str) -> str | None:
                return shared.get(name)

            def _keep(self, name: str, text: str) -> str:
                return shared.setdefault(name, text)

            def _drop(self, world: str) -> None:
                for name in [name for name in shared if name.startswith(f"{world}/")]:
                    del shared[name]

        return SharedKeyring(SettableClock(START))


@pytest.fixture
def secrets() -> Secrets:
    return Secrets()


@pytest.fixture
def processes(secrets: Secrets) -> Iterator[list[Sosie]]:
    """Two warm functions on one store."""
    store, clock = SqliteStore(), SettableClock(START)
    yield [Sosie(store=store, clock=clock, keyring=secrets.keyring(), many_processes=True) for _ in range(2)]
    store.close()


def passwords(sosie: Sosie, world: str) -> set[str]:
    return {user.seed_password for uow in sosie.worlds.units(world) for user in repo.users.list(uow)}


def kid(sosie: Sosie, world: str) -> str:
    uow = next(sosie.worlds.units(world))
    return sosie.keyring.signer(uow.keyring_name, "us", "tokens").kid


def test_each_world_has_a_password_of_its_own_in_place_of_the_shipped_one(processes: list[Sosie]) -> None:
    sosie = processes[0]
    sosie.worlds.open(DEFAULT_WORLD)
    sosie.worlds.create("team-a", "families")

    ((first,), (second,)) = (passwords(sosie, world) for world in (DEFAULT_WORLD, "team-a"))

    assert len({first, second, SHIPPED_PASSWORD}) == 3
    assert min(len(first), len(second)) >= 20


def test_a_reset_keeps_the_password_and_so_does_a_seed_on_top(processes: list[Sosie]) -> None:
    worlds = processes[0].worlds
    worlds.open(DEFAULT_WORLD)
    before = passwords(processes[0], DEFAULT_WORLD)
    worlds.reset(DEFAULT_WORLD)
    worlds.seed(DEFAULT_WORLD, document(SHIPPED_PASSWORD))

    assert passwords(processes[0], DEFAULT_WORLD) == before


def test_a_password_that_a_document_gives_is_left_as_it_is(processes: list[Sosie]) -> None:
    processes[0].worlds.create("team-a", document("a password of the team's own"))

    assert passwords(processes[0], "team-a") == {"a password of the team's own"}


def document(password: str) -> dict[str, Any]:
    people = [{"email": "kit@team.test", "name": "Kit", "masterPassword": password}]
    return {"name": "own", "seed": "s", "regions": {"us": {"users": people}}}


def test_a_warm_function_does_not_go_on_with_the_keys_of_a_world_that_was_dropped(
    processes: list[Sosie], secrets: Secrets
) -> None:
    one, other = processes
    one.worlds.create("team-a", "families")
    before = kid(other, "team-a")

    one.worlds.drop("team-a")
    assert secrets.texts == {}
    one.worlds.create("team-a", "families")

    assert kid(one, "team-a") == kid(other, "team-a") != before


def test_keys_outlive_a_reset(processes: list[Sosie]) -> None:
    one, other = processes
    one.worlds.create("team-a", "families")
    before = kid(one, "team-a")

    one.worlds.reset("team-a")

    assert kid(other, "team-a") == before


class Interrupted(SqliteStore):
    """Removes partition by partition, as DynamoDB does, and fails before the removal that `breaks` counts down to."""

    breaks = -1

    def drop(self, partition_prefix: str, partitions: Iterable[str], then: Sequence[Change] = ()) -> None:
        for name in partitions:
            self.breaks -= 1
            if self.breaks == 0:
                raise StoreBusyError("no capacity")
            super().write([Delete(item.key) for item in self.query(name)])
        super().write(then)


@pytest.mark.parametrize("breaks", range(1, 40))
def test_a_world_whose_removal_broke_off_can_be_removed_and_made_again(breaks: int, secrets: Secrets) -> None:
    store, clock = Interrupted(), SettableClock(START)
    sosie = Sosie(store=store, clock=clock, keyring=secrets.keyring(), many_processes=True)
    sosie.worlds.create("team-a", "families")
    kid(sosie, "team-a")
    store.breaks = breaks

    try:
        sosie.worlds.drop("team-a")
    except StoreBusyError:
        assert sosie.worlds.open("team-a") is not None
        sosie.worlds.drop("team-a")

    left = store._db.execute("SELECT partition, sort FROM items").fetchall()
    assert (left, sosie.worlds.names(), secrets.texts) == ([], [], {})
    sosie.worlds.create("team-a", "families")
    assert len(passwords(sosie, "team-a")) == 1
    store.close()


def test_a_snapshot_of_a_world_that_everybody_knows_does_not_bring_its_seed_along(processes: list[Sosie]) -> None:
    worlds = processes[0].worlds
    known = worlds.create("team-a", "families")
    restored = worlds.restore(replace(known, seed="families", keys=""), worlds.scenario_document("team-a"), [])

    assert (restored.seed, restored.keys) == (known.seed, known.keys)
