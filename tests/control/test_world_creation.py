"""Worlds come into being whole, whoever makes them, how often, and whatever breaks on the way."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from sosie.ports import MAX_ATOMIC_CHANGES, Change
from sosie.services import repository as repo
from sosie.services.scenarios import load_scenario
from sosie.settings import Settings
from sosie.store.keyring import LocalKeyring
from sosie.store.sqlite import SqliteStore
from sosie.wiring import Sosie
from tests.support.cloud import START, TestCloud
from tests.support.control import ask


class BreakingStore(SqliteStore):
    """Writes in groups, as DynamoDB does, and breaks after some of them when told to."""

    def __init__(self) -> None:
        super().__init__()
        self.groups_left: int | None = None

    def write(self, changes: Sequence[Change], **how: bool) -> None:
        for start in range(0, len(changes), MAX_ATOMIC_CHANGES):
            if self.groups_left is not None:
                if self.groups_left == 0:
                    raise OSError("the network is gone")
                self.groups_left -= 1
            super().write(changes[start : start + MAX_ATOMIC_CHANGES])


def large_scenario() -> dict:
    people = [{"email": f"p{number}@many.test", "masterPassword": "many of them"} for number in range(120)]
    return {"version": 1, "name": "large", "regions": {"us": {"users": people}, "eu": {"users": people}}}


def sosie(store: SqliteStore, keyring: LocalKeyring, *, many_processes: bool = False) -> Sosie:
    from sosie.domain.clock import SettableClock

    return Sosie(Settings(), store=store, clock=SettableClock(START), keyring=keyring, many_processes=many_processes)


@pytest.mark.parametrize("groups", range(6))
def test_a_creation_that_broke_half_way_is_invisible_and_completed_by_the_next(
    keyring: LocalKeyring, groups: int
) -> None:
    store = BreakingStore()
    store.groups_left = groups
    with pytest.raises(OSError, match="network"):
        sosie(store, keyring, many_processes=True).worlds.create("large", large_scenario())
    store.groups_left = None
    another = sosie(store, keyring, many_processes=True).worlds
    assert another.open("large") is None

    another.create("large", large_scenario())

    assert [len(repo.users.list(uow)) for uow in another.units("large")] == [120, 120]


def test_a_second_creator_keeps_what_the_first_ones_clients_did(keyring: LocalKeyring) -> None:
    store = BreakingStore()
    first, second = (sosie(store, keyring, many_processes=True) for _ in range(2))
    record = first.worlds.create("default", load_scenario("families"))
    (uow, _) = first.worlds.units("default")
    gone = next(user for user in repo.users.list(uow) if user.email == "newcomer@family.test")
    repo.users.delete(uow, gone.id)
    uow.commit()

    assert second.worlds.create("default", load_scenario("families")) == record

    (uow, _) = second.worlds.units("default")
    assert repo.users.get(uow, gone.id) is None


def test_a_reset_that_cannot_be_written_leaves_the_world_as_it_was(
    cloud: TestCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    created = cloud.post("/installations", {"email": "ops@acme.test"}).json["id"]
    before = ask(cloud, "GET", "/worlds/default").json

    def full(*_: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as broken:
        broken.setattr(cloud.sosie.store, "_apply", full)
        assert ask(cloud, "POST", "/worlds/default/reset").status == 500

    assert ask(cloud, "GET", "/worlds/default").json == before
    assert cloud.get(f"/installations/{created}").status == 200


def test_a_request_whose_effects_cannot_be_stored_fails_and_leaves_only_its_entry(
    cloud: TestCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = cloud.sosie.store.write

    def refusing(changes: Sequence[Change], **how: bool) -> None:
        if len(changes) > 1:
            raise ValueError("an item is too large")
        write(changes, **how)

    monkeypatch.setattr(cloud.sosie.store, "write", refusing)
    cloud.checks_answers = False

    answer = cloud.post("/installations", {"email": "ops@acme.test"})

    assert (answer.status, answer.message) == (500, "An unhandled server error has occurred.")
    assert answer.headers["x-sosie-hint"] == "SOSIE_FAILED"
    (entry,) = ask(cloud, "GET", "/worlds/default/journal").json["items"]
    assert (entry["status"], entry["diagnosis"]["code"]) == (500, "SOSIE_FAILED")
    assert len(repo.installations.list(cloud.unit())) == 2


def test_a_world_nobody_made_gets_no_keys(cloud: TestCloud, tmp_path) -> None:
    keyring = LocalKeyring(cloud.clock, tmp_path)
    haunted = TestCloud(keyring=keyring)

    jwks = haunted.get("/.well-known/openid-configuration/jwks", service="identity", world="ghost")
    guarded = haunted.get("/accounts/profile", token="a.b.c", world="ghost")

    assert (jwks.status, guarded.status) == (404, 404)
    assert list(tmp_path.rglob("*")) == []
