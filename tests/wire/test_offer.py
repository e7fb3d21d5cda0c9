"""What an offer does: the row, the mail, and the row that is there already (docs/contract/api.md §2.4)."""

from __future__ import annotations

import re
from datetime import timedelta

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
    OWNER,
    SPONSORSHIPS,
    STRANGER,
    a_redeemed_row,
    a_row,
    change_organization,
    encrypted_text,
    events_of,
    guid,
    mails,
    mails_to,
    member,
    offer,
    resend,
    rows_of,
    store,
    sync_row,
    synced,
    the_row,
)
from tests.support.refusals import (
    assert_done,
    assert_error,
    assert_no_body,
)

# what a member's offer does.


def test_an_offer_makes_a_row_and_a_mail(cloud: TestCloud) -> None:
    assert_done(offer(cloud, ALICE, COUSIN))

    row = the_row(cloud)
    alice = member(cloud, ALICE)
    assert row == Sponsorship(
        id=row.id,
        sponsoring_organization_id=alice.organization_id,
        sponsoring_member_id=alice.id,
        friendly_name=COUSIN,
        offered_to_email=COUSIN,
        plan_sponsorship_type=0,
        sponsored_organization_id=None,
        last_sync_date=None,
        valid_until=None,
        to_delete=False,
        is_admin_initiated=False,
        notes=None,
    )
    assert [mail["to"] for mail in mails(cloud)] == [COUSIN]
    assert events_of(cloud, ACME) == []


def test_the_offer_mail_has_the_contracts_subject_category_and_link(cloud: TestCloud) -> None:
    offer(cloud, ALICE, COUSIN)

    (mail,) = mails_to(cloud, COUSIN)
    token = mail["sponsorshipToken"]
    assert " ".join(sorted(mail)) == "at category code html id links region sponsorshipToken subject text to"
    assert (mail["region"], mail["at"]) == ("us", "2026-03-04T05:06:07.000000Z")
    assert (mail["subject"], mail["category"]) == ("Accept your Sponsored Families Plan", "FamiliesForEnterpriseOffer")
    assert re.fullmatch(r"BWOrganizationSponsorship_[A-Za-z0-9_-]+", token)
    assert mail["links"] == [
        f"https://vault.bitwarden.com/#/accept-families-for-enterprise?token={token}&email=cousin%40family.test"
    ]
    assert "Acme Corporation" in mail["text"]


def test_a_mail_to_somebody_without_an_account_asks_to_register(cloud: TestCloud) -> None:
    offer(cloud, ALICE, STRANGER)

    (mail,) = mails_to(cloud, STRANGER)
    (link,) = mail["links"]
    assert link.endswith("&email=pat%40mail.test&register=true")


def test_an_account_is_found_by_its_email_in_any_letter_case(cloud: TestCloud) -> None:
    offer(cloud, ALICE, "Cousin@Family.Test")

    (mail,) = mails_to(cloud, "Cousin@Family.Test")
    assert mail["links"][0].endswith("&email=Cousin%40Family.Test")


def test_the_mail_of_a_create_shows_the_name_as_it_is_stored_and_the_others_decode_it(cloud: TestCloud) -> None:
    change_organization(cloud, ACME, name="R&amp;D")
    offer(cloud, ALICE, COUSIN, "R&amp;D")
    resend(cloud, OWNER, COUSIN, "R&amp;D")

    created, resent = (mail["text"] for mail in mails_to(cloud, COUSIN))
    assert "R&amp;D" in created
    assert "R&D" in resent


def test_the_friendly_name_and_the_notes_are_kept_as_they_are(cloud: TestCloud) -> None:
    notes = encrypted_text(1)

    assert_done(offer(cloud, ALICE, COUSIN, friendlyName=" Zoë & Co ", notes=notes))

    row = the_row(cloud)
    assert (row.friendly_name, row.offered_to_email, row.notes) == (" Zoë & Co ", COUSIN, notes)


def test_members_of_a_body_have_any_letter_case_and_defaults(cloud: TestCloud) -> None:
    path = f"{SPONSORSHIPS}/{{{cloud.organization(ACME).id.upper()}}}/families-for-enterprise"
    body = {"SponsoredEmail": COUSIN, "ISADMININITIATED": None, "unknown": [1]}

    assert_done(cloud.post(path, body, token=cloud.user_token(ALICE)))

    row = the_row(cloud)
    assert (row.friendly_name, row.offered_to_email, row.plan_sponsorship_type) == (None, COUSIN, 0)


# #8: a row with the same friendly name.


def test_repeating_the_offer_is_a_resend(cloud: TestCloud) -> None:
    offer(cloud, ALICE, COUSIN)
    row = the_row(cloud)

    assert_done(offer(cloud, ALICE, COUSIN))

    assert the_row(cloud) == row
    first, second = (mail["sponsorshipToken"] for mail in mails_to(cloud, COUSIN))
    assert first != second


def test_a_member_who_reuses_a_name_for_another_address_mails_the_first_address_again(cloud: TestCloud) -> None:
    offer(cloud, ALICE, COUSIN, friendlyName="my cousin")

    assert_done(offer(cloud, ALICE, STRANGER, friendlyName="my cousin"))

    assert the_row(cloud).offered_to_email == COUSIN
    assert [mail["to"] for mail in mails(cloud)] == [COUSIN, COUSIN]


