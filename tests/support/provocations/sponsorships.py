"""Offers that cannot be made, sent again, redeemed or withdrawn (api.md §2.4 to §2.7, §2.10)."""

from __future__ import annotations

from datetime import timedelta

from sosie.domain.members import MemberStatus, Role
from tests.support.cloud import TestCloud, WireAnswer
from tests.support.families import (
    ACME,
    ALICE,
    BOB,
    COUSIN,
    FAMILY,
    GLOBEX,
    GLOBEX_OWNER,
    INITECH,
    INITECH_OWNER,
    NEWCOMER,
    OWNER,
    POLICY_TEXT,
    SPONSORSHIPS,
    a_redeemed_row,
    a_row,
    change_member,
    change_organization,
    change_row,
    change_subscription,
    guid,
    join,
    member,
    offer,
    offer_token,
    redeem,
    redeem_newest,
    resend,
    set_policy,
    store,
    validate,
)
from tests.support.provocations.told import (
    BASE,
    DONE,
    FAILED,
    JSON,
    UNKNOWN,
    Expected,
    Told,
    api_error,
    named,
    provokes,
)

NOT_VALID = Expected(200, {"isTokenValid": False, "isFreeFamilyPolicyEnabled": False}, JSON)
UNREADABLE = api_error(400, "Failed to parse sponsorship token.")


def offered(cloud: TestCloud) -> None:
    assert offer(cloud, ALICE, COUSIN).status == 200


@provokes("POLICY_FORBIDS")
def a_policy_of_the_sponsor(cloud: TestCloud) -> Told:
    set_policy(cloud, ACME)
    message = f"Policy 13 of {named(cloud, ACME)} forbids free Families sponsorships since 2026-03-04 05:06:07 UTC."
    remedy = (f'PUT {BASE}/us/api/organizations/{cloud.organization(ACME).id}/policies/13 with {{"policy"',)
    return Told(offer(cloud, ALICE, COUSIN), api_error(400, POLICY_TEXT), message, remedy)


@provokes("NOT_A_MEMBER")
def an_offer_of_a_stranger(cloud: TestCloud) -> Told:
    message = f"The account {GLOBEX_OWNER} is no member of {named(cloud, ACME)}."
    return Told(offer(cloud, GLOBEX_OWNER, COUSIN), FAILED, message, ("Sign in as a member",))


@provokes("ORGANIZATION_UNKNOWN")
def an_offer_of_no_organization(cloud: TestCloud) -> Told:
    body = {"sponsoredEmail": COUSIN, "friendlyName": COUSIN}
    answer = cloud.post(f"{SPONSORSHIPS}/{UNKNOWN}/families-for-enterprise", body, token=cloud.user_token(ALICE))
    return Told(answer, FAILED, f"No region of this world has an organization {UNKNOWN}.", ("licence file",))


@provokes("NOT_CONFIRMED")
def an_offer_of_somebody_not_confirmed(cloud: TestCloud) -> Told:
    change_member(cloud, ALICE, status=MemberStatus.ACCEPTED)
    message = f"The membership of {ALICE} in {named(cloud, ACME)} is accepted, not confirmed."
    expected = api_error(400, "Only confirmed users can sponsor other organizations.")
    return Told(offer(cloud, ALICE, COUSIN), expected, message, ("Confirm the member",))


@provokes("TIER_NOT_ENTERPRISE")
def an_offer_of_a_team(cloud: TestCloud) -> Told:
    answer = offer(cloud, INITECH_OWNER, COUSIN, INITECH)
    message = (
        f"The plan of {named(cloud, INITECH)} is {cloud.organization(INITECH).plan.name}, and only Enterprise sponsors."
    )
    expected = api_error(400, "Specified Organization cannot sponsor other organizations.")
    return Told(answer, expected, message, ("Enterprise plan",))


@provokes("OFFER_TO_YOURSELF")
def an_offer_to_yourself(cloud: TestCloud) -> Told:
    text = "Cannot offer a Families Organization Sponsorship to yourself. Choose a different email."
    message = f"The account {ALICE} offers to its own address."
    return Told(offer(cloud, ALICE, ALICE), api_error(400, text), message, ("another person",))


