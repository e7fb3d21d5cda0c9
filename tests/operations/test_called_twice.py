"""The schedule delivers at least once, Lambda tries again, a run may be killed: each thing happens once all the same.

On DynamoDB Local, AWS's own engine, because it is conditional writes that see to it (docs/decisions).
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import pytest

from sosie.domain.clock import WorldClock
from sosie.ports import Key, Put
from sosie.services.world_record import world_key
from sosie.store.dynamodb import DynamoDbStore, create_table
from sosie.store.sqlite import SqliteStore
from tests.operations.deployment import ENVIRONMENT, ROOT
from tests.support.cloud import START, TestCloud, all_items, template_store
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
    store,
)
from tests.support.schedule import FIRST_PURGE, after

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sosie.ports import Item
    from sosie.services.scheduled_jobs import Happening
    from sosie.store.keyring import LocalKeyring
    from tests.support.engines import Engine

S = TypeVar("S", bound=SqliteStore)
LONG = timedelta(days=400)
CHANGING = {"purge", "renewal", "cancellation"}


@dataclass
class Cloud:
    """A deployed world in which a year of jobs is due, each kind among them."""

    client: Any
    table: str
    url: str

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        environment = {**os.environ, **ENVIRONMENT, "SOSIE_TABLE": self.table, "AWS_ENDPOINT_URL_DYNAMODB": self.url}
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.operations.run_maintenance", *arguments],
            cwd=ROOT, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", process.communicate()[1]
        return process

    def items(self) -> dict[Key, Any]:
        """Return everything in the table: bodies, and how often each was written."""
        pages = self.client.get_paginator("scan").paginate(TableName=self.table, ConsistentRead=True)
        found = [item for page in pages for item in page["Items"]]
        return {
            Key(item["pk"]["S"], item["sk"]["S"]): (json.loads(item["body"]["S"]), item["version"]["N"])
            for item in found
        }


def seeded(empty: S) -> S:
    """Return a store in memory with the scenario, whatever `--store` says."""
    empty.write([Put(item, always=True) for item in all_items(template_store("families"))])
    return empty


def let_go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    process.stdin = None


def told_by(process: subprocess.Popen[str]) -> Counter[str]:
    """Return what a run told at its end."""
    out, errors = process.communicate()
    assert process.returncode == 0, out + errors
    (line,) = [line for line in map(json.loads, out.splitlines()) if "happenings" in line]
    return Counter(line["happenings"])


@pytest.fixture(scope="module")
def a_busy_cloud(dynamodb_local: Engine, keyring: LocalKeyring) -> Iterator[Callable[[], Cloud]]:
    """How to make one; all of them begin alike."""
    template = TestCloud(keyring=keyring, store=seeded(SqliteStore()))
    overdue = START - timedelta(days=100)
    store(template, a_redeemed_row(template, ALICE), a_row(template, ALICE, id=guid("overdue"), valid_until=overdue))
    change_subscription(template, FAMILY, price_id=SPONSORED_PRICE)
    change_organization(template, "Initech", plan_type=17)
    change_subscription(template, ACME, cancel_at_period_end=True)
    uow = template.unit()
    uow.save_record(replace(uow.record, clock=WorldClock("frozen", frozen_at=START + LONG)))
    uow.commit()
    items = [Put(item, always=True) for item in all_items(template.sosie.store)]
    client, made = dynamodb_local.client(), []

    def make() -> Cloud:
        made.append(f"busy-{os.getpid()}-{len(made)}")
        create_table(client, made[-1])
        DynamoDbStore(client, made[-1]).write(items)
        return Cloud(client, made[-1], dynamodb_local.url)

    yield make
    for name in made:
        client.delete_table(TableName=name)
    client.close()


class Once(NamedTuple):
    """A cloud in which the jobs ran once, undisturbed: what they told, and what they left."""

    cloud: Cloud
    told: Counter[str]
    left: dict[Key, Any]


@pytest.fixture(scope="module")
def once(a_busy_cloud: Callable[[], Cloud]) -> Once:
    cloud = a_busy_cloud()
    run = cloud.start()
    let_go(run)
    return Once(cloud, told_by(run), cloud.items())


def test_there_is_something_to_do_of_every_kind(once: Once) -> None:
    assert {*once.told} == {*CHANGING, "renewal-check"}
    assert once.left[world_key("default")][0]["maintained_until"].startswith("2027-04-08")


def test_an_hour_that_is_delivered_again_changes_nothing(once: Once) -> None:
    again = once.cloud.start()
    let_go(again)

    assert told_by(again) == Counter()
    assert without_record(once.cloud.items()) == without_record(once.left)


def test_of_several_runs_at_once_one_does_each_thing(a_busy_cloud: Callable[[], Cloud], once: Once) -> None:
    cloud = a_busy_cloud()
    runs = [cloud.start() for _ in range(3)]
    for each in runs:
        let_go(each)

    told = sum(map(told_by, runs), Counter[str]())

    assert without_record(cloud.items()) == without_record(once.left)
    # A check changes nothing, so nobody minds who else made it.
    assert {kind: told[kind] for kind in CHANGING} == {kind: once.told[kind] for kind in CHANGING}


def test_runs_that_are_killed_again_and_again_come_to_the_same_end(
    a_busy_cloud: Callable[[], Cloud], once: Once
) -> None:
    cloud, ends = a_busy_cloud(), []
    while 0 not in ends:
        run = cloud.start(str(2 * len(ends) + 1))
        let_go(run)
        run.communicate()
        ends.append(run.returncode)

    assert ends[:-1] == [-signal.SIGKILL] * (len(ends) - 1)
    assert len(ends) > 3
    assert without_record(cloud.items()) == without_record(once.left)


class Overtaken(SqliteStore):
    """Lets somebody else do something just before a certain query."""

    def __init__(self) -> None:
        super().__init__()
        self.before: tuple[str, Callable[[], object]] | None = None

    def query(self, partition: str, prefix: str = "", **more: Any) -> list[Item]:
        if self.before is not None and self.before[0] in prefix:
            (_, act), self.before = self.before, None
            act()
        return super().query(partition, prefix, **more)


def test_a_run_that_is_overtaken_between_two_reads_decides_again(keyring: LocalKeyring) -> None:
    shared = seeded(Overtaken())
    cloud, other = TestCloud(keyring=keyring, store=shared), TestCloud(keyring=keyring, store=shared)
    row = a_row(cloud, ALICE, valid_until=START - timedelta(days=100))
    store(cloud, row)
    purged: list[Happening] = []
    shared.before = row.sponsoring_member_id, lambda: purged.extend(after(other, FIRST_PURGE))

    assert after(cloud, FIRST_PURGE) == []

    assert [each.row_id for each in purged] == [row.id]


def without_record(items: dict[Key, Any]) -> dict[Key, Any]:
    """Return the items and how often each was written, but for the record: every run notes there how far it got."""
    return {key: value for key, value in items.items() if key != world_key("default")}