def test_two_members_with_one_friendly_name_share_the_first_ones_row(cloud: TestCloud) -> None:
    offer(cloud, ALICE, COUSIN, friendlyName="my cousin")

    assert_done(offer(cloud, BOB, STRANGER, friendlyName="my cousin"))

    assert the_row(cloud).sponsoring_member_id == member(cloud, ALICE).id
    assert [mail["to"] for mail in mails(cloud)] == [COUSIN, COUSIN]


def test_names_that_differ_in_letter_case_are_two_names(cloud: TestCloud) -> None:
    offer(cloud, ALICE, COUSIN, friendlyName="my cousin")
    offer(cloud, BOB, STRANGER, friendlyName="My Cousin")

    assert {row.friendly_name for row in rows_of(cloud)} == {"my cousin", "My Cousin"}


def test_no_name_equals_no_name(cloud: TestCloud) -> None:
    offer(cloud, ALICE, COUSIN, friendlyName=None)

    assert_done(offer(cloud, BOB, STRANGER, friendlyName=None))

    assert [mail["to"] for mail in mails(cloud)] == [COUSIN, COUSIN]
    assert the_row(cloud).sponsoring_member_id == member(cloud, ALICE).id


def test_a_synced_row_with_the_name_is_reused_too(cloud: TestCloud) -> None:
    synced(cloud, sync_row("zoe"))

    assert_done(offer(cloud, "owner@globex.test", STRANGER, GLOBEX, friendlyName="zoe@mail.test"))

    assert the_row(cloud, GLOBEX).sponsoring_member_id == guid("zoe")
    assert [mail["to"] for mail in mails(cloud)] == ["zoe@mail.test", "zoe@mail.test"]


def test_for_a_redeemed_row_with_the_name_nothing_happens(cloud: TestCloud) -> None:
    row = a_redeemed_row(cloud, ALICE, friendly_name=COUSIN)
    store(cloud, row)

    assert_done(offer(cloud, ALICE, COUSIN))

    assert the_row(cloud) == row
    assert mails(cloud) == []


def test_a_row_with_the_name_is_found_before_the_admins_rights_are_asked(cloud: TestCloud) -> None:
    offer(cloud, BOB, STRANGER)

    assert_done(offer(cloud, ALICE, STRANGER, isAdminInitiated=True))

    assert len(mails_to(cloud, STRANGER)) == 2
    assert not the_row(cloud).is_admin_initiated


# #12b: where the row goes.


def test_another_name_overwrites_the_members_open_offer_and_keeps_its_id(cloud: TestCloud) -> None:
    before = a_row(
        cloud,
        ALICE,
        last_sync_date=NOW - timedelta(days=1),
        valid_until=NOW,
        to_delete=True,
        notes=encrypted_text(1),
    )
    store(cloud, before)

    assert_done(offer(cloud, ALICE, COUSIN))

    assert the_row(cloud) == a_row(cloud, ALICE, friendly_name=COUSIN, offered_to_email=COUSIN)


def test_a_row_whose_family_was_deleted_is_overwritten_too(cloud: TestCloud) -> None:
    store(cloud, a_redeemed_row(cloud, ALICE, sponsored_organization_id=None))

    assert_done(offer(cloud, ALICE, COUSIN))

    assert the_row(cloud) == a_row(cloud, ALICE, friendly_name=COUSIN, offered_to_email=COUSIN)


def test_an_admins_offer_never_overwrites(cloud: TestCloud) -> None:
    change_organization(cloud, ACME, use_admin_sponsored_families=True)
    offer(cloud, OWNER, COUSIN)
    offer(cloud, OWNER, "one@mail.test", isAdminInitiated=True)
    offer(cloud, OWNER, "two@mail.test", isAdminInitiated=True)

    mine = {(row.friendly_name, row.is_admin_initiated) for row in rows_of(cloud)}
    assert mine == {(COUSIN, False), ("one@mail.test", True), ("two@mail.test", True)}


def test_a_members_offer_overwrites_no_admins_offer_to_the_same_person(cloud: TestCloud) -> None:
    change_organization(cloud, ACME, use_admin_sponsored_families=True)
    offer(cloud, OWNER, "one@mail.test", isAdminInitiated=True)

    offer(cloud, OWNER, COUSIN)

    assert {row.friendly_name for row in rows_of(cloud)} == {"one@mail.test", COUSIN}


# What only a self-hosted server does (§2).


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/organization/sponsorship/self-hosted/{id}/families-for-enterprise"),
        ("DELETE", "/organization/sponsorship/self-hosted/{id}"),
        ("POST", "/organization/sponsorship/self-hosted/{id}/delete"),
        ("GET", "/organization/sponsorship/self-hosted/{id}/sponsored"),
        ("DELETE", "/organization/sponsorship/self-hosted/{id}/pat%40mail.test/revoke"),
        ("POST", "/organizations/licenses/self-hosted"),
        ("POST", "/organizations/licenses/self-hosted/{id}"),
        ("POST", "/organizations/licenses/self-hosted/{id}/sync"),
    ],
)
def test_routes_of_self_hosted_servers_refuse_in_the_cloud(cloud: TestCloud, method: str, path: str) -> None:
    path = path.format(id=cloud.organization(ACME).id)

    assert_no_body(cloud.request(method, path), 401)
    assert_error(cloud.request(method, path, token=cloud.user_token(OWNER)), 400, "Only allowed when self hosted.")
