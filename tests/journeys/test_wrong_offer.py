"""Wrong turns of offering and redeeming, each with the status and the words of the cloud."""

import pytest

from tests.journeys.support.answers import (
    UNHANDLED,
    assert_done,
    assert_empty,
    assert_error,
    assert_invalid,
    assert_invalid_key,
    assert_json,
)
from tests.journeys.support.person import Person
from tests.journeys.support.region import Region
from tests.journeys.support.self_hosted import new_id

BAD_TOKEN = "Failed to parse sponsorship token."
INVALID = {"isTokenValid": False, "isFreeFamilyPolicyEnabled": False}
DISABLED = "Free Bitwarden Families sponsorship has been disabled by your organization administrator."


@pytest.fixture
def synced_offer(region, server, mailbox):
    """Offers through a self-hosted sync and hands out the mailed token."""

    def offered(email):
        server.offer(email)
        server.sync()
        return mailbox.offer_token(region, email)

    return offered


def test_nobody_sponsors_themselves(region, owner):
    answer = owner.offer(region.enterprise["id"], owner.email.upper())
    assert_error(
        answer,
        400,
        "Cannot offer a Families Organization Sponsorship to yourself. Choose a different email.",
    )


@pytest.mark.parametrize("plan", ["teams", "families"])
def test_only_an_enterprise_organization_sponsors(region, sign_in, mailbox, plan):
    name, owner = getattr(region.cast, plan), getattr(region.cast, f"{plan}_owner")
    answer = sign_in(owner).offer(region.organization(name)["id"], "somebody@else.test")
    assert_error(answer, 400, "Specified Organization cannot sponsor other organizations.")
    assert mailbox.received(region, "somebody@else.test") == []


def test_somebody_who_is_no_member_meets_the_clouds_null_reference(region, family_owner, mailbox):
    answer = family_owner.offer(region.enterprise["id"], "somebody@else.test")
    assert_error(answer, 500, UNHANDLED)
    assert mailbox.received(region, "somebody@else.test") == []


def test_a_member_who_accepted_and_is_not_confirmed_yet_cannot_sponsor(region, world, http):
    # Given an organization with such a member, seeded on top (nobody of `families` is in that state)
    chief, dora = "chief@half.test", "dora@half.test"
    half_way = {
        "name": "Half Way",
        "plan": "enterprise-annually",
        "billingEmail": chief,
        "members": [{"email": chief, "role": "owner"}, {"email": dora, "status": "accepted"}],
    }
    users = [{"email": each, "name": each, "masterPassword": "half way there"} for each in (chief, dora)]
    document = {"users": users, "organizations": [half_way]}
    half_way_scenario = {"version": 1, "name": "half-way", "regions": {region.name: document}}
    world.control("POST", "/seed", json={"scenario": half_way_scenario})
    here = Region(region.name, world.control("GET")["regions"][region.name])

    # When she signs in and offers
    member = Person(http, here, dora).login()
    answer = member.offer(here.organization("Half Way")["id"], "somebody@else.test")

    # Then the membership does not count yet, neither here nor among her organizations
    assert_error(answer, 400, "Only confirmed users can sponsor other organizations.")
    assert member.profile()["organizations"] == []


def test_an_offer_to_something_that_is_no_address_is_refused(region, owner):
    organization = region.enterprise["id"]
    text = "The SponsoredEmail field is not a supported e-mail address format."
    for address in ("nonsense", "a@b", "ü@else.test", "two@at@else.test", "a@else.t3"):
        assert_invalid(owner.offer(organization, address), {"SponsoredEmail": [text]})
    assert_invalid_key(owner.offer(organization, ""), "SponsoredEmail")
    too_long = "The field FriendlyName must be a string with a maximum length of 256."
    assert_invalid(owner.offer(organization, "a@else.test", "x" * 257), {"FriendlyName": [too_long]})


def test_an_offer_belongs_to_the_address_it_was_made_to(region, synced_offer, family_owner):
    token = synced_offer(region.cast.newcomer)
    assert assert_json(family_owner.validate_token(token)) == INVALID
    assert_error(family_owner.redeem(token, region.families["id"]), 400, BAD_TOKEN)


def test_a_link_that_was_used_or_never_sent_opens_nothing(region, synced_offer, family_owner):
    token = synced_offer(family_owner.email)
    families = region.families["id"]
    flipped = token[:-8] + token[-8:].swapcase()
    for garbage in ("", "garbage", "BWOrganizationSponsorship_", token.removeprefix("BW"), flipped, f"{token}A"):
        assert assert_json(family_owner.validate_token(garbage)) == INVALID, garbage
        assert_error(family_owner.redeem(garbage, families), 400, BAD_TOKEN)

    assert_done(family_owner.redeem(token, families))
    assert assert_json(family_owner.validate_token(token)) == INVALID
    assert_error(family_owner.redeem(token, families), 400, BAD_TOKEN)


