"""What every store promises about writing: versions, conditions, atomic groups, nothing acknowledged is lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sosie.domain.errors import ConflictError
from sosie.ports import MAX_ATOMIC_CHANGES, Delete, Item, Key, Put

HERE = "acme/us/members"


def item(sort, body=None, **places) -> Item:
    return Item(Key(HERE, sort), body or {}, **places)


def stored(store, sort) -> Item | None:
    return store.get_many([Key(HERE, sort)]).get(Key(HERE, sort))


def test_an_item_that_was_put_can_be_read_back_with_all_it_carries(store):
    written = Item(Key(HERE, "alice"), {"name": "Alice"}, 0, {"by_name": "alice", "by_sync": "2026"}, 1_800_000_000)
    store.write([Put(written)])
    assert store.get_many([written.key]) == {written.key: replace(written, version=1)}


def test_what_was_never_written_is_not_found(store):
    assert store.get_many([Key(HERE, "nobody"), Key("nowhere", "nobody")]) == {}


def test_asking_for_nothing_finds_nothing(store):
    assert store.get_many([]) == {}


def test_writing_nothing_is_allowed(store):
    store.write([])
    assert store.query(HERE) == []


def test_only_the_items_that_exist_are_found_and_a_key_may_be_asked_for_twice(store):
    store.write([Put(item("alice"))])
    found = store.get_many([Key(HERE, "bob"), Key(HERE, "alice"), Key(HERE, "alice")])
    assert list(found) == [Key(HERE, "alice")]


def test_a_key_that_no_item_can_have_is_not_found(store):
    assert store.get_many([Key(HERE, ""), Key(HERE, "x" * 5000)]) == {}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"empty": "", "none": None, "true": True, "false": False, "list": [], "object": {}},
        {"integer": 2**53, "negative": -1, "float": 0.1, "tiny": 1e-9, "zero": 0, "whole float": 1.0},
        {"nested": {"list": [1, {"deep": [None, [""]]}]}},
        {"text": 'é ß 漢字 🦊 \u0000 \n " \\ \u2028'},
        {"": "an empty name", "🦊": "a fox"},
    ],
    ids=["nothing", "empties", "numbers", "nesting", "text", "names"],
)
def test_any_json_body_comes_back_as_it_was(store, body):
    store.write([Put(item("any", body))])
    found = stored(store, "any")
    assert found is not None
    assert found.body == body
    assert repr(found.body) == repr(body)


@pytest.mark.parametrize("sort", ["é", "漢字", "🦊", " ", "a b", "a/b#c", "'; DROP TABLE items; --", "x" * 1000])
def test_any_text_can_be_a_key(store, sort):
    store.write([Put(item(sort, {"is": sort}))])
    assert stored(store, sort) == item(sort, {"is": sort}, version=1)


def test_each_write_counts_the_version_up(store):
    store.write([Put(item("alice"))])
    store.write([Put(item("alice", {"changed": 1}, version=1))])
    store.write([Put(item("alice", {"changed": 2}, version=2))])
    assert stored(store, "alice") == item("alice", {"changed": 2}, version=3)


def test_an_item_cannot_be_created_twice(store):
    store.write([Put(item("alice", {"first": True}))])
    with pytest.raises(ConflictError):
        store.write([Put(item("alice", {"first": False}))])
    assert stored(store, "alice") == item("alice", {"first": True}, version=1)


def test_a_write_decided_on_an_old_version_is_refused(store):
    store.write([Put(item("alice"))])
    store.write([Put(item("alice", {"by": "somebody else"}, version=1))])
    with pytest.raises(ConflictError):
        store.write([Put(item("alice", {"by": "me"}, version=1))])
    assert stored(store, "alice") == item("alice", {"by": "somebody else"}, version=2)


def test_a_write_to_an_item_that_was_removed_meanwhile_is_refused(store):
    store.write([Put(item("alice"))])
    store.write([Delete(Key(HERE, "alice"))])
    with pytest.raises(ConflictError):
        store.write([Put(item("alice", version=1))])
    assert stored(store, "alice") is None


def test_a_write_for_always_asks_for_no_version_and_still_counts_it(store):
    store.write([Put(item("alice", {"n": 1}), always=True)])
    assert stored(store, "alice") == item("alice", {"n": 1}, version=1)
    store.write([Put(item("alice", {"n": 2}, version=7), always=True)])
    assert stored(store, "alice") == item("alice", {"n": 2}, version=2)


@pytest.mark.parametrize("always", [False, True], ids=["conditional", "always"])
def test_a_later_write_replaces_places_and_expiry_too(store, always):
    store.write([Put(item("alice", orders={"by_name": "alice", "by_sync": "1"}, expires=1_800_000_000))])
    store.write([Put(item("alice", version=1, orders={"by_sync": "2"}), always=always)])
    assert stored(store, "alice") == item("alice", version=2, orders={"by_sync": "2"})
    assert store.query(HERE, order="by_name") == []


def test_an_item_can_be_removed_whatever_its_version(store):
    store.write([Put(item("alice"))])
    store.write([Delete(Key(HERE, "alice"))])
    assert stored(store, "alice") is None


def test_removing_what_is_not_there_is_no_conflict_without_a_version(store):
    store.write([Delete(Key(HERE, "nobody"))])
    assert stored(store, "nobody") is None


def test_a_conditional_removal_of_the_current_version_removes(store):
    store.write([Put(item("alice"))])
    store.write([Delete(Key(HERE, "alice"), version=1)])
    assert stored(store, "alice") is None


@pytest.mark.parametrize("version", [1, 3])
def test_a_conditional_removal_of_another_version_is_refused(store, version):
    store.write([Put(item("alice"))])
    store.write([Put(item("alice", version=1))])
    with pytest.raises(ConflictError):
        store.write([Delete(Key(HERE, "alice"), version=version)])
    assert stored(store, "alice") == item("alice", version=2)


def test_a_conditional_removal_of_what_is_not_there_is_refused(store):
    with pytest.raises(ConflictError):
        store.write([Delete(Key(HERE, "nobody"), version=1)])


def test_an_item_that_was_removed_can_be_created_again(store):
    store.write([Put(item("alice", {"life": 1}))])
    store.write([Delete(Key(HERE, "alice"), version=1)])
    store.write([Put(item("alice", {"life": 2}))])
    assert stored(store, "alice") == item("alice", {"life": 2}, version=1)


def test_puts_and_removals_in_several_partitions_are_one_write(store):
    elsewhere = Key("acme/eu/members", "chloe")
    store.write([Put(item("alice")), Put(Item(elsewhere, {}))])
    store.write([Put(item("alice", version=1)), Delete(elsewhere, version=1), Put(item("bob"), always=True)])
    found = store.get_many([Key(HERE, "alice"), Key(HERE, "bob"), elsewhere])
    assert {key: each.version for key, each in found.items()} == {Key(HERE, "alice"): 2, Key(HERE, "bob"): 1}


@pytest.mark.parametrize("at", [0, 50, MAX_ATOMIC_CHANGES - 1], ids=["first", "middle", "last"])
def test_nothing_of_a_group_stays_when_one_of_its_changes_conflicts(store, at):
    store.write([Put(item("taken")), Put(item("kept")), Put(item("removed"))])
    changes = [Put(item(f"new-{n:03}")) for n in range(MAX_ATOMIC_CHANGES - 3)]
    changes += [Put(item("kept", {"changed": True}, version=1)), Delete(Key(HERE, "removed"))]
    changes.insert(at, Put(item("taken")))
    with pytest.raises(ConflictError):
        store.write(changes)
    assert store.query(HERE) == [item("kept", version=1), item("removed", version=1), item("taken", version=1)]


def test_a_group_can_be_written_after_the_conflict_is_resolved(store):
    store.write([Put(item("taken"))])
    with pytest.raises(ConflictError):
        store.write([Put(item("new")), Put(item("taken"))])
    store.write([Put(item("new")), Put(item("taken", version=1))])
    assert [each.version for each in store.query(HERE)] == [1, 2]


def test_a_thousand_items_are_written_and_read_together(store):
    items = [item(f"{n:04}", {"n": n}, orders={"by_sync": f"{n % 7}"}) for n in range(1000)]
    store.write([Put(each) for each in items])
    assert store.query(HERE) == [replace(each, version=1) for each in items]
    assert store.get_many([each.key for each in items]) == {each.key: replace(each, version=1) for each in items}


def test_more_items_than_one_group_holds_are_changed_and_removed_together(store):
    numbers = range(MAX_ATOMIC_CHANGES + 50)
    store.write([Put(item(f"{n:03}")) for n in numbers])
    store.write([Put(item(f"{n:03}", {"n": n}, version=1)) for n in numbers])
    assert [each.body["n"] for each in store.query(HERE)] == list(numbers)
    store.write([Delete(Key(HERE, f"{n:03}"), version=2) for n in numbers])
    assert store.query(HERE) == []


def test_no_change_after_a_failing_one_stays_in_a_large_write(store):
    store.write([Put(item("taken"))])
    before = [Put(item(f"before-{n:03}")) for n in range(MAX_ATOMIC_CHANGES)]
    after = [Put(item(f"later-{n:03}")) for n in range(MAX_ATOMIC_CHANGES)]
    with pytest.raises(ConflictError):
        store.write([*before, Put(item("taken")), *after])
    assert store.query(HERE, "later-") == []
    assert stored(store, "taken") == item("taken", version=1)


def test_every_acknowledged_write_is_seen_by_the_next_read(store):
    for n in range(20):
        store.write([Put(item("counter", {"n": n}, version=n, orders={"by_sync": f"{n:02}"}))])
        assert stored(store, "counter") == item("counter", {"n": n}, version=n + 1, orders={"by_sync": f"{n:02}"})
        assert [each.body["n"] for each in store.query(HERE)] == [n]
        assert [each.body["n"] for each in store.query(HERE, order="by_sync")] == [n]


def test_an_item_of_a_hundred_kilobytes_is_kept(store):
    body = {"text": "漢" * 34_000}
    store.write([Put(item("long", body, orders={"by_name": "long"}))])
    assert stored(store, "long") == item("long", body, version=1, orders={"by_name": "long"})


def test_many_heavy_items_are_written_and_read_together(store):
    items = [item(f"{n:02}", {"text": "x" * 300_000}) for n in range(15)]
    store.write([Put(each) for each in items])
    assert len(store.get_many([each.key for each in items])) == 15
    assert len(store.query(HERE)) == 15