@provokes("ALREADY_SPONSORING")
def a_second_sponsorship(cloud: TestCloud) -> Told:
    store(cloud, a_redeemed_row(cloud, ALICE))
    message = f"The member {ALICE} of {named(cloud, ACME)} already sponsors {named(cloud, FAMILY)}."
    expected = api_error(400, "Can only sponsor one organization per Organization User.")
    return Told(offer(cloud, ALICE, NEWCOMER), expected, message, ("Revoke",))


@provokes("ADMIN_OFFERS_OFF")
def an_admins_offer_where_that_is_off(cloud: TestCloud) -> Told:
    answer = offer(cloud, OWNER, COUSIN, isAdminInitiated=True)
    text = "Sponsoring organization cannot send admin-initiated sponsorship invitations"
    message = (
        f"The organization {named(cloud, ACME)} does not have useAdminSponsoredFamilies, "
        "which admin-initiated offers need."
    )
    return Told(answer, api_error(400, text), message, ("isAdminInitiated false",))


@provokes("SEATS_FULL")
def no_seat_is_left(cloud: TestCloud) -> Told:
    change_organization(cloud, ACME, use_admin_sponsored_families=True, seats=1, max_autoscale_seats=1)
    answer = offer(cloud, OWNER, COUSIN, isAdminInitiated=True)
    message = f"All 1 seats of {named(cloud, ACME)} are taken, and it cannot get another one."
    return Told(answer, api_error(400, "Seat limit has been reached."), message, ("raise the limit",))


@provokes("OFFER_NAME_UNKNOWN")
def a_resend_of_nothing(cloud: TestCloud) -> Told:
    message = f"No sponsorship of {named(cloud, ACME)} has the friendly name that was sent; nothing was sent."
    return Told(resend(cloud, OWNER, "nobody@mail.test"), DONE, message, ("friendlyName",))


@provokes("OFFER_NAME_UNKNOWN")
def an_admin_revokes_nothing(cloud: TestCloud) -> Told:
    path = f"{SPONSORSHIPS}/{cloud.organization(ACME).id}/nobody%40mail.test/revoke"
    answer = cloud.request("DELETE", path, token=cloud.user_token(OWNER))
    text = "The specified sponsored organization could not be found under the given sponsoring organization."
    message = f"No sponsorship of {named(cloud, ACME)} has the friendly name that was sent; nothing was revoked."
    return Told(answer, api_error(400, text), message, ("percent-encoded",))


# Tokens of offers.


def unreadable(cloud: TestCloud, token: str, how: str) -> Told:
    message = f"The sponsorship token that was sent is none that us of this world ever sent{how}."
    return Told(redeem(cloud, COUSIN, token), UNREADABLE, message, ("sosie mail latest",))


@provokes("OFFER_UNREADABLE")
def something_else_as_token(cloud: TestCloud) -> Told:
    return unreadable(cloud, "garbage", ": it does not begin with BWOrganizationSponsorship_")


@provokes("OFFER_UNREADABLE")
def no_token(cloud: TestCloud) -> Told:
    return unreadable(cloud, "", ": none arrived; the query parameter is sponsorshipToken")


@provokes("OFFER_UNREADABLE")
def a_token_that_was_cut(cloud: TestCloud) -> Told:
    offered(cloud)
    return unreadable(cloud, offer_token(cloud, COUSIN)[:-4], ": it was changed or cut, or is of another world")


@provokes("OFFER_UNREADABLE")
def asked_whether_a_token_is_valid(cloud: TestCloud) -> Told:
    message = (
        "The sponsorship token that was sent is none that us of this world ever sent: "
        "it does not begin with BWOrganizationSponsorship_."
    )
    return Told(validate(cloud, COUSIN, "garbage"), NOT_VALID, message, ("sosie mail latest",))


