"""The token in a licence (A.7): docs/contract/licensing-push-installations.md, as a specification."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from sosie.domain.licence_claims import organization_claims, token_payload, user_claims
from tests.support.licences import ACME, JTI, NOW, PERSON, words

ALWAYS_CLAIMED = words("""
    LicenseType Id Enabled PlanType UsePolicies UseSso UseKeyConnector UseScim UseGroups UseEvents UseDirectory
    UseTotp Use2fa UseApi UseResetPassword SelfHost UsersGetPremium UseCustomPermissions UsePasswordManager
    UseSecretsManager LimitCollectionCreationDeletion AllowAdminAccessToAllCollectionItems UseRiskInsights Issued
    Expires Refresh Trial UseAdminSponsoredFamilies UseOrganizationDomains UseAutomaticUserConfirmation
    UseDisableSmAdsForUsers UsePhishingBlocker UseMyItems UseInviteLinks UsePam
    """)
CLAIMED_IF_NOT_NULL = {
    "Name": "name",
    "BillingEmail": "billing_email",
    "Plan": "plan",
    "BusinessName": "business_name",
    "LicenseKey": "license_key",
    "InstallationId": "installation_id",
    "Seats": "seats",
    "MaxCollections": "max_collections",
    "MaxStorageGb": "max_storage_gb",
    "SmSeats": "sm_seats",
    "SmServiceAccounts": "sm_service_accounts",
    "ExpirationWithoutGracePeriod": "expiration_without_grace_period",
}
ACME_COMPLETE = replace(ACME, business_name="Acme Ltd", max_collections=9, sm_seats=7, sm_service_accounts=8, seats=25)


class TestToken:
    """A.7: the claims."""

    def test_the_worked_example_has_the_contracts_payload(self):
        expected = {
            "LicenseType": "Organization",
            "Id": "11111111-2222-4333-8444-555555555555",
            "Enabled": "True",
            "PlanType": "20",
            "UsePolicies": "True",
            "Issued": "01/02/2026 03:04:05",
            "Expires": "03/02/2027 00:00:00",
            "Refresh": "02/01/2026 03:04:05",
            "Trial": "False",
            "Name": "Acme & Co",
            "LicenseKey": "zQ7mExampleKey0001",
            "InstallationId": "0f0e0d0c-0b0a-4908-8706-050403020100",
            "Seats": "25",
            "jti": JTI,
            "nbf": 1767323045,
            "exp": 1798859045,
            "iat": 1767323045,
            "iss": "bitwarden",
            "aud": "organization:11111111-2222-4333-8444-555555555555",
        }
        payload = token_payload(ACME, NOW, JTI)
        assert {name: payload[name] for name in expected} == expected

    def test_35_claims_are_always_there_and_12_more_when_they_have_a_value(self):
        assert len(ALWAYS_CLAIMED) == 35
        assert len(CLAIMED_IF_NOT_NULL) == 12
        claims = organization_claims(ACME_COMPLETE, NOW)
        assert set(claims) == {*ALWAYS_CLAIMED, *CLAIMED_IF_NOT_NULL}

    def test_without_those_values_the_35_remain(self):
        bare = replace(ACME_COMPLETE, **dict.fromkeys(CLAIMED_IF_NOT_NULL.values()))
        assert set(organization_claims(bare, NOW)) == set(ALWAYS_CLAIMED)

    @pytest.mark.parametrize(("claim", "field"), CLAIMED_IF_NOT_NULL.items())
    def test_a_null_value_takes_its_own_claim_away_and_no_other(self, claim, field):
        without = organization_claims(replace(ACME_COMPLETE, **{field: None}), NOW)
        assert set(organization_claims(ACME_COMPLETE, NOW)) - set(without) == {claim}

    @pytest.mark.parametrize(
        ("field", "value", "claim", "text"),
        [("seats", 0, "Seats", "0"), ("business_name", "", "BusinessName", "")],
    )
    def test_zero_and_empty_text_are_values(self, field, value, claim, text):
        assert organization_claims(replace(ACME, **{field: value}), NOW)[claim] == text

    @pytest.mark.parametrize(("claim", "field"), [("Expires", "expires"), ("Refresh", "refresh")])
    def test_a_date_that_is_always_claimed_is_empty_text_when_null(self, claim, field):
        assert organization_claims(replace(ACME, **{field: None}), NOW)[claim] == ""

    def test_every_claim_is_text(self):
        assert {type(value) for value in organization_claims(ACME_COMPLETE, NOW).values()} == {str}
        assert {type(value) for value in user_claims(PERSON, NOW).values()} == {str}

    @pytest.mark.parametrize("number", [0, 5, 20])
    def test_a_plan_is_claimed_by_number_even_where_it_is_signed_by_name(self, number):
        assert organization_claims(replace(ACME, plan_type=number), NOW)["PlanType"] == str(number)

    def test_issued_is_the_time_of_the_token_not_of_the_json(self):
        later = datetime(2026, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
        assert organization_claims(ACME, later)["Issued"] == "12/31/2026 23:59:59"
        assert user_claims(PERSON, later)["Issued"] == "12/31/2026 23:59:59"

    def test_a_date_is_claimed_in_utc_in_whatever_zone_it_is_written(self):
        elsewhere = replace(ACME, expires=ACME.expires.astimezone(timezone(timedelta(hours=-5))))
        assert organization_claims(elsewhere, NOW)["Expires"] == "03/02/2027 00:00:00"

    def test_a_person_claims_eleven_things(self):
        assert user_claims(PERSON, NOW) == {
            "LicenseType": "User",
            "Id": "7d0c0000-0000-4000-8000-000000000001",
            "Premium": "True",
            "Issued": "01/02/2026 03:04:05",
            "Trial": "False",
            "Email": "cousin@family.example",
            "Name": "Cousin Ann",
            "LicenseKey": "uExampleKey0002",
            "MaxStorageGb": "5",
            "Expires": "03/02/2027 00:00:00",
            "Refresh": "01/01/2027 00:00:00",
        }

    def test_a_person_of_whom_little_is_known_claims_five(self):
        unknown = ["email", "name", "license_key", "max_storage_gb", "expires", "refresh"]
        claims = user_claims(replace(PERSON, **dict.fromkeys(unknown)), NOW)
        assert set(claims) == {"LicenseType", "Id", "Premium", "Issued", "Trial"}

    def test_the_token_of_a_person_is_for_that_person(self):
        payload = token_payload(PERSON, NOW, UUID(JTI))
        assert payload["aud"] == "user:7d0c0000-0000-4000-8000-000000000001"
        assert payload["jti"] == JTI

    def test_the_payload_is_the_claims_and_six_registered_ones(self):
        assert set(token_payload(ACME, NOW, JTI)) - set(organization_claims(ACME, NOW)) == {
            "jti",
            "nbf",
            "exp",
            "iat",
            "iss",
            "aud",
        }

    @pytest.mark.parametrize(
        ("now", "lifetime"),
        [
            (datetime(2027, 6, 1, tzinfo=UTC), timedelta(days=366)),  # over 29 February 2028
            (datetime(2028, 2, 29, tzinfo=UTC), timedelta(days=365)),  # to 28 February 2029
            (datetime(2028, 3, 1, tzinfo=UTC), timedelta(days=365)),
        ],
    )
    def test_a_token_lives_for_one_calendar_year(self, now, lifetime):
        payload = token_payload(ACME, now, JTI)
        assert payload["exp"] - payload["nbf"] == lifetime.total_seconds()

    def test_a_token_outlives_a_licence_that_ends_tomorrow(self):
        ending = replace(ACME, expires=NOW + timedelta(days=1))
        assert token_payload(ending, NOW, JTI)["exp"] == 1798859045
