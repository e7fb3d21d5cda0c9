"""Two-step login: what is asked for, and an authenticator's codes (docs/contract/identity.md §4.6 item 4, §5)."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from tests.support.cloud import START, TestCloud
from tests.support.control import ask as control
from tests.support.people import change_user, devices_of
from tests.support.second_step import CAREFUL, SECRET, WRONG_CODE, add_careful, categories, code, try_step
from tests.support.token_client import (
    DEVICE,
    NO_DEVICE,
    NO_VERSION,
    TOKEN_HEADERS,
    VERSION,
    WRONG_PASSWORD,
    api_key_form,
    ask,
    assert_refused,
    cloud_headers,
    password_form,
    share_one_rsa_pair,
)

ASKED = {
    "error": "invalid_grant",
    "error_description": "Two factor required.",
    "TwoFactorProviders": ["0"],
    "TwoFactorProviders2": {"0": None},
    "MasterPasswordPolicy": {"Object": "masterPasswordPolicy"},
}


@pytest.fixture(autouse=True)
def _quick_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    share_one_rsa_pair(monkeypatch)


@pytest.fixture
def careful(cloud: TestCloud) -> TestCloud:
    """A cloud where somebody has an authenticator."""
    add_careful(cloud)
    return cloud


# What is asked for.


def test_the_password_alone_is_answered_with_what_can_be_chosen_from(careful: TestCloud) -> None:
    answer = try_step(careful)

    assert (answer.status, cloud_headers(answer)) == (400, TOKEN_HEADERS)
    assert answer.body == json.dumps(ASKED, separators=(",", ":"))


@pytest.mark.parametrize(
    ("token", "provider"),
    [("", "0"), ("  ", "0"), ("123456", ""), ("123456", None), (None, "0"), ("123456", "authenticator"), ("1", "256")],
)
def test_a_blank_code_and_an_unparsable_provider_are_answered_the_same(
    careful: TestCloud, token: str | None, provider: str | None
) -> None:
    assert try_step(careful, token, provider).json == ASKED


def test_asking_is_no_failed_login_and_adds_no_device(careful: TestCloud) -> None:
    try_step(careful)

    assert careful.user(CAREFUL).failed_login_count == 0
    assert devices_of(careful, CAREFUL) == []
    assert categories(careful) == []


def test_without_a_usable_provider_nobody_gets_in(cloud: TestCloud) -> None:
    add_careful(cloud, recoveryCode="the only way")

    assert_refused(try_step(cloud), "invalid_grant", "invalid_username_or_password", "No two-step providers enabled.")


# An authenticator's codes.


@pytest.mark.parametrize("provider", ["0", "Authenticator"])
@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_code_of_now_or_one_step_away_signs_in(careful: TestCloud, provider: str, steps: int) -> None:
    answer = try_step(careful, code(careful, steps), provider)

    assert answer.status == 200, answer.body
    assert "TwoFactorToken" not in answer.json
    assert "refresh_token" in answer.json


def test_the_worlds_clock_decides(careful: TestCloud) -> None:
    before = code(careful)
    careful.clock.advance(timedelta(days=400))

    assert_refused(try_step(careful, before, "0"), *WRONG_CODE)
    assert try_step(careful, code(careful), "0").status == 200


@pytest.mark.parametrize("steps", [-2, 2])
def test_a_code_further_away_is_wrong(careful: TestCloud, steps: int) -> None:
    assert_refused(try_step(careful, code(careful, steps), "0"), *WRONG_CODE)


def test_a_code_is_good_once(careful: TestCloud) -> None:
    once = code(careful)
    assert try_step(careful, once, "0").status == 200

    assert_refused(try_step(careful, once, "0"), *WRONG_CODE)


@pytest.mark.parametrize("provider", ["1", "Email", "2", "3", "6", "7", "99", "255"])
def test_a_right_code_for_another_provider_is_wrong(careful: TestCloud, provider: str) -> None:
    assert_refused(try_step(careful, code(careful), provider), *WRONG_CODE)


def test_a_wrong_code_counts_as_a_failed_login_and_is_mailed_once_an_hour(careful: TestCloud) -> None:
    for _ in range(2):
        assert_refused(try_step(careful, "000000", "0"), *WRONG_CODE)
    user = careful.user(CAREFUL)
    assert (user.failed_login_count, user.last_failed_login_date) == (2, START)
    assert categories(careful) == ["FailedTwoFactorAttempt"]

    careful.clock.advance(timedelta(hours=1))
    try_step(careful, "000000", "0")

    assert categories(careful) == ["FailedTwoFactorAttempt"] * 2
    assert try_step(careful, code(careful), "0").status == 200
    assert careful.user(CAREFUL).failed_login_count == 0


# Which of several faults is answered.


def test_a_wrong_password_is_told_before_anything_about_a_second_step(careful: TestCloud) -> None:
    for step in ({}, {"twoFactorToken": code(careful), "twoFactorProvider": "0"}):
        form = password_form(CAREFUL, password="d3Jvbmc=", **step)
        assert_refused(ask(careful, form, VERSION), *WRONG_PASSWORD)


def test_a_missing_version_is_told_before_and_a_missing_device_after(careful: TestCloud) -> None:
    step = {"twoFactorToken": code(careful), "twoFactorProvider": "0"}

    assert_refused(ask(careful, password_form(CAREFUL)), *NO_VERSION)
    assert ask(careful, password_form(CAREFUL, *DEVICE), VERSION).json == ASKED
    assert_refused(ask(careful, password_form(CAREFUL, *DEVICE, **step), VERSION), *NO_DEVICE)


def test_somebody_without_two_step_login_may_send_the_fields_in_vain(cloud: TestCloud) -> None:
    step = {"twoFactorToken": "000000", "twoFactorProvider": "0", "twoFactorRemember": "1"}

    answer = ask(cloud, password_form("owner@acme.test", **step), VERSION)

    assert answer.status == 200
    assert "TwoFactorToken" not in answer.json


def test_an_api_key_needs_no_second_step(careful: TestCloud) -> None:
    assert ask(careful, api_key_form(careful.user(CAREFUL)), VERSION).status == 200


def test_a_refresh_needs_no_second_step(careful: TestCloud) -> None:
    handle = try_step(careful, code(careful), "0").json["refresh_token"]

    form = {"grant_type": "refresh_token", "client_id": "cli", "refresh_token": handle}
    assert ask(careful, form).status == 200


# What else shows it.


def test_the_profile_says_that_it_is_on(careful: TestCloud) -> None:
    def enabled(email: str) -> bool:
        return careful.get("/accounts/profile", token=careful.user_token(email)).json["twoFactorEnabled"]

    assert enabled(CAREFUL) is True
    assert enabled("owner@acme.test") is False
    change_user(careful, CAREFUL, two_step=None)
    assert enabled(CAREFUL) is False


def test_the_control_planes_summary_lets_a_test_compute_a_code(cloud: TestCloud) -> None:
    add_careful(cloud, authenticator=True, email=True)

    users = control(cloud, "GET", "/worlds/default").json["regions"]["us"]["users"]
    two_step = {user["email"]: user["twoStep"] for user in users}

    assert two_step["owner@acme.test"] is None
    shown = two_step[CAREFUL]
    assert set(shown) == {"authenticator", "email", "recoveryCode"}
    assert (len(shown["authenticator"]), shown["email"], len(shown["recoveryCode"])) == (32, True, 32)
    assert try_step(cloud, code(cloud, secret=shown["authenticator"]), "0").status == 200


def test_neither_code_nor_token_reaches_the_journal(cloud: TestCloud) -> None:
    add_careful(cloud, authenticator=SECRET, email=True)
    shown = code(cloud)
    session = try_step(cloud).json["SsoEmail2faSessionToken"]
    remember = try_step(cloud, shown, "0", twoFactorRemember="1").json["TwoFactorToken"]

    journal = control(cloud, "GET", "/worlds/default/journal").body

    for secret in (f"twoFactorToken={shown}", session, remember):
        assert secret not in journal
    assert "SsoEmail2faSessionToken" in journal
