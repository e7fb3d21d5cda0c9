"""A sponsorship sync: what is stored, mailed and answered for each row (docs/contract/api.md §2.8)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sosie.domain.sponsorships import Sponsorship
from tests.support.cloud import TestCloud
from tests.support.families import (
    ACME,
    ALICE,
    BOB,
    COUSIN,
    GLOBEX,
    NOW,
    a_redeemed_row,
    a_row,
    answered,
    change_organization,
    give_sync_key,
    guid,
    mails,
    mails_to,
    member,
    rows_of,
    store,
    sync_row,
    synced,
    the_row,
)

EARLIER = "2026-02-03T04:05:06.1234567Z"
FAMILY_ENDS = "2027-02-02T05:06:07Z"


@pytest.fixture
def acme(cloud: TestCloud) -> TestCloud:
    """A cloud in which Acme has a billing sync key, and members who can hold rows made in the cloud."""
    give_sync_key(cloud, ACME)
    return cloud


def reported(cloud: TestCloud, email: str, **changes: Any) -> dict[str, Any]:
    """Return the row of one of Acme's cloud members as a self-hosted server would report it."""
    return sync_row("pat", sponsoringOrganizationUserId=member(cloud, email).id, **changes)


# Unknown members.


def test_an_unknown_member_gets_a_row_a_mail_and_an_answer(cloud: TestCloud) -> None:
    row = sync_row("zoe", friendlyName="Zoë's family")

    assert synced(cloud, row) == [answered(row)]

    stored = the_row(cloud, GLOBEX)
    assert stored == Sponsorship(
        id=stored.id,
        sponsoring_organization_id=cloud.organization(GLOBEX).id,
        sponsoring_member_id=guid("zoe"),
        friendly_name="Zoë's family",
        offered_to_email="zoe@mail.test",
        plan_sponsorship_type=0,
        sponsored_organization_id=None,
        last_sync_date=NOW,
        valid_until=None,
        to_delete=False,
        is_admin_initiated=False,
        notes=None,
    )
    assert [mail["to"] for mail in mails(cloud)] == ["zoe@mail.test"]


def test_each_new_row_is_mailed_once_and_a_known_one_never(cloud: TestCloud) -> None:
    synced(cloud, sync_row("zoe"), sync_row("pat"))
    synced(cloud, sync_row("zoe"), sync_row("kim"), sync_row("pat"))

    assert [mail["to"] for mail in mails(cloud)] == ["zoe@mail.test", "pat@mail.test", "kim@mail.test"]


def test_the_offer_names_the_organization_decoded_and_knows_who_has_an_account(cloud: TestCloud) -> None:
    change_organization(cloud, GLOBEX, name="R&amp;D")
    synced(cloud, sync_row("cousin", offeredToEmail=COUSIN), sync_row("zoe"), organization="R&amp;D")

    (cousin,), (zoe,) = mails_to(cloud, COUSIN), mails_to(cloud, "zoe@mail.test")
    assert "R&D" in cousin["text"]
    assert (cousin["subject"], cousin["category"]) == (
        "Accept your Sponsored Families Plan",
        "FamiliesForEnterpriseOffer",
    )
    (link,) = cousin["links"]
    assert link == (
        "https://vault.bitwarden.com/#/accept-families-for-enterprise"
        f"?token={cousin['sponsorshipToken']}&email=cousin%40family.test"
    )
    assert zoe["links"][0].endswith("&email=zoe%40mail.test&register=true")


def test_what_a_self_hosted_server_says_about_dates_notes_and_admins_is_ignored(cloud: TestCloud) -> None:
    row = sync_row("zoe", validUntil=EARLIER, lastSyncDate=EARLIER)
    more = {"isAdminInitiated": True, "notes": "2.a|b|c", "cloudSponsorshipRemoved": True, "id": guid("id")}

    assert synced(cloud, row | more) == [answered(row)]

    stored = the_row(cloud, GLOBEX)
    assert (stored.valid_until, stored.is_admin_initiated, stored.notes) == (None, False, None)
    assert stored.id != guid("id")


def test_the_answer_keeps_the_order_of_the_request(cloud: TestCloud) -> None:
    rows = [sync_row(name) for name in ("zoe", "alf", "kim", "bea")]
    synced(cloud, rows[2])

    assert synced(cloud, *rows) == [answered(row) for row in rows]


def test_times_are_written_with_their_fraction(cloud: TestCloud) -> None:
    cloud.clock.advance(timedelta(microseconds=120_000))

    (item,) = synced(cloud, sync_row("zoe"))

    assert item["lastSyncDate"] == "2026-03-04T05:06:07.12Z"


def test_texts_that_are_absent_or_empty_are_kept_as_such(cloud: TestCloud) -> None:
    row = sync_row("zoe", friendlyName=None)

    assert synced(cloud, row) == [answered(row)]
    assert the_row(cloud, GLOBEX).friendly_name is None


def test_missing_members_of_an_item_take_their_defaults(cloud: TestCloud) -> None:
    (item,) = synced(cloud, {"offeredToEmail": "zoe@mail.test"})

    nobody = "00000000-0000-0000-0000-000000000000"
    assert item == answered(
        sync_row("zoe", sponsoringOrganizationUserId=nobody, friendlyName=None, planSponsorshipType=0)
    )


