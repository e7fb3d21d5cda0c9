"""What must be true of the offer and of the family (docs/contract/api.md §2.7 #4 to #8).

The checks come in the contract's order; where two fail at once, the test says which one answers.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.cloud import TestCloud
from tests.support.families import (
    ALICE,
    BOB,
    COUSIN,
    FAMILY,
    NOW,
    OWNER,
    POLICY_TEXT,
    SPONSORSHIPS,
    a_redeemed_row,
    a_row,
    change_organization,
    change_row,
    change_subscription,
    offer,
    redeem_newest,
    resend,
    rows_of,
    set_policy,
    store,
    sync_row,
    synced,
    the_row,
)
from tests.support.refusals import assert_done, assert_error

BAD_TOKEN = "Failed to parse sponsorship token."
ALREADY_SPONSORED = (
    "Cannot redeem a sponsorship offer for an organization that is already sponsored. "
    "Revoke existing sponsorship first."
)
NO_TYPE = "Cannot set up sponsorship without a known sponsorship type."
EXPIRED = "This sponsorship offer is more than 6 months old and has expired."
NOT_FAMILIES = "Can only redeem sponsorship offer on families organizations."
NO_SUBSCRIPTION = "Subscription not found."
ENDED_SUBSCRIPTION = "You do not have an active subscription. Reinstate your subscription to make changes."

HALF_A_YEAR = timedelta(days=182, hours=12)


@pytest.fixture
def offered(cloud: TestCloud) -> TestCloud:
    """A cloud in which Alice of Acme has made an offer to her cousin, who owns a Families organization."""
    assert_done(offer(cloud, ALICE, COUSIN))
    return cloud


def let_lapse(cloud: TestCloud) -> None:
    change_row(cloud, last_sync_date=NOW - HALF_A_YEAR - timedelta(seconds=1))


def sponsored_elsewhere(cloud: TestCloud, **changes: Any) -> None:
    """Let Bob sponsor the Families organization already."""
    store(cloud, a_redeemed_row(cloud, BOB, friendly_name="by bob", **changes))


# #4: one sponsor per family.


@pytest.mark.parametrize("marked", [False, True])
def test_a_family_that_is_sponsored_already_is_refused(offered: TestCloud, marked: bool) -> None:
    sponsored_elsewhere(offered, to_delete=marked)
    before = rows_of(offered)

    assert_error(redeem_newest(offered), 400, ALREADY_SPONSORED)
    assert rows_of(offered) == before


def test_a_family_whose_sponsorship_was_removed_stays_sponsored(offered: TestCloud) -> None:
    redeem_newest(offered)
    path = f"{SPONSORSHIPS}/sponsored/{offered.organization(FAMILY).id}"
    assert_done(offered.request("DELETE", path, token=offered.user_token(COUSIN)))
    offer(offered, BOB, COUSIN, friendlyName="by bob")

    assert_error(redeem_newest(offered), 400, ALREADY_SPONSORED)


@pytest.mark.parametrize("changes", [{"plan_sponsorship_type": None}, {"last_sync_date": NOW - timedelta(days=300)}])
def test_the_existing_sponsorship_answers_before_what_is_wrong_with_the_offer(offered: TestCloud, changes: Any) -> None:
    sponsored_elsewhere(offered)
    wrong = replace(a_row(offered, OWNER, friendly_name="wrong", offered_to_email=COUSIN), **changes)
    store(offered, wrong)
    resend(offered, OWNER, "wrong")

    assert_error(redeem_newest(offered), 400, ALREADY_SPONSORED)
    assert wrong in rows_of(offered)


def test_the_policy_answers_before_the_existing_sponsorship(offered: TestCloud) -> None:
    sponsored_elsewhere(offered)
    set_policy(offered, FAMILY)

    assert_error(redeem_newest(offered), 400, POLICY_TEXT)


# #5: the type.


@pytest.fixture
def untyped(offered: TestCloud) -> TestCloud:
    """A cloud in which the offer has no type, and neither has its token."""
    change_row(offered, plan_sponsorship_type=None)
    assert_done(resend(offered, OWNER, COUSIN))
    return offered


def test_a_row_without_a_type_is_refused(untyped: TestCloud) -> None:
    assert_error(redeem_newest(untyped), 400, NO_TYPE)


def test_a_token_of_another_type_than_the_rows_is_no_token(offered: TestCloud) -> None:
    change_row(offered, plan_sponsorship_type=None)

    assert_error(redeem_newest(offered), 400, BAD_TOKEN)


def test_the_missing_type_answers_before_the_age(untyped: TestCloud) -> None:
    let_lapse(untyped)

    assert_error(redeem_newest(untyped), 400, NO_TYPE)
    assert len(rows_of(untyped)) == 1


# #6: the age.


def test_an_offer_that_was_not_synced_for_half_a_year_goes_when_it_is_redeemed(offered: TestCloud) -> None:
    let_lapse(offered)

    assert_error(redeem_newest(offered), 400, EXPIRED)
    assert rows_of(offered) == []
    assert_error(redeem_newest(offered), 400, BAD_TOKEN)


def test_182_and_a_half_days_are_not_too_old(offered: TestCloud) -> None:
    change_row(offered, last_sync_date=NOW - HALF_A_YEAR)

    assert_done(redeem_newest(offered))


def test_an_offer_made_in_the_cloud_does_not_age(offered: TestCloud) -> None:
    offered.clock.advance(timedelta(days=1000))

    assert_done(redeem_newest(offered))


def test_a_synced_offer_lapses_when_the_syncs_stop_and_lives_when_they_go_on(cloud: TestCloud) -> None:
    items = [sync_row("cousin", offeredToEmail=COUSIN), sync_row("zoe")]
    synced(cloud, *items)
    cloud.clock.advance(timedelta(days=100))
    synced(cloud, items[0])
    cloud.clock.advance(timedelta(days=100))

    assert_done(redeem_newest(cloud))


def test_the_age_answers_before_the_familys_tier(offered: TestCloud) -> None:
    change_organization(offered, FAMILY, plan_type=0)
    let_lapse(offered)

    assert_error(redeem_newest(offered), 400, EXPIRED)


# #7: the tier.


@pytest.mark.parametrize("plan_type", [0, 6, 17, 20, 21])
def test_only_families_organizations_can_be_sponsored(offered: TestCloud, plan_type: int) -> None:
    change_organization(offered, FAMILY, plan_type=plan_type)

    assert_error(redeem_newest(offered), 400, NOT_FAMILIES)
    assert not the_row(offered).redeemed


@pytest.mark.parametrize("plan_type", [1, 7, 22])
def test_families_organizations_of_any_year_can_be_sponsored(offered: TestCloud, plan_type: int) -> None:
    change_organization(offered, FAMILY, plan_type=plan_type)

    assert_done(redeem_newest(offered))


def test_the_tier_answers_before_the_subscription(offered: TestCloud) -> None:
    change_organization(offered, FAMILY, plan_type=0, subscription=None)

    assert_error(redeem_newest(offered), 400, NOT_FAMILIES)


# #8: the subscription.


def test_a_family_without_a_subscription_is_refused(offered: TestCloud) -> None:
    change_organization(offered, FAMILY, subscription=None)
    before = the_row(offered)

    assert_error(redeem_newest(offered), 400, NO_SUBSCRIPTION)
    assert the_row(offered) == before


def test_a_family_whose_subscription_ended_is_refused(offered: TestCloud) -> None:
    change_subscription(offered, FAMILY, status="canceled")
    before = offered.organization(FAMILY)

    assert_error(redeem_newest(offered), 400, ENDED_SUBSCRIPTION)
    assert offered.organization(FAMILY) == before
    assert not the_row(offered).redeemed
