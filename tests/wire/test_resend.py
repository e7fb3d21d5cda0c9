"""Sending an offer again (docs/contract/api.md §2.5); where two checks fail, the test says which one answers."""

from __future__ import annotations

import pytest

from sosie.domain.members import MemberStatus, Role
from tests.support.cloud import TestCloud
from tests.support.families import (
    ACME,
    ALICE,
    COUSIN,
    GLOBEX,
    NEWCOMER,
    OWNER,
    POLICY_TEXT,
    SPONSORSHIPS,
    a_redeemed_row,
    change_member,
    delete_organization,
    join,
    mails,
    mails_to,
    offer,
    resend,
    set_policy,
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

ONLY_CONFIRMED = "Only confirmed users can sponsor other organizations."
NO_OUTSTANDING = "Cannot find an outstanding sponsorship offer for this organization."
NOT_CONFIRMED = [MemberStatus.REVOKED, MemberStatus.ACCEPTED, MemberStatus.STAGED]


@pytest.fixture
def offered(cloud: TestCloud) -> TestCloud:
    """A cloud in which Alice of Acme has made an offer to her cousin."""
    assert_done(offer(cloud, ALICE, COUSIN, friendlyName="My Cousin"))
    return cloud


def test_a_resend_finds_the_name_in_any_letter_case_and_mails_a_new_token(offered: TestCloud) -> None:
    row = the_row(offered)

    assert_done(resend(offered, OWNER, "mY cousIN"))

    assert the_row(offered) == row
    first, second = (mail["sponsorshipToken"] for mail in mails_to(offered, COUSIN))
    assert first != second


def test_members_cannot_resend(offered: TestCloud) -> None:
    join(offered, NEWCOMER, ACME, Role.CUSTOM, "manageGroups")

    for by in (ALICE, NEWCOMER, COUSIN):
        assert_no_body(resend(offered, by, "My Cousin"), 403)
    assert len(mails(offered)) == 1


@pytest.mark.parametrize("role", [Role.ADMIN, Role.CUSTOM])
def test_admins_and_managers_of_users_can_resend(offered: TestCloud, role: Role) -> None:
    join(offered, NEWCOMER, ACME, role, "manageUsers")

    assert_done(resend(offered, NEWCOMER, "My Cousin"))
    assert len(mails(offered)) == 2


def test_without_a_token_nothing_is_resent(offered: TestCloud) -> None:
    path = f"{SPONSORSHIPS}/{offered.organization(ACME).id}/families-for-enterprise/resend"

    assert_no_body(offered.request("POST", f"{path}?sponsoredFriendlyName=My+Cousin"), 401)


def test_the_missing_right_answers_before_the_policy(offered: TestCloud) -> None:
    set_policy(offered, ACME)

    assert_no_body(resend(offered, ALICE, "My Cousin"), 403)
    assert_error(resend(offered, OWNER, "My Cousin"), 400, POLICY_TEXT)


@pytest.mark.parametrize("name", [None, "nobody", "My Cousin "])
def test_a_name_that_no_row_has_is_no_error_and_no_mail(offered: TestCloud, name: str | None) -> None:
    assert_done(resend(offered, OWNER, name))
    assert len(mails(offered)) == 1


def test_no_name_finds_no_row_without_a_name(cloud: TestCloud) -> None:
    offer(cloud, ALICE, COUSIN, friendlyName=None)

    assert_done(resend(cloud, OWNER, None))
    assert len(mails(cloud)) == 1


def test_the_policy_answers_before_the_missing_row(cloud: TestCloud) -> None:
    set_policy(cloud, ACME)

    assert_error(resend(cloud, OWNER, "nobody"), 400, POLICY_TEXT)


@pytest.mark.parametrize("status", NOT_CONFIRMED)
def test_an_owner_who_is_no_longer_confirmed_cannot_resend(offered: TestCloud, status: MemberStatus) -> None:
    path = f"{SPONSORSHIPS}/{offered.organization(ACME).id}/families-for-enterprise/resend"
    token = offered.user_token(OWNER)
    change_member(offered, OWNER, status=status)

    answer = offered.request("POST", f"{path}?sponsoredFriendlyName=My%20Cousin", token=token)
    assert_error(answer, 400, ONLY_CONFIRMED)
    # A missing row comes first and is no error.
    assert_done(offered.request("POST", f"{path}?sponsoredFriendlyName=nobody", token=token))


def test_a_redeemed_row_cannot_be_resent(cloud: TestCloud) -> None:
    store(cloud, a_redeemed_row(cloud, ALICE, friendly_name=COUSIN))

    assert_error(resend(cloud, OWNER, COUSIN), 400, NO_OUTSTANDING)
    assert mails(cloud) == []


def test_the_status_answers_before_the_redeemed_row(cloud: TestCloud) -> None:
    store(cloud, a_redeemed_row(cloud, ALICE, friendly_name=COUSIN))
    path = f"{SPONSORSHIPS}/{cloud.organization(ACME).id}/families-for-enterprise/resend"
    token = cloud.user_token(OWNER)
    change_member(cloud, OWNER, status=MemberStatus.REVOKED)

    answer = cloud.request("POST", f"{path}?sponsoredFriendlyName={COUSIN}", token=token)
    assert_error(answer, 400, ONLY_CONFIRMED)


def test_an_organization_that_is_gone_has_no_rows_to_send_again(offered: TestCloud) -> None:
    token = offered.user_token(OWNER)
    path = f"{SPONSORSHIPS}/{delete_organization(offered, ACME)}/families-for-enterprise/resend"

    before = len(mails(offered))

    assert_done(offered.request("POST", f"{path}?sponsoredFriendlyName=My%20Cousin", token=token))
    assert len(mails(offered)) == before


def test_a_synced_offer_can_be_resent(cloud: TestCloud) -> None:
    synced(cloud, sync_row("zoe"))

    assert_done(resend(cloud, "owner@globex.test", "ZOE@mail.test", GLOBEX))

    assert len(mails_to(cloud, "zoe@mail.test")) == 2
