"""What a licence says, and how: docs/contract/licensing-push-installations.md, A.4 to A.8, as a specification."""

import base64
import hashlib
from calendar import monthrange
from dataclasses import FrozenInstanceError, fields, replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import ROUND_HALF_EVEN, Decimal
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sosie.domain.licence_claims import organization_claims, token_payload, user_claims
from sosie.domain.licence_dates import (
    LicenceDates,
    SubscriptionPeriod,
    UserLicenceDates,
    dates_of,
    months_after,
    user_dates_of,
)
from sosie.domain.licences import (
    OrganizationLicence,
    UnsupportedVersionError,
    UserLicence,
    hash_of,
    hash_string,
    signature_string,
    to_wire,
)

NOW = datetime(2026, 1, 2, 3, 4, 5, 600_000, tzinfo=UTC)
ORGANIZATION_ID = "11111111-2222-4333-8444-555555555555"
INSTALLATION_ID = "0f0e0d0c-0b0a-4908-8706-050403020100"
JTI = "6d1b6f0e-51c5-4a7c-9d7a-0c8a5f1c2b3d"

# The invented organization of the contract's worked example (A.6).
ACME = OrganizationLicence(
    license_key="zQ7mExampleKey0001",
    installation_id=INSTALLATION_ID,
    id=ORGANIZATION_ID,
    name="Acme & Co",
    billing_email="billing@acme.example",
    business_name=None,
    enabled=True,
    plan="Enterprise (Annually)",
    plan_type=20,
    seats=25,
    max_collections=None,
    use_policies=True,
    use_sso=True,
    use_key_connector=True,
    use_scim=True,
    use_groups=True,
    use_events=True,
    use_directory=True,
    use_totp=True,
    use_2fa=True,
    use_api=True,
    use_reset_password=True,
    max_storage_gb=1,
    self_host=True,
    users_get_premium=True,
    use_custom_permissions=True,
    issued=NOW,
    refresh=datetime(2026, 2, 1, 3, 4, 5, 600_000, tzinfo=UTC),
    expires=datetime(2027, 3, 2, tzinfo=UTC),
    expiration_without_grace_period=datetime(2027, 1, 1, tzinfo=UTC),
    use_password_manager=True,
    use_secrets_manager=False,
    sm_seats=None,
    sm_service_accounts=None,
    use_risk_insights=True,
    use_phishing_blocker=True,
    limit_collection_creation_deletion=False,
    allow_admin_access_to_all_collection_items=True,
    trial=False,
    use_organization_domains=True,
    use_admin_sponsored_families=False,
    use_automatic_user_confirmation=True,
    use_disable_sm_ads_for_users=True,
    use_my_items=True,
    use_invite_links=True,
    use_pam=True,
)
PERSON = UserLicence(
    license_key="uExampleKey0002",
    id="7D0C0000-0000-4000-8000-000000000001",
    name="Cousin Ann",
    email="cousin@family.example",
    premium=True,
    max_storage_gb=5,
    issued=NOW,
    refresh=datetime(2027, 1, 1, tzinfo=UTC),
    expires=datetime(2027, 3, 2, tzinfo=UTC),
    trial=False,
)

ACME_HASH_STRING = (
    "license:organization|AllowAdminAccessToAllCollectionItems:true|BillingEmail:billing@acme.example|BusinessName:"
    "|Enabled:true|ExpirationWithoutGracePeriod:1798761600|Expires:1803945600"
    "|Id:11111111-2222-4333-8444-555555555555|InstallationId:0f0e0d0c-0b0a-4908-8706-050403020100"
    "|LicenseKey:zQ7mExampleKey0001|LimitCollectionCreationDeletion:false|MaxCollections:|MaxStorageGb:1"
    "|Name:Acme & Co|Plan:Enterprise (Annually)|PlanType:20|Seats:25|SelfHost:true|SmSeats:|SmServiceAccounts:"
    "|Trial:false|Use2fa:true|UseApi:true|UseCustomPermissions:true|UseDirectory:true|UseEvents:true"
    "|UseGroups:true|UseKeyConnector:true|UsePasswordManager:true|UsePolicies:true|UseResetPassword:true"
    "|UsersGetPremium:true|UseScim:true|UseSecretsManager:false|UseSso:true|UseTotp:true|Version:15"
)
ACME_HASH = "sQsLKwx7NetzpMG6OtEcwR2aFI4hwPzkGtZEjodHXAA="
ACME_SIGNATURE_STRING_SHA256 = "2838fa829d4d36c19c77085a315f047d838e855e76b4ea63b983fdedcb62bfe0"

