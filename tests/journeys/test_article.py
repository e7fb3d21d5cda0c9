"""The help article *Families for Enterprise, self-hosted*, walked from its first step to the licence."""

import re
import time

from tests.journeys.support.answers import assert_done, assert_json
from tests.journeys.support.crypto import SymmetricKey
from tests.journeys.support.licence import instant


def test_the_four_steps_bring_an_offer_to_the_invited_person(region, unconnected, sign_in, mailbox):
    # Given step 1: cloud communication is on and the URIs of the region are set (the fixture)
    organization, families_owner = region.enterprise, region.cast.families_owner

    # When the owner types the master password and generates the billing sync token (step 2)
    owner = sign_in(region.cast.owner)
    assert assert_json(owner.sync_status(organization["id"])) == {"object": "syncStatus", "lastSyncDate": None}
    key = assert_json(owner.api_key(organization["id"]))
    assert key.keys() == {"object", "apiKey", "revisionDate"}
    assert re.fullmatch(r"[A-Za-z0-9]{30}", key["apiKey"])

    # and gives it to the self-hosted organization (step 3), which has an offer and syncs (step 4)
    unconnected.billing_sync_key = key["apiKey"]
    row = unconnected.offer(families_owner)
    assert row.status == "requested"
    (item,) = unconnected.sync()

    # Then the row is answered with exactly the contract's fields, and shown as sent
    assert item == row.to_wire() | {
        "lastSyncDate": row.last_sync,
        "cloudSponsorshipRemoved": False,
        "isAdminInitiated": False,
    }
    assert row.status == "sent"
    assert abs(float(instant(row.last_sync)) - time.time()) < 300
    # and the mail with the link is there, once
    assert mailbox.offer_token(region, families_owner)
    assert len(mailbox.received(region, families_owner)) == 1
    # and the owner sees when the last sync was, later than the token's revision
    status = assert_json(owner.sync_status(organization["id"]))
    assert status == {"object": "syncStatus", "lastSyncDate": row.last_sync}
    assert instant(status["lastSyncDate"]) > instant(key["revisionDate"])


def test_an_offer_redeemed_for_an_existing_families_organization_is_active_after_the_next_sync(
    region, server, family_owner, mailbox
):
    # Given an offer that was synced and mailed
    row = server.offer(family_owner.email)
    server.sync()
    token = mailbox.offer_token(region, family_owner.email)
    assert assert_json(family_owner.validate_token(token)) == {
        "isTokenValid": True,
        "isFreeFamilyPolicyEnabled": False,
    }

    # When the owner of the family redeems it
    assert_done(family_owner.redeem(token, region.families["id"]))

    # Then nothing changes on the self-hosted side until the next sync, which shows it active
    assert row.status == "sent"
    server.sync()
    assert row.status == "active"
    # until the end of the period the sponsored subscription has now
    billing = assert_json(family_owner.subscription(region.families["id"]))
    assert instant(row.valid_until) == instant(billing["subscription"]["periodEndDate"])
    assert any(item["sponsoredSubscriptionItem"] for item in billing["subscription"]["items"])
    # and redeeming sends no mail
    assert len(mailbox.received(region, family_owner.email)) == 1


def test_an_offer_redeemed_for_a_new_families_organization_is_active_after_the_next_sync(
    region, server, sign_in, mailbox
):
    # Given an offer to somebody with an account and no organization
    newcomer = sign_in(region.cast.newcomer)
    assert newcomer.unlock().organization_keys == {}
    row = server.offer(newcomer.email)
    server.sync()
    token = mailbox.offer_token(region, newcomer.email)

    # When a Families organization is created, the token refreshed and the offer redeemed
    key = SymmetricKey.generate()
    created = assert_json(newcomer.create_families("Our Own Family", key=key))
    assert created["object"] == "organization"
    assert (created["name"], created["planType"]) == ("Our Own Family", 22)
    newcomer.refresh()
    assert_done(newcomer.redeem(token, created["id"]))

    # Then the next sync shows the sponsorship active
    server.sync()
    assert row.status == "active"
    assert instant(row.valid_until) > time.time()
    # and the organization is really theirs: its key comes back and opens
    assert newcomer.unlock().organization_keys == {created["id"]: key}


def test_somebody_without_an_account_is_asked_to_register(region, server, mailbox):
    server.offer("nobody.yet@else.test")
    server.sync()
    assert mailbox.offer_token(region, "nobody.yet@else.test", new_account=True)


def test_a_families_organization_can_be_created_without_payment_details(region, server, sign_in, mailbox):
    newcomer = sign_in(region.cast.newcomer)
    newcomer.unlock()
    server.offer(newcomer.email)
    server.sync()
    created = assert_json(newcomer.create_families("Free Family", pay=False))
    newcomer.refresh()
    assert_done(newcomer.redeem(mailbox.offer_token(region, newcomer.email), created["id"]))


def test_generating_the_token_again_shows_the_same_one(region, server, owner):
    again = assert_json(owner.api_key(region.enterprise["id"]))
    listed = assert_json(owner.api_key_information(region.enterprise["id"]))
    assert again["apiKey"] == server.billing_sync_key
    assert listed["object"] == "list"
    dates = {info["keyType"]: info["revisionDate"] for info in listed["data"]}
    assert dates[1] == again["revisionDate"]
    assert 0 in dates, "an organization has a Default key from the start"
    assert all(info.keys() == {"object", "keyType", "revisionDate"} for info in listed["data"])
