"""One request's view of the store: it sees its own writes, and they happen together or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sosie.domain.clock import SettableClock, WorldClock
from sosie.domain.errors import ConflictError
from sosie.ports import Delete, Item, Key, Put
from sosie.services.records import to_body
from sosie.services.unit_of_work import UnitOfWork, UnknownWorldError
from sosie.services.world_record import WorldRecord, world_key
from tests.support.stores import WatchedStore

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
SHELF = "shelf"


@pytest.fixture
def store() -> Iterator[WatchedStore]:
    """A store in which the world `default` exists and nothing else."""
    store = WatchedStore()
    store.write([Put(Item(world_key("default"), to_body(WorldRecord("default", "empty", "seed"))))])
    store.written.clear()
    yield store
    store.close()


def unit(store: WatchedStore, nonce: str = "1", region: Any = "us", world: str = "default") -> UnitOfWork:
    return UnitOfWork(store, world, region, SettableClock(NOW), nonce)


def key(name: str, world: str = "default", region: str = "us") -> Key:
    return Key(f"{world}/{region}/{SHELF}", name)


def thing(name: str, value: int = 0, by_name: str | None = None) -> Item:
    return Item(key(name), {"value": value}, orders={"by_name": by_name} if by_name else {})


def fill(store: WatchedStore, *items: Item) -> None:
    store.write([Put(item, always=True) for item in items])
    store.written.clear()


def value_of(store: WatchedStore, name: str) -> int | None:
    item = store.get_many([key(name)]).get(key(name))
    return None if item is None else item.body["value"]


def names(items: list[Item]) -> list[str]:
    return [item.key.sort for item in items]


# Reads see what this request wrote.


def test_what_was_put_is_read_before_it_is_written(store: WatchedStore) -> None:
    uow = unit(store)

    uow.put(thing("a", 1))

    found = uow.get(key("a"))
    assert found is not None
    assert found.body == {"value": 1}
    assert value_of(store, "a") is None


def test_what_was_deleted_is_gone_before_it_is_written(store: WatchedStore) -> None:
    fill(store, thing("a", 1))
    uow = unit(store)

    uow.delete(uow.get_many([key("a")])[key("a")])

    assert uow.get(key("a")) is None
    assert value_of(store, "a") == 1


def test_the_last_of_several_writes_counts(store: WatchedStore) -> None:
    fill(store, thing("a", 1))
    uow = unit(store)

    item = uow.get(key("a"))
    assert item is not None
    uow.put(thing("a", 2))
    uow.delete(item)
    uow.put(thing("a", 3))
    uow.commit()

    assert value_of(store, "a") == 3


def test_what_was_put_and_deleted_again_leaves_nothing(store: WatchedStore) -> None:
    uow = unit(store)

    uow.put(thing("a", 1))
    uow.delete(thing("a"))
    uow.commit()

    assert value_of(store, "a") is None


def test_a_query_sees_what_was_put_changed_and_deleted_in_its_place(store: WatchedStore) -> None:
    fill(store, thing("a"), thing("c"), thing("e"))
    uow = unit(store)

    e = uow.get_many([key("c"), key("e")])[key("e")]
    uow.put(thing("b"))
    uow.put(thing("c", 9))
    uow.delete(e)

    assert names(uow.query(SHELF)) == ["a", "b", "c"]
    assert names(uow.query(SHELF, newest_first=True)) == ["c", "b", "a"]
    assert [item.body["value"] for item in uow.query(SHELF)] == [0, 0, 9]


def test_a_query_by_prefix_sees_only_writes_that_begin_so(store: WatchedStore) -> None:
    fill(store, thing("x#1"))
    uow = unit(store)

    uow.put(thing("x#2"))
    uow.put(thing("y#1"))

    assert names(uow.query(SHELF, "x#")) == ["x#1", "x#2"]


@pytest.mark.parametrize("limit", [1, 2])
def test_a_limit_counts_what_is_left_after_this_requests_own_writes(store: WatchedStore, limit: int) -> None:
    fill(store, thing("a"), thing("c"), thing("d"))
    uow = unit(store)

    a = uow.get(key("a"))
    assert a is not None
    uow.delete(a)
    assert names(uow.query(SHELF, limit=limit)) == ["c", "d"][:limit]

    uow.put(thing("b"))
    assert names(uow.query(SHELF, limit=limit)) == ["b", "c"][:limit]
    assert names(uow.query(SHELF, limit=limit, newest_first=True)) == ["d", "c"][:limit]


def test_a_query_in_another_order_follows_this_requests_places(store: WatchedStore) -> None:
    fill(store, thing("a", by_name="2"), thing("b", by_name="1"), thing("c"))
    uow = unit(store)

    uow.get_many([key("a"), key("c")])
    uow.put(thing("a", by_name="0"))
    uow.put(thing("c", by_name="3"))
    uow.put(thing("d"))

    assert names(uow.query(SHELF, order="by_name")) == ["a", "b", "c"]
    assert names(uow.query(SHELF, order="by_name", newest_first=True, limit=1)) == ["c"]


def test_other_partitions_other_regions_and_other_worlds_are_not_seen(store: WatchedStore) -> None:
    fill(store, Item(key("b", region="eu"), {}), Item(key("c", world="other"), {}), Item(Key("default/us/x", "d"), {}))
    uow = unit(store)
    uow.put(Item(Key("default/us/x", "e"), {}))

    assert uow.query(SHELF) == []
    assert names(uow.query("x")) == ["d", "e"]


def test_an_item_is_read_once(store: WatchedStore) -> None:
    fill(store, thing("a", 1))
    uow = unit(store)
    uow.get(key("a"))

    fill(store, thing("a", 2))

    found = uow.get(key("a"))
    assert found is not None
    assert found.body == {"value": 1}


# Writes are conditional.


def test_a_change_of_what_somebody_else_changed_meanwhile_is_refused(store: WatchedStore) -> None:
    fill(store, thing("a", 1))
    first, second = unit(store, "1"), unit(store, "2")
    for uow in (first, second):
        uow.get(key("a"))
        uow.put(thing("a", 2))

    first.commit()

    with pytest.raises(ConflictError):
        second.commit()


def test_a_change_after_a_query_is_conditional_as_well(store: WatchedStore) -> None:
    fill(store, thing("a", 1))
    uow = unit(store)
    uow.query(SHELF)
    uow.put(thing("a", 2))

    fill(store, thing("a", 5))

    with pytest.raises(ConflictError):
        uow.commit()
    assert value_of(store, "a") == 5


def test_a_query_does_not_hide_that_somebody_else_was_there_since_the_first_read(store: WatchedStore) -> None:
    fill(store, thing("a", 1))
    uow = unit(store)
    uow.get(key("a"))
    fill(store, thing("a", 5))
    uow.query(SHELF)

    uow.put(thing("a", 2))

    with pytest.raises(ConflictError):
        uow.commit()
    assert value_of(store, "a") == 5


def test_what_a_query_did_not_find_stays_absent_for_who_decides_on_it(store: WatchedStore) -> None:
    uow = unit(store)
    assert uow.query(SHELF, "a") == []
    fill(store, thing("a", 5), thing("b", 6))

    assert uow.get(key("a")) is None
    assert uow.get(key("b")) is not None
    uow.put(thing("a", 2))

    with pytest.raises(ConflictError):
        uow.commit()
    assert value_of(store, "a") == 5


def test_a_removal_of_what_somebody_else_changed_meanwhile_is_refused(store: WatchedStore) -> None:
    fill(store, thing("a", 1))
    uow = unit(store)
    item = uow.get(key("a"))
    assert item is not None
    uow.delete(item)

    fill(store, thing("a", 2))

    with pytest.raises(ConflictError):
        uow.commit()
    assert value_of(store, "a") == 2


@pytest.mark.parametrize("looked", [True, False])
def test_two_requests_cannot_both_make_the_same_thing(store: WatchedStore, looked: bool) -> None:
    first, second = unit(store, "1"), unit(store, "2")
    for uow in (first, second):
        if looked:
            assert uow.get(key("a")) is None
        uow.put(thing("a"))

    first.commit()

    with pytest.raises(ConflictError):
        second.commit()


def test_a_write_that_says_always_is_not_refused(store: WatchedStore) -> None:
    fill(store, thing("a", 1))
    uow = unit(store)
    uow.get(key("a"))
    fill(store, thing("a", 2))

    uow.put(thing("a", 3), always=True)
    uow.commit()

    assert value_of(store, "a") == 3


def test_a_refused_commit_writes_nothing_at_all(store: WatchedStore) -> None:
    fill(store, thing("a", 1))
    uow = unit(store)
    uow.put(thing("b", 1))
    uow.put(thing("c", 1), always=True)
    uow.put(thing("a", 2))

    with pytest.raises(ConflictError):
        uow.commit([Put(thing("d"), always=True)])

    assert [value_of(store, name) for name in "abcd"] == [1, None, None, None]


def test_everything_is_written_in_one_go_and_only_once(store: WatchedStore) -> None:
    uow = unit(store)
    uow.put(thing("a"))
    uow.put(thing("b"))

    uow.commit([Delete(key("z"))])
    uow.commit()

    assert [[sort for _, sort in group] for group in store.places() if group] == [["a", "b", "z"]]


def test_what_was_discarded_is_not_written(store: WatchedStore) -> None:
    fill(store, thing("a", 1))
    uow = unit(store)
    uow.get(key("a"))
    uow.put(thing("a", 2))
    uow.put(thing("b", 2))

    uow.discard()
    uow.commit()

    assert (value_of(store, "a"), value_of(store, "b")) == (1, None)
    assert uow.get(key("b")) is None


# The world.


def test_the_worlds_settings_come_with_the_first_read(store: WatchedStore) -> None:
    assert unit(store).record == WorldRecord("default", "empty", "seed")


def test_a_world_nobody_created_is_told(store: WatchedStore) -> None:
    uow = unit(store, world="nobodys")

    for read in (lambda: uow.record, lambda: uow.now, lambda: uow.ids):
        with pytest.raises(UnknownWorldError):
            read()


def test_time_stands_still_during_a_request(store: WatchedStore) -> None:
    clock = SettableClock(NOW)
    uow = UnitOfWork(store, "default", "us", clock, "1")
    before = uow.now

    clock.advance(timedelta(seconds=5))

    assert uow.now == before == NOW


def test_the_worlds_clock_decides_what_time_it_is(store: WatchedStore) -> None:
    uow = unit(store)
    uow.save_record(replace(uow.record, clock=WorldClock("shifted", timedelta(days=2))))
    assert uow.now == NOW + timedelta(days=2)
    uow.commit()

    assert unit(store).now == NOW + timedelta(days=2)
    assert unit(store).wall_now == NOW


def test_ids_depend_on_the_request_and_the_region_and_on_nothing_else(store: WatchedStore) -> None:
    assert unit(store).ids.guid() == unit(store).ids.guid()
    assert len({unit(store).ids.guid(), unit(store, "2").ids.guid(), unit(store, region="eu").ids.guid()}) == 3
    assert unit(store, "1").derived("x").guid() == unit(store, "2").derived("x").guid()
    assert unit(store).derived("x").guid() != unit(store, region="eu").derived("x").guid()