SIGNED_FROM_VERSION = {
    2: {"UsersGetPremium"},
    3: {"UseEvents"},
    4: {"Use2fa"},
    5: {"UseApi"},
    6: {"UsePolicies"},
    7: {"UseSso"},
    8: {"UseResetPassword"},
    9: {"UseKeyConnector"},
    10: {"UseScim"},
    11: {"UseCustomPermissions"},
    12: {"ExpirationWithoutGracePeriod"},
    13: {"UseSecretsManager", "UsePasswordManager", "SmSeats", "SmServiceAccounts"},
    14: {"LimitCollectionCreationDeletion"},
    15: {"AllowAdminAccessToAllCollectionItems"},
}


def words(text):
    return text.split()


def names_in(signed_text):
    return [pair.partition(":")[0] for pair in signed_text.split("|")[1:]]


def values_in(signed_text):
    return dict(pair.split(":", 1) for pair in signed_text.split("|")[1:])


class TestWire:
    """A.4, A.5: the JSON."""

    def test_an_organization_has_the_properties_of_the_contract_in_declaration_order(self):
        assert list(to_wire(ACME)) == words("""
            licenseKey installationId id name billingEmail businessName enabled plan planType seats maxCollections
            usePolicies useSso useKeyConnector useScim useGroups useEvents useDirectory useTotp use2fa useApi
            useResetPassword maxStorageGb selfHost usersGetPremium useCustomPermissions version issued
            refresh expires expirationWithoutGracePeriod usePasswordManager useSecretsManager smSeats
            smServiceAccounts useRiskInsights usePhishingBlocker limitCollectionCreationDeletion
            allowAdminAccessToAllCollectionItems trial licenseType useOrganizationDomains useAdminSponsoredFamilies
            useAutomaticUserConfirmation useDisableSmAdsForUsers useMyItems useInviteLinks usePam
            hash signature token
            """)

    def test_a_person_has_the_properties_of_the_contract_in_declaration_order(self):
        assert list(to_wire(PERSON)) == words("""
            licenseKey id name email premium maxStorageGb version issued refresh expires trial licenseType
            hash signature token
            """)

    def test_nulls_are_written(self):
        wire = to_wire(ACME)
        assert wire["businessName"] is None
        assert wire["smSeats"] is None
        assert wire["token"] is None

    def test_dates_stay_as_they_are_for_the_encoder(self):
        assert to_wire(ACME)["issued"] == NOW

    def test_an_organization_is_issued_as_version_15_and_a_person_as_version_1(self):
        assert to_wire(ACME)["version"] == 15
        assert to_wire(PERSON)["version"] == 1

    def test_the_kind_of_licence_is_a_plain_number(self):
        organization, person = to_wire(ACME)["licenseType"], to_wire(PERSON)["licenseType"]
        assert (organization, person) == (1, 0)
        assert type(organization) is type(person) is int

    @pytest.mark.parametrize(
        "spelling", [ORGANIZATION_ID, ORGANIZATION_ID.upper(), UUID(ORGANIZATION_ID)], ids=["low", "up", "uuid"]
    )
    def test_ids_are_lower_case_and_hyphenated_in_whatever_form_they_came(self, spelling):
        licence = replace(ACME, id=spelling)
        assert to_wire(licence)["id"] == ORGANIZATION_ID
        assert values_in(hash_string(licence))["Id"] == ORGANIZATION_ID
        assert organization_claims(licence, NOW)["Id"] == ORGANIZATION_ID

    @pytest.mark.parametrize(
        ("name", "claim"),
        [
            ("usePhishingBlocker", "UsePhishingBlocker"),
            ("useAutomaticUserConfirmation", "UseAutomaticUserConfirmation"),
            ("useDisableSmAdsForUsers", "UseDisableSmAdsForUsers"),
            ("useMyItems", "UseMyItems"),
            ("useInviteLinks", "UseInviteLinks"),
            ("usePam", "UsePam"),
        ],
    )
    def test_a_flag_newer_than_the_frozen_json_is_false_in_it_and_true_in_the_token(self, name, claim):
        assert to_wire(ACME)[name] is False
        assert organization_claims(ACME, NOW)[claim] == "True"

    def test_hash_signature_and_token_are_filled_in_by_replacing(self):
        signed = replace(ACME, hash="aGFzaA==", signature="c2ln", token="a.b.c")
        wire = to_wire(signed)
        assert (wire["hash"], wire["signature"], wire["token"]) == ("aGFzaA==", "c2ln", "a.b.c")

    def test_a_licence_cannot_be_changed(self):
        with pytest.raises(FrozenInstanceError):
            ACME.seats = 1000


