"""An organization as its members see it, and its sponsorship fields (docs/contract/api.md §4.2, §4.3)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sosie.domain.members import MemberStatus, Role
from tests.support.cloud import START, TestCloud
from tests.wire import organization_fields as fields
from tests.wire.stored import add_sponsorship, change_member, change_organization, delete_user, membership_of

NEVER_SPONSORED = {
    "familySponsorshipFriendlyName": None,
    "familySponsorshipAvailable": True,
    "familySponsorshipLastSyncDate": None,
    "familySponsorshipValidUntil": None,
    "familySponsorshipToDelete": None,
    "isAdminInitiated": False,
}


@pytest.fixture
def token(cloud: TestCloud) -> str:
    return cloud.user_token("owner@acme.test")


def profile(cloud: TestCloud, token: str) -> dict:
    return cloud.get("/accounts/profile", token=token).json


def own_organizations(cloud: TestCloud, email: str) -> list[dict]:
    return cloud.get("/organizations", token=cloud.user_token(email)).json["data"]


def member_id(cloud: TestCloud, name: str) -> str:
    return membership_of(cloud, "Acme Corporation", f"{name}@acme.test").id


def sponsorship_of(organization: dict) -> dict:
    return {name: organization[name] for name in NEVER_SPONSORED}


class TestProfileOrganizations:
    def test_an_owner_sees_their_enterprise_organization(self, cloud):
        organization = cloud.organization("Acme Corporation")
        (seen,) = own_organizations(cloud, "owner@acme.test")

        expected = {
            "object": "profileOrganization",
            "id": organization.id,
            "organizationUserId": membership_of(cloud, "Acme Corporation", "owner@acme.test").id,
            "userId": cloud.user("owner@acme.test").id,
            "name": "Acme Corporation",
            "enabled": True,
            "identifier": None,
            "productTierType": 3,
            "status": 2,
            "type": 0,
            "seats": 25,
            "maxCollections": None,
            "hasPublicAndPrivateKeys": True,
            "providerId": None,
            "providerName": None,
            "providerType": None,
            "keyConnectorUrl": None,
            "ssoMemberDecryptionType": None,
            "usePolicies": True,
            "useSso": True,
            "useEvents": True,
            "useActivateAutofillPolicy": True,
            "selfHost": True,
            "usersGetPremium": True,
            **NEVER_SPONSORED,
        }
        assert {name: seen[name] for name in expected} == expected
        assert seen["permissions"] == dict.fromkeys(fields.PERMISSIONS, False)

    def test_the_list_is_the_profiles(self, cloud, token):
        answer = cloud.get("/organizations", token=token).json

        assert answer == {
            "object": "list",
            "data": profile(cloud, token)["organizations"],
            "continuationToken": None,
        }

    @pytest.mark.parametrize(
        ("email", "tier", "self_host", "autofill"),
        [("owner@initech.test", 2, False, False), ("cousin@family.test", 1, True, False)],
    )
    def test_tier_and_flags_follow_from_the_plan(self, cloud, email, tier, self_host, autofill):
        (seen,) = own_organizations(cloud, email)

        assert seen["productTierType"] == tier
        assert (seen["selfHost"], seen["useActivateAutofillPolicy"]) == (self_host, autofill)
        assert seen["familySponsorshipAvailable"] is False

    def test_names_are_decoded_and_an_empty_one_is_null(self, cloud):
        change_organization(cloud, "Acme Corporation", name="Smith &amp; S&#246;hne &lt;&#39;&quot;&gt;")
        assert own_organizations(cloud, "owner@acme.test")[0]["name"] == "Smith & Söhne <'\">"

        change_organization(cloud, "Smith &amp; S&#246;hne &lt;&#39;&quot;&gt;", name="")
        assert own_organizations(cloud, "owner@acme.test")[0]["name"] is None

    def test_permissions_are_a_custom_members_alone(self, cloud):
        granted = {"role": Role.CUSTOM, "permissions": ("manageUsers", "accessReports")}
        change_member(cloud, "Acme Corporation", "alice@acme.test", **granted)
        change_member(cloud, "Acme Corporation", "bob@acme.test", **{**granted, "role": Role.USER})

        (alices,), (bobs,) = (own_organizations(cloud, f"{name}@acme.test") for name in ("alice", "bob"))

        held = {"manageUsers", "accessReports"}
        assert alices["type"] == 4
        assert alices["permissions"] == {name: name in held for name in fields.PERMISSIONS}
        assert bobs["permissions"] == dict.fromkeys(fields.PERMISSIONS, False)

    def test_an_accepted_membership_is_among_the_new_ones_only_and_has_no_key(self, cloud):
        change_member(cloud, "Acme Corporation", "alice@acme.test", status=MemberStatus.ACCEPTED)

        answer = profile(cloud, cloud.user_token("alice@acme.test"))

        assert answer["organizations"] == []
        assert [(each["status"], each["key"]) for each in answer["organizationsNew"]] == [(1, None)]
        assert own_organizations(cloud, "alice@acme.test") == []

    def test_they_are_the_databases_and_not_the_tokens(self, cloud, token):
        change_member(cloud, "Acme Corporation", "owner@acme.test", status=MemberStatus.REVOKED)

        assert cloud.get("/organizations", token=token).json["data"] == []

    def test_of_a_deleted_account_there_are_none(self, cloud, token):
        delete_user(cloud, "owner@acme.test")

        assert cloud.get("/organizations", token=token).json["data"] == []


class TestSponsorshipFields:
    def test_an_offer_shows_its_friendly_name_and_takes_the_members_turn(self, cloud):
        add_sponsorship(
            cloud,
            "Acme Corporation",
            member_id(cloud, "alice"),
            "a",
            friendly_name="kin@mail.test",
            offered_to_email="k@l.test",
        )

        (seen,) = own_organizations(cloud, "alice@acme.test")

        assert sponsorship_of(seen) == {
            **NEVER_SPONSORED,
            "familySponsorshipFriendlyName": "kin@mail.test",
            "familySponsorshipAvailable": False,
            "familySponsorshipToDelete": False,
        }

    def test_a_redeemed_and_marked_one_shows_its_dates(self, cloud):
        add_sponsorship(
            cloud,
            "Acme Corporation",
            member_id(cloud, "alice"),
            "a",
            friendly_name="kin@mail.test",
            sponsored_organization_id=cloud.organization("Cousin Family").id,
            last_sync_date=START + timedelta(microseconds=120_000),
            valid_until=START + timedelta(days=1),
            to_delete=True,
        )

        (seen,) = own_organizations(cloud, "alice@acme.test")

        assert sponsorship_of(seen) == {
            "familySponsorshipFriendlyName": "kin@mail.test",
            "familySponsorshipAvailable": False,
            "familySponsorshipLastSyncDate": "2026-03-04T05:06:07.12Z",
            "familySponsorshipValidUntil": "2026-03-05T05:06:07Z",
            "familySponsorshipToDelete": True,
            "isAdminInitiated": False,
        }

    def test_a_row_without_a_friendly_name_leaves_the_member_free_to_sponsor(self, cloud):
        add_sponsorship(cloud, "Acme Corporation", member_id(cloud, "alice"), "a", offered_to_email="kin@mail.test")

        (seen,) = own_organizations(cloud, "alice@acme.test")

        assert seen["familySponsorshipAvailable"] is True
        assert seen["familySponsorshipToDelete"] is False

    def test_several_rows_make_the_organization_appear_several_times(self, cloud):
        add_sponsorship(cloud, "Acme Corporation", member_id(cloud, "owner"), "a", friendly_name="mine")
        add_sponsorship(
            cloud, "Acme Corporation", member_id(cloud, "owner"), "b", friendly_name="given", is_admin_initiated=True
        )

        seen = own_organizations(cloud, "owner@acme.test")

        assert {each["id"] for each in seen} == {cloud.organization("Acme Corporation").id}
        names = ("familySponsorshipFriendlyName", "isAdminInitiated", "familySponsorshipAvailable")
        rows = sorted([each[name] for name in names] for each in seen)
        assert rows == [["given", True, True], ["mine", False, False]]

    def test_other_members_rows_do_not_show(self, cloud):
        add_sponsorship(cloud, "Acme Corporation", member_id(cloud, "alice"), "a", friendly_name="hers")

        (seen,) = own_organizations(cloud, "bob@acme.test")

        assert sponsorship_of(seen) == NEVER_SPONSORED

    def test_only_an_enterprise_organization_can_sponsor(self, cloud):
        (seen,) = own_organizations(cloud, "owner@initech.test")

        assert sponsorship_of(seen) == {**NEVER_SPONSORED, "familySponsorshipAvailable": False}
