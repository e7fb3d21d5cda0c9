"""Creating an organization (docs/contract/api.md §4.10): each check in its order, and what comes of it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from sosie.domain.members import MemberStatus, Role
from sosie.services import repository as repo
from tests.support.cloud import TestCloud
from tests.wire import organization_fields as fields
from tests.wire.organization_bodies import FAMILY, FREE_OF_CHARGE, PAID, PAYMENT
from tests.wire.stored import change_member, change_organization, delete_user, set_policy

SINGLE_ORGANIZATION = (
    "You may not create an organization. You belong to an organization which has a policy that prohibits you from "
    "being a member of any other organization."
)


@pytest.fixture
def token(cloud: TestCloud) -> str:
    return cloud.user_token("newcomer@family.test")


def create(cloud: TestCloud, token: str, /, **changes) -> dict:
    answer = cloud.post(FREE_OF_CHARGE, FAMILY | changes, token=token)
    assert answer.status == 200, answer.body
    return answer.json


def refused(cloud: TestCloud, token: str, /, **changes) -> tuple[int, str]:
    answer = cloud.post(FREE_OF_CHARGE, FAMILY | changes, token=token)
    return answer.status, answer.message


def stored(cloud: TestCloud, created: dict):
    return repo.organizations.get(cloud.unit(), created["id"])


class TestState:
    @pytest.mark.parametrize(("path", "payment"), [(FREE_OF_CHARGE, {}), (PAID, PAYMENT)])
    @pytest.mark.parametrize("plan", [22, 7])
    def test_both_routes_answer_with_the_new_families_organization(self, cloud, token, path, payment, plan):
        answer = cloud.post(path, FAMILY | payment | {"planType": plan}, token=token)

        assert answer.status == 200
        assert set(answer.json) == fields.ORGANIZATION
        assert (answer.json["object"], answer.json["name"], answer.json["planType"]) == (
            "organization",
            "Our Family",
            plan,
        )
        assert (answer.json["seats"], answer.json["maxStorageGb"]) == (6, 1)
        assert answer.json["hasPublicAndPrivateKeys"] is True

    def test_it_works_in_each_region(self, keyring, region):
        cloud = TestCloud(region=region, keyring=keyring)
        email = {"us": "newcomer@family.test", "eu": "nieuw@gezin.test"}[region]

        created = create(cloud, cloud.user_token(email))

        assert stored(cloud, created).name == "Our Family"
        other = cloud.unit("eu" if region == "us" else "us")
        assert repo.organizations.get(other, created["id"]) is None

    def test_it_is_enabled_and_has_a_licence_key_and_its_keys(self, cloud, token):
        organization = stored(cloud, create(cloud, token))

        assert (organization.enabled, organization.status) == (True, 1)
        assert re.fullmatch(r"[A-Za-z0-9]{20}", organization.license_key)
        assert (organization.public_key, organization.private_key) == ("cHVibGlj", "2.private")
        assert organization.gateway_customer_id
        assert organization.gateway_subscription_id

    def test_the_caller_is_its_confirmed_owner_with_the_key_they_sent(self, cloud, token):
        created = create(cloud, token)

        member = repo.member_of(cloud.unit(), created["id"], cloud.user("newcomer@family.test").id)
        assert (member.role, member.status, member.key) == (Role.OWNER, MemberStatus.CONFIRMED, "4.d3JhcHBlZA==")
        (seen,) = cloud.get("/sync", token=token).json["profile"]["organizations"]
        assert (seen["id"], seen["key"], seen["type"], seen["status"]) == (created["id"], "4.d3JhcHBlZA==", 0, 2)

    def test_it_has_a_default_api_key_and_no_other(self, cloud, token):
        created = create(cloud, token)

        (key,) = repo.api_keys.list(cloud.unit(), created["id"])
        assert key.type == 0
        assert re.fullmatch(r"[A-Za-z0-9]{30}", key.api_key)

    def test_the_token_does_not_say_owner_before_it_is_renewed(self, cloud, token):
        created = create(cloud, token)

        early = cloud.get(f"/organizations/{created['id']}", token=token)
        later = cloud.get(f"/organizations/{created['id']}", token=cloud.user_token("newcomer@family.test"))

        assert (early.status, early.headers["x-sosie-hint"]) == (404, "NOT_OWNER_STALE_TOKEN")
        assert (later.status, later.json) == (200, created)

    def test_clients_learn_of_it_by_the_revision_date(self, cloud, token):
        before = cloud.get("/accounts/revision-date", token=token).json
        cloud.clock.advance(timedelta(minutes=1))

        create(cloud, token)

        assert cloud.get("/accounts/revision-date", token=token).json == before + 60_000

    def test_names_are_stored_encoded_and_answered_as_sent(self, cloud, token):
        created = create(cloud, token, name="R&D <Café>", businessName='Tom\'s "B"')

        assert (created["name"], created["businessName"]) == ("R&D <Café>", 'Tom\'s "B"')
        organization = stored(cloud, created)
        assert organization.name == "R&amp;D &lt;Caf&#233;&gt;"
        assert organization.business_name == "Tom&#39;s &quot;B&quot;"

    def test_an_enterprise_organization_has_the_seats_that_were_bought(self, cloud, token):
        created = create(cloud, token, planType=20, additionalSeats=12, additionalStorageGb=3)

        assert (created["seats"], created["maxStorageGb"], created["usePolicies"]) == (12, 4, True)

    def test_a_free_organization_has_no_subscription(self, cloud, token):
        created = create(cloud, token, planType=0)

        organization = stored(cloud, created)
        assert (organization.subscription, organization.gateway_subscription_id) == (None, None)
        assert organization.expiration_date is None
        assert (created["seats"], created["maxCollections"]) == (2, 2)


class TestTrial:
    def period_of(self, cloud: TestCloud, token: str, **changes) -> dict:
        created = create(cloud, token, **changes)
        owner = cloud.user_token("newcomer@family.test")
        subscription = cloud.get(f"/organizations/{created['id']}/subscription", token=owner).json["subscription"]
        assert stored(cloud, created).expiration_date.isoformat()[:19] == subscription["periodEndDate"][:19]
        return subscription

    def test_it_is_the_plans_seven_days_and_ends_the_period(self, cloud, token):
        subscription = self.period_of(cloud, token)

        assert subscription["status"] == "trialing"
        assert subscription["trialStartDate"] == subscription["periodStartDate"] == "2026-03-04T05:06:07Z"
        assert subscription["trialEndDate"] == subscription["periodEndDate"] == "2026-03-11T05:06:07Z"

    def test_its_length_can_be_chosen(self, cloud, token):
        assert self.period_of(cloud, token, trialLength=30)["trialEndDate"] == "2026-04-03T05:06:07Z"

    @pytest.mark.parametrize(
        "changes", [{"skipTrial": True}, {"trialLength": 0}, {"skipTrial": True, "trialLength": 9}]
    )
    def test_without_one_the_period_is_a_year(self, cloud, token, changes):
        subscription = self.period_of(cloud, token, **changes)

        assert (subscription["status"], subscription["trialEndDate"]) == ("active", None)
        assert subscription["periodEndDate"] == "2027-03-04T05:06:07Z"

    def test_without_one_a_monthly_period_is_a_month(self, cloud, token):
        subscription = self.period_of(cloud, token, planType=17, additionalSeats=1, skipTrial=True)

        assert subscription["periodEndDate"] == "2026-04-04T05:06:07Z"


class TestChecks:
    def test_a_deleted_caller_is_401_with_a_body(self, cloud, token):
        delete_user(cloud, "newcomer@family.test")

        assert refused(cloud, token, planType=200) == (401, "Unauthorized.")

    def test_an_unknown_plan_is_not_found(self, cloud, token):
        assert refused(cloud, token, planType=200) == (404, "Resource not found.")

    @pytest.mark.parametrize("plan", [1, 11, 16])
    def test_a_plan_that_is_no_longer_sold_is_refused(self, cloud, token, plan):
        assert refused(cloud, token, planType=plan) == (400, "Password Manager Plan not found.")

    def test_extra_seats_on_families_are_refused(self, cloud, token):
        assert refused(cloud, token, additionalSeats=1) == (400, "Plan does not allow additional users.")

    def test_a_plan_of_bought_seats_wants_some(self, cloud, token):
        assert refused(cloud, token, planType=20) == (400, "You do not have any Password Manager seats!")

    def test_nobody_governs_two_free_organizations(self, cloud, token):
        create(cloud, token, planType=0)

        expected = (400, "You can only be an admin of 1 free organization vault.")
        assert refused(cloud, token, planType=0, name="Another") == expected
        assert create(cloud, token, name="Families are many")["planType"] == 22

    def test_a_member_of_a_free_organization_may_have_their_own(self, cloud, token):
        create(cloud, token, planType=0)
        change_member(cloud, "Our Family", "newcomer@family.test", role=Role.USER)

        assert create(cloud, token, planType=0, name="Another")["planType"] == 0

    def test_the_single_organization_policy_binds_members(self, cloud):
        set_policy(cloud, "Acme Corporation", 3)

        assert refused(cloud, cloud.user_token("alice@acme.test")) == (400, SINGLE_ORGANIZATION)

    @pytest.mark.parametrize("changes", [{"role": Role.OWNER}, {"role": Role.ADMIN}, {"status": MemberStatus.REVOKED}])
    def test_it_does_not_bind_who_governs_or_is_revoked(self, cloud, changes):
        set_policy(cloud, "Acme Corporation", 3)
        change_member(cloud, "Acme Corporation", "alice@acme.test", **changes)

        assert create(cloud, cloud.user_token("alice@acme.test"))["name"] == "Our Family"

    @pytest.mark.parametrize("email", ["alice@acme.test", "owner@acme.test"])
    def test_automatic_confirmation_binds_everybody(self, cloud, email):
        set_policy(cloud, "Acme Corporation", 18)

        assert refused(cloud, cloud.user_token(email)) == (400, SINGLE_ORGANIZATION)

    def test_a_policy_that_is_off_or_of_a_disabled_organization_binds_nobody(self, cloud):
        token = cloud.user_token("alice@acme.test")
        set_policy(cloud, "Acme Corporation", 3, enabled=False)
        assert create(cloud, token)["name"] == "Our Family"

        set_policy(cloud, "Acme Corporation", 3)
        change_organization(cloud, "Acme Corporation", enabled=False)
        assert create(cloud, token, name="Another")["name"] == "Another"

    def test_a_second_free_organization_is_refused_before_policies_are(self, cloud):
        token = cloud.user_token("alice@acme.test")
        create(cloud, token, planType=0)
        set_policy(cloud, "Acme Corporation", 3)

        assert refused(cloud, token, planType=0)[1] == "You can only be an admin of 1 free organization vault."

    def test_what_is_refused_leaves_no_trace(self, cloud, token):
        before = len(repo.organizations.list(cloud.unit()))

        refused(cloud, token, additionalSeats=1)

        assert len(repo.organizations.list(cloud.unit())) == before