class TestHashAndSignature:
    """A.6: the data string."""

    def test_the_worked_example_has_the_contracts_hash_string(self):
        assert hash_string(ACME) == ACME_HASH_STRING

    def test_the_worked_example_has_the_contracts_hash(self):
        assert hash_of(ACME) == ACME_HASH

    def test_the_worked_example_has_the_contracts_signature_string(self):
        expected = (
            ACME_HASH_STRING.replace("|Id:", f"|Hash:{ACME_HASH}|Id:")
            .replace("|LicenseKey:", "|Issued:1767323046|LicenseKey:")
            .replace("|Seats:", "|Refresh:1769915046|Seats:")
        )
        signed = signature_string(replace(ACME, hash=ACME_HASH))
        assert signed == expected
        assert hashlib.sha256(signed.encode()).hexdigest() == ACME_SIGNATURE_STRING_SHA256

    def test_36_fields_are_hashed_and_39_are_signed(self):
        assert len(names_in(hash_string(ACME))) == 36
        assert len(names_in(signature_string(ACME))) == 39

    @pytest.mark.parametrize("version", range(1, 17))
    def test_a_version_signs_only_the_fields_it_knew(self, version):
        unknown = set().union(*(names for since, names in SIGNED_FROM_VERSION.items() if since > version))
        kept = [part for part in ACME_HASH_STRING.split("|") if part.partition(":")[0] not in unknown]
        expected = "|".join(kept).replace("Version:15", f"Version:{version}")
        assert hash_string(replace(ACME, version=version)) == expected

    def test_the_first_version_hashes_19_fields(self):
        assert len(names_in(hash_string(replace(ACME, version=1)))) == 19

    @pytest.mark.parametrize("version", [-1, 0, 17])
    @pytest.mark.parametrize("text_of", [hash_string, signature_string, hash_of])
    def test_another_version_is_refused_in_the_clouds_words(self, text_of, version):
        with pytest.raises(UnsupportedVersionError, match=rf"^Version {version} is not supported\.$") as refusal:
            text_of(replace(ACME, version=version))
        assert refusal.value.version == version

    def test_a_person_has_version_1_and_no_other(self):
        with pytest.raises(UnsupportedVersionError, match=r"^Version 2 is not supported\.$"):
            hash_string(replace(PERSON, version=2))

    def test_a_person_is_signed_under_a_prefix_of_its_own(self):
        assert hash_string(PERSON) == (
            "license:user|Email:cousin@family.example|Expires:1803945600"
            "|Id:7d0c0000-0000-4000-8000-000000000001|LicenseKey:uExampleKey0002|MaxStorageGb:5|Name:Cousin Ann"
            "|Premium:true|Trial:false|Version:1"
        )

    def test_the_signature_of_a_person_adds_hash_issued_and_refresh(self):
        assert names_in(signature_string(PERSON)) == words(
            "Email Expires Hash Id Issued LicenseKey MaxStorageGb Name Premium Refresh Trial Version"
        )

    def test_users_get_premium_stands_between_reset_password_and_scim(self):
        names = names_in(hash_string(ACME))
        position = names.index("UsersGetPremium")
        assert names[position - 1 : position + 2] == ["UseResetPassword", "UsersGetPremium", "UseScim"]

    @pytest.mark.parametrize(
        "unsigned",
        words("""
            use_risk_insights use_admin_sponsored_families use_organization_domains use_automatic_user_confirmation
            use_disable_sm_ads_for_users use_phishing_blocker use_my_items use_invite_links use_pam
            """),
    )
    def test_a_flag_that_only_the_token_vouches_for_changes_neither_text(self, unsigned):
        flipped = replace(ACME, **{unsigned: not getattr(ACME, unsigned)})
        assert hash_string(flipped) == hash_string(ACME)
        assert signature_string(flipped) == signature_string(ACME)

    def test_signature_and_token_are_never_signed(self):
        assert signature_string(replace(ACME, signature="c2ln", token="a.b.c")) == signature_string(ACME)

    @pytest.mark.parametrize(
        ("number", "text"),
        [
            (0, "Free"),
            (1, "FamiliesAnnually"),
            (2, "TeamsMonthly"),
            (3, "TeamsAnnually"),
            (4, "EnterpriseMonthly"),
            (5, "EnterpriseAnnually"),
            (6, "Custom"),
            (7, "7"),
            (17, "17"),
            (22, "22"),
            (255, "255"),
        ],
    )
    def test_the_oldest_seven_plans_have_names_and_all_others_their_number(self, number, text):
        assert values_in(hash_string(replace(ACME, plan_type=number)))["PlanType"] == text

    def test_a_small_number_elsewhere_is_no_plan(self):
        values = values_in(hash_string(replace(ACME, seats=0, max_storage_gb=1, sm_seats=6)))
        assert (values["Seats"], values["MaxStorageGb"], values["SmSeats"]) == ("0", "1", "6")

    def test_separators_inside_a_value_are_not_escaped(self):
        assert "|Name:A|B: C|Plan:" in hash_string(replace(ACME, name="A|B: C"))

    def test_the_hash_covers_the_utf_8_form(self):
        text = ACME_HASH_STRING.replace("Acme & Co", "Café Zoë")
        expected = base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode()
        assert hash_of(replace(ACME, name="Café Zoë")) == expected

    @pytest.mark.parametrize(
        ("microsecond", "second", "rounded"),
        [
            (0, 4, 1767323044),
            (499_999, 4, 1767323044),
            (500_000, 4, 1767323044),
            (500_001, 4, 1767323045),
            (499_999, 5, 1767323045),
            (500_000, 5, 1767323046),
            (999_999, 5, 1767323046),
        ],
    )
    def test_a_date_is_rounded_to_the_second_and_a_half_to_the_even_one(self, microsecond, second, rounded):
        issued = datetime(2026, 1, 2, 3, 4, second, microsecond, tzinfo=UTC)
        assert values_in(signature_string(replace(ACME, issued=issued)))["Issued"] == str(rounded)

    # From the epoch to the last year a date can hold: where a float of seconds no longer tells a microsecond.
    @given(
        second=st.integers(0, 253_402_300_798),
        microsecond=st.sampled_from([0, 499_999, 500_000, 500_001]) | st.integers(0, 999_999),
    )
    @example(second=253_402_300_796, microsecond=500_001)
    def test_rounding_is_exact_to_the_microsecond_in_every_year(self, second, microsecond):
        issued = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second, microseconds=microsecond)
        exact = Decimal(second) + Decimal(microsecond).scaleb(-6)
        expected = exact.quantize(Decimal(1), rounding=ROUND_HALF_EVEN)
        assert values_in(signature_string(replace(ACME, issued=issued)))["Issued"] == str(expected)

    def test_a_date_is_the_same_instant_in_whatever_zone_it_is_written(self):
        elsewhere = replace(ACME, expires=ACME.expires.astimezone(timezone(timedelta(hours=-9, minutes=-30))))
        assert hash_string(elsewhere) == ACME_HASH_STRING

    def test_a_date_without_a_zone_is_refused(self):
        with pytest.raises(TypeError):
            hash_string(replace(ACME, expires=datetime(2027, 3, 2)))  # noqa: DTZ001 -- what is refused


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


