"""Removing a member from an organization (docs/contract/api.md §4.13).

The checks come in the contract's order; where two fail at once, the test says which one answers.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sosie.domain.members import MemberStatus, Role
from sosie.domain.organizations import OrganizationEvent
from sosie.services import repository as repo
from tests.support.cloud import TestCloud
from tests.support.families import (
    ACME,
    ALICE,
    BOB,
    COUSIN,
    GLOBEX,
    GLOBEX_OWNER,
    NEWCOMER,
    NOW,
    OWNER,
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
    offer_token,
    redeem,
    rows_of,
    store,
    validate,
)
from tests.support.refusals import NOT_FOUND, assert_done, assert_error, assert_invalid, assert_no_body
from tests.support.removals import MEMBER, delete_organization, organization_ids, remove_member, revision_date

YOURSELF = "You cannot remove yourself."
ONLY_OWNERS = "Only owners can delete other owners."
LAST_OWNER = "Organization must have at least one confirmed owner."
NOT_ADMINS = "Custom users can not remove admins."
REMOVED = 1503


@pytest.fixture(params=MEMBER, ids=["DELETE", "POST"])
def way(request: pytest.FixtureRequest) -> dict[str, str]:
    """Both names of the route."""
    method, suffix = request.param
    return {"method": method, "suffix": suffix}


def members_of(cloud: TestCloud, name: str = ACME) -> set[str | None]:
    return {each.user_id for each in repo.members.list(cloud.unit(), cloud.organization(name).id)}


# Before the action, and #1.


def test_it_needs_a_persons_token(cloud: TestCloud, way: dict[str, str]) -> None:
    path = f"/organizations/{cloud.organization(ACME).id}/users/{member(cloud, ALICE).id}{way['suffix']}"

    assert_no_body(cloud.request(way["method"], path), 401)
    assert_no_body(cloud.request(way["method"], path, token=cloud.installation_token("api.push")), 403)


def test_who_may_not_manage_members_learns_nothing(cloud: TestCloud, way: dict[str, str]) -> None:
    join(cloud, NEWCOMER, ACME, Role.CUSTOM, "manageGroups", "managePolicies")

    for by in (ALICE, NEWCOMER, COUSIN, GLOBEX_OWNER):
        assert_no_body(remove_member(cloud, by, BOB, **way), 403)
    path = f"/organizations/{cloud.organization(ACME).id}/users/{guid('nobody')}{way['suffix']}"
    assert_no_body(cloud.request(way["method"], path, token=cloud.user_token(ALICE)), 403)
    assert cloud.user(BOB).id in members_of(cloud)


@pytest.mark.parametrize("role", [Role.OWNER, Role.ADMIN, Role.CUSTOM])
def test_owners_admins_and_managers_of_members_may(cloud: TestCloud, way: dict[str, str], role: Role) -> None:
    join(cloud, NEWCOMER, ACME, role, "manageUsers")

    assert_done(remove_member(cloud, NEWCOMER, ALICE, **way))
    assert cloud.user(ALICE).id not in members_of(cloud)


def test_the_right_is_as_old_as_the_token(cloud: TestCloud) -> None:
    stale = cloud.user_token(NEWCOMER)
    join(cloud, NEWCOMER, ACME, Role.ADMIN)

    assert_no_body(remove_member(cloud, NEWCOMER, ALICE, token=stale), 403)
    assert_done(remove_member(cloud, NEWCOMER, ALICE))


def test_ids_are_guids(cloud: TestCloud, way: dict[str, str]) -> None:
    path, token = f"/organizations/{cloud.organization(ACME).id}/users/abc{way['suffix']}", cloud.user_token(OWNER)
    assert_invalid(cloud.request(way["method"], path, token=token), {"id": ["The value 'abc' is not valid."]})

    path = f"/organizations/xyz/users/{member(cloud, ALICE).id}{way['suffix']}"
    assert_invalid(cloud.request(way["method"], path, token=token), {"orgId": ["The value 'xyz' is not valid."]})


def test_the_missing_right_answers_before_an_id_that_is_no_guid(cloud: TestCloud) -> None:
    path = f"/organizations/{cloud.organization(ACME).id}/users/abc"

    assert_no_body(cloud.request("DELETE", path, token=cloud.user_token(ALICE)), 403)


# #2: the member.


def test_a_member_of_another_organization_is_not_found(cloud: TestCloud, way: dict[str, str]) -> None:
    token, acme = cloud.user_token(OWNER), cloud.organization(ACME).id
    for member_id in (guid("nobody"), member(cloud, GLOBEX_OWNER, GLOBEX).id, cloud.user(ALICE).id):
        path = f"/organizations/{acme}/users/{member_id}{way['suffix']}"
        assert_error(cloud.request(way["method"], path, token=token), 404, NOT_FOUND)
    assert cloud.user(GLOBEX_OWNER).id in members_of(cloud, GLOBEX)


def test_a_deleted_organization_has_no_members(cloud: TestCloud, way: dict[str, str]) -> None:
    token, alice = cloud.user_token(OWNER), member(cloud, ALICE)
    delete_organization(cloud, OWNER)

    path = f"/organizations/{alice.organization_id}/users/{alice.id}{way['suffix']}"
    assert_error(cloud.request(way["method"], path, token=token), 404, NOT_FOUND)


def test_who_was_removed_is_not_found_the_second_time(cloud: TestCloud, way: dict[str, str]) -> None:
    alice = member(cloud, ALICE)
    assert_done(remove_member(cloud, OWNER, ALICE))

    path = f"/organizations/{alice.organization_id}/users/{alice.id}{way['suffix']}"
    assert_error(cloud.request(way["method"], path, token=cloud.user_token(OWNER)), 404, NOT_FOUND)


# #3 to #6: who removes whom.


@pytest.mark.parametrize("role", [Role.OWNER, Role.ADMIN, Role.CUSTOM])
def test_nobody_removes_themselves(cloud: TestCloud, way: dict[str, str], role: Role) -> None:
    join(cloud, NEWCOMER, ACME, role, "manageUsers")

    assert_error(remove_member(cloud, NEWCOMER, NEWCOMER, **way), 400, YOURSELF)


def test_that_it_is_oneself_answers_before_that_one_is_the_last_owner(cloud: TestCloud) -> None:
    assert_error(remove_member(cloud, OWNER, OWNER), 400, YOURSELF)


@pytest.mark.parametrize("role", [Role.ADMIN, Role.CUSTOM])
@pytest.mark.parametrize("status", [MemberStatus.CONFIRMED, MemberStatus.ACCEPTED, MemberStatus.REVOKED])
def test_only_owners_remove_owners(cloud: TestCloud, way: dict[str, str], role: Role, status: MemberStatus) -> None:
    join(cloud, NEWCOMER, ACME, role, "manageUsers")
    change_member(cloud, ALICE, role=Role.OWNER, status=status)

    assert_error(remove_member(cloud, NEWCOMER, ALICE, **way), 400, ONLY_OWNERS)


def test_the_callers_role_answers_before_the_last_owner(cloud: TestCloud) -> None:
    join(cloud, NEWCOMER, ACME, Role.ADMIN)

    assert_error(remove_member(cloud, NEWCOMER, OWNER), 400, ONLY_OWNERS)


def test_an_owner_removes_another_as_long_as_a_confirmed_one_is_left(cloud: TestCloud, way: dict[str, str]) -> None:
    join(cloud, NEWCOMER, ACME, Role.OWNER)
    stale = cloud.user_token(NEWCOMER)

    assert_done(remove_member(cloud, OWNER, NEWCOMER, **way))
    change_member(cloud, ALICE, role=Role.OWNER, status=MemberStatus.ACCEPTED)
    assert_error(remove_member(cloud, NEWCOMER, OWNER, token=stale, **way), 400, LAST_OWNER)
    change_member(cloud, ALICE, status=MemberStatus.CONFIRMED)
    assert_done(remove_member(cloud, NEWCOMER, OWNER, token=stale, **way))


def test_an_owner_who_is_not_confirmed_can_go_while_a_confirmed_one_is_there(cloud: TestCloud) -> None:
    change_member(cloud, ALICE, role=Role.OWNER, status=MemberStatus.ACCEPTED)

    assert_done(remove_member(cloud, OWNER, ALICE))


def test_a_custom_role_does_not_remove_admins(cloud: TestCloud, way: dict[str, str]) -> None:
    join(cloud, NEWCOMER, ACME, Role.CUSTOM, "manageUsers")
    change_member(cloud, ALICE, role=Role.ADMIN)

    assert_error(remove_member(cloud, NEWCOMER, ALICE, **way), 400, NOT_ADMINS)
    change_member(cloud, BOB, role=Role.CUSTOM)
    assert_done(remove_member(cloud, NEWCOMER, BOB, **way))


def test_an_admin_removes_admins(cloud: TestCloud) -> None:
    join(cloud, NEWCOMER, ACME, Role.ADMIN)
    change_member(cloud, ALICE, role=Role.ADMIN)

    assert_done(remove_member(cloud, NEWCOMER, ALICE))


# What follows.


def test_who_was_removed_does_not_see_the_organization(cloud: TestCloud, way: dict[str, str]) -> None:
    remove_member(cloud, OWNER, ALICE, **way)

    assert organization_ids(cloud, ALICE) == []
    assert cloud.get("/sync", token=cloud.user_token(ALICE)).json["profile"]["organizationsNew"] == []
    assert organization_ids(cloud, BOB) == [cloud.organization(ACME).id]


def test_somebody_who_is_only_invited_can_be_removed(cloud: TestCloud) -> None:
    acme = cloud.organization(ACME).id
    (carol,) = [each for each in repo.members.list(cloud.unit(), acme) if each.status is MemberStatus.INVITED]

    assert_done(cloud.request("DELETE", f"/organizations/{acme}/users/{carol.id}", token=cloud.user_token(OWNER)))
    assert carol.id not in {each.id for each in repo.members.list(cloud.unit(), acme)}


@pytest.mark.parametrize(
    ("status", "moves"),
    [(MemberStatus.CONFIRMED, True), (MemberStatus.ACCEPTED, False), (MemberStatus.REVOKED, False)],
)
def test_the_date_moves_if_the_membership_was_confirmed(cloud: TestCloud, status: MemberStatus, moves: bool) -> None:
    change_member(cloud, ALICE, status=status)
    before = revision_date(cloud, ALICE)
    cloud.clock.advance(timedelta(days=1))

    remove_member(cloud, OWNER, ALICE)

    assert (revision_date(cloud, ALICE) > before) is moves


def test_every_row_of_the_member_is_marked_and_nothing_else_of_it_changes(cloud: TestCloud) -> None:
    mine = [
        a_row(cloud, ALICE, id=guid("open"), last_sync_date=NOW),
        a_redeemed_row(cloud, ALICE, id=guid("redeemed"), friendly_name="redeemed"),
        a_row(cloud, ALICE, id=guid("by an admin"), friendly_name="x", is_admin_initiated=True),
    ]
    bobs = a_row(cloud, BOB)
    store(cloud, *mine, bobs)

    assert_done(remove_member(cloud, OWNER, ALICE))

    by_id = {row.id: row for row in rows_of(cloud)}
    assert by_id == {row.id: row for row in [*(replace(row, to_delete=True) for row in mine), bobs]}
    assert mails(cloud) == []


def test_an_open_offer_of_somebody_who_was_removed_can_still_be_redeemed(cloud: TestCloud) -> None:
    assert_done(offer(cloud, ALICE, COUSIN))
    remove_member(cloud, OWNER, ALICE)

    token = offer_token(cloud, COUSIN)
    assert validate(cloud, COUSIN, token).json == {"isTokenValid": True, "isFreeFamilyPolicyEnabled": False}
    assert_done(redeem(cloud, COUSIN, token))
    (row,) = rows_of(cloud)
    assert (row.to_delete, row.redeemed) == (True, True)


def test_who_was_removed_sponsors_nobody_any_more(cloud: TestCloud) -> None:
    assert_done(offer(cloud, ALICE, STRANGER))
    token, acme = cloud.user_token(ALICE), cloud.organization(ACME).id
    remove_member(cloud, OWNER, ALICE)

    answer = cloud.request("DELETE", f"/organization/sponsorship/{acme}", token=token)
    assert_error(answer, 400, "Can only revoke a sponsorship you granted.")


def test_the_event_is_logged_if_the_organization_logs_events(cloud: TestCloud) -> None:
    def logged() -> list[OrganizationEvent]:
        return [event for event in events_of(cloud, ACME) if event.type == REMOVED]

    change_organization(cloud, ACME, use_events=False)
    remove_member(cloud, OWNER, BOB)
    assert logged() == []
    change_organization(cloud, ACME, use_events=True)
    remove_member(cloud, OWNER, ALICE)
    assert [event.acting_user_id for event in logged()] == [cloud.user(OWNER).id]


def test_nothing_of_the_other_region_is_reached(cloud: TestCloud) -> None:
    alice = member(cloud, ALICE)
    path = f"/organizations/{alice.organization_id}/users/{alice.id}"

    assert_no_body(cloud.request("DELETE", path, token=cloud.user_token(OWNER), region="eu"), 401)
