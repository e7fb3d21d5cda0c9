"""Switching an organization's policies, above all number 13: no more free families (docs/contract/api.md §2.11)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sosie.domain.members import Role
from sosie.services import repository as repo
from tests.support.cloud import START, TestCloud
from tests.wire.stored import add_sponsorship, change_member, change_organization, delete_organization

ON = {"policy": {"enabled": True, "data": None}}
OFF = {"policy": {"enabled": False, "data": None}}
VALID_UNTIL = datetime(2027, 1, 10, tzinfo=UTC)


@pytest.fixture
def owner(cloud: TestCloud) -> str:
    return cloud.user_token("owner@acme.test")


@pytest.fixture
def acme(cloud: TestCloud) -> str:
    return cloud.organization("Acme Corporation").id


def switch(cloud: TestCloud, organization_id: str, token: str, body: dict, policy: int | str = 13):
    path = f"/organizations/{organization_id}/policies/{policy}"
    return cloud.request("PUT", path, json_body=body, token=token)


def mails(cloud: TestCloud) -> list[dict]:
    return [dict(item.body) for item in cloud.sosie.store.query("default/mail")]


def change_role(cloud: TestCloud, email: str, role: Role, permissions: tuple[str, ...] = ()) -> str:
    change_member(cloud, "Acme Corporation", email, role=role, permissions=permissions)
    return cloud.user_token(email)


class TestAnswer:
    def test_it_is_the_policy_as_a_sync_shows_it(self, cloud, owner, acme):
        answer = switch(cloud, acme, owner, ON)

        assert answer.status == 200
        assert answer.json == {
            "object": "policy",
            "id": answer.json["id"],
            "organizationId": acme,
            "type": 13,
            "data": None,
            "enabled": True,
            "revisionDate": "2026-03-04T05:06:07Z",
        }
        assert cloud.get("/sync", token=owner).json["policies"] == [answer.json]

    def test_it_works_in_each_region(self, keyring, region):
        cloud = TestCloud(region=region, keyring=keyring)
        email, name = {"us": ("owner@acme.test", "Acme Corporation"), "eu": ("owner@dupont.test", "Dupont SA")}[region]

        answer = switch(cloud, cloud.organization(name).id, cloud.user_token(email), ON)

        assert (answer.status, answer.json["enabled"]) == (200, True)

    def test_switching_again_keeps_the_policys_id_and_moves_its_date(self, cloud, owner, acme):
        first = switch(cloud, acme, owner, ON).json
        cloud.clock.advance(timedelta(minutes=30))

        second = switch(cloud, acme, owner, OFF).json

        assert second == first | {"enabled": False, "revisionDate": "2026-03-04T05:36:07Z"}

    def test_the_policy_has_a_name_too(self, cloud, owner, acme):
        assert switch(cloud, acme, owner, ON, "freefamiliessponsorshippolicy").json["type"] == 13
        assert switch(cloud, acme, owner, ON, "RequireSso").json["type"] == 4

    def test_another_policy_is_remembered_with_its_data(self, cloud, owner, acme):
        answer = switch(cloud, acme, owner, {"policy": {"enabled": True, "data": {"minLength": 14}}}, 1)

        assert (answer.json["type"], answer.json["data"]) == (1, {"minLength": 14})


class TestRoles:
    def test_admins_and_custom_members_with_the_permission_may(self, cloud, acme):
        admin = change_role(cloud, "alice@acme.test", Role.ADMIN)
        custom = change_role(cloud, "bob@acme.test", Role.CUSTOM, ("managePolicies",))

        assert [switch(cloud, acme, token, ON).status for token in (admin, custom)] == [200, 200]

    @pytest.mark.parametrize("role", [Role.USER, Role.CUSTOM])
    def test_others_are_403_without_a_body(self, cloud, acme, role):
        token = change_role(cloud, "alice@acme.test", role, ("manageUsers",))

        answer = switch(cloud, acme, token, ON)

        assert (answer.status, answer.body) == (403, "")
        assert repo.policies.list(cloud.unit(), acme) == []

    def test_the_role_is_asked_before_the_body_and_the_type(self, cloud, acme):
        token = cloud.user_token("alice@acme.test")

        assert cloud.request("PUT", f"/organizations/{acme}/policies/none", body=b"", token=token).status == 403

    def test_another_regions_organization_is_nobodys(self, cloud, keyring, owner):
        foreign = TestCloud(region="eu", keyring=keyring).organization("Dupont SA")

        assert switch(cloud, foreign.id, owner, ON).status == 403

    def test_the_role_is_the_tokens(self, cloud, owner, acme):
        change_role(cloud, "owner@acme.test", Role.USER)

        assert switch(cloud, acme, owner, ON).status == 200


class TestRefusals:
    def test_a_body_without_content_type_is_415(self, cloud, owner, acme):
        answer = cloud.request("PUT", f"/organizations/{acme}/policies/13", body=b"", token=owner)

        assert (answer.status, answer.body) == (415, "")

    @pytest.mark.parametrize(
        ("body", "errors"),
        [
            ({}, {"Policy": ["The Policy field is required."]}),
            ({"policy": {}}, {"Policy.Enabled": ["The Enabled field is required."]}),
        ],
    )
    def test_what_is_required_is_named(self, cloud, owner, acme, body, errors):
        answer = switch(cloud, acme, owner, body)

        assert (answer.status, answer.errors) == (400, errors)

    def test_an_organization_id_that_is_no_guid_is_a_wrong_value(self, cloud, owner):
        answer = switch(cloud, "abc", owner, ON)

        assert (answer.status, answer.errors) == (400, {"orgId": ["The value 'abc' is not valid."]})

    @pytest.mark.parametrize(
        ("policy", "text"), [("99", "The value '99' is invalid."), ("Nothing", "The value 'Nothing' is not valid.")]
    )
    def test_a_policy_that_does_not_exist_is_a_wrong_value(self, cloud, owner, acme, policy, text):
        answer = switch(cloud, acme, owner, ON, policy)

        assert (answer.status, answer.errors) == (400, {"type": [text]})

    @pytest.mark.parametrize(
        ("email", "name"), [("cousin@family.test", "Cousin Family"), ("owner@initech.test", "Initech")]
    )
    def test_an_organization_whose_plan_has_no_policies_cannot(self, cloud, email, name):
        answer = switch(cloud, cloud.organization(name).id, cloud.user_token(email), ON)

        assert (answer.status, answer.message) == (400, "This organization cannot use policies.")

    def test_an_organization_that_is_gone_cannot(self, cloud, owner, acme):
        delete_organization(cloud, acme)

        answer = switch(cloud, acme, owner, ON)

        assert (answer.status, answer.message) == (400, "Organization not found")


class TestMails:
    @pytest.fixture
    def sponsoring(self, cloud, acme) -> str:
        """Acme with two families it pays for, and an open offer."""
        cousin, globex = cloud.organization("Cousin Family").id, cloud.organization("Globex").id
        redeemed = {"valid_until": VALID_UNTIL, "offered_to_email": None}
        add_sponsorship(
            cloud,
            "Acme Corporation",
            "x",
            "a",
            friendly_name="cousin@mail.test",
            sponsored_organization_id=cousin,
            **redeemed,
        )
        add_sponsorship(
            cloud,
            "Acme Corporation",
            "y",
            "b",
            friendly_name="aunt@mail.test",
            sponsored_organization_id=globex,
            to_delete=True,
            **redeemed,
        )
        add_sponsorship(
            cloud, "Acme Corporation", "z", "c", friendly_name="open@mail.test", offered_to_email="open@mail.test"
        )
        return acme

    def test_switching_13_on_tells_each_sponsored_family_at_the_friendly_name(self, cloud, owner, sponsoring):
        switch(cloud, sponsoring, owner, ON)

        sent = {mail["to"]: mail for mail in mails(cloud)}
        assert set(sent) == {"cousin@mail.test", "aunt@mail.test"}
        mail = sent["cousin@mail.test"]
        assert mail["subject"] == "Removal of Free Bitwarden Families plan"
        assert mail["category"] == "FamiliesForEnterpriseRemovedFromFamilyUser"
        family = cloud.organization("Cousin Family").id
        assert mail["links"] == [f"https://vault.bitwarden.com/#/organizations/{family}/billing/subscription"]
        assert "01/03/2027" in mail["text"]

    def test_only_going_from_off_to_on_does(self, cloud, owner, sponsoring):
        sent = []
        for body in (OFF, ON, ON, OFF, ON):
            switch(cloud, sponsoring, owner, body)
            sent.append(len(mails(cloud)))

        assert sent == [0, 2, 2, 2, 4]

    def test_another_policy_does_not(self, cloud, owner, sponsoring):
        switch(cloud, sponsoring, owner, ON, 3)

        assert mails(cloud) == []


class TestEvents:
    def events(self, cloud: TestCloud, organization_id: str) -> list:
        return repo.events.list(cloud.unit(), organization_id)

    def test_each_switch_is_logged_with_who_did_it(self, cloud, owner, acme):
        switch(cloud, acme, owner, ON)
        switch(cloud, acme, owner, ON)

        events = self.events(cloud, acme)
        assert [(event.type, event.date, event.acting_user_id) for event in events] == [
            (1700, START, cloud.user("owner@acme.test").id)
        ] * 2

    @pytest.mark.parametrize("changes", [{"use_events": False}, {"enabled": False}])
    def test_an_organization_without_events_or_disabled_logs_nothing(self, cloud, owner, acme, changes):
        change_organization(cloud, "Acme Corporation", **changes)

        assert switch(cloud, acme, owner, ON).status == 200
        assert self.events(cloud, acme) == []
