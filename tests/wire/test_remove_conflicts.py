"""Deletions that meet other requests: one of them wins, and nothing is half done or half seen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sosie.domain.members import Role
from sosie.ports import MAX_ATOMIC_CHANGES, Delete, Put
from sosie.services import repository as repo
from tests.support.cloud import TestCloud
from tests.support.families import (
    ACME,
    ALICE,
    BOB,
    COUSIN,
    FAMILY,
    NEWCOMER,
    OWNER,
    change_member,
    join,
    offer,
    offer_token,
    redeem,
    rows_of,
    sync_row,
    synced,
)
from tests.support.refusals import NOT_FOUND, UNAUTHORIZED, assert_done, assert_error, assert_failed
from tests.support.removals import delete_account, delete_organization, remove_member, stored_organizations
from tests.support.stores import WatchedStore


@pytest.fixture
def store() -> WatchedStore:
    return WatchedStore()


@pytest.fixture
def cloud(keyring: Any, store: WatchedStore) -> TestCloud:
    return TestCloud(keyring=keyring, store=store)


def test_of_two_deletions_at_once_the_second_finds_nothing(cloud: TestCloud, store: WatchedStore) -> None:
    token = cloud.user_token(OWNER)
    gone = cloud.organization(ACME).id
    first: list[Any] = []
    store.before_next_write(lambda: first.append(delete_organization(cloud, OWNER, token=token, organization_id=gone)))

    second = delete_organization(cloud, OWNER, token=token, organization_id=gone)

    assert_done(first[0])
    assert_error(second, 404, NOT_FOUND)
    assert store.refused == 1


def test_a_redemption_that_comes_first_loses_its_family_to_the_deletion(cloud: TestCloud, store: WatchedStore) -> None:
    assert_done(offer(cloud, ALICE, COUSIN))
    answers: list[Any] = []
    store.before_next_write(lambda: answers.append(redeem(cloud, COUSIN, offer_token(cloud, COUSIN))))

    assert_done(delete_organization(cloud, COUSIN, FAMILY))

    assert_done(answers[0])
    (row,) = rows_of(cloud)
    assert (row.sponsored_organization_id, row.offered_to_email) == (None, None)
    assert row.valid_until is not None
    assert store.refused == 1


def test_a_redemption_that_comes_second_fails_and_the_offer_stays_open(cloud: TestCloud, store: WatchedStore) -> None:
    assert_done(offer(cloud, ALICE, COUSIN))
    token, sponsorship = cloud.user_token(COUSIN), offer_token(cloud, COUSIN)
    store.before_next_write(lambda: delete_organization(cloud, COUSIN, FAMILY))

    answer = redeem(cloud, COUSIN, sponsorship, token=token)

    assert_failed(answer)
    (row,) = rows_of(cloud)
    assert (row.sponsored_organization_id, row.offered_to_email) == (None, COUSIN)
    assert FAMILY not in stored_organizations(cloud)


def test_a_redemption_and_the_sponsors_deletion_do_not_hinder_each_other(cloud: TestCloud, store: WatchedStore) -> None:
    assert_done(offer(cloud, ALICE, COUSIN))
    store.before_next_write(lambda: delete_organization(cloud, OWNER))

    assert_done(redeem(cloud, COUSIN, offer_token(cloud, COUSIN)))

    assert store.refused == 0
    assert ACME not in stored_organizations(cloud)


def test_two_owners_who_remove_each_other_at_once_do_not_both_succeed(cloud: TestCloud, store: WatchedStore) -> None:
    join(cloud, NEWCOMER, ACME, Role.OWNER)
    tokens = [cloud.user_token(email) for email in (OWNER, NEWCOMER)]
    answers: list[Any] = []
    store.before_next_write(lambda: answers.append(remove_member(cloud, OWNER, NEWCOMER, token=tokens[0])))

    answer = remove_member(cloud, NEWCOMER, OWNER, token=tokens[1])

    assert_done(answers[0])
    assert_error(answer, 400, "Organization must have at least one confirmed owner.")


def test_two_owners_who_delete_their_accounts_at_once_do_not_both_succeed(
    cloud: TestCloud, store: WatchedStore
) -> None:
    join(cloud, NEWCOMER, ACME, Role.OWNER)
    assert_done(delete_account(cloud, BOB))
    answers: list[Any] = []
    store.before_next_write(lambda: answers.append(delete_account(cloud, NEWCOMER)))

    answer = delete_account(cloud, OWNER)

    assert_done(answers[0])
    assert answer.status == 400
    assert cloud.user(OWNER) is not None


def test_an_account_that_is_deleted_twice_at_once_goes_once(cloud: TestCloud, store: WatchedStore) -> None:
    token = cloud.user_token(ALICE)
    answers: list[Any] = []
    store.before_next_write(lambda: answers.append(delete_account(cloud, ALICE, token=token)))

    assert_error(delete_account(cloud, ALICE, token=token), 401, UNAUTHORIZED)
    assert_done(answers[0])


def test_a_deletion_is_one_atomic_write_whatever_the_rows(cloud: TestCloud, store: WatchedStore) -> None:
    synced(cloud, *(sync_row(f"m{number}") for number in range(300)))
    store.written.clear()

    assert_done(delete_organization(cloud, "owner@globex.test", "Globex"))

    (group,) = store.written
    assert len(group) <= MAX_ATOMIC_CHANGES


def test_with_very_many_members_the_organization_goes_after_their_dates_and_before_what_is_unseen(
    cloud: TestCloud, store: WatchedStore
) -> None:
    acme = cloud.organization(ACME)
    for number in range(150):
        uow = cloud.unit()
        user = repo.users.get(uow, cloud.user(ALICE).id)
        assert user is not None
        extra = replace(user, id=uow.ids.guid(), email=f"extra{number}@acme.test", seed_password=None)
        repo.add_user(uow, extra)
        uow.commit()
        join(cloud, extra.email, ACME)
    change_member(cloud, BOB, role=Role.ADMIN)
    store.written.clear()

    assert_done(delete_organization(cloud, OWNER))

    (group,) = store.written
    keys = [change.item.key if isinstance(change, Put) else change.key for change in group]
    switch = next(at for at, key in enumerate(keys) if key.partition.endswith("/organizations") and key.sort == acme.id)
    before, after = group[:switch], group[switch + 1 : -1]
    assert {key.partition for key in keys[:switch]} == {"default/us/users", "default/us/gone-organizations"}
    assert len(before) > MAX_ATOMIC_CHANGES
    # Nothing after the organization can be refused, so a deletion is never answered with a conflict once it is seen.
    assert all(isinstance(change, Delete) and change.version is None for change in after)