@provokes("OFFER_OTHER_REGION")
def an_offer_of_the_other_region(cloud: TestCloud) -> Told:
    european = TestCloud("eu", keyring=cloud.sosie.keyring)
    european.sosie = cloud.sosie
    assert offer(european, "amelie@dupont.test", COUSIN, "Dupont SA").status == 200
    answer = redeem(cloud, COUSIN, offer_token(cloud, COUSIN))
    return Told(answer, UNREADABLE, "The offer was made in eu, and us was asked.", (f"{BASE}/eu/api/",))


@provokes("OFFER_FOR_OTHER_EMAIL")
def somebody_elses_offer(cloud: TestCloud) -> Told:
    offered(cloud)
    answer = validate(cloud, NEWCOMER, offer_token(cloud, COUSIN))
    message = f"The offer was made to {COUSIN}, and {NEWCOMER} uses it."
    return Told(answer, NOT_VALID, message, ("Sign in as the person",))


@provokes("OFFER_REPLACED")
def an_offer_that_was_made_anew(cloud: TestCloud) -> Told:
    offered(cloud)
    first = offer_token(cloud, COUSIN)
    assert offer(cloud, ALICE, NEWCOMER).status == 200
    message = f"The offer was first made to {COUSIN}; since then it was made to {NEWCOMER}."
    return Told(redeem(cloud, COUSIN, first), UNREADABLE, message, ("newest mail",))


@provokes("OFFER_ALREADY_REDEEMED")
def an_offer_twice(cloud: TestCloud) -> Told:
    offered(cloud)
    assert redeem_newest(cloud).status == 200
    until = cloud.organization(FAMILY).expiration_date.strftime("%Y-%m-%d %H:%M:%S UTC")
    message = f"The offer was redeemed before, for {named(cloud, FAMILY)}, until {until}."
    return Told(redeem_newest(cloud), UNREADABLE, message, ("Send a new offer",))


@provokes("OFFER_ALREADY_REDEEMED")
def a_redeemed_offer_sent_again(cloud: TestCloud) -> Told:
    store(cloud, a_redeemed_row(cloud, ALICE, friendly_name=COUSIN, valid_until=None))
    expected = api_error(400, "Cannot find an outstanding sponsorship offer for this organization.")
    message = f"The offer was redeemed before, for {named(cloud, FAMILY)}."
    return Told(resend(cloud, OWNER, COUSIN), expected, message, ("Send a new offer",))


@provokes("OFFER_GONE")
def an_offer_that_was_revoked(cloud: TestCloud) -> Told:
    offered(cloud)
    revoked = cloud.request("DELETE", f"{SPONSORSHIPS}/{cloud.organization(ACME).id}", token=cloud.user_token(ALICE))
    assert revoked.status == 200
    message = f"The offer to {COUSIN} does not exist any more: it was revoked, deleted by a sync, or lapsed."
    return Told(redeem_newest(cloud), UNREADABLE, message, ("Send a new offer",))


@provokes("OFFER_EXPIRED")
def an_offer_of_a_sync_that_stopped(cloud: TestCloud) -> Told:
    offered(cloud)
    change_row(cloud, last_sync_date=cloud.clock.now() - timedelta(days=183))
    text = "This sponsorship offer is more than 6 months old and has expired."
    message = (
        "The offer was last synced at 2025-09-02 05:06:07 UTC, more than 182.5 days before 2026-03-04 05:06:07 UTC; "
        "it is deleted now."
    )
    return Told(redeem_newest(cloud), api_error(400, text), message, ("Sync the self-hosted server",))


# Organizations that redeem.


@provokes("NOT_OWNER_STALE_TOKEN")
def a_family_that_is_newer_than_the_token(cloud: TestCloud) -> Told:
    assert offer(cloud, ALICE, NEWCOMER).status == 200
    token = cloud.user_token(NEWCOMER)
    join(cloud, NEWCOMER, FAMILY, Role.OWNER)
    answer = redeem_newest(cloud, FAMILY, NEWCOMER, token)
    message = (
        f"The account {NEWCOMER} owns {named(cloud, FAMILY)} now, "
        "but its token of 2026-03-04 05:06:07 UTC is older than that."
    )
    expected = api_error(400, "Can only redeem sponsorship for an organization you own.")
    return Told(answer, expected, message, ("Refresh the access token",))


