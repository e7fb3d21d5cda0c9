"""What an organization pays, as its owner sees it (docs/contract/api.md §4.7)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sosie.domain.members import Role
from sosie.domain.organizations import SPONSORED_PRICE
from tests.support.cloud import START, TestCloud
from tests.wire import organization_fields as fields
from tests.wire.stored import change_member, change_organization, change_subscription

UNKNOWN = "11111111-2222-4333-8444-555555555555"


@pytest.fixture
def owner(cloud: TestCloud) -> str:
    return cloud.user_token("owner@acme.test")


@pytest.fixture
def acme(cloud: TestCloud) -> str:
    return cloud.organization("Acme Corporation").id


class TestSubscription:
    def test_it_is_the_organization_and_exactly_the_contracts_further_members(self, cloud, owner, acme):
        organization = cloud.get(f"/organizations/{acme}", token=owner).json

        answer = cloud.get(f"/organizations/{acme}/subscription", token=owner)

        assert answer.status == 200
        assert set(answer.json) == fields.SUBSCRIPTION_OF_ORGANIZATION
        assert set(answer.json["subscription"]) == fields.SUBSCRIPTION
        shared = fields.ORGANIZATION - {"object"}
        assert {name: answer.json[name] for name in shared} == {name: organization[name] for name in shared}
        assert answer.json["object"] == "organizationSubscription"

    def test_with_a_subscription_expiration_is_a_placeholder_a_year_ahead(self, cloud, owner, acme):
        answer = cloud.get(f"/organizations/{acme}/subscription", token=owner).json

        expected = {
            "storageName": None,
            "storageGb": 0,
            "expiration": "2027-03-04T05:06:07Z",
            "expirationWithoutGracePeriod": None,
            "customerDiscount": None,
            "pendingAnnualUpgrade": None,
            "smServiceAccountsGrace": 0,
            "exemptFromBillingAutomation": False,
        }
        assert {name: answer[name] for name in expected} == expected

    def test_the_subscription_shows_its_period_and_what_is_bought(self, cloud, owner, acme):
        start, end = START - timedelta(days=30), START + timedelta(days=335)
        change_subscription(cloud, "Acme Corporation", period_start=start, period_end=end)

        answer = cloud.get(f"/organizations/{acme}/subscription", token=owner).json

        assert answer["subscription"] == {
            "trialStartDate": None,
            "trialEndDate": None,
            "periodStartDate": "2026-02-02T05:06:07Z",
            "periodEndDate": "2027-02-02T05:06:07Z",
            "cancelledDate": None,
            "suspensionDate": None,
            "unpaidPeriodEndDate": None,
            "cancelAtEndDate": False,
            "status": "active",
            "cancelled": False,
            "collectionMethod": "charge_automatically",
            "gracePeriod": 14,
            "items": [
                {
                    "productId": answer["plan"]["passwordManager"]["stripeSeatPlanId"],
                    "name": "Enterprise (Annually) seat",
                    "amount": answer["plan"]["passwordManager"]["seatPrice"],
                    "quantity": 25,
                    "interval": "year",
                    "sponsoredSubscriptionItem": False,
                    "addonSubscriptionItem": False,
                }
            ],
        }
        total = 25 * answer["plan"]["passwordManager"]["seatPrice"]
        assert answer["upcomingInvoice"] == {"amount": total, "date": "2027-02-02T05:06:07Z"}

    def test_a_sponsored_one_has_a_sponsored_main_item_and_costs_nothing(self, cloud):
        change_subscription(cloud, "Cousin Family", price_id=SPONSORED_PRICE)
        token, organization = cloud.user_token("cousin@family.test"), cloud.organization("Cousin Family")

        answer = cloud.get(f"/organizations/{organization.id}/subscription", token=token).json

        (item,) = answer["subscription"]["items"]
        assert (item["productId"], item["quantity"]) == ("2021-family-for-enterprise-annually", 1)
        assert (item["sponsoredSubscriptionItem"], item["amount"]) == (True, 0)
        assert isinstance(item["name"], str)
        assert answer["upcomingInvoice"]["amount"] == 0

    @pytest.mark.parametrize(
        ("status", "cancelled"),
        [
            ("active", False),
            ("trialing", False),
            ("past_due", False),
            ("incomplete", False),
            ("canceled", True),
            ("unpaid", True),
            ("incomplete_expired", True),
        ],
    )
    def test_three_statuses_count_as_cancelled_and_have_no_next_invoice(self, cloud, owner, acme, status, cancelled):
        change_subscription(cloud, "Acme Corporation", status=status)

        answer = cloud.get(f"/organizations/{acme}/subscription", token=owner).json

        assert (answer["subscription"]["status"], answer["subscription"]["cancelled"]) == (status, cancelled)
        assert (answer["upcomingInvoice"] is None) is cancelled

    def test_one_that_ends_with_its_period_is_not_cancelled_yet(self, cloud, owner, acme):
        change_subscription(cloud, "Acme Corporation", cancel_at_period_end=True, cancelled_at=START)

        answer = cloud.get(f"/organizations/{acme}/subscription", token=owner).json

        shown = answer["subscription"]
        assert (shown["cancelAtEndDate"], shown["cancelledDate"]) == (True, "2026-03-04T05:06:07Z")
        assert (shown["cancelled"], answer["upcomingInvoice"]) == (False, None)

    def test_without_a_subscription_expiration_is_the_organizations(self, cloud, owner, acme):
        none = {"subscription": None, "gateway_subscription_id": None}
        change_organization(cloud, "Acme Corporation", **none, expiration_date=START + timedelta(days=3))

        answer = cloud.get(f"/organizations/{acme}/subscription", token=owner).json

        assert set(answer) == fields.SUBSCRIPTION_OF_ORGANIZATION
        assert answer["expiration"] == "2026-03-07T05:06:07Z"
        names = ("subscription", "upcomingInvoice", "customerDiscount", "smServiceAccountsGrace")
        assert [answer[name] for name in names] == [None] * 4

    def test_an_id_that_is_no_guid_is_no_route(self, cloud, owner):
        answer = cloud.get("/organizations/abc/subscription", token=owner)

        assert (answer.status, answer.body) == (404, "")

    def test_only_owners_find_it(self, cloud, acme):
        change_member(cloud, "Acme Corporation", "alice@acme.test", role=Role.ADMIN)

        answer = cloud.get(f"/organizations/{acme}/subscription", token=cloud.user_token("alice@acme.test"))

        assert (answer.status, answer.message) == (404, "Resource not found.")

    def test_an_unknown_organization_has_none(self, cloud, owner):
        answer = cloud.get(f"/organizations/{UNKNOWN}/subscription", token=owner)

        assert (answer.status, answer.message) == (404, "Resource not found.")
