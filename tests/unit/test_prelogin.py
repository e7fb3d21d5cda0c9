"""Fake but stable key derivations for unknown addresses (docs/contract/identity.md §7, vectors included)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosie.domain.prelogin import fake_prelogin
from sosie.domain.users import KdfSettings, KdfType

SECRET = "my-secret-key"
PBKDF2 = KdfType.PBKDF2_SHA256
ARGON2ID = KdfType.ARGON2ID
BY_INDEX = {
    0: KdfSettings(PBKDF2, 600_000, None, None),
    3: KdfSettings(PBKDF2, 5_000, None, None),
    4: KdfSettings(ARGON2ID, 3, 64, 4),
    5: KdfSettings(ARGON2ID, 6, 32, 4),
}
THE_SIX = [*BY_INDEX.values(), KdfSettings(PBKDF2, 100_000, None, None)]


@pytest.mark.parametrize(
    ("email", "index", "salt"),
    [
        ("user0@example.com", 0, "user0@example.com"),
        ("user1@example.com", 5, "user1@example.com"),
        ("user2@example.com", 0, None),
        ("user3@example.com", 4, "user3@example.com"),
        ("user4@example.com", 3, "user4@example.com"),
        ("user8@example.com", 4, None),
    ],
)
def test_the_contracts_vectors_are_reproduced(email: str, index: int, salt: str | None) -> None:
    assert fake_prelogin(email, SECRET) == (BY_INDEX[index], salt)


@pytest.mark.parametrize("written", ["USER3@example.com", "  user3@Example.Com ", "user3@example.com\n"])
def test_case_and_surrounding_blanks_of_the_address_do_not_matter(written: str) -> None:
    assert fake_prelogin(written, SECRET) == (BY_INDEX[4], "user3@example.com")


@pytest.mark.parametrize("email", [f"user{number}@example.com" for number in range(9)])
def test_without_a_secret_everybody_gets_the_first_answer(email: str) -> None:
    assert fake_prelogin(email, None) == (BY_INDEX[0], email)


def test_another_secret_gives_other_answers() -> None:
    emails = [f"user{number}@example.com" for number in range(50)]

    assert [fake_prelogin(email, SECRET) for email in emails] != [fake_prelogin(email, "other") for email in emails]


@given(st.text())
def test_every_address_gets_one_of_the_answers_and_always_the_same(email: str) -> None:
    settings, salt = fake_prelogin(email, SECRET)

    assert settings in THE_SIX
    assert salt in (None, email.strip().lower())
    assert fake_prelogin(email, SECRET) == (settings, salt)


def test_all_answers_occur_and_the_first_twice_as_often_as_any_other() -> None:
    counts = dict.fromkeys(THE_SIX, 0)
    for number in range(3000):
        counts[fake_prelogin(f"user{number}@example.com", SECRET)[0]] += 1

    assert 900 < counts[BY_INDEX[0]] < 1100
    assert all(420 < count < 580 for settings, count in counts.items() if settings != BY_INDEX[0])
