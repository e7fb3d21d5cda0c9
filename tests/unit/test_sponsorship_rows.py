"""Rows in the store are a plain list: however they came, changed and went, every question has the list's answer.

Hypothesis looks for the order of events; the list is the model.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from sosie.domain.clock import SettableClock
from sosie.domain.errors import ConflictError, ServerFaultError
from sosie.domain.organizations import GoneOrganization, Organization
from sosie.domain.sponsorships import Sponsorship
from sosie.services import repository as repo
from sosie.services import sponsorship_rows as rows
from sosie.services.unit_of_work import UnitOfWork
from sosie.store.sqlite import SqliteStore
from tests.support.families import guid

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
SPONSORS = [guid("acme"), guid("globex")]
MEMBERS = [guid("alice"), guid("bob"), guid("carol")]
FAMILIES = [guid("cousins"), guid("aunts"), guid("uncles")]
# Names that differ by letter case alone, begin with one another, or look like the absent one.
NAMES = [None, "null", "", "Zoë", "ZOË", "zoë ", "zo", "x" * 256]

changes = st.fixed_dictionaries(
    {
        "friendly_name": st.sampled_from(NAMES),
        "last_sync_date": st.none() | st.integers(0, 3).map(lambda seconds: NOW + timedelta(seconds=seconds)),
        "is_admin_initiated": st.booleans(),
        "to_delete": st.booleans(),
    }
)
picks = st.integers(0, 1000)
places = st.tuples(st.sampled_from(SPONSORS), st.sampled_from(MEMBERS))


def a_unit(store: SqliteStore) -> UnitOfWork:
    return UnitOfWork(store, "default", "us", SettableClock(NOW), "test")


def a_store() -> SqliteStore:
    """Return a store in which the sponsors exist."""
    store = SqliteStore()
    uow = a_unit(store)
    for sponsor in SPONSORS:
        organization = Organization(
            sponsor,
            sponsor,
            "billing@acme.test",
            20,
            enabled=True,
            license_key=None,
            creation_date=NOW,
            revision_date=NOW,
        )
        repo.organizations.save(uow, organization, sponsor)
    uow.commit()
    return store


def ids(found: list[Sponsorship]) -> dict[str, Sponsorship]:
    """Return rows without an order, and check that none comes twice."""
    by_id = {row.id: row for row in found}
    assert len(by_id) == len(found)
    return by_id


class Rows(RuleBasedStateMachine):
    """The rows of two organizations beside a list of them."""

    @initialize(rows_before=st.lists(st.tuples(places, changes, picks), max_size=6))
    def start(self, rows_before: list[tuple[tuple[str, str], dict[str, Any], int]]) -> None:
        self.store = a_store()
        self.uow = a_unit(self.store)
        self.model: list[Sponsorship] = []
        self.ever = 0
        for place, changes, pick in rows_before:
            self.add_one(place, changes, pick)
        self.commit()

    # What happens.

    @precondition(lambda self: len(self.model) < 8)
    @rule(place=places, changes=changes, pick=picks)
    def add(self, place: tuple[str, str], changes: dict[str, Any], pick: int) -> None:
        self.add_one(place, changes, pick)

    @precondition(lambda self: self.model)
    @rule(pick=picks, changes=changes)
    def change(self, pick: int, changes: dict[str, Any]) -> None:
        self.save(pick, **changes)

    @precondition(lambda self: self.model)
    @rule(pick=picks, family=picks)
    def redeem_or_orphan(self, pick: int, family: int) -> None:
        self.save(pick, sponsored_organization_id=self.a_free_family(family))

    @precondition(lambda self: self.model)
    @rule(pick=picks)
    def remove(self, pick: int) -> None:
        row = self.model.pop(pick % len(self.model))
        rows.remove_row(self.uow, self.sponsor_of(row), row)

    @precondition(lambda self: self.lonely())
    @rule(pick=picks)
    def remove_the_only_row_of_a_member(self, pick: int) -> None:
        lonely = self.lonely()
        row = lonely[pick % len(lonely)]
        rows.remove_only_row(self.uow, self.sponsor_of(row), row.sponsoring_member_id)
        self.model.remove(row)

    @rule()
    def commit(self) -> None:
        self.uow.commit()
        self.uow = a_unit(self.store)

    # What is asked. Not after each step: a look reads what a use case might have forgotten to read.

    @rule()
    def look(self) -> None:
        for sponsor in SPONSORS:
            self.look_at(sponsor)
        for family in FAMILIES:
            expected = [(self.sponsor_of(row), row) for row in self.model if row.sponsored_organization_id == family]
            assert rows.row_sponsoring(self.uow, family) == (expected[0] if expected else None)

    def teardown(self) -> None:
        if hasattr(self, "uow"):
            self.commit()
            self.look()
            self.store.close()

    def look_at(self, sponsor: str) -> None:
        expected = [row for row in self.model if row.sponsoring_organization_id == sponsor]
        assert ids(rows.rows_of_organization(self.uow, sponsor)) == ids(expected)
        assert rows.latest_sync(self.uow, sponsor) == max(
            filter(None, (r.last_sync_date for r in expected)), default=None
        )
        by_member = {member: [r for r in expected if r.sponsoring_member_id == member] for member in MEMBERS}
        assert rows.has_duplicates(self.uow, sponsor) is any(len(several) > 1 for several in by_member.values())
        for name in [*NAMES, "nobody"]:
            named = [r for r in expected if (r.friendly_name or "").lower() == (name or "").lower()]
            named = [r for r in named if (r.friendly_name is None) is (name is None)]
            assert ids(rows.rows_named(self.uow, sponsor, name)) == ids(named)
        first = rows.first_rows(self.uow, sponsor, MEMBERS)
        assert set(first) == {member for member, several in by_member.items() if several}
        for member, several in by_member.items():
            found = [row for _, row in rows.rows_of_member(self.uow, sponsor, member)]
            assert ids(found) == ids(several)
            assert [first[member]] == found[:1] if several else not found
            self.look_at_own_row(sponsor, member, several)
            for row in self.model[:3]:
                assert rows.find_row(self.uow, sponsor, member, row.id) == (row if row in several else None)

    def look_at_own_row(self, sponsor: str, member: str, several: list[Sponsorship]) -> None:
        own = [row for row in several if not row.is_admin_initiated]
        if len(own) > 1:
            with pytest.raises(ServerFaultError):
                rows.own_row_of_member(self.uow, sponsor, member)
        else:
            assert rows.own_row_of_member(self.uow, sponsor, member) == (own[0] if own else None)

    # Helpers.

    def add_one(self, place: tuple[str, str], changes: dict[str, Any], pick: int) -> None:
        self.ever += 1
        row = Sponsorship(guid(f"row {self.ever}"), *place, **changes)
        row = replace(row, sponsored_organization_id=self.a_free_family(pick))
        rows.add_row(self.uow, self.sponsor_of(row), row)
        self.model.append(row)

    def save(self, pick: int, **changes: Any) -> None:
        at = pick % len(self.model)
        self.model[at] = replace(self.model[at], **changes)
        rows.save_row(self.uow, self.sponsor_of(self.model[at]), self.model[at])

    def sponsor_of(self, row: Sponsorship) -> str:
        assert row.sponsoring_organization_id is not None
        return row.sponsoring_organization_id

    def a_free_family(self, pick: int) -> str | None:
        """Return no family, or one that nobody sponsors: a second sponsor is refused before it gets here (§2.7 #4)."""
        taken = {row.sponsored_organization_id for row in self.model}
        free = [None, *(family for family in FAMILIES if family not in taken)]
        return free[pick % len(free)]

    def lonely(self) -> list[Sponsorship]:
        """Return the unredeemed rows of members who have no other."""
        places = [(row.sponsoring_organization_id, row.sponsoring_member_id) for row in self.model]
        return [
            row for row, place in zip(self.model, places, strict=True) if places.count(place) == 1 and not row.redeemed
        ]


def test_every_question_about_rows_has_the_answer_of_a_plain_list() -> None:
    quick = settings(max_examples=60, stateful_step_count=25, deadline=None, report_multiple_bugs=False)
    run_state_machine_as_test(Rows, settings=quick)


@pytest.fixture
def uow() -> UnitOfWork:
    return a_unit(a_store())


def a_row(name: str, member: str = MEMBERS[0], **changes: Any) -> Sponsorship:
    return Sponsorship(guid(name), SPONSORS[0], member, friendly_name=name, **changes)


def test_rows_of_one_member_are_kept_apart_and_the_first_stays_the_first(uow: UnitOfWork) -> None:
    several = [a_row(name) for name in ("one", "two", "three")]
    for row in several:
        rows.add_row(uow, SPONSORS[0], row)

    assert rows.first_rows(uow, SPONSORS[0], [MEMBERS[0]]) == {MEMBERS[0]: several[0]}
    keys = [key for key, _ in rows.rows_of_member(uow, SPONSORS[0], MEMBERS[0])]
    assert keys[0] == rows.row_key(uow, SPONSORS[0], MEMBERS[0])
    assert len(set(keys)) == 3


def test_when_a_members_first_row_goes_another_takes_its_place(uow: UnitOfWork) -> None:
    one, two = a_row("one"), a_row("two", sponsored_organization_id=FAMILIES[0])
    rows.add_row(uow, SPONSORS[0], one)
    rows.add_row(uow, SPONSORS[0], two)

    rows.remove_row(uow, SPONSORS[0], one)

    assert rows.first_rows(uow, SPONSORS[0], [MEMBERS[0]]) == {MEMBERS[0]: two}
    assert rows.row_sponsoring(uow, FAMILIES[0]) == (SPONSORS[0], two)
    assert not rows.has_duplicates(uow, SPONSORS[0])


def test_two_members_with_several_rows_are_duplicates_until_the_last_of_them_has_one(uow: UnitOfWork) -> None:
    doubled = [a_row(f"{member} {at}", member) for member in MEMBERS[:2] for at in range(2)]
    for row in doubled:
        rows.add_row(uow, SPONSORS[0], row)
    rows.remove_row(uow, SPONSORS[0], doubled[0])

    assert rows.has_duplicates(uow, SPONSORS[0])
    rows.remove_row(uow, SPONSORS[0], doubled[3])
    assert not rows.has_duplicates(uow, SPONSORS[0])


def test_the_latest_sync_moves_back_when_its_row_goes_in_the_same_request() -> None:
    store = a_store()
    old, new = a_row("old", last_sync_date=NOW), a_row("new", MEMBERS[1], last_sync_date=NOW + timedelta(days=1))
    uow = a_unit(store)
    rows.add_row(uow, SPONSORS[0], old)
    rows.add_row(uow, SPONSORS[0], new)
    uow.commit()

    uow = a_unit(store)
    assert rows.latest_sync(uow, SPONSORS[0]) == new.last_sync_date
    rows.remove_row(uow, SPONSORS[0], new)
    assert rows.latest_sync(uow, SPONSORS[0]) == old.last_sync_date


def test_a_further_row_is_changed_by_a_request_that_has_not_looked_at_it() -> None:
    store = a_store()
    uow = a_unit(store)
    one, two = a_row("one"), a_row("two")
    rows.add_row(uow, SPONSORS[0], one)
    rows.add_row(uow, SPONSORS[0], two)
    uow.commit()

    marked = [replace(row, to_delete=True) for row in (one, two)]
    for row in marked:
        uow = a_unit(store)
        rows.save_row(uow, SPONSORS[0], row)
        uow.commit()

    assert ids(rows.rows_of_organization(a_unit(store), SPONSORS[0])) == ids(marked)


def test_two_redemptions_of_one_family_conflict() -> None:
    store = SqliteStore()
    one, two = a_row("one"), a_row("two", MEMBERS[1])
    uow = a_unit(store)
    rows.add_row(uow, SPONSORS[0], one)
    rows.add_row(uow, SPONSORS[0], two)
    uow.commit()

    at_once = [a_unit(store), a_unit(store)]
    for unit, row in zip(at_once, (one, two), strict=True):
        assert rows.row_sponsoring(unit, FAMILIES[0]) is None
        rows.save_row(unit, SPONSORS[0], replace(row, sponsored_organization_id=FAMILIES[0]))
    at_once[0].commit()
    with pytest.raises(ConflictError):
        at_once[1].commit()


def test_adding_and_removing_rows_of_one_member_at_once_conflict() -> None:
    store = a_store()
    uow = a_unit(store)
    one, two = a_row("one"), a_row("two")
    rows.add_row(uow, SPONSORS[0], one)
    rows.add_row(uow, SPONSORS[0], two)
    uow.commit()

    # Each alone keeps the count of members with several rows right, both together would not.
    for removed in (one, two):
        adding, removing = a_unit(store), a_unit(store)
        rows.add_row(adding, SPONSORS[0], a_row("three"))
        rows.remove_row(removing, SPONSORS[0], removed)
        removing.commit()
        with pytest.raises(ConflictError):
            adding.commit()
        again = a_unit(store)
        rows.add_row(again, SPONSORS[0], removed)
        again.commit()


def test_a_deleted_organization_has_no_rows_and_its_home_keeps_them_without_a_sponsor() -> None:
    store = a_store()
    uow = a_unit(store)
    row = a_row("one", sponsored_organization_id=FAMILIES[0], valid_until=NOW)
    rows.add_row(uow, SPONSORS[0], row)
    uow.commit()

    uow = a_unit(store)
    repo.gone_organizations.save(uow, GoneOrganization(SPONSORS[0], NOW), SPONSORS[0])
    repo.organizations.delete(uow, SPONSORS[0])

    orphan = replace(row, sponsoring_organization_id=None)
    assert rows.rows_named(uow, SPONSORS[0], "one") == []
    assert rows.rows_at_home(uow, SPONSORS[0]) == [orphan]
    assert rows.find_row(uow, SPONSORS[0], MEMBERS[0], row.id) == orphan
    assert rows.row_sponsoring(uow, FAMILIES[0]) == (SPONSORS[0], orphan)
    assert set(rows.homes_of_rows(uow, [SPONSORS[1]])) == set(SPONSORS)

    rows.remove_row(uow, SPONSORS[0], orphan)
    assert rows.rows_at_home(uow, SPONSORS[0]) == []
    assert rows.row_sponsoring(uow, FAMILIES[0]) is None
