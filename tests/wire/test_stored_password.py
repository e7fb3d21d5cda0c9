"""What is kept of a master password, and accounts of either derivation (docs/contract/identity.md §4.6, §11)."""

from __future__ import annotations

import base64
import hashlib
import re
import struct
from dataclasses import replace

import pytest

from sosie.domain.password_hash import verify
from tests.journeys.support import crypto
from tests.support.cloud import TestCloud
from tests.support.passwords import MASTER_PASSWORD, authentication_hash
from tests.support.people import change_user
from tests.support.second_step import add_people
from tests.support.token_client import (
    LEGACY_TEXT,
    VERSION,
    WRONG_PASSWORD,
    ask,
    assert_refused,
    password_form,
    share_one_rsa_pair,
    sign_in,
)

OWNER = "owner@acme.test"
RECEIVED = "nfEypS52oCiXbQyehOT45BcIhAJYN/5ltdzSYVXHaWg="
STORED = "AQAAAAIAAYagAAAAEAABAgMEBQYHCAkKCwwNDg+5yOfJVa5ZCMQq0FsX4qo75jz+Sd9uJfpTzsk+esI8kA=="
"""§11.4: the stored hash of vector A's authentication hash."""
ARGON2ID = crypto.Kdf(1, 2, 16, 1)


@pytest.fixture(autouse=True)
def _quick_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    share_one_rsa_pair(monkeypatch)


def stored_blob(prf: int, iterations: int) -> str:
    """Return a stored hash of the owner's password under older parameters."""
    name, salt = {0: "sha1", 1: "sha256", 2: "sha512"}[prf], bytes(range(16))
    digest = hashlib.pbkdf2_hmac(name, authentication_hash(OWNER).encode(), salt, iterations, 32)
    return base64.b64encode(struct.pack(">BIII", 1, prf, iterations, 16) + salt + digest).decode()


def parameters(cloud: TestCloud) -> tuple[int, ...]:
    """Return version, function, iterations and salt length of the owner's stored hash."""
    return struct.unpack(">BIII", base64.b64decode(cloud.user(OWNER).password_hash)[:13])


# The stored hash.


def test_the_contracts_vector_signs_in_and_stays_as_it_is(cloud: TestCloud) -> None:
    change_user(cloud, OWNER, password_hash=STORED)

    sign_in(cloud, OWNER, password=RECEIVED)

    assert cloud.user(OWNER).password_hash == STORED


def test_a_seeded_password_is_kept_in_that_layout(cloud: TestCloud) -> None:
    sign_in(cloud, OWNER)

    assert parameters(cloud) == (1, 2, 1000, 16)
    assert len(base64.b64decode(cloud.user(OWNER).password_hash)) == 61


@pytest.mark.parametrize(("prf", "iterations"), [(0, 1000), (1, 200_000), (2, 999)])
def test_a_hash_of_older_parameters_is_accepted_and_made_again(cloud: TestCloud, prf: int, iterations: int) -> None:
    change_user(cloud, OWNER, password_hash=stored_blob(prf, iterations))
    stamp = cloud.user(OWNER).security_stamp

    sign_in(cloud, OWNER)

    assert parameters(cloud) == (1, 2, 1000, 16)
    assert verify(cloud.user(OWNER).password_hash, authentication_hash(OWNER))
    assert cloud.user(OWNER).security_stamp == stamp
    sign_in(cloud, OWNER)


def test_a_wrong_password_makes_no_new_hash(cloud: TestCloud) -> None:
    old = stored_blob(0, 1000)
    change_user(cloud, OWNER, password_hash=old)

    assert_refused(ask(cloud, password_form(OWNER, password="wrong"), VERSION), *WRONG_PASSWORD)

    assert cloud.user(OWNER).password_hash == old


def test_a_hash_that_nobody_can_read_matches_nothing(cloud: TestCloud) -> None:
    change_user(cloud, OWNER, password_hash="not base64", seed_password=None)

    assert_refused(ask(cloud, password_form(OWNER), VERSION), *WRONG_PASSWORD)


@pytest.mark.parametrize("field", ["username", "password"])
def test_lengths_count_utf16_units(cloud: TestCloud, field: str) -> None:
    limit = {"username": 256, "password": 100}[field]
    longest = "😀" * (limit // 2)

    assert_refused(ask(cloud, password_form(OWNER) | {field: longest}, VERSION), *WRONG_PASSWORD)
    assert_refused(ask(cloud, password_form(OWNER) | {field: longest + "x"}, VERSION), "invalid_grant")


def test_no_number_of_wrong_passwords_locks_anybody_out(cloud: TestCloud) -> None:
    for _ in range(12):
        ask(cloud, password_form(OWNER, password="wrong"), VERSION)

    sign_in(cloud, OWNER)


def test_seeded_keys_have_the_clouds_shapes(cloud: TestCloud) -> None:
    assert re.fullmatch(r"[A-Za-z0-9]{20}", cloud.installation().key)
    assert re.fullmatch(r"[A-Za-z0-9]{30}", cloud.user(OWNER).api_key)


# Accounts that derive with Argon2id.


def test_an_argon2id_account_goes_from_prelogin_to_the_open_vault(cloud: TestCloud) -> None:
    email = "argon@kdf.test"
    kdf = {"type": "argon2id", "iterations": 2, "memory": 16, "parallelism": 1}
    add_people(cloud, {"email": email, "kdf": kdf})

    told = crypto.Kdf.from_prelogin(
        cloud.post("/accounts/prelogin/password", {"email": email}, service="identity").json
    )
    assert told == ARGON2ID
    key = crypto.master_key(MASTER_PASSWORD, email, told)
    answer = sign_in(cloud, email, password=crypto.authentication_hash(key, MASTER_PASSWORD))

    user_key = crypto.SymmetricKey.of(crypto.decrypt(crypto.stretch(key), answer["Key"]))
    private_key = crypto.load_private_der(crypto.decrypt(user_key, answer["PrivateKey"]))
    public_key = answer["AccountKeys"]["publicKeyEncryptionKeyPair"]["publicKey"]
    assert crypto.b64(crypto.public_der(private_key)) == public_key
    sync = cloud.get("/sync", token=answer["access_token"]).json["userDecryption"]["masterPasswordUnlock"]
    assert sync["kdf"] == {"kdfType": 1, "iterations": 2, "memory": 16, "parallelism": 1}
    assert sync["masterKeyEncryptedUserKey"] == answer["Key"]


def test_the_password_derived_the_other_way_is_wrong(cloud: TestCloud) -> None:
    add_people(cloud, {"email": "argon@kdf.test", "kdf": {"type": "argon2id", "iterations": 2}})

    assert_refused(ask(cloud, password_form("argon@kdf.test"), VERSION), *WRONG_PASSWORD)


# Accounts from before there were user keys.


def test_a_legacy_account_is_refused_after_its_device_was_stored(cloud: TestCloud) -> None:
    sign_in(cloud, OWNER)
    change_user(cloud, OWNER, keys=replace(cloud.user(OWNER).keys, key=""), seed_password=None)

    refused = ask(cloud, password_form(OWNER, deviceIdentifier="second"), VERSION)

    assert_refused(refused, "invalid_grant", "invalid_username_or_password", LEGACY_TEXT)
