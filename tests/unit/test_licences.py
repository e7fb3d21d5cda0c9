"""What a licence says, and how it is signed: docs/contract/licensing-push-installations.md A.4 to A.6."""

import base64
import hashlib
from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import ROUND_HALF_EVEN, Decimal
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sosie.domain.licence_claims import organization_claims
from sosie.domain.licences import (
    UnsupportedVersionError,
    hash_of,
    hash_string,
    signature_string,
    to_wire,
)
from tests.support.licences import (
    ACME,
    ACME_HASH,
    ACME_HASH_STRING,
    ACME_SIGNATURE_STRING_SHA256,
    NOW,
    ORGANIZATION_ID,
    PERSON,
    names_in,
    values_in,
    words,
)

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
