"""Redeeming an offer: what it does, and whom it is refused (docs/contract/api.md §2.7 #1 to #3, #9).

The checks come in the contract's order; where two fail at once, the test says which one answers.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sosie.domain.members import Role
from tests.support.cloud import TestCloud
from tests.support.families import (
    ACME,
    ALICE,
    COUSIN,
    FAMILY,
    GLOBEX,
    NEWCOMER,
    NOW,
    OWNER,
    POLICY_TEXT,
    SPONSORED_PRICE,
    SPONSORSHIPS,
    change_email,
    change_member,
    change_organization,
    change_row,
    change_subscription,
    delete_organization,
    events_of,
    guid,
    join,
    mails,
    offer,
    offer_token,
    redeem,
    redeem_newest,
    resend,
    set_policy,
    sync_row,
    synced,
    the_row,
)
from tests.support.refusals import assert_done, assert_error, assert_failed, assert_misread, assert_no_body

BAD_TOKEN = "Failed to parse sponsorship token."
NOT_OWNER = "Can only redeem sponsorship for an organization you own."


@pytest.fixture
def offered(cloud: TestCloud) -> TestCloud:
    """A cloud in which Alice of Acme has made an offer to her cousin, who owns a Families organization."""
    assert_done(offer(cloud, ALICE, COUSIN))
    return cloud


# #9: success.


def test_a_redeemed_row_names_the_family_and_the_end_of_its_period(offered: TestCloud) -> None:
    before, family = the_row(offered), offered.organization(FAMILY)

    assert_done(redeem_newest(offered))

    end = family.subscription.period_end
    assert the_row(offered) == replace(
        before, sponsored_organization_id=family.id, offered_to_email=None, valid_until=end
    )


def test_the_family_gets_the_sponsored_price_and_nothing_else_changes(offered: TestCloud) -> None:
    change_organization(offered, FAMILY, expiration_date=NOW + timedelta(days=3))
    before = offered.organization(FAMILY)

    redeem_newest(offered)

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

    assert_done(redeem_newest(offered))

    assert the_row(offered).valid_until == offered.organization(FAMILY).expiration_date == trial_end


def test_no_mail_and_no_event_follow(offered: TestCloud) -> None:
    before = mails(offered)

    redeem_newest(offered)

    assert mails(offered) == before
    assert events_of(offered, ACME) == events_of(offered, FAMILY) == []


def test_an_offer_is_redeemed_once(offered: TestCloud) -> None:
    redeem_newest(offered)
    row = the_row(offered)

    assert_error(redeem_newest(offered), 400, BAD_TOKEN)
    assert the_row(offered) == row


def test_an_older_token_of_the_same_offer_is_as_good(offered: TestCloud) -> None:
    older = offer_token(offered, COUSIN)
    resend(offered, OWNER, COUSIN)

    assert_done(redeem(offered, COUSIN, older))


def test_a_synced_offer_is_redeemed_and_the_next_sync_says_so(cloud: TestCloud) -> None:
    item = sync_row("cousin", offeredToEmail=COUSIN)
    synced(cloud, item)

    assert_done(redeem_newest(cloud))

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

    assert_done(redeem_newest(offered))

    assert (the_row(offered).redeemed, the_row(offered).to_delete) == (True, True)


def test_an_offer_whose_sponsor_was_deleted_is_redeemed(offered: TestCloud) -> None:
    change_row(offered, sponsoring_organization_id=None)

    assert_done(redeem_newest(offered))

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

    assert_error(redeem_newest(offered), 400, BAD_TOKEN)


def test_an_offer_that_went_on_to_another_address_is_refused(offered: TestCloud) -> None:
    offer(offered, ALICE, NEWCOMER)

    assert_error(redeem_newest(offered), 400, BAD_TOKEN)


def test_who_changed_their_email_is_refused(offered: TestCloud) -> None:
    token = offered.user_token(COUSIN)
    change_email(offered, COUSIN, "cousin@elsewhere.test")

    assert_error(redeem_newest(offered, token=token), 400, BAD_TOKEN)


def test_the_bad_token_answers_before_the_missing_ownership(offered: TestCloud) -> None:
    assert_error(redeem(offered, NEWCOMER, "garbage"), 400, BAD_TOKEN)


# #2: the owner, by the token.


def test_an_organization_of_others_cannot_be_redeemed_for(offered: TestCloud) -> None:
    assert_error(redeem_newest(offered, GLOBEX), 400, NOT_OWNER)


def test_an_unknown_or_missing_organization_is_not_owned_either(offered: TestCloud) -> None:
    path = f"{SPONSORSHIPS}/redeem?sponsorshipToken={offer_token(offered, COUSIN)}"
    token = offered.user_token(COUSIN)

    for body in ({}, {"sponsoredOrganizationId": guid("nobody")}):
        assert_error(offered.post(path, body, token=token), 400, NOT_OWNER)


def test_an_admin_is_no_owner(offered: TestCloud) -> None:
    change_member(offered, COUSIN, FAMILY, role=Role.ADMIN)

    assert_error(redeem_newest(offered), 400, NOT_OWNER)


def test_ownership_is_as_old_as_the_token(offered: TestCloud) -> None:
    owner = offered.user_token(COUSIN)
    change_member(offered, COUSIN, FAMILY, role=Role.USER)
    user = offered.user_token(COUSIN)
    change_member(offered, COUSIN, FAMILY, role=Role.OWNER)

    # The token from before the promotion does not know of it, the one from before the demotion is still good.
    assert_error(redeem_newest(offered, token=user), 400, NOT_OWNER)
    change_member(offered, COUSIN, FAMILY, role=Role.USER)
    assert_done(redeem_newest(offered, token=owner))


def test_the_missing_ownership_answers_before_the_policy(offered: TestCloud) -> None:
    set_policy(offered, GLOBEX)

    assert_error(redeem_newest(offered, GLOBEX), 400, NOT_OWNER)


# #3: the policy, of the family.


def test_the_familys_own_policy_forbids_redeeming(offered: TestCloud) -> None:
    set_policy(offered, FAMILY)

    assert_error(redeem_newest(offered), 400, POLICY_TEXT)
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
