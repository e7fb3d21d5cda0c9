"""Licences as they are answered: members, dates, signatures (docs/contract/licensing-push-installations.md A.4 to A.8).

Hash, signature and token are checked with nothing of Sosie's but the published certificate.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidSignature

from sosie.services import repository as repo
from tests.support.cloud import TestCloud
from tests.support.families import (
    ACME,
    COUSIN,
    FAMILY,
    GLOBEX,
    NOW,
    NOW_TEXT,
    OWNER,
    change_organization,
    change_subscription,
    prepared,
)
from tests.support.licence_checks import (
    ALWAYS_CLAIMED,
    CLAIMED_IF_KNOWN,
    FROZEN_FALSE,
    JWT_MEMBERS,
    MEMBERS,
    USER_ALWAYS_CLAIMED,
    USER_CLAIMED_IF_KNOWN,
    USER_MEMBERS,
    claimed,
    data_string,
    download,
    pascal,
    sync_licence,
    verified_claims,
)

NOW_SECONDS = int(NOW.timestamp())
IN_A_YEAR = int(NOW.replace(year=NOW.year + 1).timestamp())


def synced_licence(cloud: TestCloud, organization: str = GLOBEX) -> dict[str, Any]:
    """Return the licence a self-hosted server gets with the right keys."""
    answer = sync_licence(cloud, organization)
    assert (answer.status, answer.delay) == (200, 0), answer.body
    licence: dict[str, Any] = answer.json
    return licence


def downloaded_licence(cloud: TestCloud, by: str = OWNER, organization: str = ACME) -> dict[str, Any]:
    """Return the licence an owner downloads for the region's installation."""
    answer = download(cloud, by, organization)
    assert answer.status == 200, answer.body
    licence: dict[str, Any] = answer.json
    return licence


def user_licence(cloud: TestCloud, email: str) -> dict[str, Any]:
    user = cloud.user(email)
    path = f"/licenses/user/{user.id}?key={user.license_key}"
    answer = cloud.get(path, token=cloud.installation_token("api.licensing"))
    assert (answer.status, answer.delay) == (200, 0), answer.body
    licence: dict[str, Any] = answer.json
    return licence


def change_user(cloud: TestCloud, email: str, **changes: Any) -> None:
    user = cloud.user(email)
    with prepared(cloud) as uow:
        repo.users.get(uow, user.id)
        repo.save_user(uow, replace(user, **changes))


# What an organization's licence says.


def test_a_licence_has_exactly_the_contracts_members(cloud: TestCloud) -> None:
    licence = synced_licence(cloud)

    assert set(licence) == MEMBERS
    assert (licence["version"], licence["licenseType"]) == (15, 1)


def test_a_licence_is_about_the_organization_and_the_asking_installation(cloud: TestCloud) -> None:
    change_organization(cloud, GLOBEX, business_name="Globex &lt;Ltd&gt;", max_storage_gb=3)
    globex = cloud.organization(GLOBEX)

    licence = synced_licence(cloud)

    assert {
        name: licence[name]
        for name in (
            "id",
            "installationId",
            "licenseKey",
            "name",
            "billingEmail",
            "businessName",
            "enabled",
            "planType",
            "seats",
            "maxStorageGb",
            "smSeats",
            "smServiceAccounts",
        )
    } == {
        "id": globex.id,
        "installationId": cloud.installation().id,
        "licenseKey": globex.license_key,
        "name": "Globex",
        "billingEmail": "billing@globex.test",
        "businessName": "Globex <Ltd>",
        "enabled": True,
        "planType": 20,
        "seats": 10,
        "maxStorageGb": 3,
        "smSeats": None,
        "smServiceAccounts": None,
    }
    assert isinstance(licence["plan"], str)


def test_a_name_is_decoded_and_signed_that_way(cloud: TestCloud) -> None:
    change_organization(cloud, GLOBEX, name="Caf&#233; &amp; Söhne|:")

    licence = synced_licence(cloud, "Caf&#233; &amp; Söhne|:")

    assert licence["name"] == "Café & Söhne|:"
    assert verified_claims(cloud, licence)["Name"] == "Café & Söhne|:"


def test_a_disabled_organizations_licence_says_so(cloud: TestCloud) -> None:
    change_organization(cloud, GLOBEX, enabled=False)

    licence = synced_licence(cloud)

    assert licence["enabled"] is False
    assert verified_claims(cloud, licence)["Enabled"] == "False"


@pytest.mark.parametrize(("by", "organization"), [(OWNER, ACME), (COUSIN, FAMILY)])
def test_the_flags_are_the_organizations_and_the_newest_are_false_but_in_the_token(
    cloud: TestCloud, by: str, organization: str
) -> None:
    path = f"/organizations/{cloud.organization(organization).id}"
    shown = cloud.get(path, token=cloud.user_token(by)).json

    licence = downloaded_licence(cloud, by, organization)

    claims = verified_claims(cloud, licence)
    flags = {name for name in licence if name.startswith("use") and name in shown} | {"usersGetPremium", "selfHost"}
    assert len(flags) > 15
    for name in flags - {"selfHost"}:
        assert claims[pascal(name)] == str(shown[name])
        assert licence[name] is (False if name in FROZEN_FALSE else shown[name])
    assert {licence[name] for name in FROZEN_FALSE} == {False}


