"""Signing in with the master password (docs/contract/identity.md §4.6, §4.7, §5)."""

from __future__ import annotations

import re

import pytest

from sosie.domain.members import MemberStatus, Role
from sosie.domain.users import KdfSettings, KdfType
from tests.journeys.support import crypto
from tests.support import jwt
from tests.support.cloud import START, TestCloud
from tests.support.passwords import MASTER_PASSWORD
from tests.support.people import add_membership, change_user, claims_of
from tests.support.token_client import (
    DEVICE,
    TOKEN_HEADERS,
    VERSION,
    ask,
    assert_refused,
    cloud_headers,
    password_form,
    share_one_rsa_pair,
    sign_in,
)

OWNER = "owner@acme.test"
NOW = int(START.timestamp())


@pytest.fixture(autouse=True)
def _quick_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    share_one_rsa_pair(monkeypatch)


# The answer.


def test_the_answer_has_exactly_the_contracts_members_in_order(cloud: TestCloud) -> None:
    answer = ask(cloud, password_form(OWNER), VERSION)

    assert (answer.status, cloud_headers(answer)) == (200, TOKEN_HEADERS)
    assert list(answer.json) == [
        "access_token",
        "expires_in",
        "token_type",
        "refresh_token",
        "scope",
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
    assert (answer.json["expires_in"], answer.json["token_type"]) == (3600, "Bearer")
    assert answer.json["scope"] == "api offline_access"
    assert re.fullmatch(r"[0-9A-F]{64}-1", answer.json["refresh_token"])


def test_the_extras_are_the_accounts_own(cloud: TestCloud) -> None:
    answer = sign_in(cloud, OWNER)

    pair = answer["AccountKeys"]["publicKeyEncryptionKeyPair"]
    assert answer["AccountKeys"] == {
        "publicKeyEncryptionKeyPair": {
            "wrappedPrivateKey": answer["PrivateKey"],
            "publicKey": pair["publicKey"],
            "Object": "publicKeyEncryptionKeyPair",
        },
        "Object": "privateKeys",
    }
    assert answer["MasterPasswordPolicy"] == {"Object": "masterPasswordPolicy"}
    assert answer["ForcePasswordReset"] is False
    assert [answer[name] for name in ("Kdf", "KdfIterations", "KdfMemory", "KdfParallelism")] == [0, 5000, None, None]
    assert answer["UserDecryptionOptions"] == {
        "HasMasterPassword": True,
        "MasterPasswordUnlock": {
            "Kdf": {"KdfType": 0, "Iterations": 5000},
            "MasterKeyEncryptedUserKey": answer["Key"],
            "Salt": OWNER,
        },
        "Object": "userDecryptionOptions",
    }


def test_the_master_password_opens_the_user_key_and_that_the_private_key(cloud: TestCloud) -> None:
    answer = sign_in(cloud, OWNER)

    stretched = crypto.stretch(crypto.master_key(MASTER_PASSWORD, OWNER, crypto.Kdf(0, 5000)))
    user_key = crypto.SymmetricKey.of(crypto.decrypt(stretched, answer["Key"]))
    private_key = crypto.load_private_der(crypto.decrypt(user_key, answer["PrivateKey"]))
    public_key = answer["AccountKeys"]["publicKeyEncryptionKeyPair"]["publicKey"]
    assert crypto.b64(crypto.public_der(private_key)) == public_key


def test_an_argon2id_account_answers_with_memory_and_parallelism(cloud: TestCloud) -> None:
    change_user(cloud, OWNER, kdf=KdfSettings(KdfType.ARGON2ID, 2, 16, 1))
    key = crypto.master_key(MASTER_PASSWORD, OWNER, crypto.Kdf(1, 2, 16, 1))

    answer = sign_in(cloud, OWNER, password=crypto.authentication_hash(key, MASTER_PASSWORD))

    assert [answer[name] for name in ("Kdf", "KdfIterations", "KdfMemory", "KdfParallelism")] == [1, 2, 16, 1]
    assert answer["UserDecryptionOptions"]["MasterPasswordUnlock"]["Kdf"] == {
        "KdfType": 1,
        "Iterations": 2,
        "Memory": 16,
        "Parallelism": 1,
    }
    crypto.decrypt(crypto.stretch(key), answer["Key"])


def test_the_salt_is_the_stored_one_where_there_is_one(cloud: TestCloud) -> None:
    change_user(cloud, OWNER, master_password_salt="first@acme.test")
    password = crypto.authentication_hash(
        crypto.master_key(MASTER_PASSWORD, "first@acme.test", crypto.Kdf(0, 5000)), MASTER_PASSWORD
    )

    answer = sign_in(cloud, OWNER, password=password)

    assert answer["UserDecryptionOptions"]["MasterPasswordUnlock"]["Salt"] == "first@acme.test"


def test_a_plus_is_escaped_in_every_text(cloud: TestCloud) -> None:
    answer = ask(cloud, password_form(OWNER), VERSION)

    assert "+" not in answer.body
    assert answer.body.count("\\u002B") == sum(answer.json[name].count("+") for name in ("Key", "PrivateKey")) + sum(
        answer.json["AccountKeys"]["publicKeyEncryptionKeyPair"][name].count("+")
        for name in ("wrappedPrivateKey", "publicKey")
    ) + answer.json["Key"].count("+")
    assert "\\u002B" in answer.body


def test_signing_in_again_gives_the_same_keys_and_another_token(cloud: TestCloud) -> None:
    first, second = sign_in(cloud, OWNER), sign_in(cloud, OWNER)

    assert [first[name] for name in ("Key", "PrivateKey", "AccountKeys")] == [
        second[name] for name in ("Key", "PrivateKey", "AccountKeys")
    ]
    assert first["access_token"] != second["access_token"]
    assert first["refresh_token"] != second["refresh_token"]


# The token.


def test_the_token_says_who_signed_in_and_from_where(cloud: TestCloud) -> None:
    user = cloud.user(OWNER)

    token = jwt.verified(cloud, sign_in(cloud, OWNER)["access_token"])

    assert token.header["typ"] == "at+jwt"
    assert re.fullmatch(r"[0-9A-F]{32}", token.claims.pop("jti"))
    assert token.claims == {
        "iss": "https://identity.bitwarden.com",
        "nbf": NOW,
        "iat": NOW,
        "exp": NOW + 3600,
        "scope": ["api", "offline_access"],
        "client_id": "cli",
        "sub": user.id,
        "amr": ["Application"],
        "idp": "bitwarden",
        "auth_time": NOW,
        "email": OWNER,
        "email_verified": True,
        "premium": False,
        "name": "Acme Owner",
        "sstamp": user.security_stamp,
        "orgowner": cloud.organization("Acme Corporation").id,
        "device": DEVICE["deviceIdentifier"],
        "devicetype": "LinuxCLI",
    }


def test_one_organization_is_a_text_and_two_are_an_array(cloud: TestCloud) -> None:
    acme = cloud.organization("Acme Corporation").id
    assert claims_of(sign_in(cloud, OWNER))["orgowner"] == acme

    globex = add_membership(cloud, OWNER, "Globex")

    assert sorted(claims_of(sign_in(cloud, OWNER))["orgowner"]) == sorted([acme, globex])


@pytest.mark.parametrize(
    ("role", "claim"),
    [(Role.OWNER, "orgowner"), (Role.ADMIN, "orgadmin"), (Role.USER, "orguser"), (Role.CUSTOM, "orgcustom")],
)
def test_each_role_has_its_claim(cloud: TestCloud, role: Role, claim: str) -> None:
    organization_id = add_membership(cloud, "newcomer@family.test", "Globex", role=role)

    claims = claims_of(sign_in(cloud, "newcomer@family.test"))

    assert {name: value for name, value in claims.items() if name.startswith("org")} == {claim: organization_id}


@pytest.mark.parametrize("status", [each for each in MemberStatus if each is not MemberStatus.CONFIRMED])
def test_only_confirmed_memberships_are_in_the_token(cloud: TestCloud, status: MemberStatus) -> None:
    add_membership(cloud, "newcomer@family.test", "Globex", status=status)

    assert not [name for name in claims_of(sign_in(cloud, "newcomer@family.test")) if name.startswith("org")]


def test_a_custom_members_permissions_are_claims_of_their_own(cloud: TestCloud) -> None:
    more = {"role": Role.CUSTOM, "permissions": ("manageUsers", "accessEventLogs"), "access_secrets_manager": True}
    organization_id = add_membership(cloud, "newcomer@family.test", "Globex", **more)

    claims = claims_of(sign_in(cloud, "newcomer@family.test"))

    for name in ("orgcustom", "manageusers", "accesseventlogs", "accesssecretsmanager"):
        assert claims[name] == organization_id
    assert "managepolicies" not in claims


def test_premium_and_an_unverified_address_are_said_and_hinder_nobody(cloud: TestCloud) -> None:
    change_user(cloud, OWNER, premium=True, email_verified=False)

    claims = claims_of(sign_in(cloud, OWNER))

    assert (claims["premium"], claims["email_verified"]) == (True, False)


@pytest.mark.parametrize("name", [None, "", "  "])
def test_a_blank_name_is_no_claim(cloud: TestCloud, name: str | None) -> None:
    change_user(cloud, OWNER, name=name)

    assert "name" not in claims_of(sign_in(cloud, OWNER))


@pytest.mark.parametrize(
    ("client", "lifetime"),
    [("web", 3600), ("browser", 3600), ("desktop", 3600), ("cli", 3600), ("mobile", 3600), ("connector", 86400)],
)
def test_each_client_has_its_lifetime(cloud: TestCloud, client: str, lifetime: int) -> None:
    answer = sign_in(cloud, OWNER, client_id=client)

    claims = claims_of(answer)
    assert (answer["expires_in"], claims["exp"] - claims["iat"]) == (lifetime, lifetime)
    assert claims["client_id"] == client


# Scopes.


def test_without_offline_access_there_is_no_refresh_token(cloud: TestCloud) -> None:
    answer = sign_in(cloud, OWNER, scope="api")

    assert "refresh_token" not in answer
    assert (answer["scope"], claims_of(answer)["scope"]) == ("api", ["api"])


def test_without_a_scope_a_person_gets_both(cloud: TestCloud) -> None:
    answer = ask(cloud, password_form(OWNER, "scope"), VERSION).json

    assert answer["scope"] == "api offline_access"
    assert "refresh_token" in answer


@pytest.mark.parametrize("scope", ["api.push", "api nonsense", "api.secrets", "internal", "Api"])
def test_another_scope_is_refused_before_the_password_is_looked_at(cloud: TestCloud, scope: str) -> None:
    assert_refused(ask(cloud, password_form(OWNER, scope=scope, password="wrong"), VERSION), "invalid_scope")
