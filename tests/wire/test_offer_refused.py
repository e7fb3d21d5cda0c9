"""What refuses an offer of a member, from the door to their status (docs/contract/api.md §2.4 #1 to #7, #11).

The checks come in the contract's order; where two fail at once, the test says which one answers.
"""

from __future__ import annotations

from typing import Any

import pytest

from sosie.domain.members import MemberStatus
from sosie.services import repository as repo
from tests.support.cloud import TestCloud
from tests.support.families import (
    ACME,
    ALICE,
    BOB,
    COUSIN,
    FAMILY,
    GLOBEX,
    INITECH,
    INITECH_OWNER,
    NEWCOMER,
    OWNER,
    POLICY_TEXT,
    SPONSORSHIPS,
    STRANGER,
    a_redeemed_row,
    a_row,
    change_member,
    change_organization,
    encrypted_text,
    guid,
    mails,
    offer,
    prepared,
    rows_of,
    set_policy,
    store,
    the_row,
)
from tests.support.refusals import (
    assert_done,
    assert_error,
    assert_failed,
    assert_invalid,
    assert_misread,
    assert_no_body,
)

TO_YOURSELF = "Cannot offer a Families Organization Sponsorship to yourself. Choose a different email."
CANNOT_SPONSOR = "Specified Organization cannot sponsor other organizations."
ONLY_CONFIRMED = "Only confirmed users can sponsor other organizations."
ONE_PER_MEMBER = "Can only sponsor one organization per Organization User."
REQUIRED = "The SponsoredEmail field is required."
NO_EMAIL = "The SponsoredEmail field is not a supported e-mail address format."

NOT_CONFIRMED = [MemberStatus.REVOKED, MemberStatus.ACCEPTED, MemberStatus.STAGED]


# the door.


def test_an_offer_needs_a_persons_token(cloud: TestCloud) -> None:
    path = f"{SPONSORSHIPS}/{cloud.organization(ACME).id}/families-for-enterprise"
    anonymous = cloud.post(path, {})

    assert_no_body(anonymous, 401)
    assert anonymous.headers["www-authenticate"].startswith("Bearer")
    assert_no_body(cloud.post(path, {}, token=cloud.installation_token("api.installation")), 403)


def test_an_offer_needs_a_json_body(cloud: TestCloud) -> None:
    path = f"{SPONSORSHIPS}/{cloud.organization(ACME).id}/families-for-enterprise"
    token = cloud.user_token(ALICE)

    assert_no_body(cloud.request("POST", path, body=b'{"sponsoredEmail":"a@b.test"}', token=token), 415)
    for body in (b"", b"null"):
        answer = cloud.request("POST", path, body=body, headers={"content-type": "application/json"}, token=token)
        assert_invalid(answer, {"": ["A non-empty request body is required."]})


def test_an_organization_id_that_is_no_guid_is_a_wrong_value(cloud: TestCloud) -> None:
    path = f"{SPONSORSHIPS}/abc/families-for-enterprise"

    answer = cloud.post(path, {"sponsoredEmail": COUSIN}, token=cloud.user_token(ALICE))

    assert_invalid(answer, {"sponsoringOrgId": ["The value 'abc' is not valid."]})


# #1: the model.


@pytest.mark.parametrize("email", [None, "", "  "])
def test_without_an_email_both_of_its_rules_speak(cloud: TestCloud, email: str | None) -> None:
    assert_invalid(offer(cloud, ALICE, COUSIN, sponsoredEmail=email), {"SponsoredEmail": [REQUIRED, NO_EMAIL]})
    assert (rows_of(cloud), mails(cloud)) == ([], [])


@pytest.mark.parametrize(
    "email",
    [
        "pat",
        "pat@",
        "@mail.test",
        "pat@mail",
        "pat@mail.",
        "pat@mail.t3",
        "zoë@mail.test",
        "Pat <pat@mail.test>",
        "pat@mail.test, zoe@mail.test",
        "pat@mail@test.test",
    ],
)
def test_what_is_no_plain_ascii_address_with_a_dotted_domain_is_refused(cloud: TestCloud, email: str) -> None:
    assert_invalid(offer(cloud, ALICE, COUSIN, sponsoredEmail=email), {"SponsoredEmail": [NO_EMAIL]})


