"""What every store promises about reading a partition: prefixes, orders, going on; and about dropping a world."""

from __future__ import annotations

import pytest

from sosie.ports import Delete, Item, Key, Put

HERE = "acme/us/members"


def fill(store, *items: Item) -> None:
    store.write([Put(item) for item in items])


def sorts(items) -> list[str]:
    return [item.key.sort for item in items]


def named(sort, **orders) -> Item:
    return Item(Key(HERE, sort), {}, orders=orders)


@pytest.fixture
def members(store):
    """Sort keys a to e. By name: c b a e (d has none). By sync: b and d at the same place, a behind them."""
    fill(
        store,
        named("a", by_name="kim", by_sync="2026-02"),
        named("b", by_name="kai", by_sync="2026-01"),
        named("c", by_name="jo"),
        named("d", by_sync="2026-01"),
        named("e", by_name="lou"),
    )
    return store


def test_an_empty_partition_has_no_items(store):
    assert store.query(HERE) == []


def test_a_partition_is_read_in_the_order_of_its_sort_texts(members):
    assert sorts(members.query(HERE)) == ["a", "b", "c", "d", "e"]


def test_the_newest_come_first_when_asked_for(members):
    assert sorts(members.query(HERE, newest_first=True)) == ["e", "d", "c", "b", "a"]


def test_a_query_reads_its_own_partition_only(store):
    partitions = ["acme/us/member", HERE, "acme/us/members-of", "acme/eu/members", "acme-2/us/members"]
    fill(store, *(Item(Key(partition, "x"), {"in": partition}) for partition in partitions))
    assert [item.body["in"] for item in store.query(HERE)] == [HERE]


@pytest.mark.parametrize(
    ("prefix", "found"),
    [
        ("", ["%", "A", "a", "a#1", "a#10", "a#2", "a$", "a_", "ab"]),
        ("a", ["a", "a#1", "a#10", "a#2", "a$", "a_", "ab"]),
        ("a#", ["a#1", "a#10", "a#2"]),
        ("a#1", ["a#1", "a#10"]),
        ("a_", ["a_"]),
        ("%", ["%"]),
        ("abc", []),
        ("z", []),
    ],
)
def test_a_prefix_selects_what_starts_with_it_and_is_no_pattern(store, prefix, found):
    fill(store, *(named(sort) for sort in ["a", "a#1", "a#2", "a#10", "a$", "ab", "a_", "A", "%"]))
    assert sorts(store.query(HERE, prefix)) == found


def test_text_is_ordered_by_its_code_points_not_by_any_language(store):
    texts = ["10", "9", "A", "Z", "a", "z", "é", "漢", "\uffee", "🦊"]
    fill(store, *(Item(Key(HERE, text), {}, orders={"by_name": text}) for text in reversed(texts)))
    assert sorts(store.query(HERE)) == texts
    assert sorts(store.query(HERE, order="by_name")) == texts


@pytest.mark.parametrize("prefix", ["é", "🦊"])
def test_a_prefix_may_be_any_text(store, prefix):
    fill(store, *(named(sort) for sort in ["e", "é", "éa", "ê", "🦊", "🦊🦊", "🦋"]))
    assert sorts(store.query(HERE, prefix)) == sorted(s for s in ["é", "éa", "🦊", "🦊🦊"] if s.startswith(prefix))


def test_a_further_order_shows_only_the_items_that_have_a_place_in_it(members):
    assert sorts(members.query(HERE, order="by_name")) == ["c", "b", "a", "e"]
    assert sorts(members.query(HERE, order="by_name", newest_first=True)) == ["e", "a", "b", "c"]


def test_a_prefix_in_a_further_order_is_of_the_place(members):
    assert sorts(members.query(HERE, "k", order="by_name")) == ["b", "a"]
    assert sorts(members.query(HERE, "kim", order="by_name")) == ["a"]
    assert sorts(members.query(HERE, "a", order="by_name")) == []


def test_equal_places_come_in_the_order_of_the_sort_texts(members):
    assert sorts(members.query(HERE, order="by_sync")) == ["b", "d", "a"]
    assert sorts(members.query(HERE, order="by_sync", newest_first=True)) == ["a", "d", "b"]


def test_a_place_that_begins_like_another_comes_before_it_whatever_the_sort_texts(store):
    fill(store, named("z", by_name="an"), named("a", by_name="ann"), named("m", by_name="an "))
    assert sorts(store.query(HERE, order="by_name")) == ["z", "m", "a"]


def test_a_place_may_be_empty(store):
    fill(store, named("a", by_name="x"), named("b", by_name=""), named("c", by_name=""))
    assert sorts(store.query(HERE, order="by_name")) == ["b", "c", "a"]
    assert sorts(store.query(HERE, order="by_name", after="")) == ["a"]
    assert [item.orders for item in store.query(HERE, order="by_name", limit=1)] == [{"by_name": ""}]