@provokes("POLICY_FORBIDS")
def a_policy_of_the_family(cloud: TestCloud) -> Told:
    offered(cloud)
    set_policy(cloud, FAMILY)
    message = f"Policy 13 of {named(cloud, FAMILY)} forbids free Families sponsorships since 2026-03-04 05:06:07 UTC."
    return Told(redeem_newest(cloud), api_error(400, POLICY_TEXT), message, ("Switch it off",))


@provokes("ALREADY_SPONSORED")
def a_family_with_a_sponsor(cloud: TestCloud) -> Told:
    store(cloud, a_redeemed_row(cloud, BOB, valid_until=None))
    offered(cloud)
    text = (
        "Cannot redeem a sponsorship offer for an organization that is already sponsored. "
        "Revoke existing sponsorship first."
    )
    message = f"The organization {named(cloud, FAMILY)} is sponsored already, by {named(cloud, ACME)}."
    return Told(redeem_newest(cloud), api_error(400, text), message, ("Remove that sponsorship",))


@provokes("TIER_NOT_FAMILIES")
def an_enterprise_that_redeems(cloud: TestCloud) -> Told:
    join(cloud, COUSIN, GLOBEX, Role.OWNER)
    offered(cloud)
    message = (
        f"The plan of {named(cloud, GLOBEX)} is {cloud.organization(GLOBEX).plan.name}, "
        "and only a Families organization can redeem an offer."
    )
    expected = api_error(400, "Can only redeem sponsorship offer on families organizations.")
    return Told(redeem_newest(cloud, GLOBEX), expected, message, (f"POST {BASE}/us/api/organizations and planType 22",))


@provokes("SUBSCRIPTION_NONE")
def a_family_without_subscription(cloud: TestCloud) -> Told:
    change_organization(cloud, FAMILY, subscription=None)
    offered(cloud)
    message = f"The organization {named(cloud, FAMILY)} has no subscription."
    return Told(redeem_newest(cloud), api_error(400, "Subscription not found."), message, ("Give it a subscription",))


@provokes("SUBSCRIPTION_STATE")
def a_family_that_cancelled(cloud: TestCloud) -> Told:
    change_subscription(cloud, FAMILY, status="canceled")
    offered(cloud)
    text = "You do not have an active subscription. Reinstate your subscription to make changes."
    message = f"The subscription of {named(cloud, FAMILY)} is canceled."
    return Told(redeem_newest(cloud), api_error(400, text), message, ("Renew it",))


# Withdrawing.


def revoke(cloud: TestCloud, by: str, organization: str = ACME) -> WireAnswer:
    return cloud.request("DELETE", f"{SPONSORSHIPS}/{cloud.organization(organization).id}", token=cloud.user_token(by))


@provokes("NOT_SPONSORING")
def nothing_to_revoke(cloud: TestCloud) -> Told:
    message = f"The member {ALICE} of {named(cloud, ACME)} sponsors nobody."
    expected = api_error(400, "You are not currently sponsoring an organization.")
    return Told(revoke(cloud, ALICE), expected, message, ("friendly name",))


@provokes("DUPLICATE_MEMBER")
def a_member_with_two_sponsorships_of_their_own(cloud: TestCloud) -> Told:
    store(cloud, a_row(cloud, ALICE, id=guid("first")), a_row(cloud, ALICE, id=guid("second")))
    message = (
        f"The member {member(cloud, ALICE).id} of {named(cloud, ACME)} has several sponsorships: "
        "the cloud expects one at most and fails."
    )
    return Told(revoke(cloud, ALICE), FAILED, message, ("to get out",))


@provokes("NOT_SPONSORED")
def nothing_to_remove(cloud: TestCloud) -> Told:
    path = f"{SPONSORSHIPS}/sponsored/{cloud.organization(FAMILY).id}"
    answer = cloud.request("DELETE", path, token=cloud.user_token(COUSIN))
    expected = api_error(400, "The requested organization is not currently being sponsored.")
    return Told(answer, expected, f"Nobody sponsors {named(cloud, FAMILY)}.", ("redeemed an offer",))