@pytest.mark.parametrize("email", ["pat+family@mail.test", "o'pat@mail.co.test", "pat@münchen.test", "p@m.te"])
def test_plain_addresses_are_taken(cloud: TestCloud, email: str) -> None:
    assert_done(offer(cloud, ALICE, email))
    assert the_row(cloud).offered_to_email == email


def test_every_property_that_is_too_long_says_so(cloud: TestCloud) -> None:
    answer = offer(
        cloud, ALICE, COUSIN, sponsoredEmail="p" * 247 + "@mail.test", friendlyName="n" * 257, notes=encrypted_text(513)
    )

    assert_invalid(
        answer,
        {
            "SponsoredEmail": ["The field SponsoredEmail must be a string with a maximum length of 256."],
            "FriendlyName": ["The field FriendlyName must be a string with a maximum length of 256."],
            "Notes": ["The field Notes exceeds the maximum encrypted value length of 512 characters."],
        },
    )


def test_the_longest_texts_are_taken(cloud: TestCloud) -> None:
    email, notes = "p" * 246 + "@mail.test", encrypted_text(512)
    assert (len(email), len(notes)) == (256, 512)

    assert_done(offer(cloud, ALICE, email, friendlyName="n" * 256, notes=notes))


def test_notes_must_be_encrypted_text(cloud: TestCloud) -> None:
    answer = offer(cloud, ALICE, COUSIN, notes="my cousin")

    assert_invalid(answer, {"Notes": ["Notes is not a valid encrypted string."]})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("planSponsorshipType", "0"),
        ("planSponsorshipType", None),
        ("planSponsorshipType", 256),
        ("planSponsorshipType", -1),
        ("sponsoredEmail", 7),
        ("friendlyName", {}),
        ("isAdminInitiated", "true"),
        ("isAdminInitiated", 1),
    ],
)
def test_a_json_value_of_the_wrong_type_is_named_by_its_path(cloud: TestCloud, name: str, value: Any) -> None:
    assert_misread(offer(cloud, ALICE, COUSIN, **{name: value}), f"$.{name}")


def test_the_model_is_looked_at_before_the_policy(cloud: TestCloud) -> None:
    set_policy(cloud, ACME)

    assert_invalid(offer(cloud, ALICE, COUSIN, sponsoredEmail="pat"), {"SponsoredEmail": [NO_EMAIL]})


# #2: the policy.


def test_the_sponsors_policy_forbids_offers(cloud: TestCloud) -> None:
    set_policy(cloud, ACME)

    assert_error(offer(cloud, ALICE, COUSIN), 400, POLICY_TEXT)
    assert (rows_of(cloud), mails(cloud)) == ([], [])


def test_a_policy_that_is_off_or_another_organizations_forbids_nothing(cloud: TestCloud) -> None:
    set_policy(cloud, ACME, enabled=False)
    set_policy(cloud, GLOBEX)

    assert_done(offer(cloud, ALICE, COUSIN))


def test_the_policy_answers_before_the_missing_membership(cloud: TestCloud) -> None:
    set_policy(cloud, ACME)

    assert_error(offer(cloud, NEWCOMER, NEWCOMER), 400, POLICY_TEXT)


# #3: the membership.


def test_the_cloud_fails_for_somebody_who_is_no_member(cloud: TestCloud) -> None:
    assert_failed(offer(cloud, NEWCOMER, COUSIN))


def test_the_cloud_fails_for_an_organization_it_does_not_know(cloud: TestCloud) -> None:
    path = f"{SPONSORSHIPS}/{guid('no organization')}/families-for-enterprise"

    assert_failed(cloud.post(path, {"sponsoredEmail": COUSIN}, token=cloud.user_token(ALICE)))


def test_the_missing_membership_answers_before_the_own_email(cloud: TestCloud) -> None:
    assert_failed(offer(cloud, NEWCOMER, NEWCOMER))


# #4: oneself.


@pytest.mark.parametrize("email", [ALICE, "ALICE@Acme.Test"])
def test_nobody_can_offer_to_themselves(cloud: TestCloud, email: str) -> None:
    assert_error(offer(cloud, ALICE, email), 400, TO_YOURSELF)
    assert rows_of(cloud) == []


