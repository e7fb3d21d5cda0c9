"""Signing in with a personal API key (docs/contract/identity.md §4.6, §4.7)."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.support import jwt
from tests.support.cloud import START, TestCloud
from tests.support.people import change_user, devices_of
from tests.support.token_client import (
    DEVICE,
    LEGACY_TEXT,
    NO_DEVICE,
    NO_VERSION,
    TOKEN_HEADERS,
    VERSION,
    api_key_form,
    ask,
    assert_refused,
    cloud_headers,
    share_one_rsa_pair,
    sign_in,
)

OWNER = "owner@acme.test"
NOW = int(START.timestamp())
EXTRAS = [
    "PrivateKey",
    "AccountKeys",
    "Key",
    "MasterPasswordPolicy",
    "ForcePasswordReset",
    "Kdf",
    "KdfIterations",
    "KdfMemory",
    "KdfParallelism",
    "UserDecryptionOptions",
]


@pytest.fixture(autouse=True)
def _quick_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    share_one_rsa_pair(monkeypatch)


@pytest.fixture
def form(cloud: TestCloud) -> dict[str, str]:
    return api_key_form(cloud.user(OWNER))


def test_the_answer_has_the_extras_and_no_refresh_token(cloud: TestCloud, form: dict[str, str]) -> None:
    answer = ask(cloud, form, VERSION)

    assert (answer.status, cloud_headers(answer)) == (200, TOKEN_HEADERS)
    assert list(answer.json) == ["access_token", "expires_in", "token_type", "scope", *EXTRAS]
    assert (answer.json["expires_in"], answer.json["token_type"], answer.json["scope"]) == (3600, "Bearer", "api")


def test_the_extras_are_those_of_a_sign_in_with_the_password(cloud: TestCloud, form: dict[str, str]) -> None:
    by_key, by_password = ask(cloud, form, VERSION).json, sign_in(cloud, OWNER)

    assert {name: by_key[name] for name in EXTRAS} == {name: by_password[name] for name in EXTRAS}


def test_the_token_says_that_a_person_signed_in_but_not_how_or_when(cloud: TestCloud, form: dict[str, str]) -> None:
    user = cloud.user(OWNER)

    claims = jwt.verified(cloud, ask(cloud, form, VERSION).json["access_token"]).claims

    assert re.fullmatch(r"[0-9A-F]{32}", claims.pop("jti"))
    assert claims == {
        "iss": "https://identity.bitwarden.com",
        "nbf": NOW,
        "iat": NOW,
        "exp": NOW + 3600,
        "scope": ["api"],
        "client_id": f"user.{user.id}",
        "sub": user.id,
        "type": "User",
        "amr": ["Application"],
        "email": OWNER,
        "email_verified": True,
        "premium": False,
        "name": "Acme Owner",
        "sstamp": user.security_stamp,
        "orgowner": cloud.organization("Acme Corporation").id,
        "device": DEVICE["deviceIdentifier"],
        "devicetype": "LinuxCLI",
    }


def test_an_upper_case_id_is_lower_cased_in_the_token(cloud: TestCloud, form: dict[str, str]) -> None:
    form["client_id"] = f"user.{cloud.user(OWNER).id.upper()}"

    claims = jwt.decode(ask(cloud, form, VERSION).json["access_token"]).claims

    assert claims["client_id"] == f"user.{cloud.user(OWNER).id}"


def test_without_a_scope_an_api_key_gets_api(cloud: TestCloud) -> None:
    assert ask(cloud, api_key_form(cloud.user(OWNER), "scope"), VERSION).json["scope"] == "api"


@pytest.mark.parametrize("scope", ["offline_access", "api offline_access", "api.push"])
def test_an_api_key_has_no_other_scope(cloud: TestCloud, form: dict[str, str], scope: str) -> None:
    assert_refused(ask(cloud, form | {"scope": scope}, VERSION), "invalid_scope")


def test_the_device_is_stored_as_after_a_password(cloud: TestCloud, form: dict[str, str]) -> None:
    ask(cloud, form, VERSION)
    sign_in(cloud, OWNER)

    (device,) = devices_of(cloud, OWNER)
    assert (device.identifier, device.name, device.type) == (DEVICE["deviceIdentifier"], "linux", 25)


@pytest.mark.parametrize("secret", ["wrong", ""])
def test_a_wrong_api_key_is_an_invalid_client(cloud: TestCloud, form: dict[str, str], secret: str) -> None:
    assert_refused(ask(cloud, form | {"client_secret": secret}, VERSION), "invalid_client")


def test_the_other_regions_user_is_an_invalid_client(cloud: TestCloud, form: dict[str, str]) -> None:
    assert_refused(ask(cloud, form, VERSION, region="eu"), "invalid_client")


def test_somebody_elses_key_is_a_wrong_one(cloud: TestCloud, form: dict[str, str]) -> None:
    other = cloud.user("alice@acme.test").api_key

    assert_refused(ask(cloud, form | {"client_secret": other}, VERSION), "invalid_client")


@pytest.mark.parametrize("grant", ["password", "authorization_code"])
def test_an_api_key_may_use_no_other_grant(cloud: TestCloud, form: dict[str, str], grant: str) -> None:
    assert_refused(ask(cloud, form | {"grant_type": grant}, VERSION), "unauthorized_client")


def test_the_version_is_needed_and_asked_for_after_the_key(cloud: TestCloud, form: dict[str, str]) -> None:
    assert_refused(ask(cloud, form), *NO_VERSION)
    assert_refused(ask(cloud, form | {"client_secret": "wrong"}), "invalid_client")
    assert_refused(ask(cloud, form | {"scope": "offline_access"}), "invalid_scope")


@pytest.mark.parametrize("field", list(DEVICE))
def test_each_device_field_is_needed_and_asked_for_after_the_version(cloud: TestCloud, field: str) -> None:
    form = api_key_form(cloud.user(OWNER), field)

    assert_refused(ask(cloud, form, VERSION), *NO_DEVICE)
    assert_refused(ask(cloud, form), *NO_VERSION)


def test_a_legacy_account_is_refused_without_a_description(cloud: TestCloud, form: dict[str, str]) -> None:
    sign_in(cloud, OWNER)
    change_user(cloud, OWNER, keys=replace(cloud.user(OWNER).keys, key=""))

    assert_refused(ask(cloud, form, VERSION), "invalid_grant", None, LEGACY_TEXT)


def test_what_is_for_passwords_only_is_not_looked_at(cloud: TestCloud, form: dict[str, str]) -> None:
    ignored = {"twoFactorToken": "1", "twoFactorProvider": "5", "twoFactorRemember": "1", "newDeviceOtp": "wrong"}

    answer = ask(cloud, form | ignored, VERSION)

    assert list(answer.json) == ["access_token", "expires_in", "token_type", "scope", *EXTRAS]


def test_getting_in_forgets_failed_logins(cloud: TestCloud, form: dict[str, str]) -> None:
    change_user(cloud, OWNER, failed_login_count=3)

    ask(cloud, form, VERSION)

    assert cloud.user(OWNER).failed_login_count == 0
