"""The stored form of a password hash (docs/contract/identity.md §4.6 and §11.4)."""

import base64
import hashlib
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sosie.domain.password_hash import hash_password, verify

RECEIVED = "nfEypS52oCiXbQyehOT45BcIhAJYN/5ltdzSYVXHaWg="  # vector A's authentication hash
STORED = "AQAAAAIAAYagAAAAEAABAgMEBQYHCAkKCwwNDg+5yOfJVa5ZCMQq0FsX4qo75jz+Sd9uJfpTzsk+esI8kA=="
SALT = bytes(range(16))


def blob(version=1, prf=2, iterations=1, salt=SALT, digest=None, salt_length=None):
    if digest is None:
        name = {0: "sha1", 1: "sha256", 2: "sha512"}.get(prf, "sha512")
        digest = hashlib.pbkdf2_hmac(name, RECEIVED.encode(), salt, max(1, min(iterations, 10)), 32)
    length = len(salt) if salt_length is None else salt_length
    return base64.b64encode(struct.pack(">BIII", version, prf, iterations, length) + salt + digest).decode()


def test_the_contracts_vector_is_reproduced():
    assert hash_password(RECEIVED, SALT) == STORED


def test_the_contracts_vector_verifies():
    assert verify(STORED, RECEIVED)


def test_another_password_does_not_verify():
    assert not verify(STORED, RECEIVED.replace("n", "m", 1))


def test_the_blob_is_61_bytes_and_names_its_parameters():
    raw = base64.b64decode(hash_password(RECEIVED, SALT, 1000))
    assert len(raw) == 61
    assert struct.unpack(">BIII", raw[:13]) == (1, 2, 1000, 16)
    assert raw[13:29] == SALT


def test_fewer_iterations_than_usual_verify_because_the_blob_names_them():
    assert verify(hash_password(RECEIVED, SALT, 3), RECEIVED)


@pytest.mark.parametrize("prf", [0, 1, 2])
def test_hashes_made_with_an_older_function_verify(prf):
    assert verify(blob(prf=prf), RECEIVED)
    assert not verify(blob(prf=prf), "something else")


def test_longer_salts_and_hashes_verify():
    salt = bytes(32)
    digest = hashlib.pbkdf2_hmac("sha512", RECEIVED.encode(), salt, 1, 64)
    assert verify(blob(salt=salt, digest=digest), RECEIVED)


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "not base64",
        "ключ",
        "AQ==",
        STORED[:-2],
        STORED[:40],
        STORED.rstrip("="),
        blob(version=0),
        blob(prf=3),
        blob(iterations=0),
        blob(iterations=2**32 - 1),  # answered at once, not after an hour
        blob(salt=bytes(8)),
        blob(salt_length=2**31),
        blob(digest=b""),
        blob(digest=bytes(8)),
    ],
)
def test_a_malformed_blob_matches_nothing(stored):
    assert verify(stored, RECEIVED) is False


@given(st.binary(max_size=44).map(base64.b64encode).map(bytes.decode) | st.text(st.characters()))
@settings(deadline=None)
def test_what_is_too_short_or_no_base64_matches_nothing(stored):
    assert verify(stored, RECEIVED) is False


@given(
    st.builds(
        blob,
        version=st.integers(0, 2),
        prf=st.integers(0, 4),
        iterations=st.integers(0, 3) | st.integers(1_000_001, 2**32 - 1),
        salt=st.binary(max_size=40),
        digest=st.binary(max_size=40),
        salt_length=st.integers(0, 40) | st.integers(0, 2**32 - 1),
    )
)
@settings(deadline=None)
def test_no_parameters_make_verification_fail_with_an_exception(stored):
    assert verify(stored, RECEIVED) is False


@given(
    st.text(st.characters(), max_size=30), st.text(st.characters(), max_size=30), st.binary(min_size=16, max_size=16)
)
@settings(deadline=None, max_examples=50)
def test_what_was_hashed_verifies_and_nothing_else_does(received, other, salt):
    stored = hash_password(received, salt, 1)
    assert verify(stored, received)
    assert verify(stored, other) is (other == received)


@pytest.mark.parametrize(("salt", "iterations"), [(bytes(15), 1), (SALT, 0), (SALT, 1_000_001)])
def test_what_could_never_verify_is_not_made(salt, iterations):
    with pytest.raises(ValueError, match="password hash"):
        hash_password(RECEIVED, salt, iterations)
