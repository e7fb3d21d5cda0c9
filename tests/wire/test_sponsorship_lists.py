"""What an organization sees of its sponsorships: sync status and list (docs/contract/api.md §2.9, §2.10)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sosie.domain.members import Role
from tests.support.cloud import TestCloud
from tests.support.families import (
    ACME,
    ALICE,
    BOB,
    FAMILY,
    GLOBEX,
    GLOBEX_OWNER,
    NEWCOMER,
    NOW_TEXT,
    OWNER,
    SPONSORSHIPS,
    STRANGER,
    a_redeemed_row,
    a_row,
    change_organization,
    delete_organization,
    encrypted_text,
    give_sync_key,
    guid,
    join,
    member,
    offer,
    store,
    sync,
    sync_row,
    synced,
)
from tests.support.refusals import NOT_FOUND, UNAUTHORIZED, assert_error, assert_failed, assert_invalid, assert_no_body


def status_path(cloud: TestCloud, organization: str) -> str:
    return f"{SPONSORSHIPS}/{cloud.organization(organization).id}/sync-status"


def last_sync(cloud: TestCloud, by: str = GLOBEX_OWNER, organization: str = GLOBEX) -> str | None:
    answer = cloud.get(status_path(cloud, organization), token=cloud.user_token(by))
    assert answer.status == 200, answer.body
    assert (set(answer.json), answer.json["object"]) == ({"object", "lastSyncDate"}, "syncStatus")
    date: str | None = answer.json["lastSyncDate"]
    return date


def listed(cloud: TestCloud, by: str = OWNER, organization: str = ACME) -> Any:
    path = f"{SPONSORSHIPS}/{cloud.organization(organization).id}/sponsored"
    return cloud.get(path, token=cloud.user_token(by))


# Sync status (§2.9).


def test_without_a_synced_row_there_is_no_last_sync(cloud: TestCloud) -> None:
    assert last_sync(cloud) is None
    offer(cloud, ALICE, STRANGER)
    assert last_sync(cloud, OWNER, ACME) is None


def test_the_last_sync_is_the_newest_of_all_rows(cloud: TestCloud) -> None:
    synced(cloud, sync_row("zoe"), sync_row("pat"))
    cloud.clock.advance(timedelta(hours=1, microseconds=500_000))
    synced(cloud, sync_row("zoe"))

    assert last_sync(cloud) == "2026-03-04T06:06:07.5Z"


def test_the_last_sync_moves_back_when_the_newest_row_goes(cloud: TestCloud) -> None:
    synced(cloud, sync_row("zoe"))
    cloud.clock.advance(timedelta(hours=1))
    synced(cloud, sync_row("pat"))

    synced(cloud, sync_row("pat", toDelete=True))

    assert last_sync(cloud) == NOW_TEXT


def test_a_sync_that_touches_no_row_does_not_count(cloud: TestCloud) -> None:
    synced(cloud)
    synced(cloud, sync_row("zoe", toDelete=True))
    sync(cloud, [sync_row("zoe")], billingSyncKey="wrong")

    assert last_sync(cloud) is None


def test_a_sync_that_failed_for_a_missing_email_counts(cloud: TestCloud) -> None:
    assert_failed(sync(cloud, [sync_row("zoe", offeredToEmail=None)]))

    assert last_sync(cloud) == NOW_TEXT


@pytest.mark.parametrize("by", [ALICE, GLOBEX_OWNER, NEWCOMER])
def test_only_the_owner_sees_the_status(cloud: TestCloud, by: str) -> None:
    join(cloud, NEWCOMER, ACME, Role.ADMIN)

    assert_error(cloud.get(status_path(cloud, ACME), token=cloud.user_token(by)), 404, NOT_FOUND)


def test_an_installation_is_no_owner(cloud: TestCloud) -> None:
    for scope in ("api.installation", "api.licensing"):
        token = cloud.installation_token(scope)
        assert_error(cloud.get(status_path(cloud, ACME), token=token), 404, NOT_FOUND)


def test_an_unknown_organization_makes_the_cloud_fail_even_for_its_former_owner(cloud: TestCloud) -> None:
    token = cloud.user_token(OWNER)
    gone = delete_organization(cloud, ACME)

    for organization_id in (guid("nobody"), gone):
        assert_failed(cloud.get(f"{SPONSORSHIPS}/{organization_id}/sync-status", token=token))


def test_without_a_token_that_holds_the_cloud_fails(cloud: TestCloud) -> None:
    path, expired = status_path(cloud, ACME), cloud.user_token(OWNER)
    cloud.clock.advance(timedelta(days=1))

    for token in (None, "garbage", expired):
        assert_failed(cloud.get(path, token=token))


def test_a_status_needs_a_guid(cloud: TestCloud) -> None:
    answer = cloud.get(f"{SPONSORSHIPS}/abc/sync-status", token=cloud.user_token(OWNER))

    assert_invalid(answer, {"sponsoringOrgId": ["The value 'abc' is not valid."]})


# The list (§2.10).


def test_the_list_has_the_admin_initiated_rows_alone(cloud: TestCloud) -> None:
    notes = encrypted_text(100)
    open_offer = a_row(cloud, OWNER, is_admin_initiated=True, notes=notes)
    redeemed = a_redeemed_row(cloud, BOB, friendly_name="Bob's", is_admin_initiated=True, to_delete=True)
    store(cloud, open_offer, redeemed, a_row(cloud, ALICE, friendly_name="own"))

    answer = listed(cloud)

    assert answer.status == 200
    assert {name: answer.json[name] for name in answer.json if name != "data"} == {
        "object": "list",
        "continuationToken": None,
    }
    expected = [
        {
            "object": "organizationSponsorship",
            "sponsoringOrganizationUserId": member(cloud, OWNER).id,
            "friendlyName": STRANGER,
            "offeredToEmail": STRANGER,
            "planSponsorshipType": 0,
            "lastSyncDate": None,
            "validUntil": None,
            "toDelete": False,
            "isAdminInitiated": True,
            "notes": notes,
            "cloudSponsorshipRemoved": False,
        },
        {
            "object": "organizationSponsorship",
            "sponsoringOrganizationUserId": member(cloud, BOB).id,
            "friendlyName": "Bob's",
            "offeredToEmail": None,
            "planSponsorshipType": 0,
            "lastSyncDate": None,
            "validUntil": "2027-02-02T05:06:07Z",
            "toDelete": True,
            "isAdminInitiated": True,
            "notes": None,
            "cloudSponsorshipRemoved": False,
        },
    ]
    assert sorted(answer.json["data"], key=lambda item: item["toDelete"]) == expected


def test_a_list_can_be_empty(cloud: TestCloud) -> None:
    assert listed(cloud).json == {"object": "list", "continuationToken": None, "data": []}


def test_a_synced_admin_initiated_row_tells_when(cloud: TestCloud) -> None:
    store(cloud, a_row(cloud, OWNER, is_admin_initiated=True))
    give_sync_key(cloud, ACME)
    synced(cloud, sync_row("x", sponsoringOrganizationUserId=member(cloud, OWNER).id), organization=ACME)

    assert listed(cloud).json["data"][0]["lastSyncDate"] == NOW_TEXT


@pytest.mark.parametrize("role", [Role.ADMIN, Role.CUSTOM])
def test_admins_and_managers_of_users_see_the_list(cloud: TestCloud, role: Role) -> None:
    join(cloud, NEWCOMER, ACME, role, "manageUsers")

    assert listed(cloud, NEWCOMER).status == 200


def test_a_member_without_that_right_is_unauthorized_with_a_body(cloud: TestCloud) -> None:
    join(cloud, NEWCOMER, ACME, Role.CUSTOM, "manageGroups")

    for by in (ALICE, NEWCOMER):
        assert_error(listed(cloud, by), 401, UNAUTHORIZED)


def test_for_somebody_whose_token_knows_nothing_of_the_organization_the_cloud_fails(cloud: TestCloud) -> None:
    stale = cloud.user_token(NEWCOMER)
    join(cloud, NEWCOMER, ACME, Role.OWNER)

    assert_failed(listed(cloud, GLOBEX_OWNER))
    assert_failed(cloud.get(f"{SPONSORSHIPS}/{cloud.organization(ACME).id}/sponsored", token=stale))


def test_an_unknown_organization_answers_before_the_missing_claim(cloud: TestCloud) -> None:
    token = cloud.user_token(OWNER)

    for organization_id in (guid("nobody"), delete_organization(cloud, ACME)):
        assert_error(cloud.get(f"{SPONSORSHIPS}/{organization_id}/sponsored", token=token), 404, NOT_FOUND)


def test_neither_plan_nor_switch_hide_the_list(cloud: TestCloud) -> None:
    store(cloud, a_row(cloud, OWNER, is_admin_initiated=True))
    change_organization(cloud, ACME, plan_type=22, enabled=False, use_admin_sponsored_families=False)

    assert len(listed(cloud).json["data"]) == 1


def test_a_family_has_a_list_too_and_it_does_not_name_its_sponsor(cloud: TestCloud) -> None:
    store(cloud, a_redeemed_row(cloud, OWNER, is_admin_initiated=True))

    assert listed(cloud, "cousin@family.test", FAMILY).json["data"] == []


def test_a_list_needs_a_persons_token_and_a_guid(cloud: TestCloud) -> None:
    path = f"{SPONSORSHIPS}/{cloud.organization(ACME).id}/sponsored"

    assert_no_body(cloud.get(path), 401)
    assert_no_body(cloud.get(path, token=cloud.installation_token("api.installation")), 403)
    wrong = cloud.get(f"{SPONSORSHIPS}/abc/sponsored", token=cloud.user_token(OWNER))
    assert_invalid(wrong, {"sponsoringOrgId": ["The value 'abc' is not valid."]})
