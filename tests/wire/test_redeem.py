"""Redeeming an offer for a Families organization (docs/contract/api.md §2.7).

The checks come in the contract's order; where two fail at once, the test says which one answers.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sosie.domain.members import Role
from sosie.services.sponsorship_rows import save_row
from tests.support.cloud import TestCloud
from tests.support.families import (
    ACME,
    ALICE,
    BOB,
    COUSIN,
    FAMILY,
    GLOBEX,
    NEWCOMER,
    NOW,
    OWNER,
    POLICY_TEXT,
    SPONSORED_PRICE,
    SPONSORSHIPS,
    a_redeemed_row,
    a_row,
    change_email,
    change_member,
    change_organization,
    change_subscription,
    delete_organization,
    events_of,
    guid,
    join,
    mails,
    offer,
    offer_token,
    prepared,
    redeem,
    resend,
    rows_of,
    set_policy,
    store,
    sync_row,
    synced,
    the_row,
)
from tests.support.refusals import assert_done, assert_error, assert_failed, assert_misread, assert_no_body

BAD_TOKEN = "Failed to parse sponsorship token."
NOT_OWNER = "Can only redeem sponsorship for an organization you own."
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


def change_row(cloud: TestCloud, **changes: Any) -> None:
    """Change the only row of Acme in a way no request can."""
    row = the_row(cloud)
    with prepared(cloud) as uow:
        save_row(uow, cloud.organization(ACME).id, replace(row, **changes))


def let_lapse(cloud: TestCloud) -> None:
    change_row(cloud, last_sync_date=NOW - HALF_A_YEAR - timedelta(seconds=1))


def redeem_offer(cloud: TestCloud, organization: str = FAMILY, token: str | None = None) -> Any:
    """Let the cousin redeem the newest offer they got."""
    return redeem(cloud, COUSIN, offer_token(cloud, COUSIN), organization, token)


def sponsored_elsewhere(cloud: TestCloud, **changes: Any) -> None:
    """Let Bob sponsor the Families organization already."""
    store(cloud, a_redeemed_row(cloud, BOB, friendly_name="by bob", **changes))


# #9: success.


def test_a_redeemed_row_names_the_family_and_the_end_of_its_period(offered: TestCloud) -> None:
    before, family = the_row(offered), offered.organization(FAMILY)

    assert_done(redeem_offer(offered))

    end = family.subscription.period_end
    assert the_row(offered) == replace(
        before, sponsored_organization_id=family.id, offered_to_email=None, valid_until=end
    )


def test_the_family_gets_the_sponsored_price_and_nothing_else_changes(offered: TestCloud) -> None:
    change_organization(offered, FAMILY, expiration_date=NOW + timedelta(days=3))
    before = offered.organization(FAMILY)

    redeem_offer(offered)

    after = offered.organization(FAMILY)
    assert after.subscription == replace(before.subscription, price_id=SPONSORED_PRICE)
    assert after.expiration_date == before.subscription.period_end
    assert replace(after, revision_date=NOW, subscription=None, expiration_date=None) == replace(
        before, revision_date=NOW, subscription=None, expiration_date=None
    )


def test_in_a_trial_the_period_ends_with_the_trial(offered: TestCloud) -> None:
    trial_end = NOW + timedelta(days=7)
    change_subscription(
        offered, FAMILY, status="trialing", period_start=NOW, period_end=trial_end, trial_start=NOW, trial_end=trial_end
    )

    assert_done(redeem_offer(offered))

    assert the_row(offered).valid_until == offered.organization(FAMILY).expiration_date == trial_end


def test_no_mail_and_no_event_follow(offered: TestCloud) -> None:
    before = mails(offered)

    redeem_offer(offered)

    assert mails(offered) == before
    assert events_of(offered, ACME) == events_of(offered, FAMILY) == []


def test_an_offer_is_redeemed_once(offered: TestCloud) -> None:
    redeem_offer(offered)
    row = the_row(offered)

    assert_error(redeem_offer(offered), 400, BAD_TOKEN)
    assert the_row(offered) == row


def test_an_older_token_of_the_same_offer_is_as_good(offered: TestCloud) -> None:
    older = offer_token(offered, COUSIN)
    resend(offered, OWNER, COUSIN)

    assert_done(redeem(offered, COUSIN, older))


def test_a_synced_offer_is_redeemed_and_the_next_sync_says_so(cloud: TestCloud) -> None:
    item = sync_row("cousin", offeredToEmail=COUSIN)
    synced(cloud, item)

    assert_done(redeem_offer(cloud))

    (answer,) = synced(cloud, item)
    assert answer["validUntil"] == "2027-02-02T05:06:07Z"
    assert (answer["offeredToEmail"], answer["toDelete"], answer["cloudSponsorshipRemoved"]) == (COUSIN, False, False)


def test_the_type_in_the_body_is_ignored(offered: TestCloud) -> None:
    path = f"{SPONSORSHIPS}/redeem?sponsorshipToken={offer_token(offered, COUSIN)}"
    body = {"PlanSponsorshipType": 7, "SponsoredOrganizationId": offered.organization(FAMILY).id.upper()}

    assert_done(offered.post(path, body, token=offered.user_token(COUSIN)))


def test_what_became_of_the_sponsor_is_not_asked(offered: TestCloud) -> None:
    set_policy(offered, ACME)
    change_organization(offered, ACME, enabled=False, expiration_date=None, plan_type=18)
    change_row(offered, to_delete=True)

    assert_done(redeem_offer(offered))

    assert (the_row(offered).redeemed, the_row(offered).to_delete) == (True, True)


def test_an_offer_whose_sponsor_was_deleted_is_redeemed(offered: TestCloud) -> None:
    change_row(offered, sponsoring_organization_id=None)

    assert_done(redeem_offer(offered))

    assert (the_row(offered).sponsoring_organization_id, the_row(offered).redeemed) == (None, True)


# The door.


def test_redeeming_needs_a_persons_token_and_a_json_body(offered: TestCloud) -> None:
    path = f"{SPONSORSHIPS}/redeem?sponsorshipToken={offer_token(offered, COUSIN)}"
    token = offered.user_token(COUSIN)

    assert_no_body(offered.post(path, {}), 401)
    assert_no_body(offered.post(path, {}, token=offered.installation_token("api.installation")), 403)
    assert_no_body(offered.request("POST", path, token=token), 415)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sponsoredOrganizationId", None),
        ("sponsoredOrganizationId", ""),
        ("sponsoredOrganizationId", "abc"),
        ("sponsoredOrganizationId", "{6f0c1d7e-1a2b-4c3d-8e9f-0a1b2c3d4e5f}"),
        ("sponsoredOrganizationId", "6f0c1d7e1a2b4c3d8e9f0a1b2c3d4e5f"),
        ("planSponsorshipType", "0"),
    ],
)
def test_a_json_value_of_the_wrong_type_is_named_by_its_path(cloud: TestCloud, name: str, value: object) -> None:
    answer = cloud.post(f"{SPONSORSHIPS}/redeem", {name: value}, token=cloud.user_token(COUSIN))

    assert_misread(answer, f"$.{name}")


# #1: the token.


@pytest.mark.parametrize("token", ["", "garbage", "BWOrganizationSponsorship_AAAA"])
def test_a_token_the_cloud_did_not_make_is_refused(offered: TestCloud, token: str) -> None:
    assert_error(redeem(offered, COUSIN, token), 400, BAD_TOKEN)


def test_no_token_at_all_is_refused_the_same_way(offered: TestCloud) -> None:
    body = {"sponsoredOrganizationId": offered.organization(FAMILY).id}

    assert_error(offered.post(f"{SPONSORSHIPS}/redeem", body, token=offered.user_token(COUSIN)), 400, BAD_TOKEN)


def test_an_offer_to_somebody_else_is_refused(offered: TestCloud) -> None:
    join(offered, NEWCOMER, FAMILY, Role.OWNER)

    assert_error(redeem(offered, NEWCOMER, offer_token(offered, COUSIN)), 400, BAD_TOKEN)
    assert not the_row(offered).redeemed


def test_a_revoked_offer_is_refused(offered: TestCloud) -> None:
    offered.request("DELETE", f"{SPONSORSHIPS}/{offered.organization(ACME).id}", token=offered.user_token(ALICE))

    assert_error(redeem_offer(offered), 400, BAD_TOKEN)


def test_an_offer_that_went_on_to_another_address_is_refused(offered: TestCloud) -> None:
    offer(offered, ALICE, NEWCOMER)

    assert_error(redeem_offer(offered), 400, BAD_TOKEN)


def test_who_changed_their_email_is_refused(offered: TestCloud) -> None:
    token = offered.user_token(COUSIN)
    change_email(offered, COUSIN, "cousin@elsewhere.test")

    assert_error(redeem_offer(offered, token=token), 400, BAD_TOKEN)


def test_the_bad_token_answers_before_the_missing_ownership(offered: TestCloud) -> None:
    assert_error(redeem(offered, NEWCOMER, "garbage"), 400, BAD_TOKEN)


# #2: the owner, by the token.


def test_an_organization_of_others_cannot_be_redeemed_for(offered: TestCloud) -> None:
    assert_error(redeem_offer(offered, GLOBEX), 400, NOT_OWNER)


def test_an_unknown_or_missing_organization_is_not_owned_either(offered: TestCloud) -> None:
    path = f"{SPONSORSHIPS}/redeem?sponsorshipToken={offer_token(offered, COUSIN)}"
    token = offered.user_token(COUSIN)

    for body in ({}, {"sponsoredOrganizationId": guid("nobody")}):
        assert_error(offered.post(path, body, token=token), 400, NOT_OWNER)


def test_an_admin_is_no_owner(offered: TestCloud) -> None:
    change_member(offered, COUSIN, FAMILY, role=Role.ADMIN)

    assert_error(redeem_offer(offered), 400, NOT_OWNER)


def test_ownership_is_as_old_as_the_token(offered: TestCloud) -> None:
    owner = offered.user_token(COUSIN)
    change_member(offered, COUSIN, FAMILY, role=Role.USER)
    user = offered.user_token(COUSIN)
    change_member(offered, COUSIN, FAMILY, role=Role.OWNER)

    # The token from before the promotion does not know of it, the one from before the demotion is still good.
    assert_error(redeem_offer(offered, token=user), 400, NOT_OWNER)
    change_member(offered, COUSIN, FAMILY, role=Role.USER)
    assert_done(redeem_offer(offered, token=owner))


def test_the_missing_ownership_answers_before_the_policy(offered: TestCloud) -> None:
    set_policy(offered, GLOBEX)

    assert_error(redeem_offer(offered, GLOBEX), 400, NOT_OWNER)


# #3: the policy, of the family.


def test_the_familys_own_policy_forbids_redeeming(offered: TestCloud) -> None:
    set_policy(offered, FAMILY)

    assert_error(redeem_offer(offered), 400, POLICY_TEXT)
    assert not the_row(offered).redeemed


def test_an_organization_that_was_deleted_meanwhile_makes_the_cloud_fail(offered: TestCloud) -> None:
    path = f"{SPONSORSHIPS}/redeem?sponsorshipToken={offer_token(offered, COUSIN)}"
    token = offered.user_token(COUSIN)
    body = {"sponsoredOrganizationId": delete_organization(offered, FAMILY)}

    assert_failed(offered.post(path, body, token=token))
    assert not the_row(offered).redeemed


def test_the_policy_answers_before_the_deleted_organization(offered: TestCloud) -> None:
    path = f"{SPONSORSHIPS}/redeem?sponsorshipToken={offer_token(offered, COUSIN)}"
    token = offered.user_token(COUSIN)
    set_policy(offered, FAMILY)
    body = {"sponsoredOrganizationId": delete_organization(offered, FAMILY)}

    assert_error(offered.post(path, body, token=token), 400, POLICY_TEXT)


def test_the_policy_answers_before_the_existing_sponsorship(offered: TestCloud) -> None:
    sponsored_elsewhere(offered)
    set_policy(offered, FAMILY)

    assert_error(redeem_offer(offered), 400, POLICY_TEXT)


# #4: one sponsor per family.


@pytest.mark.parametrize("marked", [False, True])
def test_a_family_that_is_sponsored_already_is_refused(offered: TestCloud, marked: bool) -> None:
    sponsored_elsewhere(offered, to_delete=marked)
    before = rows_of(offered)

    assert_error(redeem_offer(offered), 400, ALREADY_SPONSORED)
    assert rows_of(offered) == before


def test_a_family_whose_sponsorship_was_removed_stays_sponsored(offered: TestCloud) -> None:
    redeem_offer(offered)
    path = f"{SPONSORSHIPS}/sponsored/{offered.organization(FAMILY).id}"
    assert_done(offered.request("DELETE", path, token=offered.user_token(COUSIN)))
    offer(offered, BOB, COUSIN, friendlyName="by bob")

    assert_error(redeem_offer(offered), 400, ALREADY_SPONSORED)


@pytest.mark.parametrize("changes", [{"plan_sponsorship_type": None}, {"last_sync_date": NOW - timedelta(days=300)}])
def test_the_existing_sponsorship_answers_before_what_is_wrong_with_the_offer(offered: TestCloud, changes) -> None:
    sponsored_elsewhere(offered)
    wrong = replace(a_row(offered, OWNER, friendly_name="wrong", offered_to_email=COUSIN), **changes)
    store(offered, wrong)
    resend(offered, OWNER, "wrong")

    assert_error(redeem_offer(offered), 400, ALREADY_SPONSORED)
    assert wrong in rows_of(offered)


# #5: the type.


@pytest.fixture
def untyped(offered: TestCloud) -> TestCloud:
    """A cloud in which the offer has no type, and neither has its token."""
    change_row(offered, plan_sponsorship_type=None)
    assert_done(resend(offered, OWNER, COUSIN))
    return offered


def test_a_row_without_a_type_is_refused(untyped: TestCloud) -> None:
    assert_error(redeem_offer(untyped), 400, NO_TYPE)


def test_a_token_of_another_type_than_the_rows_is_no_token(offered: TestCloud) -> None:
    change_row(offered, plan_sponsorship_type=None)

    assert_error(redeem_offer(offered), 400, BAD_TOKEN)


def test_the_missing_type_answers_before_the_age(untyped: TestCloud) -> None:
    let_lapse(untyped)

    assert_error(redeem_offer(untyped), 400, NO_TYPE)
    assert len(rows_of(untyped)) == 1


# #6: the age.


def test_an_offer_that_was_not_synced_for_half_a_year_goes_when_it_is_redeemed(offered: TestCloud) -> None:
    let_lapse(offered)

    assert_error(redeem_offer(offered), 400, EXPIRED)
    assert rows_of(offered) == []
    assert_error(redeem_offer(offered), 400, BAD_TOKEN)


def test_182_and_a_half_days_are_not_too_old(offered: TestCloud) -> None:
    change_row(offered, last_sync_date=NOW - HALF_A_YEAR)

    assert_done(redeem_offer(offered))


def test_an_offer_made_in_the_cloud_does_not_age(offered: TestCloud) -> None:
    offered.clock.advance(timedelta(days=1000))

    assert_done(redeem_offer(offered))


def test_a_synced_offer_lapses_when_the_syncs_stop_and_lives_when_they_go_on(cloud: TestCloud) -> None:
    items = [sync_row("cousin", offeredToEmail=COUSIN), sync_row("zoe")]
    synced(cloud, *items)
    cloud.clock.advance(timedelta(days=100))
    synced(cloud, items[0])
    cloud.clock.advance(timedelta(days=100))

    assert_done(redeem_offer(cloud))


def test_the_age_answers_before_the_familys_tier(offered: TestCloud) -> None:
    change_organization(offered, FAMILY, plan_type=0)
    let_lapse(offered)

    assert_error(redeem_offer(offered), 400, EXPIRED)


# #7: the tier.


@pytest.mark.parametrize("plan_type", [0, 6, 17, 20, 21])
def test_only_families_organizations_can_be_sponsored(offered: TestCloud, plan_type: int) -> None:
    change_organization(offered, FAMILY, plan_type=plan_type)

    assert_error(redeem_offer(offered), 400, NOT_FAMILIES)
    assert not the_row(offered).redeemed


@pytest.mark.parametrize("plan_type", [1, 7, 22])
def test_families_organizations_of_any_year_can_be_sponsored(offered: TestCloud, plan_type: int) -> None:
    change_organization(offered, FAMILY, plan_type=plan_type)

    assert_done(redeem_offer(offered))


def test_the_tier_answers_before_the_subscription(offered: TestCloud) -> None:
    change_organization(offered, FAMILY, plan_type=0, subscription=None)

    assert_error(redeem_offer(offered), 400, NOT_FAMILIES)


# #8: the subscription.


def test_a_family_without_a_subscription_is_refused(offered: TestCloud) -> None:
    change_organization(offered, FAMILY, subscription=None)
    before = the_row(offered)

    assert_error(redeem_offer(offered), 400, NO_SUBSCRIPTION)
    assert the_row(offered) == before


def test_a_family_whose_subscription_ended_is_refused(offered: TestCloud) -> None:
    change_subscription(offered, FAMILY, status="canceled")
    before = offered.organization(FAMILY)

    assert_error(redeem_offer(offered), 400, ENDED_SUBSCRIPTION)
    assert offered.organization(FAMILY) == before
    assert not the_row(offered).redeemed
