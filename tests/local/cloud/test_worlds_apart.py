"""Worlds asked in parallel never see one another; bench/worlds.py does the same for a minute and prints figures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from bench.worlds import Traffic, crossings, measure, run

import sosie
from tests.local.cloud.asking import ask, offer


def test_eight_worlds_in_parallel_hold_their_own_and_nothing_else(embedded: sosie.Cloud) -> None:
    traffic, _, problems = measure(embedded, worlds=8, requests=48, rate=None)

    assert problems == []
    assert [sum(each.answers.values()) for each in traffic] == [48] * 8
    assert [len(each.synced) for each in traffic] == [12] * 8
    assert [each.answers[503] for each in traffic] == [0, 12] * 4
    assert embedded.control.worlds() == ["default"]


@pytest.fixture
def two(embedded: sosie.Cloud) -> Iterator[list[Traffic]]:
    """Two worlds that hold their own."""
    with ExitStack() as opened:
        worlds = [opened.enter_context(embedded.world(f"apart-{number}")) for number in range(2)]
        traffic = [Traffic(world, number) for number, world in enumerate(worlds)]
        for each in traffic:
            each.prepare()
            each.world.journal.clear()
        run(traffic, 4, None)
        assert [crossings(each) for each in traffic] == [[], []]
        yield traffic
        for each in traffic:
            each.close()


def test_a_row_and_a_mail_of_another_world_would_be_noticed(two: list[Traffic]) -> None:
    assert offer(two[0].world, f"friend-9@{two[1].name}.test").status_code == 200

    noticed = crossings(two[0])

    assert {each.split(" is ")[0] for each in noticed} == {
        "apart-0: state",
        "apart-0: mailbox",
        "apart-0: journal's size",
        "apart-0: journal's statuses",
        "apart-0: names in the journal",
    }
    assert crossings(two[1]) == []


def test_a_clock_and_a_fault_of_another_world_would_be_noticed(two: list[Traffic]) -> None:
    two[0].world.clock.advance(days=10)
    two[0].world.faults.add("GET /alive", status=503, name=f"fault-of-{two[1].name}")
    ask("GET", f"{two[0].world.us.api_url}/alive")

    noticed = crossings(two[0])

    assert {"apart-0: clock", "apart-0: faults", "apart-0: journal's faults"} <= {
        each.split(" is ")[0] for each in noticed
    }
    assert crossings(two[1]) == []