def test_both_ways_to_a_licence_give_the_same_but_for_signature_time_and_token_id(cloud: TestCloud) -> None:
    synced = synced_licence(cloud)
    downloaded = downloaded_licence(cloud, "owner@globex.test", GLOBEX)

    assert synced.pop("token") != downloaded.pop("token")
    assert synced == downloaded


# Hash, signature, token (A.6, A.7).


def test_hash_signature_and_token_hold_before_somebody_elses_eyes(cloud: TestCloud) -> None:
    claims = verified_claims(cloud, synced_licence(cloud))

    assert set(claims) == ALWAYS_CLAIMED | JWT_MEMBERS | {
        "Name",
        "BillingEmail",
        "Plan",
        "LicenseKey",
        "InstallationId",
        "Seats",
        "MaxStorageGb",
    }


def test_the_text_under_the_signature_has_39_fields_and_under_the_hash_36(cloud: TestCloud) -> None:
    licence = synced_licence(cloud)

    for for_hash, fields in ((True, 36), (False, 39)):
        assert data_string(licence, for_hash=for_hash).count("|") == fields
    names = [part.partition(":")[0] for part in data_string(licence, for_hash=True).split("|")]
    at = names.index("UsersGetPremium")
    assert names[at - 1 : at + 2] == ["UseResetPassword", "UsersGetPremium", "UseScim"]


def test_the_other_regions_key_signs_nothing_here(cloud: TestCloud) -> None:
    with pytest.raises(InvalidSignature):
        verified_claims(cloud, synced_licence(cloud), "eu")


@pytest.mark.parametrize(("milliseconds", "seconds"), [(499, 0), (500, 1), (1500, 1), (1501, 2), (2500, 3)])
def test_signed_times_are_rounded_half_to_even(cloud: TestCloud, milliseconds: int, seconds: int) -> None:
    # The cloud's clock starts at an odd second: half of it goes up, half of the next goes down.
    assert NOW_SECONDS % 2 == 1
    cloud.clock.advance(timedelta(milliseconds=milliseconds))

    licence = synced_licence(cloud)

    assert f"|Issued:{NOW_SECONDS + seconds}|" in data_string(licence, for_hash=False)
    verified_claims(cloud, licence)


@pytest.mark.parametrize(
    ("plan_type", "signed"), [(1, "FamiliesAnnually"), (5, "EnterpriseAnnually"), (6, "Custom"), (7, "7"), (22, "22")]
)
def test_the_oldest_plans_are_signed_by_name(cloud: TestCloud, plan_type: int, signed: str) -> None:
    change_organization(cloud, GLOBEX, plan_type=plan_type)

    licence = synced_licence(cloud)

    assert licence["planType"] == plan_type
    assert f"|PlanType:{signed}|" in data_string(licence, for_hash=True)
    assert verified_claims(cloud, licence)["PlanType"] == str(plan_type)


def test_every_claim_is_a_text_that_says_what_the_json_says(cloud: TestCloud) -> None:
    change_organization(cloud, GLOBEX, business_name="Globex Ltd")
    change_subscription(cloud, GLOBEX, trial_end=NOW - timedelta(days=20))
    licence = synced_licence(cloud)

    claims = verified_claims(cloud, licence)

    told = {pascal(name): value for name, value in licence.items() if name not in FROZEN_FALSE}
    expected = {
        name: claimed(told[name])
        for name in told
        if name in ALWAYS_CLAIMED - {"LicenseType"} or (name in CLAIMED_IF_KNOWN and told[name] is not None)
    }
    assert {name: claims[name] for name in expected} == expected
    assert claims["LicenseType"] == "Organization"
    assert {"BusinessName", "ExpirationWithoutGracePeriod"} <= set(claims)
    assert all(isinstance(claims[name], str) for name in set(claims) - {"nbf", "exp", "iat"})


def test_the_token_is_bitwardens_in_form_and_lives_for_a_calendar_year(cloud: TestCloud) -> None:
    licence = synced_licence(cloud)

    claims = verified_claims(cloud, licence)

    assert {name: claims[name] for name in JWT_MEMBERS - {"jti"}} == {
        "iss": "bitwarden",
        "aud": f"organization:{licence['id']}",
        "nbf": NOW_SECONDS,
        "iat": NOW_SECONDS,
        "exp": IN_A_YEAR,
    }
    assert str(UUID(claims["jti"])) == claims["jti"]
    assert claims["Issued"] == "03/04/2026 05:06:07"


def test_each_token_has_an_id_of_its_own(cloud: TestCloud) -> None:
    ids = {verified_claims(cloud, synced_licence(cloud))["jti"] for _ in range(2)}

    assert len(ids) == 2


