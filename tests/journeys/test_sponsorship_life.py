"""A sponsorship after it was offered: active, revoked, removed, and what each side sees of it."""

import pytest

from tests.journeys.support.answers import assert_done, assert_error, assert_json
from tests.journeys.support.licence import instant
from tests.journeys.support.self_hosted import SyncFailedError

NO_SPONSORSHIP = {
    "familySponsorshipFriendlyName": None,
    "familySponsorshipAvailable": True,
    "familySponsorshipLastSyncDate": None,
    "familySponsorshipValidUntil": None,
    "familySponsorshipToDelete": None,
    "isAdminInitiated": False,
}


def sponsorship_fields(person, organization_id):
    membership = person.membership(organization_id)
    return {name: membership[name] for name in NO_SPONSORSHIP}


@pytest.fixture
def member(sign_in, region):
    return sign_in(region.cast.member)


def test_an_offer_made_in_the_cloud_shows_in_the_sponsors_profile_at_every_step(region, member, family_owner, mailbox):
    organization = region.enterprise["id"]
    assert sponsorship_fields(member, organization) == NO_SPONSORSHIP

    # When the member offers, the row is there, unsynced and without an end
    assert_done(member.offer(organization, family_owner.email))
    offered = NO_SPONSORSHIP | {
        "familySponsorshipFriendlyName": family_owner.email,
        "familySponsorshipAvailable": False,
        "familySponsorshipToDelete": False,
    }
    assert sponsorship_fields(member, organization) == offered

    # When it is redeemed, it has an end
    assert_done(family_owner.redeem(mailbox.offer_token(region, family_owner.email), region.families["id"]))
    active = sponsorship_fields(member, organization)
    assert active["familySponsorshipValidUntil"] is not None
    assert active == offered | {"familySponsorshipValidUntil": active["familySponsorshipValidUntil"]}

    # When it is revoked, it is only marked, as often as one likes
    for _ in range(2):
        assert_done(member.revoke(organization))
        assert sponsorship_fields(member, organization) == active | {"familySponsorshipToDelete": True}


def test_revoking_an_unredeemed_offer_in_the_cloud_deletes_it_and_its_link(region, member, family_owner, mailbox):
    organization = region.enterprise["id"]
    assert_done(member.offer(organization, family_owner.email))
    token = mailbox.offer_token(region, family_owner.email)
    assert_done(member.revoke(organization))
    assert sponsorship_fields(member, organization) == NO_SPONSORSHIP
    assert assert_json(family_owner.validate_token(token))["isTokenValid"] is False
    assert_error(member.revoke(organization), 400, "You are not currently sponsoring an organization.")


def test_an_unredeemed_offer_revoked_on_the_server_is_gone_after_the_next_sync(
    region, server, owner, family_owner, mailbox
):
    row = server.offer(family_owner.email)
    server.sync()
    token = mailbox.offer_token(region, family_owner.email)

    server.revoke(row)
    assert row.status == "request removed"
    (item,) = server.sync()

    assert item["cloudSponsorshipRemoved"] is True
    assert item["toDelete"] is True
    assert server.rows == {}
    assert assert_json(family_owner.validate_token(token))["isTokenValid"] is False
    # Deleting the only row moves the status back to never.
    assert assert_json(owner.sync_status(region.enterprise["id"]))["lastSyncDate"] is None


def test_an_active_sponsorship_revoked_on_the_server_runs_until_its_end(region, server, family_owner, mailbox):
    row = server.offer(family_owner.email)
    server.sync()
    assert_done(family_owner.redeem(mailbox.offer_token(region, family_owner.email), region.families["id"]))
    server.sync()
    until = row.valid_until

    server.revoke(row)
    (item,) = server.sync()

    assert (item["cloudSponsorshipRemoved"], item["toDelete"]) == (False, True)
    assert (row.valid_until, row.status) == (until, "revoke when expired")


def test_the_family_can_remove_the_sponsorship_and_the_server_is_not_told(region, server, family_owner, mailbox):
    row = server.offer(family_owner.email)
    server.sync()
    assert_done(family_owner.redeem(mailbox.offer_token(region, family_owner.email), region.families["id"]))
    server.sync()
    assert_done(family_owner.remove(region.families["id"]))
    server.sync()
    assert row.status == "active"


def test_a_later_sync_moves_the_date_and_takes_over_nothing_else(region, server, family_owner, mailbox, owner):
    # Given a synced offer
    row = server.offer(family_owner.email)
    server.sync()
    first = row.last_sync

    # When the server sends another address and an end of its own for the same member
    row.offered_to, row.valid_until = "somebody@else.test", "2099-01-01T00:00:00Z"
    (item,) = server.sync()

    # Then the address is echoed but not taken over, the end is the cloud's, and no mail goes out
    assert (item["offeredToEmail"], item["validUntil"]) == ("somebody@else.test", None)
    assert instant(row.last_sync) > instant(first)
    assert mailbox.received(region, "somebody@else.test") == []
    token = mailbox.offer_token(region, family_owner.email)
    assert assert_json(family_owner.validate_token(token))["isTokenValid"] is True
    assert assert_json(owner.sync_status(region.enterprise["id"]))["lastSyncDate"] == row.last_sync


def test_an_administrator_sends_the_offer_again_and_both_links_work(region, server, owner, family_owner, mailbox):
    server.offer(family_owner.email, "The Cousins")
    server.sync()
    first = mailbox.offer_token(region, family_owner.email)

    assert_done(owner.resend_offer(region.enterprise["id"], "the cousins"))
    second = mailbox.offer_token(region, family_owner.email)

    assert len(mailbox.offers(region, family_owner.email)) == 2
    for token in (first, second):
        assert assert_json(family_owner.validate_token(token))["isTokenValid"] is True
    assert_done(owner.resend_offer(region.enterprise["id"], "nobody of that name"))
    assert len(mailbox.offers(region, family_owner.email)) == 2


def test_an_administrator_revokes_an_offer_by_its_friendly_name(region, server, owner, family_owner, mailbox):
    server.offer(family_owner.email)
    server.sync()
    token = mailbox.offer_token(region, family_owner.email)
    assert_done(owner.admin_revoke(region.enterprise["id"], family_owner.email.upper()))
    assert assert_json(family_owner.validate_token(token))["isTokenValid"] is False
    assert_error(
        owner.admin_revoke(region.enterprise["id"], family_owner.email),
        400,
        "The specified sponsored organization could not be found under the given sponsoring organization.",
    )


def test_rotating_the_token_refuses_the_old_one_and_accepts_the_new_one(region, server, owner):
    # Given a server that synced with its token
    row = server.offer("rotation@else.test")
    server.sync()
    before = row.last_sync

    # When the owner rotates it
    rotated = assert_json(owner.rotate_api_key(region.enterprise["id"]))
    assert rotated["apiKey"] != server.billing_sync_key

    # Then the old one is refused, nothing moves, and the owner sees that a sync is awaited
    with pytest.raises(SyncFailedError) as failed:
        server.sync()
    assert_error(failed.value.answer, 400, "Invalid Billing Sync Key")
    status = assert_json(owner.sync_status(region.enterprise["id"]))
    assert status["lastSyncDate"] == before == row.last_sync
    assert instant(before) <= instant(rotated["revisionDate"])

    # and the new one works
    server.billing_sync_key = rotated["apiKey"]
    server.sync()
    assert instant(row.last_sync) > instant(rotated["revisionDate"])
