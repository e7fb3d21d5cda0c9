"""The body that creates an organization: its rules and their texts (docs/contract/api.md §4.10)."""

from __future__ import annotations

import pytest

from tests.support.cloud import TestCloud
from tests.wire.organization_bodies import FAMILY, FREE_OF_CHARGE, PAID, PAYMENT


@pytest.fixture
def token(cloud: TestCloud) -> str:
    return cloud.user_token("newcomer@family.test")


def create(cloud: TestCloud, token: str, /, **changes) -> dict:
    answer = cloud.post(FREE_OF_CHARGE, FAMILY | changes, token=token)
    assert answer.status == 200, answer.body
    return answer.json


def errors_of(cloud: TestCloud, token: str, body: dict, path: str = FREE_OF_CHARGE) -> dict[str, list[str]]:
    answer = cloud.post(path, body, token=token)
    assert (answer.status, answer.message) == (400, "The model state is invalid.")
    return answer.errors


class TestBody:
    def test_what_is_required_is_named_all_at_once(self, cloud, token):
        assert errors_of(cloud, token, {}) == {
            "Name": ["The Name field is required."],
            "BillingEmail": ["The BillingEmail field is required."],
            "Key": ["The Key field is required."],
            "Keys": ["The Keys field is required."],
        }

    def test_both_keys_of_the_pair_are_required(self, cloud, token):
        assert errors_of(cloud, token, FAMILY | {"keys": {}}) == {
            "Keys.PublicKey": ["The PublicKey field is required."],
            "Keys.EncryptedPrivateKey": ["The EncryptedPrivateKey field is required."],
        }

    @pytest.mark.parametrize(
        ("changes", "errors"),
        [
            ({"name": "n" * 51}, {"Name": ["The field Name exceeds the maximum length."]}),
            ({"name": " "}, {"Name": ["The Name field is required."]}),
            ({"businessName": "b" * 51}, {"BusinessName": ["The field Business Name exceeds the maximum length."]}),
            (
                {"billingEmail": "nobody"},
                {"BillingEmail": ["The BillingEmail field is not a valid e-mail address."]},
            ),
            (
                {"billingEmail": f"{'x' * 252}@a.te"},
                {"BillingEmail": ["The field BillingEmail must be a string with a maximum length of 256."]},
            ),
            ({"collectionName": "plain"}, {"CollectionName": ["CollectionName is not a valid encrypted string."]}),
            (
                {"collectionName": f"2.AAECAwQFBgcICQoLDA0ODw==|{'A' * 1000}|BGjxpSaepyRbuExk1FbpTQ=="},
                {
                    "CollectionName": [
                        "The field CollectionName exceeds the maximum encrypted value length of 1000 characters."
                    ]
                },
            ),
            (
                {"additionalSeats": -1},
                {"AdditionalSeats": ["The field AdditionalSeats must be between 0 and 2147483647."]},
            ),
            (
                {"additionalStorageGb": 100},
                {"AdditionalStorageGb": ["The field AdditionalStorageGb must be between 0 and 99."]},
            ),
            ({"trialLength": 31}, {"TrialLength": ["The field TrialLength must be between 0 and 30."]}),
        ],
    )
    def test_a_value_out_of_bounds_is_refused_with_the_contracts_text(self, cloud, token, changes, errors):
        assert errors_of(cloud, token, FAMILY | changes) == errors

    def test_the_names_limit_counts_encoded_characters(self, cloud, token):
        assert create(cloud, token, name="&" * 10)["name"] == "&" * 10
        assert "Name" in errors_of(cloud, token, FAMILY | {"name": "&" * 11})

    def test_a_name_may_have_fifty_characters(self, cloud, token):
        assert create(cloud, token, name="n" * 50)["name"] == "n" * 50

    @pytest.mark.parametrize("value", ["22", None, 256])
    def test_a_plan_type_that_is_no_enumeration_number_is_a_type_error(self, cloud, token, value):
        assert list(errors_of(cloud, token, FAMILY | {"planType": value})) == ["$.planType"]

    def test_a_missing_plan_type_is_the_free_plan(self, cloud, token):
        body = {name: value for name, value in FAMILY.items() if name != "planType"}

        assert cloud.post(FREE_OF_CHARGE, body, token=token).json["planType"] == 0

    def test_members_nobody_reads_are_taken(self, cloud, token):
        more = {"coupons": ["X"], "initiationPath": "New organization creation", "taxIdNumber": None, "x": {}}

        assert create(cloud, token, **more)["name"] == "Our Family"

    def test_a_body_without_content_type_is_415(self, cloud, token):
        answer = cloud.request("POST", PAID, body=b"{}", token=token)

        assert (answer.status, answer.body) == (415, "")


class TestPayment:
    def test_the_paid_route_wants_payment_details_and_a_country(self, cloud, token):
        assert errors_of(cloud, token, FAMILY, PAID) == {
            "PaymentToken": ["Payment required."],
            "PaymentMethodType": ["Payment method type required."],
            "BillingAddressCountry": ["Country required."],
        }

    @pytest.mark.parametrize("country", ["US", "CH"])
    def test_in_two_countries_it_wants_a_postal_code_too(self, cloud, token, country):
        body = FAMILY | PAYMENT | {"billingAddressCountry": country, "billingAddressPostalCode": " "}

        assert errors_of(cloud, token, body, PAID) == {"BillingAddressPostalCode": ["Zip / postal code is required."]}

    def test_elsewhere_it_does_not(self, cloud, token):
        body = FAMILY | PAYMENT | {"billingAddressCountry": "FR", "billingAddressPostalCode": None}

        assert cloud.post(PAID, body, token=token).status == 200

    def test_the_free_plan_needs_none(self, cloud, token):
        assert cloud.post(PAID, FAMILY | {"planType": 0}, token=token).status == 200

    def test_it_is_asked_for_only_when_every_property_is_fine(self, cloud, token):
        assert list(errors_of(cloud, token, FAMILY | {"name": None}, PAID)) == ["Name"]

    def test_it_is_asked_for_before_the_plan_is_looked_up(self, cloud, token):
        assert "PaymentToken" in errors_of(cloud, token, FAMILY | {"planType": 200}, PAID)