def test_an_organization_created_after_the_token_is_owned_only_after_a_refresh(region, synced_offer, sign_in):
    # Given an offer, and a session from before the organization existed
    newcomer = sign_in(region.cast.newcomer)
    token = synced_offer(newcomer.email)
    newcomer.unlock()
    created = assert_json(newcomer.create_families("Too Early"))["id"]

    # When it is redeemed with the old token, the claim is missing
    answer = newcomer.redeem(token, created)
    assert_error(answer, 400, "Can only redeem sponsorship for an organization you own.")

    # Then the same offer is still good, and a refresh is all it takes
    assert assert_json(newcomer.validate_token(token))["isTokenValid"] is True
    newcomer.refresh()
    assert_done(newcomer.redeem(token, created))


def test_only_an_own_families_organization_without_a_sponsor_can_be_redeemed_for(
    region, synced_offer, sign_in, family_owner, mailbox
):
    # Somebody else's organization, or none
    token = synced_offer(family_owner.email)
    for foreign in (region.enterprise["id"], new_id()):
        answer = family_owner.redeem(token, foreign)
        assert_error(answer, 400, "Can only redeem sponsorship for an organization you own.")

    # an Enterprise organization
    rival = sign_in(region.cast.other_enterprise_owner)
    answer = rival.redeem(synced_offer(rival.email), region.other_enterprise["id"])
    assert_error(answer, 400, "Can only redeem sponsorship offer on families organizations.")

    # one that is sponsored already
    assert_done(family_owner.redeem(token, region.families["id"]))
    member = sign_in(region.cast.member)
    assert_done(member.offer(region.enterprise["id"], family_owner.email, "a second time"))
    again = mailbox.offer_token(region, family_owner.email)
    assert_error(
        family_owner.redeem(again, region.families["id"]),
        400,
        "Cannot redeem a sponsorship offer for an organization that is already sponsored. "
        "Revoke existing sponsorship first.",
    )


def test_a_member_sponsors_one_organization_at_a_time(region, sign_in, family_owner, mailbox):
    organization, member = region.enterprise["id"], sign_in(region.cast.member)
    # An unredeemed offer is overwritten by the next one, and its link dies
    assert_done(member.offer(organization, region.cast.newcomer))
    newcomer = sign_in(region.cast.newcomer)
    first = mailbox.offer_token(region, newcomer.email)
    assert_done(member.offer(organization, family_owner.email))
    assert assert_json(newcomer.validate_token(first)) == INVALID
    # a redeemed one stays
    assert_done(family_owner.redeem(mailbox.offer_token(region, family_owner.email), region.families["id"]))
    answer = member.offer(organization, newcomer.email)
    assert_error(answer, 400, "Can only sponsor one organization per Organization User.")


def test_the_policy_against_free_families_stops_offers_and_shows_at_the_link(region, synced_offer, owner, family_owner):
    organization = region.enterprise["id"]
    token = synced_offer(family_owner.email)
    assert owner.set_families_policy(organization, enabled=True).status_code == 200
    assert_error(owner.offer(organization, "somebody@else.test"), 400, DISABLED)
    assert_error(owner.resend_offer(organization, family_owner.email), 400, DISABLED)
    assert assert_json(family_owner.validate_token(token)) == {
        "isTokenValid": True,
        "isFreeFamilyPolicyEnabled": True,
    }
    # The real check looks at the sponsored organization, so the link itself still works.
    assert_done(family_owner.redeem(token, region.families["id"]))


def test_revoking_or_removing_what_is_not_ones_own_is_refused(region, owner, family_owner, sign_in):
    organization, families = region.enterprise["id"], region.families["id"]
    answer = family_owner.revoke(organization)
    assert_error(answer, 400, "Can only revoke a sponsorship you granted.")
    assert_error(owner.revoke(organization), 400, "You are not currently sponsoring an organization.")
    assert_error(owner.remove(families), 400, "Only the owner of an organization can remove sponsorship.")
    answer = family_owner.remove(families)
    assert_error(answer, 400, "The requested organization is not currently being sponsored.")
    member = sign_in(region.cast.member)
    assert_empty(member.resend_offer(organization, "anything"), 403)
    assert_empty(member.admin_revoke(organization, "anything"), 403)


def test_the_cloud_does_not_play_the_self_hosted_server(region, owner):
    organization = region.enterprise["id"]
    path = f"/organization/sponsorship/self-hosted/{organization}/families-for-enterprise"
    body = {"planSponsorshipType": 0, "sponsoredEmail": "somebody@else.test", "friendlyName": "x"}
    assert_error(owner.call("POST", path, json=body), 400, "Only allowed when self hosted.")
