"""Ending a sponsorship: revoke, admin revoke, remove (docs/contract/api.md §2.10)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from sosie.domain.members import MemberStatus, Role
from sosie.services.sponsorship_rows import save_row
from tests.support.cloud import TestCloud
from tests.support.families import (
    ACME,
    ALICE,
    BOB,
    COUSIN,
    FAMILY,
    GLOBEX,
    GLOBEX_OWNER,
    NEWCOMER,
    OWNER,
    SPONSORSHIPS,
    STRANGER,
    a_redeemed_row,
    a_row,
    change_member,
    change_organization,
    events_of,
    guid,
    join,
    mails,
    member,
    offer,
    prepared,
    rows_of,
    set_policy,
    store,
    sync_row,
    synced,
    the_row,
)
from tests.support.refusals import assert_done, assert_error, assert_failed, assert_invalid, assert_no_body

NOT_GRANTED = "Can only revoke a sponsorship you granted."
NOT_SPONSORING = "You are not currently sponsoring an organization."
NO_SUCH_NAME = "The specified sponsored organization could not be found under the given sponsoring organization."
NOT_OWNER = "Only the owner of an organization can remove sponsorship."
NOT_SPONSORED = "The requested organization is not currently being sponsored."

REVOKE = [("DELETE", ""), ("POST", "/delete")]
REMOVE = [("DELETE", ""), ("POST", "/remove")]


def revoke(cloud: TestCloud, by: str, organization: str = ACME, method: str = "DELETE", suffix: str = "") -> Any:
    path = f"{SPONSORSHIPS}/{cloud.organization(organization).id}{suffix}"
    return cloud.request(method, path, token=cloud.user_token(by))


def revoke_as_admin(cloud: TestCloud, by: str, name: str, organization: str = ACME) -> Any:
    """Withdraw by friendly name; the name is percent-encoded as clients do it."""
    return revoke(cloud, by, organization, suffix=f"/{quote(name, safe='')}/revoke")


def remove(cloud: TestCloud, by: str, organization: str = FAMILY, method: str = "DELETE", suffix: str = "") -> Any:
    path = f"{SPONSORSHIPS}/sponsored/{cloud.organization(organization).id}{suffix}"
    return cloud.request(method, path, token=cloud.user_token(by))


# Revoke, by the member.


@pytest.mark.parametrize(("method", "suffix"), REVOKE)
def test_a_member_takes_an_open_offer_back_and_the_row_is_gone(cloud: TestCloud, method: str, suffix: str) -> None:
    offer(cloud, ALICE, COUSIN)

    assert_done(revoke(cloud, ALICE, method=method, suffix=suffix))

    assert rows_of(cloud) == []
    assert_error(revoke(cloud, ALICE, method=method, suffix=suffix), 400, NOT_SPONSORING)


@pytest.mark.parametrize(("method", "suffix"), REVOKE)
def test_a_redeemed_sponsorship_is_marked_again_and_again_and_nothing_else_changes(
    cloud: TestCloud, method: str, suffix: str
) -> None:
    row = a_redeemed_row(cloud, ALICE)
    store(cloud, row)
    family = cloud.organization(FAMILY)

    for _ in range(2):
        assert_done(revoke(cloud, ALICE, method=method, suffix=suffix))
        assert the_row(cloud) == replace(row, to_delete=True)

    assert cloud.organization(FAMILY) == family
    assert mails(cloud) == events_of(cloud, ACME) == []


def test_a_row_whose_family_was_deleted_is_gone_at_once(cloud: TestCloud) -> None:
    store(cloud, a_redeemed_row(cloud, ALICE, sponsored_organization_id=None))

    assert_done(revoke(cloud, ALICE))
    assert rows_of(cloud) == []


def test_a_marked_open_offer_is_gone_at_once(cloud: TestCloud) -> None:
    store(cloud, a_row(cloud, ALICE, to_delete=True))

    assert_done(revoke(cloud, ALICE))
    assert rows_of(cloud) == []


def test_only_the_members_own_row_goes(cloud: TestCloud) -> None:
    offer(cloud, ALICE, COUSIN)
    offer(cloud, BOB, STRANGER)

    revoke(cloud, ALICE)

    assert the_row(cloud).sponsoring_member_id == member(cloud, BOB).id


def test_what_the_member_initiated_as_an_admin_is_not_theirs_to_revoke(cloud: TestCloud) -> None:
    row = a_row(cloud, OWNER, is_admin_initiated=True)
    store(cloud, row)

    assert_error(revoke(cloud, OWNER), 400, NOT_SPONSORING)
    assert the_row(cloud) == row


def test_beside_an_admin_initiated_row_the_own_one_goes(cloud: TestCloud) -> None:
    admins = a_row(cloud, OWNER, is_admin_initiated=True)
    store(cloud, a_row(cloud, OWNER, id=guid("own"), friendly_name="own"), admins)

    assert_done(revoke(cloud, OWNER))
    assert the_row(cloud) == admins


def test_who_is_no_member_granted_nothing(cloud: TestCloud) -> None:
    for by in (NEWCOMER, GLOBEX_OWNER):
        assert_error(revoke(cloud, by), 400, NOT_GRANTED)


def test_nobody_is_a_member_of_an_unknown_organization(cloud: TestCloud) -> None:
    answer = cloud.request("DELETE", f"{SPONSORSHIPS}/{guid('nobody')}", token=cloud.user_token(ALICE))

    assert_error(answer, 400, NOT_GRANTED)


def test_a_member_without_a_row_sponsors_nobody(cloud: TestCloud) -> None:
    assert_error(revoke(cloud, ALICE), 400, NOT_SPONSORING)


@pytest.mark.parametrize("status", [MemberStatus.REVOKED, MemberStatus.ACCEPTED])
def test_the_members_status_does_not_matter(cloud: TestCloud, status: MemberStatus) -> None:
    offer(cloud, ALICE, COUSIN)
    change_member(cloud, ALICE, status=status)

    assert_done(revoke(cloud, ALICE))


def test_neither_policy_nor_plan_nor_state_of_the_sponsor_matter(cloud: TestCloud) -> None:
    offer(cloud, ALICE, COUSIN)
    set_policy(cloud, ACME)
    change_organization(cloud, ACME, enabled=False, plan_type=18)

    assert_done(revoke(cloud, ALICE))


def test_a_member_with_several_rows_of_their_own_makes_the_cloud_fail(cloud: TestCloud) -> None:
    store(cloud, *[a_row(cloud, ALICE, id=guid(name), friendly_name=name) for name in ("one", "two")])

    assert_failed(revoke(cloud, ALICE))
    assert len(rows_of(cloud)) == 2


@pytest.mark.parametrize(("method", "suffix"), REVOKE)
def test_revoking_needs_a_persons_token_and_a_guid(cloud: TestCloud, method: str, suffix: str) -> None:
    path = f"{SPONSORSHIPS}/{cloud.organization(ACME).id}{suffix}"

    assert_no_body(cloud.request(method, path), 401)
    assert_no_body(cloud.request(method, path, token=cloud.installation_token("api.installation")), 403)
    wrong = cloud.request(method, f"{SPONSORSHIPS}/abc{suffix}", token=cloud.user_token(ALICE))
    assert_invalid(wrong, {"sponsoringOrganizationId": ["The value 'abc' is not valid."]})


# Admin revoke, by friendly name.


def test_an_admin_takes_back_an_open_offer_by_its_name_in_any_letter_case(cloud: TestCloud) -> None:
    offer(cloud, ALICE, COUSIN)
    offer(cloud, BOB, STRANGER)

    assert_done(revoke_as_admin(cloud, OWNER, "Cousin@FAMILY.test"))

    assert the_row(cloud).friendly_name == STRANGER


@pytest.mark.parametrize("admin_initiated", [False, True])
def test_a_redeemed_one_is_marked_whoever_initiated_it(cloud: TestCloud, admin_initiated: bool) -> None:
    row = a_redeemed_row(cloud, ALICE, is_admin_initiated=admin_initiated)
    store(cloud, row)

    for _ in range(2):
        assert_done(revoke_as_admin(cloud, OWNER, STRANGER))
        assert the_row(cloud) == replace(row, to_delete=True)


def test_a_synced_row_is_taken_back_too(cloud: TestCloud) -> None:
    synced(cloud, sync_row("zoe"))

    assert_done(revoke_as_admin(cloud, GLOBEX_OWNER, "zoe@mail.test", GLOBEX))
    assert rows_of(cloud, GLOBEX) == []


def test_of_several_rows_with_the_name_one_goes_at_a_time(cloud: TestCloud) -> None:
    store(cloud, a_row(cloud, ALICE, friendly_name="twin"), a_row(cloud, BOB, friendly_name="Twin"))

    assert_done(revoke_as_admin(cloud, OWNER, "twin"))
    assert len(rows_of(cloud)) == 1
    assert_done(revoke_as_admin(cloud, OWNER, "twin"))
    assert rows_of(cloud) == []
    assert_error(revoke_as_admin(cloud, OWNER, "twin"), 400, NO_SUCH_NAME)


@pytest.mark.parametrize(
    "name", ["pat+x@mail.test", "my cousin", "Zoë & 100% of Söhne?", "a=b;c#d", "revoke", "小明", "a+b", "🦊", "%41"]
)
def test_a_name_arrives_percent_encoded(cloud: TestCloud, name: str) -> None:
    offer(cloud, ALICE, COUSIN, friendlyName=name)

    assert_done(revoke_as_admin(cloud, OWNER, name))
    assert rows_of(cloud) == []


@pytest.mark.parametrize("segment", ["pat+x@mail.test", "pat%2bx%40mail.test", "PAT%2Bx@mail.test"])
def test_a_name_may_be_encoded_more_or_less(cloud: TestCloud, segment: str) -> None:
    offer(cloud, ALICE, COUSIN, friendlyName="pat+x@mail.test")

    assert_done(revoke(cloud, OWNER, suffix=f"/{segment}/revoke"))


def test_a_name_of_another_organization_is_not_found(cloud: TestCloud) -> None:
    synced(cloud, sync_row("zoe"))

    for name in ("zoe@mail.test", "nobody", "null"):
        assert_error(revoke_as_admin(cloud, OWNER, name), 400, NO_SUCH_NAME)


def test_a_row_without_a_name_has_none_to_be_found_by(cloud: TestCloud) -> None:
    offer(cloud, ALICE, COUSIN, friendlyName=None)

    assert_error(revoke_as_admin(cloud, OWNER, "null"), 400, NO_SUCH_NAME)
    assert len(rows_of(cloud)) == 1


def test_members_may_not_even_know_whether_the_name_exists(cloud: TestCloud) -> None:
    offer(cloud, ALICE, COUSIN)
    join(cloud, NEWCOMER, ACME, Role.CUSTOM, "manageGroups", "manageScim")

    for by in (ALICE, NEWCOMER, COUSIN):
        for name in (COUSIN, "nobody"):
            assert_no_body(revoke_as_admin(cloud, by, name), 403)
    assert len(rows_of(cloud)) == 1


@pytest.mark.parametrize("role", [Role.ADMIN, Role.CUSTOM])
def test_admins_and_managers_of_users_may(cloud: TestCloud, role: Role) -> None:
    offer(cloud, ALICE, COUSIN)
    join(cloud, NEWCOMER, ACME, role, "manageUsers")

    assert_done(revoke_as_admin(cloud, NEWCOMER, COUSIN))


def test_the_right_is_as_old_as_the_token(cloud: TestCloud) -> None:
    offer(cloud, ALICE, COUSIN)
    path = f"{SPONSORSHIPS}/{cloud.organization(ACME).id}/{COUSIN}/revoke"
    stale = cloud.user_token(NEWCOMER)
    join(cloud, NEWCOMER, ACME, Role.OWNER)

    assert_no_body(cloud.request("DELETE", path, token=stale), 403)
    assert_done(cloud.request("DELETE", path, token=cloud.user_token(NEWCOMER)))


def test_an_admin_revoke_needs_a_persons_token(cloud: TestCloud) -> None:
    path = f"{SPONSORSHIPS}/{cloud.organization(ACME).id}/x/revoke"

    assert_no_body(cloud.request("DELETE", path), 401)
    assert_no_body(cloud.request("DELETE", path, token=cloud.installation_token("api.installation")), 403)


# Remove, by the family.


@pytest.mark.parametrize(("method", "suffix"), REMOVE)
def test_a_family_ends_its_sponsorship_and_keeps_what_is_paid(cloud: TestCloud, method: str, suffix: str) -> None:
    row = a_redeemed_row(cloud, ALICE)
    store(cloud, row)
    family = cloud.organization(FAMILY)

    for _ in range(2):
        assert_done(remove(cloud, COUSIN, method=method, suffix=suffix))
        assert the_row(cloud) == replace(row, to_delete=True)

    assert cloud.organization(FAMILY) == family
    assert mails(cloud) == []


def test_a_synced_row_is_marked_and_the_next_sync_does_not_tell(cloud: TestCloud) -> None:
    zoe = sync_row("zoe")
    synced(cloud, zoe)
    stored = the_row(cloud, GLOBEX)
    with prepared(cloud) as uow:
        redeemed = replace(stored, sponsored_organization_id=cloud.organization(FAMILY).id, offered_to_email=None)
        save_row(uow, cloud.organization(GLOBEX).id, redeemed)

    assert_done(remove(cloud, COUSIN))

    assert the_row(cloud, GLOBEX).to_delete
    assert synced(cloud, zoe)[0]["toDelete"] is False
    assert the_row(cloud, GLOBEX).to_delete


def test_a_family_that_nobody_sponsors_has_nothing_to_remove(cloud: TestCloud) -> None:
    offer(cloud, ALICE, COUSIN)

    assert_error(remove(cloud, COUSIN), 400, NOT_SPONSORED)


def test_a_family_whose_row_is_gone_is_not_sponsored(cloud: TestCloud) -> None:
    row = a_redeemed_row(cloud, ALICE)
    store(cloud, row)
    with prepared(cloud) as uow:
        save_row(uow, cloud.organization(ACME).id, replace(row, sponsored_organization_id=None))

    assert_error(remove(cloud, COUSIN), 400, NOT_SPONSORED)
    assert not the_row(cloud).to_delete


@pytest.mark.parametrize("by", [ALICE, OWNER, NEWCOMER])
def test_only_the_familys_owner_can_remove(cloud: TestCloud, by: str) -> None:
    row = a_redeemed_row(cloud, ALICE)
    store(cloud, row)

    assert_error(remove(cloud, by), 400, NOT_OWNER)
    assert the_row(cloud) == row


def test_an_admin_of_the_family_is_no_owner(cloud: TestCloud) -> None:
    store(cloud, a_redeemed_row(cloud, ALICE))
    join(cloud, NEWCOMER, FAMILY, Role.ADMIN)

    assert_error(remove(cloud, NEWCOMER), 400, NOT_OWNER)


def test_the_missing_ownership_answers_before_the_missing_sponsorship(cloud: TestCloud) -> None:
    assert_error(remove(cloud, ALICE), 400, NOT_OWNER)


def test_the_sponsoring_members_departure_does_not_matter(cloud: TestCloud) -> None:
    store(cloud, a_redeemed_row(cloud, ALICE))
    change_member(cloud, ALICE, status=MemberStatus.REVOKED)
    set_policy(cloud, FAMILY)

    assert_done(remove(cloud, COUSIN))


@pytest.mark.parametrize(("method", "suffix"), REMOVE)
def test_removing_needs_a_persons_token_and_a_guid(cloud: TestCloud, method: str, suffix: str) -> None:
    path = f"{SPONSORSHIPS}/sponsored/{cloud.organization(FAMILY).id}{suffix}"

    assert_no_body(cloud.request(method, path), 401)
    assert_no_body(cloud.request(method, path, token=cloud.installation_token("api.installation")), 403)
    wrong = cloud.request(method, f"{SPONSORSHIPS}/sponsored/abc{suffix}", token=cloud.user_token(COUSIN))
    assert_invalid(wrong, {"sponsoredOrgId": ["The value 'abc' is not valid."]})