def test_moving_an_item_to_another_place_leaves_nothing_behind(members):
    moved = Item(Key(HERE, "c"), {}, 1, {"by_name": "zoe", "by_sync": "2026-03"})
    members.write([Put(moved)])
    assert sorts(members.query(HERE, order="by_name")) == ["b", "a", "e", "c"]
    assert sorts(members.query(HERE, order="by_sync")) == ["b", "d", "a", "c"]
    members.write([Delete(moved.key)])
    assert sorts(members.query(HERE, order="by_name")) == ["b", "a", "e"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"after": "b"}, ["c", "d", "e"]),
        ({"after": "bb"}, ["c", "d", "e"]),
        ({"after": ""}, ["a", "b", "c", "d", "e"]),
        ({"after": "e"}, []),
        ({"after": "b", "limit": 2}, ["c", "d"]),
        ({"after": "d", "newest_first": True}, ["c", "b", "a"]),
        ({"after": "bb", "newest_first": True}, ["b", "a"]),
        ({"after": "d", "newest_first": True, "limit": 2}, ["c", "b"]),
        ({"after": "a", "newest_first": True}, []),
        ({"after": "", "newest_first": True}, []),
        ({"after": "kai", "order": "by_name"}, ["a", "e"]),
        ({"after": "k", "order": "by_name"}, ["b", "a", "e"]),
        ({"after": "kim", "order": "by_name", "newest_first": True}, ["b", "c"]),
        ({"after": "k", "order": "by_name", "newest_first": True}, ["c"]),
        ({"after": "2026-01", "order": "by_sync"}, ["a"]),
        ({"after": "2026-02", "order": "by_sync", "newest_first": True}, ["d", "b"]),
        ({"after": "2026-01", "order": "by_sync", "newest_first": True}, []),
    ],
    ids=repr,
)
def test_a_query_goes_on_behind_the_place_it_is_given(members, asked, found):
    assert sorts(members.query(HERE, **asked)) == found


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"after": "b1"}, ["b2", "b3"]),
        ({"after": "a"}, ["b1", "b2", "b3"]),
        ({"after": "b3"}, []),
        ({"after": "c"}, []),
        ({"after": "b3", "newest_first": True}, ["b2", "b1"]),
        ({"after": "c", "newest_first": True}, ["b3", "b2", "b1"]),
        ({"after": "b2", "newest_first": True, "limit": 1}, ["b1"]),
        ({"after": "b1", "newest_first": True}, []),
        ({"after": "a", "newest_first": True}, []),
    ],
    ids=repr,
)
@pytest.mark.parametrize("order", [None, "by_name"])
def test_a_query_goes_on_within_its_prefix(store, order, asked, found):
    fill(store, *(named(sort, by_name=sort) for sort in ["a", "b1", "b2", "b3", "c"]))
    assert sorts(store.query(HERE, "b", order=order, **asked)) == found


@pytest.mark.parametrize("limit", [0, 1, 4, 5, 6])
@pytest.mark.parametrize("newest_first", [False, True], ids=["oldest", "newest"])
def test_a_limit_cuts_the_list(members, limit, newest_first):
    everything = members.query(HERE, newest_first=newest_first)
    assert members.query(HERE, newest_first=newest_first, limit=limit) == everything[:limit]


@pytest.mark.parametrize("newest_first", [False, True], ids=["oldest", "newest"])
def test_pages_put_together_are_the_whole_list(store, newest_first):
    fill(store, *(named(f"{n:02}") for n in range(25)))
    pages: list[str] = []
    page = store.query(HERE, newest_first=newest_first, limit=7)
    while page:
        pages += sorts(page)
        page = store.query(HERE, newest_first=newest_first, after=pages[-1], limit=7)
    assert pages == sorts(store.query(HERE, newest_first=newest_first))
    assert len(pages) == 25


def test_a_query_reads_on_when_the_answer_is_longer_than_one_page_of_the_engine(store):
    fill(store, *(Item(Key(HERE, f"{n:02}"), {"text": "x" * 300_000}) for n in range(8)))
    assert len(store.query(HERE)) == 8
    assert sorts(store.query(HERE, newest_first=True, after="07", limit=6)) == ["06", "05", "04", "03", "02", "01"]


def test_dropping_a_world_removes_all_its_partitions(store):
    partitions = ["a/world", "a/us/members", "a/eu/members"]
    fill(
        store,
        *(Item(Key(partition, f"{n}"), {}, orders={"by_name": "x"}) for partition in partitions for n in range(30)),
    )
    store.drop("a/", [*partitions, "a/us/never-used"])
    assert [store.query(partition) for partition in partitions] == [[], [], []]
    assert [store.query(partition, order="by_name") for partition in partitions] == [[], [], []]


@pytest.mark.parametrize("survivor", ["a-b", "ab", "b", "a0", "A", "aa", "a-", "é"])
def test_dropping_a_world_leaves_every_other_world_alone(store, survivor):
    fill(store, Item(Key("a/us/members", "x"), {}), Item(Key(f"{survivor}/us/members", "x"), {}))
    store.drop("a/", ["a/us/members"])
    assert store.query("a/us/members") == []
    assert sorts(store.query(f"{survivor}/us/members")) == ["x"]


def test_dropping_a_world_that_is_not_there_changes_nothing(members):
    members.drop("nobody/", ["nobody/world", "nobody/us/members"])
    assert len(members.query(HERE)) == 5


def test_a_dropped_world_can_be_written_again(store):
    fill(store, Item(Key("a/world", "record"), {"life": 1}))
    store.drop("a/", ["a/world"])
    store.write([Put(Item(Key("a/world", "record"), {"life": 2}))])
    assert store.query("a/world") == [Item(Key("a/world", "record"), {"life": 2}, 1)]
