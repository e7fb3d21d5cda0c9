"""Every store behaves like a dictionary whatever is done to it in whatever order (Hypothesis looks for the order)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from sosie.domain.errors import ConflictError
from sosie.ports import Change, Delete, Item, Key, Put

PARTITIONS = ["a/us/x", "a/eu/x", "a-b/us/x"]

# Few and similar texts, so that keys meet again, prefixes apply and places are shared. A place has no NUL (see Item).
sorts = st.text("aB1é🦊\x01", min_size=1, max_size=3)
places = st.text("aB1é🦊\x01", max_size=2)
keys = st.builds(Key, st.sampled_from(PARTITIONS), sorts)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
bodies = st.dictionaries(st.text(max_size=3), json_values, max_size=3)
orders = st.dictionaries(st.sampled_from(["by_name", "by_sync"]), places)
versions = st.integers(0, 3)
items = st.builds(Item, keys, bodies, versions, orders, st.none() | st.integers(0, 2**40))
changes = st.builds(Put, items, st.booleans()) | st.builds(Delete, keys, st.none() | st.integers(1, 3))
groups = st.lists(changes, max_size=8, unique_by=lambda each: each.item.key if isinstance(each, Put) else each.key)


class Model:
    """What a store ought to do, in a dictionary."""

    def __init__(self) -> None:
        self.items: dict[Key, Item] = {}

    def write(self, group: list[Change]) -> None:
        after = dict(self.items)
        for change in group:
            self._apply(change, after)
        self.items = after

    def _apply(self, change: Change, after: dict[Key, Item]) -> None:
        key = change.item.key if isinstance(change, Put) else change.key
        version = after[key].version if key in after else 0
        if isinstance(change, Delete):
            if change.version not in (None, version):
                raise ConflictError
            after.pop(key, None)
        elif change.always or change.item.version == version:
            after[key] = replace(change.item, version=version + 1)
        else:
            raise ConflictError

    def query(self, partition, prefix, order, after, newest_first, limit):
        placed = [
            (item.orders[order] if order else key.sort, key.sort, item)
            for key, item in self.items.items()
            if key.partition == partition and (order is None or order in item.orders)
        ]
        found = [
            item
            for place, _, item in sorted(placed, key=lambda each: each[:2], reverse=newest_first)
            if place.startswith(prefix) and (after is None or (place < after if newest_first else place > after))
        ]
        return found[:limit]


def outcome(write, group):
    """Return how a write ended."""
    try:
        write(group)
    except ConflictError:
        return "conflict"
    return "written"


class StoreAndModel(RuleBasedStateMachine):
    """Does the same to a store and to the model, and compares what can be seen of them."""

    def __init__(self, open_store) -> None:
        super().__init__()
        self.store = open_store()
        self.model = Model()

    @initialize(group=st.lists(items.map(lambda item: replace(item, version=0)), max_size=8, unique_by=lambda i: i.key))
    def start_with_some_items(self, group):
        self.write([Put(item) for item in group])

    @rule(group=groups)
    def write(self, group):
        assert outcome(self.store.write, group) == outcome(self.model.write, group)

    @rule(data=st.data(), body=bodies, places=orders)
    def write_current_versions(self, data, body, places):
        known = data.draw(st.lists(st.sampled_from(sorted(self.model.items) or [Key("a/us/x", "a")]), unique=True))
        current = {key: item.version for key, item in self.model.items.items()}
        self.write([Put(Item(key, body, current.get(key, 0), places)) for key in known])

    @rule(world=st.sampled_from(["a/", "a-b/"]))
    def drop(self, world):
        partitions = [partition for partition in PARTITIONS if partition.startswith(world)]
        self.store.drop(world, partitions)
        self.model.items = {k: item for k, item in self.model.items.items() if k.partition not in partitions}

    @rule(
        partition=st.sampled_from(PARTITIONS),
        prefix=st.just("") | sorts,
        order=st.sampled_from([None, "by_name", "by_sync"]),
        after=st.none() | places | sorts,
        newest_first=st.booleans(),
        limit=st.none() | st.integers(0, 4),
    )
    def query(self, partition, prefix, order, after, newest_first, limit):
        found = self.store.query(partition, prefix, order=order, after=after, newest_first=newest_first, limit=limit)
        assert found == self.model.query(partition, prefix, order, after, newest_first, limit)

    @rule(asked=st.lists(keys, max_size=5))
    def get_many(self, asked):
        assert self.store.get_many(asked) == {key: self.model.items[key] for key in asked if key in self.model.items}

    @invariant()
    def the_same_items_are_there(self):
        assert self.store.get_many(list(self.model.items)) == self.model.items
        found = [item for partition in PARTITIONS for item in self.store.query(partition)]
        assert len(found) == len(self.model.items)

    def teardown(self):
        self.store.close()


@pytest.mark.parametrize(
    ("opening", "examples"), [("open_sqlite_memory", 50), ("open_dynamodb_moto", 3)], ids=["sqlite", "moto"]
)
def test_a_store_behaves_like_a_dictionary(request, opening, examples):
    open_store = request.getfixturevalue(opening)
    run_state_machine_as_test(
        lambda: StoreAndModel(open_store),
        settings=settings(
            max_examples=examples,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
