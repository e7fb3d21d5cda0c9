"""The codes and names of two-step login (RFC 6238; docs/contract/identity.md §5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sosie.domain.two_step import (
    MailedCode,
    TwoStep,
    decode_secret,
    encode_secret,
    parse_provider,
    redacted_email,
    totp,
)

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
AUTHENTICATED = TwoStep("recover", authenticator=SECRET)


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_the_vectors_of_rfc_6238_are_reproduced(seconds: int, code: str) -> None:
    assert totp(SECRET, seconds // 30) == code
    assert AUTHENTICATED.accepts_authenticator(code, at(seconds))


@pytest.mark.parametrize(("steps", "accepted"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_one_step_of_tolerance_each_way(steps: int, accepted: bool) -> None:
    shown = totp(SECRET, int(NOW.timestamp()) // 30 + steps)

    assert AUTHENTICATED.accepts_authenticator(shown, NOW) is accepted


def test_a_code_is_good_once_and_others_go_on() -> None:
    step = int(NOW.timestamp()) // 30
    used = AUTHENTICATED.with_used_code(totp(SECRET, step), NOW)

    assert not used.accepts_authenticator(totp(SECRET, step), NOW + timedelta(seconds=20))
    assert used.accepts_authenticator(totp(SECRET, step + 1), NOW)
    assert used.with_used_code("000000", NOW + timedelta(minutes=2)).used_codes[0].code == "000000"


@pytest.mark.parametrize("code", ["", "28708", "2870820", " 287082", "２８７０８２", "\ud800"])
def test_a_code_is_its_six_digits(code: str) -> None:
    assert not AUTHENTICATED.accepts_authenticator(code, at(59))


def test_without_an_authenticator_no_code_is_right() -> None:
    assert not TwoStep("recover", email=True).accepts_authenticator(totp(SECRET, 1), at(59))


def test_a_mailed_code_is_good_in_time_and_while_the_stamp_stays() -> None:
    mailed = MailedCode("123456", "stamp", NOW + timedelta(minutes=5))

    assert mailed.is_right("123456", "stamp", NOW + timedelta(minutes=5) - timedelta(microseconds=1))
    assert not mailed.is_right("123456", "stamp", NOW + timedelta(minutes=5))
    assert not mailed.is_right("123456", "other", NOW)
    assert not mailed.is_right("123457", "stamp", NOW)


@pytest.mark.parametrize("written", ["recover", "RECOVER", " rec over "])
def test_blanks_and_letter_case_of_a_recovery_code_do_not_matter(written: str) -> None:
    assert TwoStep("recover").is_recovery_code(written)
    assert not TwoStep("recover").is_recovery_code(written + "x")


def test_a_failed_attempt_is_mailed_once_an_hour() -> None:
    warned = replace(AUTHENTICATED, warned_at=NOW)

    assert AUTHENTICATED.may_warn(NOW)
    assert not warned.may_warn(NOW + timedelta(minutes=59))
    assert warned.may_warn(NOW + timedelta(hours=1))


@pytest.mark.parametrize(
    ("text", "provider"),
    [
        ("0", 0),
        ("Authenticator", 0),
        ("1", 1),
        ("Email", 1),
        ("Duo", 2),
        ("YubiKey", 3),
        ("Remember", 5),
        ("OrganizationDuo", 6),
        ("WebAuthn", 7),
        ("RecoveryCode", 8),
        (" 8 ", 8),
        ("99", 99),
        ("255", 255),
        ("256", None),
        ("-1", None),
        ("authenticator", None),
        ("", None),
        ("²", None),
    ],
)
def test_a_provider_is_a_small_number_or_an_exact_name(text: str, provider: int | None) -> None:
    assert parse_provider(text) == provider


@pytest.mark.parametrize(
    ("email", "shown"),
    [
        ("user@example.com", "u***@example.com"),
        ("usera@example.com", "us***@example.com"),
        ("abc@x.test", "a**@x.test"),
        ("ab@x.test", "**@x.test"),
        ("a@x.test", "*@x.test"),
    ],
)
def test_an_address_is_redacted_by_the_length_of_its_local_part(email: str, shown: str) -> None:
    assert redacted_email(email) == shown


@pytest.mark.parametrize("text", [SECRET, SECRET.lower(), " ".join((SECRET[:4], SECRET[4:]))])
def test_a_secret_is_read_as_people_type_it(text: str) -> None:
    assert decode_secret(text) == b"12345678901234567890"


@pytest.mark.parametrize("text", ["", "   ", "1", "not base32!", "GEZDGNBVA0"])
def test_what_is_no_secret_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        decode_secret(text)


def test_a_secret_is_written_without_padding() -> None:
    assert encode_secret(b"12345678901234567890") == SECRET
    assert decode_secret(encode_secret(b"x")) == b"x"
