"""Organizations read by their owner, and what else a web vault asks about them (docs/contract/api.md §4.6, §4.11)."""

from __future__ import annotations

import pytest

from sosie.domain.members import Role
from tests.support.cloud import TestCloud
from tests.wire import organization_fields as fields
from tests.wire.stored import add_sponsorship, change_member, change_organization, delete_organization

OWNERS = {"us": ("owner@acme.test", "Acme Corporation"), "eu": ("owner@dupont.test", "Dupont SA")}
UNKNOWN = "11111111-2222-4333-8444-555555555555"


@pytest.fixture
def owner(cloud: TestCloud) -> str:
    return cloud.user_token("owner@acme.test")


@pytest.fixture
def acme(cloud: TestCloud) -> str:
    return cloud.organization("Acme Corporation").id


class TestReading:
    def test_an_owner_sees_exactly_the_contracts_members_in_each_region(self, keyring, region):
        cloud = TestCloud(region=region, keyring=keyring)
        email, name = OWNERS[region]

        answer = cloud.get(f"/organizations/{cloud.organization(name).id}", token=cloud.user_token(email))

        assert answer.status == 200
        assert set(answer.json) == fields.ORGANIZATION
        assert set(answer.json["plan"]) == fields.PLAN
        assert answer.json["name"] == name

    def test_what_is_not_known_is_null(self, cloud, owner, acme):
        answer = cloud.get(f"/organizations/{acme}", token=owner).json

        expected = {
            "object": "organization",
            "id": acme,
            "name": "Acme Corporation",
            "businessName": None,
            "businessAddress1": None,
            "businessAddress2": None,
            "businessAddress3": None,
            "businessCountry": None,
            "businessTaxNumber": None,
            "billingEmail": "billing@acme.test",
            "secretsManagerPlan": None,
            "planType": 20,
            "seats": 25,
            "maxAutoscaleSeats": None,
            "maxCollections": None,
            "smSeats": None,
            "smServiceAccounts": None,
            "maxAutoscaleSmSeats": None,
            "maxAutoscaleSmServiceAccounts": None,
            "hasPublicAndPrivateKeys": True,
            "useAdminSponsoredFamilies": False,
            "usePolicies": True,
        }
        assert {name: answer[name] for name in expected} == expected

    def test_its_plan_is_the_one_in_the_list_of_plans(self, cloud, owner, acme):
        plans = {plan["type"]: plan for plan in cloud.get("/plans").json["data"]}

        assert cloud.get(f"/organizations/{acme}", token=owner).json["plan"] == plans[20]

    def test_names_are_decoded(self, cloud, owner, acme):
        change_organization(cloud, "Acme Corporation", name="R&amp;D", business_name="Caf&#233;")

        answer = cloud.get(f"/organizations/{acme}", token=owner).json

        assert (answer["name"], answer["businessName"]) == ("R&D", "Café")

    @pytest.mark.parametrize("spelling", [str.upper, lambda guid: guid.replace("-", ""), lambda guid: f"{{{guid}}}"])
    def test_an_id_may_be_spelled_in_other_ways(self, cloud, owner, acme, spelling):
        assert cloud.get(f"/organizations/{spelling(acme)}", token=owner).json["id"] == acme

    def test_an_id_that_is_no_guid_fails(self, cloud, owner):
        answer = cloud.get("/organizations/abc", token=owner)

        assert (answer.status, answer.message) == (500, "An unhandled server error has occurred.")

    @pytest.mark.parametrize("role", [Role.ADMIN, Role.USER, Role.CUSTOM])
    def test_whoever_is_not_an_owner_finds_nothing(self, cloud, acme, role):
        change_member(cloud, "Acme Corporation", "alice@acme.test", role=role)

        answer = cloud.get(f"/organizations/{acme}", token=cloud.user_token("alice@acme.test"))

        assert (answer.status, answer.message) == (404, "Resource not found.")

    def test_an_unknown_organization_is_not_found(self, cloud, owner):
        answer = cloud.get(f"/organizations/{UNKNOWN}", token=owner)

        assert (answer.status, answer.message) == (404, "Resource not found.")

    def test_another_regions_organization_is_not_found(self, cloud, keyring, owner):
        foreign = TestCloud(region="eu", keyring=keyring).organization("Dupont SA")

        assert cloud.get(f"/organizations/{foreign.id}", token=owner).status == 404

    def test_an_organization_that_is_gone_is_not_found_although_the_token_still_names_it(self, cloud, owner, acme):
        delete_organization(cloud, acme)

        answer = cloud.get(f"/organizations/{acme}", token=owner)

        assert (answer.status, answer.headers["x-sosie-hint"]) == (404, "ORGANIZATION_UNKNOWN")

    def test_a_demoted_owner_reads_on_until_the_token_is_renewed(self, cloud, owner, acme):
        change_member(cloud, "Acme Corporation", "owner@acme.test", role=Role.USER)

        assert cloud.get(f"/organizations/{acme}", token=owner).status == 200
        assert cloud.get(f"/organizations/{acme}", token=cloud.user_token("owner@acme.test")).status == 404

    def test_a_new_owner_with_an_old_token_finds_nothing_and_is_told_why(self, cloud, acme):
        old = cloud.user_token("alice@acme.test")
        change_member(cloud, "Acme Corporation", "alice@acme.test", role=Role.OWNER)

        refused = cloud.get(f"/organizations/{acme}", token=old)

        assert (refused.status, refused.headers["x-sosie-hint"]) == (404, "NOT_OWNER_STALE_TOKEN")
        assert cloud.get(f"/organizations/{acme}", token=cloud.user_token("alice@acme.test")).status == 200