def test_a_deleted_account_is_told_the_same(cloud: TestCloud) -> None:
    token = cloud.user_token(ALICE)
    alice = cloud.user(ALICE)
    with prepared(cloud) as uow:
        repo.users.delete(uow, alice.id)

    assert_error(offer(cloud, ALICE, COUSIN, token=token), 400, TO_YOURSELF)


def test_the_own_email_answers_before_the_unknown_type(cloud: TestCloud) -> None:
    assert_error(offer(cloud, ALICE, ALICE, planSponsorshipType=1), 400, TO_YOURSELF)


# #5: the type.


@pytest.mark.parametrize("number", [1, 255])
def test_the_cloud_fails_for_a_type_that_does_not_exist(cloud: TestCloud, number: int) -> None:
    assert_failed(offer(cloud, ALICE, COUSIN, planSponsorshipType=number))


def test_the_unknown_type_answers_before_the_tier(cloud: TestCloud) -> None:
    assert_failed(offer(cloud, INITECH_OWNER, COUSIN, INITECH, planSponsorshipType=1))


# #6: the tier.


@pytest.mark.parametrize(("by", "organization"), [(INITECH_OWNER, INITECH), (COUSIN, FAMILY)])
def test_organizations_below_enterprise_cannot_sponsor(cloud: TestCloud, by: str, organization: str) -> None:
    assert_error(offer(cloud, by, STRANGER, organization), 400, CANNOT_SPONSOR)


def test_a_disabled_organization_can_sponsor(cloud: TestCloud) -> None:
    change_organization(cloud, ACME, enabled=False)

    assert_done(offer(cloud, ALICE, COUSIN))


def test_the_tier_answers_before_the_status(cloud: TestCloud) -> None:
    change_member(cloud, INITECH_OWNER, INITECH, status=MemberStatus.ACCEPTED)

    assert_error(offer(cloud, INITECH_OWNER, STRANGER, INITECH), 400, CANNOT_SPONSOR)


# #7: the status.


@pytest.mark.parametrize("status", NOT_CONFIRMED)
def test_only_confirmed_members_can_sponsor_whatever_their_token_says(cloud: TestCloud, status: MemberStatus) -> None:
    token = cloud.user_token(ALICE)
    change_member(cloud, ALICE, status=status)

    assert_error(offer(cloud, ALICE, COUSIN, token=token), 400, ONLY_CONFIRMED)


def test_the_status_answers_before_a_row_with_the_name_is_found(cloud: TestCloud) -> None:
    offer(cloud, BOB, COUSIN)
    change_member(cloud, ALICE, status=MemberStatus.ACCEPTED)

    assert_error(offer(cloud, ALICE, COUSIN), 400, ONLY_CONFIRMED)
    assert len(mails(cloud)) == 1


# #11: one redeemed sponsorship per member.


@pytest.mark.parametrize("marked", [False, True])
def test_a_member_who_sponsors_a_family_cannot_offer_to_another(cloud: TestCloud, marked: bool) -> None:
    row = a_redeemed_row(cloud, ALICE, friendly_name="cousins", to_delete=marked)
    store(cloud, row)

    assert_error(offer(cloud, ALICE, STRANGER), 400, ONE_PER_MEMBER)
    assert the_row(cloud) == row


def test_what_an_admin_initiated_does_not_count_for_the_member_and_the_other_way_round(cloud: TestCloud) -> None:
    change_organization(cloud, ACME, use_admin_sponsored_families=True)
    store(cloud, a_redeemed_row(cloud, OWNER, friendly_name="cousins", is_admin_initiated=True))

    assert_done(offer(cloud, OWNER, "one@mail.test"))
    assert_done(offer(cloud, OWNER, "two@mail.test", isAdminInitiated=True))

    assert len(rows_of(cloud)) == 3


def test_a_member_with_several_rows_of_their_own_makes_the_cloud_fail(cloud: TestCloud) -> None:
    twins = [a_row(cloud, ALICE, id=guid(name), friendly_name=name) for name in ("one", "two")]
    store(cloud, *twins)

    assert_failed(offer(cloud, ALICE, STRANGER))
