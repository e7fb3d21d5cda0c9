"""How a sign-in with the master password is refused, and in which order that is checked (identity.md §4.6, §5)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.cloud import START, TestCloud
from tests.support.passwords import MASTER_PASSWORD
from tests.support.people import change_user, claims_of, devices_of
from tests.support.token_client import (
    DEVICE,
    LEGACY_TEXT,
    NO_DEVICE,
    NO_VERSION,
    VERSION,
    WRONG_PASSWORD,
    ask,
    assert_refused,
    password_form,
    share_one_rsa_pair,
    sign_in,
)

OWNER = "owner@acme.test"
NOW = int(START.timestamp())


@pytest.fixture(autouse=True)
def _quick_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    share_one_rsa_pair(monkeypatch)


# Wrong credentials.


def test_a_wrong_password_and_an_unknown_user_are_told_the_same_bytes(cloud: TestCloud) -> None:
    wrong = ask(cloud, password_form(OWNER, password="d3Jvbmc="), VERSION)
    unknown = ask(cloud, password_form("nobody@acme.test"), VERSION)

    assert_refused(wrong, *WRONG_PASSWORD)
    assert_refused(unknown, *WRONG_PASSWORD)
    assert wrong.body == unknown.body


@pytest.mark.parametrize(
    "changes",
    [
        {"password": MASTER_PASSWORD},
        {"password": ""},
        {"username": f" {OWNER}"},
        {"username": "owner@dupont.test"},
        {"authRequest": "6f1c0a52-3d4e-4b7a-9c21-0d5e8f7a6b90"},
    ],
    ids=["plain password", "no password", "untrimmed user", "other region's user", "auth request"],
)
def test_what_is_not_the_right_password_is_wrong(cloud: TestCloud, changes: dict[str, str]) -> None:
    assert_refused(ask(cloud, password_form(OWNER) | changes, VERSION), *WRONG_PASSWORD)


def test_the_user_name_is_lower_cased(cloud: TestCloud) -> None:
    assert claims_of(sign_in(cloud, OWNER, username="Owner@ACME.test"))["email"] == OWNER


@pytest.mark.parametrize(
    "changes",
    [{"username": ""}, {"username": "  "}, {"username": "x" * 257}, {"password": "x" * 101}],
    ids=["none", "blank", "overlong name", "overlong password"],
)
def test_a_blank_or_overlong_credential_is_refused_without_a_text(cloud: TestCloud, changes: dict[str, str]) -> None:
    assert_refused(ask(cloud, password_form(OWNER) | changes, VERSION), "invalid_grant")


@pytest.mark.parametrize("changes", [{"username": "x" * 256}, {"password": "x" * 100}], ids=["name", "password"])
def test_the_longest_allowed_credential_is_merely_wrong(cloud: TestCloud, changes: dict[str, str]) -> None:
    assert_refused(ask(cloud, password_form(OWNER) | changes, VERSION), *WRONG_PASSWORD)


def test_a_missing_user_name_is_refused_without_a_text(cloud: TestCloud) -> None:
    assert_refused(ask(cloud, password_form(OWNER, "username"), VERSION), "invalid_grant")


def test_wrong_passwords_are_counted_until_the_right_one(cloud: TestCloud) -> None:
    for count in (1, 2):
        ask(cloud, password_form(OWNER, password="wrong"), VERSION)
        user = cloud.user(OWNER)
        assert (user.failed_login_count, user.last_failed_login_date) == (count, START)

    sign_in(cloud, OWNER)

    assert cloud.user(OWNER).failed_login_count == 0


def test_a_secret_of_a_public_client_is_not_looked_at(cloud: TestCloud) -> None:
    assert "access_token" in sign_in(cloud, OWNER, client_secret="anything")


# The client's version.


@pytest.mark.parametrize(
    "version",
    [
        "",
        "2026",
        "2026.",
        ".6",
        "a.b",
        "2026.6.0.1.2",
        "2026.6.x",
        "-1.0",
        "2147483648.0",
        pytest.param("9" * 5000 + ".0", id="overlong"),
    ],
)
def test_a_version_that_dotnet_cannot_read_is_a_missing_one(cloud: TestCloud, version: str) -> None:
    answer = ask(cloud, password_form(OWNER), {"Bitwarden-Client-Version": version})

    assert_refused(answer, *NO_VERSION)


@pytest.mark.parametrize("version", ["2026.6", "2026.6.0", "2026.6.0.1", "0.0", "2147483647.0"])
def test_two_to_four_integers_are_a_version(cloud: TestCloud, version: str) -> None:
    assert ask(cloud, password_form(OWNER), {"Bitwarden-Client-Version": version}).status == 200


def test_a_sign_in_without_a_version_is_refused(cloud: TestCloud) -> None:
    assert_refused(ask(cloud, password_form(OWNER)), *NO_VERSION)


@pytest.mark.parametrize("username", [OWNER, "nobody@acme.test"])
def test_a_wrong_password_without_a_version_is_still_the_password_error(cloud: TestCloud, username: str) -> None:
    assert_refused(ask(cloud, password_form(username, password="wrong")), *WRONG_PASSWORD)


def test_a_missing_version_is_told_before_a_missing_device(cloud: TestCloud) -> None:
    assert_refused(ask(cloud, password_form(OWNER, *DEVICE)), *NO_VERSION)


def test_a_refused_version_is_no_failed_login(cloud: TestCloud) -> None:
    ask(cloud, password_form(OWNER))

    assert cloud.user(OWNER).failed_login_count == 0
    assert devices_of(cloud, OWNER) == []


# The device.


@pytest.mark.parametrize("field", list(DEVICE))
@pytest.mark.parametrize("value", [None, "", "  "])
def test_each_device_field_is_needed(cloud: TestCloud, field: str, value: str | None) -> None:
    form = password_form(OWNER, field) if value is None else password_form(OWNER, **{field: value})

    assert_refused(ask(cloud, form, VERSION), *NO_DEVICE)
    assert devices_of(cloud, OWNER) == []


@pytest.mark.parametrize(
    "kind", ["256", "-1", "linuxcli", "ios", "1.0", "Toaster", "²", pytest.param("9" * 5000, id="overlong")]
)
def test_a_device_type_is_a_small_number_or_an_exact_name(cloud: TestCloud, kind: str) -> None:
    assert_refused(ask(cloud, password_form(OWNER, deviceType=kind), VERSION), *NO_DEVICE)


@pytest.mark.parametrize(
    ("kind", "name", "number"),
    [
        ("0", "Android", 0),
        ("1", "iOS", 1),
        ("iOS", "iOS", 1),
        ("9", "ChromeBrowser", 9),
        ("LinuxCLI", "LinuxCLI", 25),
        ("255", "255", 255),
    ],
)
def test_the_token_names_the_type_of_the_device(cloud: TestCloud, kind: str, name: str, number: int) -> None:
    answer = sign_in(cloud, OWNER, deviceType=kind)

    assert claims_of(answer)["devicetype"] == name
    assert devices_of(cloud, OWNER)[0].type == number


def test_a_new_device_is_stored_with_its_push_token(cloud: TestCloud) -> None:
    sign_in(cloud, OWNER, devicePushToken="push-1")

    (device,) = devices_of(cloud, OWNER)
    assert (device.identifier, device.name, device.type) == (DEVICE["deviceIdentifier"], "linux", 25)
    assert (device.push_token, device.creation_date) == ("push-1", START)


def test_signing_in_again_adds_no_device_and_changes_none(cloud: TestCloud) -> None:
    sign_in(cloud, OWNER)
    before = devices_of(cloud, OWNER)

    sign_in(cloud, OWNER, deviceName="renamed", deviceType="9")

    assert devices_of(cloud, OWNER) == before


def test_another_identifier_is_another_device_and_so_is_another_person(cloud: TestCloud) -> None:
    sign_in(cloud, OWNER)
    sign_in(cloud, OWNER, deviceIdentifier="second")
    sign_in(cloud, "alice@acme.test")

    assert len(devices_of(cloud, OWNER)) == 2
    assert len(devices_of(cloud, "alice@acme.test")) == 1


# Accounts from before there were user keys.


def make_legacy(cloud: TestCloud) -> None:
    sign_in(cloud, OWNER)
    keys = cloud.user(OWNER).keys
    change_user(cloud, OWNER, keys=replace(keys, key=""), seed_password=None)


def test_a_legacy_account_is_refused(cloud: TestCloud) -> None:
    make_legacy(cloud)

    answer = ask(cloud, password_form(OWNER), VERSION)

    assert_refused(answer, "invalid_grant", "invalid_username_or_password", LEGACY_TEXT)


def test_a_legacy_account_may_sign_in_to_the_web_vault_and_has_no_key(cloud: TestCloud) -> None:
    make_legacy(cloud)

    answer = sign_in(cloud, OWNER, client_id="web")

    assert "Key" not in answer
    assert "PrivateKey" in answer
    assert answer["UserDecryptionOptions"] == {"HasMasterPassword": True, "Object": "userDecryptionOptions"}


def test_a_legacy_accounts_wrong_password_is_a_wrong_password(cloud: TestCloud) -> None:
    make_legacy(cloud)

    assert_refused(ask(cloud, password_form(OWNER, password="wrong"), VERSION), *WRONG_PASSWORD)
