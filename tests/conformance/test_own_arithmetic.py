"""What the suite computes itself, held against the contract's own examples."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from sosie.conformance.licence import data_string, epoch_seconds, hash_of
from sosie.conformance.password import authentication_hash, decrypt, master_key, stretch

CONTRACT = Path(__file__).parents[2] / "docs" / "contract"
LICENSING = (CONTRACT / "licensing-push-installations.md").read_text(encoding="utf-8")
IDENTITY = (CONTRACT / "identity.md").read_text(encoding="utf-8")
PASSWORD = "correct horse battery staple"
PBKDF2 = {"kdf": 0, "kdfIterations": 600000, "kdfMemory": None, "kdfParallelism": None}
ARGON2ID = {"kdf": 1, "kdfIterations": 3, "kdfMemory": 64, "kdfParallelism": 4}


def example() -> str:
    """The text under the hash of A.6's example."""
    found = re.search(r"^license:organization\|.*$", LICENSING, re.MULTILINE)
    assert found is not None
    return found[0]


def licence() -> dict[str, Any]:
    """A licence with the example's values."""
    fields = dict(field.split(":", 1) for field in example().split("|")[1:])
    dates = {"Expires": "2027-03-02T00:00:00Z", "ExpirationWithoutGracePeriod": "2027-01-01T00:00:00Z"}
    values: dict[str, Any] = {"Issued": "2026-01-02T03:04:05.6Z", "Refresh": "2026-02-01T03:04:05.6Z"}
    for name, text in fields.items():
        if name in dates:
            values[name] = dates[name]
        elif text in ("", "true", "false"):
            values[name] = json.loads(text or "null")
        else:
            values[name] = int(text) if text.isdigit() else text
    return {name[0].lower() + name[1:]: value for name, value in values.items()}


def test_the_text_under_a_licences_hash_is_the_examples() -> None:
    assert data_string(licence(), for_hash=True) == example()


def test_a_licences_hash_is_the_examples() -> None:
    assert hash_of(licence()) == "sQsLKwx7NetzpMG6OtEcwR2aFI4hwPzkGtZEjodHXAA="


def test_the_text_under_a_licences_signature_is_the_examples() -> None:
    text = data_string(licence() | {"hash": hash_of(licence())}, for_hash=False)

    expected = "2838fa829d4d36c19c77085a315f047d838e855e76b4ea63b983fdedcb62bfe0"
    assert hashlib.sha256(text.encode()).hexdigest() == expected


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:01Z", 1),
        ("1970-01-01T00:00:01.5Z", 2),
        ("1970-01-01T00:00:02.5Z", 2),
        ("1970-01-01T00:00:02.5000001Z", 3),
    ],
)
def test_half_a_second_is_rounded_to_the_even_one(text: str, seconds: int) -> None:
    assert epoch_seconds(text) == seconds


@pytest.mark.parametrize(
    ("email", "prelogin", "expected"),
    [
        ("  User@Example.COM ", PBKDF2, "nfEypS52oCiXbQyehOT45BcIhAJYN/5ltdzSYVXHaWg="),
        ("user@example.com", ARGON2ID, "F5AT2yKzzrLd4OniXAMW5ngYFtDXgAcl+gxyAwyzaRA="),
    ],
    ids=["PBKDF2", "Argon2id"],
)
def test_a_password_becomes_the_contracts_authentication_hash(
    email: str, prelogin: dict[str, Any], expected: str
) -> None:
    assert authentication_hash(PASSWORD, master_key(PASSWORD, email, prelogin)) == expected


def test_a_password_opens_the_contracts_user_key() -> None:
    (wrapped,) = re.findall(r"^Key = (2\..*)$", IDENTITY, re.MULTILINE)

    assert decrypt(stretch(master_key(PASSWORD, "user@example.com", PBKDF2)), wrapped) == bytes(range(64))