# Known rows.


def test_of_a_known_row_only_the_last_sync_is_renewed(cloud: TestCloud) -> None:
    synced(cloud, sync_row("zoe"))
    before = the_row(cloud, GLOBEX)
    cloud.clock.advance(timedelta(days=1))
    other = sync_row("zoe", friendlyName="another", offeredToEmail="another@mail.test", lastSyncDate=EARLIER)

    assert synced(cloud, other) == [answered(other, lastSyncDate="2026-03-05T05:06:07Z")]

    after = the_row(cloud, GLOBEX)
    assert after.last_sync_date == NOW + timedelta(days=1)
    assert (after.id, after.friendly_name, after.offered_to_email) == (before.id, "zoe@mail.test", "zoe@mail.test")


def test_a_row_made_in_the_cloud_is_known_by_its_member(acme: TestCloud) -> None:
    store(acme, a_row(acme, ALICE))

    item = reported(acme, ALICE)
    assert synced(acme, item, organization=ACME) == [answered(item)]
    assert the_row(acme).last_sync_date == NOW


def test_a_redeemed_row_is_answered_with_the_clouds_end_and_the_reported_email(acme: TestCloud) -> None:
    store(acme, a_redeemed_row(acme, ALICE))

    item = reported(acme, ALICE, validUntil=EARLIER)
    assert synced(acme, item, organization=ACME) == [answered(item, validUntil=FAMILY_ENDS)]


def test_the_clouds_mark_is_neither_told_nor_taken_away(acme: TestCloud) -> None:
    store(acme, a_redeemed_row(acme, ALICE, to_delete=True), a_row(acme, BOB, to_delete=True))

    items = [reported(acme, ALICE), reported(acme, BOB)]
    assert [item["toDelete"] for item in synced(acme, *items, organization=ACME)] == [False, False]
    assert [row.to_delete for row in rows_of(acme)] == [True, True]


def test_an_admin_initiated_row_is_known_and_answered_as_if_it_were_none(acme: TestCloud) -> None:
    store(acme, a_row(acme, ALICE, is_admin_initiated=True))

    (item,) = synced(acme, reported(acme, ALICE), organization=ACME)

    assert item["isAdminInitiated"] is False
    assert the_row(acme).is_admin_initiated


# Rows that go.


@pytest.mark.parametrize("last_sync", [None, EARLIER])
def test_a_known_open_offer_that_goes_is_deleted(cloud: TestCloud, last_sync: str | None) -> None:
    synced(cloud, sync_row("zoe"), sync_row("pat"))
    going = sync_row("zoe", toDelete=True, lastSyncDate=last_sync)

    assert synced(cloud, going) == [answered(going, cloudSponsorshipRemoved=True)]
    assert the_row(cloud, GLOBEX).sponsoring_member_id == guid("pat")
    assert len(mails(cloud)) == 2


@pytest.mark.parametrize("marked", [False, True])
def test_a_redeemed_row_that_goes_is_marked_and_runs_out(acme: TestCloud, marked: bool) -> None:
    row = a_redeemed_row(acme, ALICE, to_delete=marked)
    store(acme, row)
    going = reported(acme, ALICE, toDelete=True)

    for _ in range(2):
        assert synced(acme, going, organization=ACME) == [answered(going, validUntil=FAMILY_ENDS)]

    stored = the_row(acme)
    assert (stored.to_delete, stored.sponsored_organization_id, stored.valid_until) == (
        True,
        row.sponsored_organization_id,
        row.valid_until,
    )


def test_a_row_whose_family_was_deleted_goes_like_an_open_offer(acme: TestCloud) -> None:
    store(acme, a_redeemed_row(acme, ALICE, sponsored_organization_id=None))
    going = reported(acme, ALICE, toDelete=True)

    assert synced(acme, going, organization=ACME) == [
        answered(going, validUntil=FAMILY_ENDS, cloudSponsorshipRemoved=True)
    ]
    assert rows_of(acme) == []


def test_a_row_the_cloud_purged_comes_back_while_the_answer_says_it_is_gone(cloud: TestCloud) -> None:
    zombie = sync_row("zoe", toDelete=True, lastSyncDate=EARLIER)

    assert synced(cloud, zombie) == [answered(zombie, cloudSponsorshipRemoved=True)]

    stored = the_row(cloud, GLOBEX)
    assert (stored.sponsoring_member_id, stored.to_delete, stored.last_sync_date) == (guid("zoe"), False, NOW)
    assert [mail["to"] for mail in mails(cloud)] == ["zoe@mail.test"]


def test_a_row_that_came_back_goes_with_the_next_sync(cloud: TestCloud) -> None:
    zombie = sync_row("zoe", toDelete=True, lastSyncDate=EARLIER)
    synced(cloud, zombie)

    assert synced(cloud, zombie) == [answered(zombie, cloudSponsorshipRemoved=True)]
    assert rows_of(cloud, GLOBEX) == []
