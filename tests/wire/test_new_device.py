"""A device that was not known: verified by mail where that is on, and told about (identity.md §4.6 item 5, §5)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from tests.support.cloud import TestCloud, WireAnswer
from tests.support.families import mails_to, set_require_sso
from tests.support.people import add_membership, change_user, devices_of
from tests.support.second_step import SECRET, add_people, code, mailed_code
from tests.support.token_client import (
    DEVICE,
    NO_DEVICE,
    VERSION,
    WRONG_PASSWORD,
    api_key_form,
    ask,
    assert_refused,
    password_form,
    share_one_rsa_pair,
    sign_in,
)

VERA = "vera@device.test"
ASKED = ("device_error", "New device verification required", "new device verification required")
WRONG = ("device_error", "Invalid New Device OTP", "invalid new device otp")
OTHER = {"deviceIdentifier": "second", "deviceName": "laptop", "deviceType": "9"}
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _quick_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    share_one_rsa_pair(monkeypatch)


def add_vera(cloud: TestCloud, **changes: Any) -> None:
    """Seed somebody old enough whose new devices are verified, and who used one device already."""
    add_people(cloud, {"email": VERA, "newDeviceVerification": True, "createdDaysAgo": 1, **changes})
    assert ask(cloud, api_key_form(cloud.user(VERA)), VERSION).status == 200


def try_other(cloud: TestCloud, otp: str | None = None, **changes: str) -> WireAnswer:
    """Sign in from a second device."""
    sent = {} if otp is None else {"newDeviceOtp": otp}
    return ask(cloud, password_form(VERA, **(OTHER | sent | changes)), VERSION)


@pytest.fixture
def verified(cloud: TestCloud) -> TestCloud:
    """A cloud where a second device must be verified."""
    add_vera(cloud)
    return cloud


# When it is asked for.


def test_an_unknown_device_must_be_verified_and_is_not_stored(verified: TestCloud) -> None:
    assert_refused(try_other(verified), *ASKED)
    assert [device.identifier for device in devices_of(verified, VERA)] == [DEVICE["deviceIdentifier"]]
    assert re.fullmatch(r"\d{8}", mailed_code(verified, VERA))


def test_a_known_device_need_not_be_verified(verified: TestCloud) -> None:
    sign_in(verified, VERA)


def test_it_is_off_unless_the_scenario_says_so(cloud: TestCloud) -> None:
    add_vera(cloud, newDeviceVerification=False)

    assert try_other(cloud).status == 200


def test_somebody_who_opted_out_is_not_asked(cloud: TestCloud) -> None:
    add_vera(cloud, verifyDevices=False)

    assert try_other(cloud).status == 200


def test_the_first_device_of_all_need_not_be_verified(cloud: TestCloud) -> None:
    add_people(cloud, {"email": VERA, "newDeviceVerification": True, "createdDaysAgo": 1})

    assert try_other(cloud).status == 200


def test_an_account_of_less_than_a_day_is_not_asked(cloud: TestCloud) -> None:
    add_vera(cloud, createdDaysAgo=0)
    cloud.clock.advance(DAY - timedelta(seconds=1))
    assert try_other(cloud).status == 200

    cloud.clock.advance(timedelta(seconds=1))
    assert_refused(try_other(cloud, deviceIdentifier="third"), *ASKED)


def test_an_api_key_is_not_asked(verified: TestCloud) -> None:
    assert ask(verified, api_key_form(verified.user(VERA), **OTHER), VERSION).status == 200


def test_somebody_with_two_step_login_is_not_asked(cloud: TestCloud) -> None:
    add_vera(cloud, twoStep={"authenticator": SECRET, "recoveryCode": "recover"})
    assert try_other(cloud, twoFactorToken=code(cloud), twoFactorProvider="0").status == 200

    assert try_other(cloud, twoFactorToken="recover", twoFactorProvider="8", deviceIdentifier="third").status == 200


def test_single_sign_on_is_told_before(verified: TestCloud) -> None:
    add_membership(verified, VERA, "Acme Corporation", role=2)
    set_require_sso(verified, "Acme Corporation")

    answer = try_other(verified)

    assert answer.json["error_description"] == "Sso authentication is required."
    assert "TwoFactorEmail" not in [mail["category"] for mail in mails_to(verified, VERA)]


def test_wrong_passwords_and_missing_devices_are_told_before(verified: TestCloud) -> None:
    assert_refused(ask(verified, password_form(VERA, password="wrong", **OTHER), VERSION), *WRONG_PASSWORD)
    assert_refused(ask(verified, password_form(VERA, "deviceName", **OTHER), VERSION), *NO_DEVICE)


# The code.


def test_the_mailed_code_passes_stores_the_device_and_verifies_the_address(cloud: TestCloud) -> None:
    add_vera(cloud, emailVerified=False)
    try_other(cloud)
    assert cloud.user(VERA).email_verified is False

    answer = try_other(cloud, mailed_code(cloud, VERA))

    assert answer.status == 200
    assert cloud.user(VERA).email_verified is True
    assert len(devices_of(cloud, VERA)) == 2
    assert try_other(cloud).status == 200


@pytest.mark.parametrize("otp", ["", "00000000", "nonsense"])
def test_a_wrong_code_has_its_own_text_and_mails_nothing(verified: TestCloud, otp: str) -> None:
    try_other(verified)
    mailed = len(mails_to(verified, VERA))

    assert_refused(try_other(verified, otp), *WRONG)

    assert len(mails_to(verified, VERA)) == mailed
    assert try_other(verified, mailed_code(verified, VERA)).status == 200


def test_a_code_is_wrong_before_one_was_mailed(verified: TestCloud) -> None:
    assert_refused(try_other(verified, "12345678"), *WRONG)


def test_a_code_is_good_once_and_for_five_minutes(verified: TestCloud) -> None:
    try_other(verified)
    sent = mailed_code(verified, VERA)
    verified.clock.advance(timedelta(minutes=5))
    assert_refused(try_other(verified, sent), *WRONG)

    try_other(verified)
    sent = mailed_code(verified, VERA)
    assert try_other(verified, sent).status == 200
    assert_refused(try_other(verified, sent, deviceIdentifier="third"), *WRONG)


def test_where_it_is_off_a_code_is_not_looked_at(cloud: TestCloud) -> None:
    add_vera(cloud, newDeviceVerification=False)

    assert try_other(cloud, "12345678").status == 200


# The mail about it.


@pytest.mark.parametrize(
    ("kind", "label"),
    [
        ("25", "Linux CLI"),
        ("9", "Chrome"),
        ("2", "Chrome Extension"),
        ("6", "Windows"),
        ("1", "iOS"),
        ("14", "Unknown Browser"),
        ("255", ""),
    ],
)
def test_a_new_device_of_an_older_account_is_mailed(cloud: TestCloud, kind: str, label: str) -> None:
    cloud.clock.advance(timedelta(minutes=10, seconds=1))

    sign_in(cloud, "owner@acme.test", deviceType=kind)

    (mail,) = mails_to(cloud, "owner@acme.test")
    assert (mail["subject"], mail["category"]) == (f"New Device Logged In From {label}", "NewDeviceLoggedIn")
    assert mail["sponsorshipToken"] is None


def test_a_known_device_is_not_mailed(cloud: TestCloud) -> None:
    sign_in(cloud, "owner@acme.test")
    cloud.clock.advance(DAY)

    sign_in(cloud, "owner@acme.test")

    assert mails_to(cloud, "owner@acme.test") == []


def test_an_account_of_ten_minutes_is_not_told(cloud: TestCloud) -> None:
    cloud.clock.advance(timedelta(minutes=10))

    sign_in(cloud, "owner@acme.test")

    assert mails_to(cloud, "owner@acme.test") == []


def test_an_api_keys_new_device_is_mailed_as_well(cloud: TestCloud) -> None:
    cloud.clock.advance(DAY)

    ask(cloud, api_key_form(cloud.user("owner@acme.test")), VERSION)

    assert [mail["category"] for mail in mails_to(cloud, "owner@acme.test")] == ["NewDeviceLoggedIn"]


def test_seeded_accounts_are_as_old_as_the_scenario_says(cloud: TestCloud) -> None:
    add_people(cloud, {"email": VERA, "createdDaysAgo": 3})

    profile = cloud.get("/accounts/profile", token=cloud.user_token(VERA)).json
    assert profile["creationDate"] == "2026-03-01T05:06:07Z"
    assert profile["verifyDevices"] is True


# What is stored of a device.


@pytest.mark.parametrize(
    ("sent", "stored"),
    [("x" * 51, "x" * 50), ("é" * 60, "é" * 50), ("😀" * 30, "😀" * 25), ("a" + "😀" * 30, "a" + "😀" * 24)],
)
def test_an_overlong_name_or_identifier_is_cut_silently(cloud: TestCloud, sent: str, stored: str) -> None:
    for _ in range(2):
        sign_in(cloud, "owner@acme.test", deviceIdentifier=sent, deviceName=sent)

    (device,) = devices_of(cloud, "owner@acme.test")
    assert (device.identifier, device.name) == (stored, stored)


def test_an_overlong_push_token_is_cut_silently(cloud: TestCloud) -> None:
    sign_in(cloud, "owner@acme.test", devicePushToken="p" * 300)

    assert devices_of(cloud, "owner@acme.test")[0].push_token == "p" * 255


@pytest.mark.parametrize("token", ["", "  "])
def test_a_blank_push_token_is_none(cloud: TestCloud, token: str) -> None:
    sign_in(cloud, "owner@acme.test", devicePushToken=token)

    assert devices_of(cloud, "owner@acme.test")[0].push_token is None


def test_blanks_around_a_name_are_kept(cloud: TestCloud) -> None:
    sign_in(cloud, "owner@acme.test", deviceName=" linux ")

    assert devices_of(cloud, "owner@acme.test")[0].name == " linux "


def test_a_change_of_the_switch_takes_effect_at_once(verified: TestCloud) -> None:
    assert_refused(try_other(verified), *ASKED)

    change_user(verified, VERA, new_device_verification=False)

    assert try_other(verified).status == 200