# Dates (A.8). Globex's subscription is annual, began 30 days ago and never had a trial.

DATES = ("issued", "expires", "refresh", "expirationWithoutGracePeriod", "trial")


def dates_of(licence: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(licence[name] for name in DATES)


def test_an_annual_licence_runs_60_days_longer_and_is_refreshed_monthly(cloud: TestCloud) -> None:
    # The period ends on 2027-02-02, 60 days before 2027-04-03.
    assert dates_of(synced_licence(cloud)) == (NOW_TEXT, "2027-04-03T05:06:07Z", "2026-04-03T05:06:07Z", None, False)


def test_after_a_trial_the_licence_names_the_end_without_grace(cloud: TestCloud) -> None:
    change_subscription(cloud, GLOBEX, trial_end=NOW - timedelta(days=20))

    licence = synced_licence(cloud)

    assert dates_of(licence) == (
        NOW_TEXT,
        "2027-04-03T05:06:07Z",
        "2026-04-03T05:06:07Z",
        "2027-02-02T05:06:07Z",
        False,
    )
    verified_claims(cloud, licence)


def test_in_a_trial_the_licence_ends_with_it(cloud: TestCloud) -> None:
    change_subscription(cloud, GLOBEX, status="trialing", trial_end=NOW + timedelta(days=7))
    end = "2026-03-11T05:06:07Z"

    licence = synced_licence(cloud)

    assert dates_of(licence) == (NOW_TEXT, end, end, None, True)
    assert verified_claims(cloud, licence)["Trial"] == "True"


def test_an_expired_organization_gets_a_licence_that_ended(cloud: TestCloud) -> None:
    change_organization(cloud, GLOBEX, expiration_date=NOW - timedelta(days=1))
    end = "2026-03-03T05:06:07Z"

    assert dates_of(synced_licence(cloud)) == (NOW_TEXT, end, end, None, False)


def test_a_monthly_licence_runs_eleven_months_longer(cloud: TestCloud) -> None:
    end = NOW + timedelta(days=10)
    change_organization(cloud, GLOBEX, expiration_date=end)
    change_subscription(cloud, GLOBEX, period_start=end - timedelta(days=30), period_end=end)
    until = "2027-02-14T05:06:07Z"

    assert dates_of(synced_licence(cloud)) == (NOW_TEXT, until, until, None, False)


def test_without_a_subscription_the_licence_ends_with_the_organization(cloud: TestCloud) -> None:
    change_organization(cloud, GLOBEX, subscription=None, expiration_date=NOW + timedelta(days=1))
    end = "2026-03-05T05:06:07Z"

    assert dates_of(synced_licence(cloud)) == (NOW_TEXT, end, end, None, False)


# A person's licence (A.5).


def test_a_persons_licence_has_exactly_the_contracts_members(cloud: TestCloud) -> None:
    user = cloud.user(COUSIN)

    licence = user_licence(cloud, COUSIN)

    assert set(licence) == USER_MEMBERS
    unsigned = {name: licence[name] for name in USER_MEMBERS - {"hash", "signature", "token"}}
    assert unsigned == {
        "licenseKey": user.license_key,
        "id": user.id,
        "name": "Cousin",
        "email": COUSIN,
        "premium": False,
        "maxStorageGb": None,
        "version": 1,
        "issued": NOW_TEXT,
        "refresh": None,
        "expires": None,
        "trial": False,
        "licenseType": 0,
    }


def test_a_persons_hash_signature_and_token_hold_too(cloud: TestCloud) -> None:
    licence = user_licence(cloud, COUSIN)

    claims = verified_claims(cloud, licence)

    names = [part.partition(":")[0] for part in data_string(licence, for_hash=False).split("|")[1:]]
    assert " ".join(names) == (
        "Email Expires Hash Id Issued LicenseKey MaxStorageGb Name Premium Refresh Trial Version"
    )
    assert set(claims) == USER_ALWAYS_CLAIMED | JWT_MEMBERS | {"Email", "Name", "LicenseKey"}
    assert (claims["LicenseType"], claims["aud"], claims["exp"]) == ("User", f"user:{licence['id']}", IN_A_YEAR)


def test_premium_gives_a_week_of_grace_and_is_refreshed_at_midnight(cloud: TestCloud) -> None:
    ends = NOW + timedelta(days=100)
    change_user(cloud, COUSIN, premium=True, premium_expiration_date=ends, max_storage_gb=2)

    licence = user_licence(cloud, COUSIN)

    assert (licence["premium"], licence["maxStorageGb"]) == (True, 2)
    assert (licence["expires"], licence["refresh"]) == ("2026-06-19T05:06:07Z", "2026-06-12T00:00:00Z")
    claims = verified_claims(cloud, licence)
    assert set(claims) == USER_ALWAYS_CLAIMED | JWT_MEMBERS | USER_CLAIMED_IF_KNOWN
    assert (claims["Premium"], claims["Refresh"]) == ("True", "06/12/2026 00:00:00")
