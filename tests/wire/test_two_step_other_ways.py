"""The other second steps: a mailed code, a remembered device, the recovery code (docs/contract/identity.md §5)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.support.cloud import TestCloud
from tests.support.families import mails_to
from tests.support.people import change_user
from tests.support.second_step import (
    CAREFUL,
    SECRET,
    WRONG_CODE,
    add_careful,
    categories,
    code,
    mailed_code,
    try_step,
)
from tests.support.token_client import VERSION, ask, assert_refused, password_form, share_one_rsa_pair, sign_in


@pytest.fixture(autouse=True)
def _quick_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    share_one_rsa_pair(monkeypatch)


# A mailed code.


@pytest.fixture
def mailed(cloud: TestCloud) -> TestCloud:
    """A cloud where somebody has their second step mailed."""
    add_careful(cloud, email=True)
    return cloud


def test_the_answer_names_the_address_redacted_and_as_it_is(mailed: TestCloud) -> None:
    answer = try_step(mailed).json

    token = answer.pop("SsoEmail2faSessionToken")
    assert re.fullmatch(r"BwSsoEmail2FaSessionToken_[A-Za-z0-9_-]+", token)
    assert answer == {
        "error": "invalid_grant",
        "error_description": "Two factor required.",
        "TwoFactorProviders": ["1"],
        "TwoFactorProviders2": {"1": {"Email": "ca*****@step.test"}},
        "Email": CAREFUL,
        "MasterPasswordPolicy": {"Object": "masterPasswordPolicy"},
    }


def test_the_answers_members_stand_in_the_contracts_order(cloud: TestCloud) -> None:
    add_careful(cloud, authenticator=SECRET, email=True)

    answer = try_step(cloud).json

    assert list(answer) == [
        "error",
        "error_description",
        "TwoFactorProviders",
        "TwoFactorProviders2",
        "SsoEmail2faSessionToken",
        "Email",
        "MasterPasswordPolicy",
    ]
    assert answer["TwoFactorProviders"] == ["0", "1"]
    assert answer["TwoFactorProviders2"] == {"0": None, "1": {"Email": "ca*****@step.test"}}


@pytest.mark.parametrize("provider", ["1", "Email"])
def test_the_mailed_code_signs_in(mailed: TestCloud, provider: str) -> None:
    try_step(mailed)
    sent = mailed_code(mailed)

    assert re.fullmatch(r"\d{6}", sent)
    assert try_step(mailed, sent, provider).status == 200


def test_a_mailed_code_is_good_once_and_for_five_minutes(mailed: TestCloud) -> None:
    try_step(mailed)
    sent = mailed_code(mailed)
    mailed.clock.advance(timedelta(minutes=5))
    assert_refused(try_step(mailed, sent, "1"), *WRONG_CODE)

    try_step(mailed)
    sent = mailed_code(mailed)
    mailed.clock.advance(timedelta(minutes=4, seconds=59))
    assert try_step(mailed, sent, "1").status == 200
    assert_refused(try_step(mailed, sent, "1"), *WRONG_CODE)


def test_a_wrong_code_does_not_spoil_the_mailed_one_and_a_newer_one_replaces_it(mailed: TestCloud) -> None:
    try_step(mailed)
    first = mailed_code(mailed)
    assert_refused(try_step(mailed, "000000" if first != "000000" else "111111", "1"), *WRONG_CODE)
    try_step(mailed)
    second = mailed_code(mailed)

    assert first != second
    assert_refused(try_step(mailed, first, "1"), *WRONG_CODE)
    assert try_step(mailed, second, "1").status == 200


def test_a_new_security_stamp_makes_the_mailed_code_worthless(mailed: TestCloud) -> None:
    try_step(mailed)
    change_user(mailed, CAREFUL, security_stamp="8a4e6b0c-5f1d-4f62-9f3c-1d2e3f4a5b6c")

    assert_refused(try_step(mailed, mailed_code(mailed), "1"), *WRONG_CODE)


def test_nothing_is_mailed_to_somebody_who_has_another_way(cloud: TestCloud) -> None:
    add_careful(cloud, authenticator=SECRET, email=True)

    try_step(cloud)

    assert categories(cloud) == []


# A remembered device.


@pytest.fixture
def careful(cloud: TestCloud) -> TestCloud:
    """A cloud where somebody has an authenticator, and a recovery code."""
    add_careful(cloud, authenticator=SECRET, recoveryCode="abcd 1234")
    return cloud


def remember(cloud: TestCloud) -> str:
    """Return the token that skips the second step from now on."""
    answer = try_step(cloud, code(cloud), "0", twoFactorRemember="1")
    assert answer.status == 200
    token: str = answer.json["TwoFactorToken"]
    return token


@pytest.mark.parametrize("wish", [None, "", "0", "true", "2"])
def test_nobody_is_remembered_who_did_not_ask_for_it(careful: TestCloud, wish: str | None) -> None:
    more = {} if wish is None else {"twoFactorRemember": wish}

    assert "TwoFactorToken" not in try_step(careful, code(careful), "0", **more).json


def test_the_token_comes_last_and_skips_the_second_step(careful: TestCloud) -> None:
    answer = try_step(careful, code(careful), "0", twoFactorRemember="1").json
    assert list(answer)[-1] == "TwoFactorToken"

    for provider in ("5", "Remember"):
        assert try_step(careful, answer["TwoFactorToken"], provider).status == 200


def test_being_remembered_gives_no_further_token(careful: TestCloud) -> None:
    again = try_step(careful, remember(careful), "5", twoFactorRemember="1")

    assert again.status == 200
    assert "TwoFactorToken" not in again.json


def test_after_thirty_days_the_second_step_is_asked_for_again(careful: TestCloud) -> None:
    token = remember(careful)
    careful.clock.advance(timedelta(days=30) - timedelta(seconds=1))
    assert try_step(careful, token, "5").status == 200

    careful.clock.advance(timedelta(seconds=1))

    answer = try_step(careful, token, "5")
    assert (answer.status, answer.json["error_description"]) == (400, "Two factor required.")
    assert careful.user(CAREFUL).failed_login_count == 0


@pytest.mark.parametrize("token", ["nonsense", "CfDJ8", "ключ", "A" * 200])
def test_a_token_nobody_gave_out_is_asked_for_again(careful: TestCloud, token: str) -> None:
    assert try_step(careful, token, "5").json["error_description"] == "Two factor required."


def test_a_new_security_stamp_forgets_every_device(careful: TestCloud) -> None:
    token = remember(careful)

    change_user(careful, CAREFUL, security_stamp="8a4e6b0c-5f1d-4f62-9f3c-1d2e3f4a5b6c")

    assert try_step(careful, token, "5").json["error_description"] == "Two factor required."


def test_a_session_token_remembers_nobody(cloud: TestCloud) -> None:
    add_careful(cloud, email=True)
    session = try_step(cloud).json["SsoEmail2faSessionToken"].removeprefix("BwSsoEmail2FaSessionToken_")

    assert try_step(cloud, session, "5").json["error_description"] == "Two factor required."


# The recovery code.


@pytest.mark.parametrize("provider", ["8", "RecoveryCode"])
@pytest.mark.parametrize("written", ["abcd 1234", "ABCD1234"])
def test_the_recovery_code_signs_in_and_switches_two_step_login_off(
    careful: TestCloud, provider: str, written: str
) -> None:
    assert try_step(careful, written, provider).status == 200

    sign_in(careful, CAREFUL)
    token = careful.user_token(CAREFUL)
    assert careful.get("/accounts/profile", token=token).json["twoFactorEnabled"] is False
    (mail,) = mails_to(careful, CAREFUL)
    assert mail["category"] == "RecoverTwoFactor"


def test_a_wrong_recovery_code_is_a_wrong_code(careful: TestCloud) -> None:
    assert_refused(try_step(careful, "abcd 1235", "8"), *WRONG_CODE)
    assert careful.user(CAREFUL).two_step is not None


def test_the_recovery_code_of_somebody_without_another_provider_is_good(cloud: TestCloud) -> None:
    add_careful(cloud, recoveryCode="the only way")

    assert try_step(cloud, "the only way", "8").status == 200


def test_it_does_not_help_without_the_password(careful: TestCloud) -> None:
    form = password_form(CAREFUL, password="d3Jvbmc=", twoFactorToken="abcd 1234", twoFactorProvider="8")

    assert ask(careful, form, VERSION).status == 400
    assert careful.user(CAREFUL).two_step is not None