def utc(year, month, day):
    return datetime(year, month, day, tzinfo=UTC)


ANNUAL = SubscriptionPeriod(utc(2026, 1, 1), utc(2027, 1, 1))
ANNUAL_AFTER_TRIAL = replace(ANNUAL, trial_end=utc(2025, 12, 31))
MONTHLY = SubscriptionPeriod(utc(2026, 1, 1), utc(2026, 2, 1))
IN_30_DAYS = NOW + timedelta(days=30)


class TestOrganizationDates:
    """A.8: the first row that fits."""

    @pytest.mark.parametrize(
        ("expiration_date", "subscription", "expected"),
        [
            pytest.param(
                None,
                None,
                LicenceDates(NOW + timedelta(days=7), NOW + timedelta(days=7), None, trial=True),
                id="no subscription and no expiration: a week, as a trial",
            ),
            pytest.param(
                utc(2026, 9, 1),
                None,
                LicenceDates(utc(2026, 9, 1), utc(2026, 9, 1), None, trial=False),
                id="no subscription: the expiration",
            ),
            pytest.param(
                utc(2025, 9, 1),
                None,
                LicenceDates(utc(2025, 9, 1), utc(2025, 9, 1), None, trial=False),
                id="no subscription: the expiration even if past",
            ),
            pytest.param(
                utc(2027, 1, 1),
                replace(ANNUAL, trial_end=utc(2026, 1, 9)),
                LicenceDates(utc(2026, 1, 9), utc(2026, 1, 9), None, trial=True),
                id="in trial: the end of the trial",
            ),
            pytest.param(
                utc(2025, 12, 1),
                replace(MONTHLY, trial_end=utc(2026, 1, 9)),
                LicenceDates(utc(2026, 1, 9), utc(2026, 1, 9), None, trial=True),
                id="in trial: the end of the trial even if expired",
            ),
            pytest.param(
                utc(2026, 1, 1),
                ANNUAL,
                LicenceDates(utc(2026, 1, 1), utc(2026, 1, 1), None, trial=False),
                id="expired: the expiration",
            ),
            pytest.param(
                utc(2026, 1, 1),
                ANNUAL_AFTER_TRIAL,
                LicenceDates(utc(2026, 1, 1), utc(2026, 1, 1), None, trial=False),
                id="expired: no date without grace",
            ),
            pytest.param(
                utc(2027, 1, 1),
                ANNUAL,
                LicenceDates(utc(2027, 3, 2), IN_30_DAYS, None, trial=False),
                id="annual: 60 days of grace",
            ),
            pytest.param(
                utc(2027, 1, 1),
                ANNUAL_AFTER_TRIAL,
                LicenceDates(utc(2027, 3, 2), IN_30_DAYS, utc(2027, 1, 1), trial=False),
                id="annual after a trial: names the end without grace",
            ),
            pytest.param(
                None,
                ANNUAL_AFTER_TRIAL,
                LicenceDates(utc(2027, 3, 2), IN_30_DAYS, None, trial=False),
                id="annual without expiration: no date without grace",
            ),
            pytest.param(
                utc(2026, 2, 1),
                MONTHLY,
                LicenceDates(utc(2027, 1, 1), utc(2027, 1, 1), None, trial=False),
                id="monthly: eleven months after the expiration",
            ),
            pytest.param(
                utc(2026, 2, 1),
                replace(MONTHLY, trial_end=utc(2025, 12, 31)),
                LicenceDates(utc(2027, 1, 1), utc(2027, 1, 1), None, trial=False),
                id="monthly after a trial: no date without grace",
            ),
            pytest.param(
                None,
                MONTHLY,
                LicenceDates(NOW.replace(year=2027), NOW.replace(year=2027), None, trial=False),
                id="monthly without expiration: a year after issue",
            ),
        ],
    )
    def test_the_dates_follow_the_table(self, expiration_date, subscription, expected):
        assert dates_of(NOW, expiration_date, subscription) == expected

    def test_the_worked_example_is_an_annual_subscription_that_had_a_trial(self):
        dates = dates_of(NOW, utc(2027, 1, 1), ANNUAL_AFTER_TRIAL)
        dated = replace(ACME, **{field.name: getattr(dates, field.name) for field in fields(dates)})
        assert dated == ACME

    def test_a_period_is_annual_beyond_180_days(self):
        longest_month = SubscriptionPeriod(utc(2026, 1, 1), utc(2026, 6, 30))
        shortest_year = replace(longest_month, end=longest_month.end + timedelta(microseconds=1))
        assert dates_of(NOW, utc(2026, 2, 1), longest_month).expires == utc(2027, 1, 1)
        assert dates_of(NOW, utc(2026, 2, 1), shortest_year).expires == utc(2026, 8, 29) + timedelta(microseconds=1)

    def test_a_trial_that_ends_now_has_passed(self):
        dates = dates_of(NOW, utc(2027, 1, 1), replace(ANNUAL, trial_end=NOW))
        assert dates == LicenceDates(utc(2027, 3, 2), IN_30_DAYS, utc(2027, 1, 1), trial=False)

    def test_an_expiration_of_now_is_not_yet_past(self):
        assert dates_of(NOW, NOW, ANNUAL_AFTER_TRIAL).expiration_without_grace_period == utc(2027, 1, 1)

    @pytest.mark.parametrize(
        ("date", "months", "expected"),
        [
            (utc(2026, 3, 31), 11, utc(2027, 2, 28)),
            (utc(2027, 3, 31), 11, utc(2028, 2, 29)),
            (utc(2026, 1, 31), 11, utc(2026, 12, 31)),
            (utc(2028, 2, 29), 12, utc(2029, 2, 28)),
        ],
    )
    def test_a_day_the_month_lacks_becomes_its_last(self, date, months, expected):
        assert months_after(date, months) == expected

    @given(
        st.datetimes(datetime(1970, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
        st.integers(0, 240),
    )
    def test_months_later_is_the_same_time_on_the_same_day_or_the_months_last(self, date, months):
        later = months_after(date, months)
        assert (later.year - date.year) * 12 + later.month - date.month == months
        assert later.timetz() == date.timetz()
        assert later.day == date.day or (later.day < date.day and later.day == monthrange(later.year, later.month)[1])

    # So the rule for a refresh date that is 30 days overdue has nothing to move.
    @given(
        runs_for=st.none() | st.timedeltas(timedelta(0), timedelta(days=800)),
        trial_ended_before=st.none() | st.timedeltas(timedelta(0), timedelta(days=800)),
        length=st.timedeltas(timedelta(days=1), timedelta(days=400)),
    )
    def test_the_refresh_date_of_a_running_subscription_lies_ahead(self, runs_for, trial_ended_before, length):
        expiration_date = None if runs_for is None else NOW + runs_for
        trial_end = None if trial_ended_before is None else NOW - trial_ended_before
        assert dates_of(NOW, expiration_date, SubscriptionPeriod(NOW, NOW + length, trial_end)).refresh > NOW


class TestUserDates:
    """A.5: a person's licence."""

    @pytest.mark.parametrize(
        ("premium_expiration", "upcoming_invoice", "has_gateway", "expected"),
        [
            pytest.param(
                utc(2027, 1, 1) + timedelta(hours=15),
                utc(2026, 12, 1),
                True,
                UserLicenceDates(utc(2026, 12, 8), utc(2026, 12, 1)),
                id="an invoice is due: a week after it, and refresh with it",
            ),
            pytest.param(
                utc(2027, 1, 1) + timedelta(hours=15),
                None,
                True,
                UserLicenceDates(utc(2027, 1, 8) + timedelta(hours=15), None),
                id="no invoice is due: a week after premium ends, no refresh",
            ),
            pytest.param(
                utc(2027, 1, 1) + timedelta(hours=15),
                None,
                False,
                UserLicenceDates(utc(2027, 1, 8) + timedelta(hours=15), utc(2027, 1, 1)),
                id="no gateway: refresh at the midnight before premium ends",
            ),
            pytest.param(None, None, True, UserLicenceDates(None, None), id="nothing known, gateway"),
            pytest.param(None, None, False, UserLicenceDates(None, None), id="nothing known, no gateway"),
        ],
    )
    def test_the_dates_follow_the_invoice_or_the_end_of_premium(
        self, premium_expiration, upcoming_invoice, has_gateway, expected
    ):
        assert user_dates_of(premium_expiration, upcoming_invoice, has_gateway=has_gateway) == expected