class TestBillingStubs:
    def test_there_is_nothing_to_warn_about(self, cloud, owner, acme):
        answer = cloud.get(f"/organizations/{acme}/billing/vnext/warnings", token=owner)

        assert answer.status == 200
        assert answer.json == {
            "freeTrial": None,
            "inactiveSubscription": None,
            "resellerRenewal": None,
            "taxId": None,
            "scheduledPriceIncrease": None,
        }

    def test_metadata_counts_members_and_sponsorships_that_take_a_seat(self, cloud, owner, acme):
        before = cloud.get(f"/organizations/{acme}/billing/vnext/metadata", token=owner).json
        add_sponsorship(cloud, "Acme Corporation", "x", "a", friendly_name="given", is_admin_initiated=True)
        add_sponsorship(cloud, "Acme Corporation", "y", "b", friendly_name="own")

        after = cloud.get(f"/organizations/{acme}/billing/vnext/metadata", token=owner).json

        # Three confirmed members and an invited one.
        assert before == {"isOnSecretsManagerStandalone": False, "organizationOccupiedSeats": 4}
        assert after == {"isOnSecretsManagerStandalone": False, "organizationOccupiedSeats": 5}

    @pytest.mark.parametrize("what", ["warnings", "metadata"])
    def test_strangers_are_told_nothing(self, cloud, acme, what):
        token = cloud.user_token("owner@globex.test")

        answer = cloud.get(f"/organizations/{acme}/billing/vnext/{what}", token=token)

        assert (answer.status, answer.body) == (403, "")

    @pytest.mark.parametrize("what", ["warnings", "metadata"])
    def test_an_id_that_is_no_guid_is_a_wrong_value(self, cloud, owner, what):
        answer = cloud.get(f"/organizations/abc/billing/vnext/{what}", token=owner)

        assert (answer.status, answer.errors) == (400, {"id": ["The value 'abc' is not valid."]})


class TestConnections:
    def test_the_cloud_has_none(self, cloud, owner):
        answer = cloud.get("/organizations/connections/enabled", token=owner)

        assert (answer.status, answer.body) == (200, "false")

    @pytest.mark.parametrize("kind", ["1", "CloudBillingSync", "cloudbillingsync"])
    def test_an_owner_is_told_that_billing_sync_is_a_self_hosted_matter(self, cloud, owner, acme, kind):
        answer = cloud.get(f"/organizations/connections/{acme}/{kind}", token=owner)

        expected = "Cannot get a CloudBillingSync connection outside of a self-hosted instance."
        assert (answer.status, answer.message) == (400, expected)

    @pytest.mark.parametrize(("kind", "name"), [("1", "CloudBillingSync"), ("2", "Scim")])
    def test_others_lack_the_permission(self, cloud, acme, kind, name):
        token = cloud.user_token("alice@acme.test")

        answer = cloud.get(f"/organizations/connections/{acme}/{kind}", token=token)

        expected = f"You do not have permission to retrieve a connection of type {name}."
        assert (answer.status, answer.message) == (400, expected)

    def test_a_directory_connection_that_nobody_made_is_empty(self, cloud, owner, acme):
        answer = cloud.get(f"/organizations/connections/{acme}/2", token=owner)

        assert answer.json == {
            "id": None,
            "type": 0,
            "organizationId": "00000000-0000-0000-0000-000000000000",
            "enabled": False,
            "config": None,
        }

    @pytest.mark.parametrize(
        ("kind", "text"),
        [("9", "The value '9' is invalid."), ("0", "The value '0' is invalid."), ("x", "The value 'x' is not valid.")],
    )
    def test_another_kind_is_a_wrong_value(self, cloud, owner, acme, kind, text):
        answer = cloud.get(f"/organizations/connections/{acme}/{kind}", token=owner)

        assert (answer.status, answer.errors) == (400, {"type": [text]})


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"/organizations/{UNKNOWN}"),
        ("GET", f"/organizations/{UNKNOWN}/subscription"),
        ("GET", f"/organizations/{UNKNOWN}/billing/vnext/warnings"),
        ("GET", f"/organizations/{UNKNOWN}/billing/vnext/metadata"),
        ("GET", "/organizations/connections/enabled"),
        ("GET", f"/organizations/connections/{UNKNOWN}/1"),
        ("POST", "/organizations"),
        ("POST", "/organizations/create-without-payment"),
        ("PUT", f"/organizations/{UNKNOWN}/policies/13"),
    ],
)
class TestWithoutAPersonsToken:
    def test_no_token_is_401_without_a_body(self, cloud, method, path):
        answer = cloud.request(method, path)

        assert (answer.status, answer.body) == (401, "")

    def test_a_self_hosted_servers_token_is_403_without_a_body(self, cloud, method, path):
        answer = cloud.request(method, path, token=cloud.installation_token("api.installation"))

        assert (answer.status, answer.body) == (403, "")
