"""Offers that an administrator makes: rights, the organization's switch, seats (docs/contract/api.md §2.4 #9 to #12).

The checks come in the contract's order; where two fail at once, the test says which one answers.
"""

from __future__ import annotations

from typing import Any

import pytest

from sosie.domain.members import MemberStatus, Role
from tests.support.cloud import TestCloud
from tests.support.families import (
    ACME,
    ALICE,
    BOB,
    COUSIN,
    NEWCOMER,
    OWNER,
    SPONSORSHIPS,
    STRANGER,
    change_member,
    change_organization,
    change_subscription,
    join,
    mails,
    offer,
    rows_of,
)
from tests.support.refusals import (
    UNAUTHORIZED,
    assert_done,
    assert_error,
    assert_failed,
)

NOT_ADMIN_INITIATED = "Sponsoring organization cannot send admin-initiated sponsorship invitations"
SEAT_LIMIT = "Seat limit has been reached."
NO_SUBSCRIPTION = "You do not have an active subscription. Reinstate your subscription to make changes"


def admin_offer(cloud: TestCloud, by: str, to: str = STRANGER, organization: str = ACME, **changes: Any) -> Any:
    return offer(cloud, by, to, organization, isAdminInitiated=True, **changes)


def allow_admin_offers(cloud: TestCloud, **changes: Any) -> None:
    change_organization(cloud, ACME, use_admin_sponsored_families=True, **changes)


# #9 and #10: who may offer as an administrator.


def test_the_cloud_fails_for_an_admins_offer_whose_token_knows_nothing_of_the_organization(cloud: TestCloud) -> None:
    allow_admin_offers(cloud)
    stale = cloud.user_token(NEWCOMER)
    join(cloud, NEWCOMER, ACME, Role.ADMIN)

    assert_failed(offer(cloud, NEWCOMER, STRANGER, token=stale, isAdminInitiated=True))
    assert_done(admin_offer(cloud, NEWCOMER))


@pytest.mark.parametrize("permissions", [(), ("manageGroups", "managePolicies")])
def test_a_member_without_the_right_to_manage_users_is_unauthorized_with_a_body(
    cloud: TestCloud, permissions: tuple[str, ...]
) -> None:
    join(cloud, NEWCOMER, ACME, Role.CUSTOM, *permissions)

    for by in (ALICE, NEWCOMER):
        assert_error(admin_offer(cloud, by), 401, UNAUTHORIZED)


def test_the_role_user_carries_no_permissions(cloud: TestCloud) -> None:
    allow_admin_offers(cloud)
    join(cloud, NEWCOMER, ACME, Role.USER, "manageUsers")

    assert_error(admin_offer(cloud, NEWCOMER), 401, UNAUTHORIZED)


def test_the_missing_right_answers_before_the_organizations_switch(cloud: TestCloud) -> None:
    assert not cloud.organization(ACME).use_admin_sponsored_families

    assert_error(admin_offer(cloud, ALICE), 401, UNAUTHORIZED)
    assert_error(admin_offer(cloud, OWNER), 400, NOT_ADMIN_INITIATED)


@pytest.mark.parametrize("role", [Role.ADMIN, Role.CUSTOM])
def test_owners_admins_and_managers_of_users_may_offer_as_admins(cloud: TestCloud, role: Role) -> None:
    allow_admin_offers(cloud)
    join(cloud, NEWCOMER, ACME, role, "manageUsers")

    assert_done(admin_offer(cloud, NEWCOMER, "one@mail.test"))
    assert_done(admin_offer(cloud, OWNER, "two@mail.test"))

    assert all(row.is_admin_initiated for row in rows_of(cloud))
    assert [mail["to"] for mail in mails(cloud)] == ["one@mail.test", "two@mail.test"]


def test_the_organizations_switch_answers_before_the_seats(cloud: TestCloud) -> None:
    change_organization(cloud, ACME, seats=1, max_autoscale_seats=1)

    assert_error(admin_offer(cloud, OWNER), 400, NOT_ADMIN_INITIATED)


# #12: seats. Acme has four members who take one: three confirmed and one invited.


def test_a_full_organization_that_may_not_grow_refuses_an_admins_offer(cloud: TestCloud) -> None:
    allow_admin_offers(cloud, seats=4, max_autoscale_seats=4)

    assert_error(admin_offer(cloud, OWNER), 400, SEAT_LIMIT)
    assert (rows_of(cloud), mails(cloud)) == ([], [])


def test_a_full_organization_whose_subscription_ended_says_so(cloud: TestCloud) -> None:
    allow_admin_offers(cloud, seats=4)
    change_subscription(cloud, ACME, status="canceled")

    assert_error(admin_offer(cloud, OWNER), 400, NO_SUBSCRIPTION)


@pytest.mark.parametrize("most", [None, 5])
def test_a_full_organization_that_may_grow_does(cloud: TestCloud, most: int | None) -> None:
    allow_admin_offers(cloud, seats=4, max_autoscale_seats=most)

    assert_done(admin_offer(cloud, OWNER))

    assert cloud.organization(ACME).seats == 5


@pytest.mark.parametrize("seats", [None, 5])
def test_an_organization_with_a_free_seat_or_without_a_limit_stays_as_it_is(
    cloud: TestCloud, seats: int | None
) -> None:
    allow_admin_offers(cloud, seats=seats, max_autoscale_seats=4)

    assert_done(admin_offer(cloud, OWNER))

    assert cloud.organization(ACME).seats == seats


def test_an_admins_offer_takes_the_last_seat_until_it_ends(cloud: TestCloud) -> None:
    allow_admin_offers(cloud, seats=5, max_autoscale_seats=5)
    admin_offer(cloud, OWNER, "one@mail.test")

    assert_error(admin_offer(cloud, OWNER, "two@mail.test"), 400, SEAT_LIMIT)
    cloud.request(
        "DELETE",
        f"{SPONSORSHIPS}/{cloud.organization(ACME).id}/one%40mail.test/revoke",
        token=cloud.user_token(OWNER),
    )
    assert_done(admin_offer(cloud, OWNER, "two@mail.test"))


@pytest.mark.parametrize("status", [MemberStatus.REVOKED, MemberStatus.STAGED])
def test_revoked_and_staged_members_take_no_seat(cloud: TestCloud, status: MemberStatus) -> None:
    allow_admin_offers(cloud, seats=4, max_autoscale_seats=4)
    change_member(cloud, BOB, status=status)

    assert_done(admin_offer(cloud, OWNER))


def test_a_members_own_offer_takes_no_seat(cloud: TestCloud) -> None:
    change_organization(cloud, ACME, seats=4, max_autoscale_seats=4)

    assert_done(offer(cloud, ALICE, COUSIN))
