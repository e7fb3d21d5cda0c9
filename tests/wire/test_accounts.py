"""What people see of themselves: profile, revision date, sync (docs/contract/api.md §4.3, §4.4)."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import load_der_private_key

from sosie.crypto import encstring, master_password
from sosie.domain.members import MemberStatus
from sosie.domain.users import User
from sosie.services import repository as repo
from tests.support.cloud import TestCloud
from tests.wire import organization_fields as fields
from tests.wire.stored import (
    add_sponsorship,
    change_member,
    change_organization,
    delete_user,
    membership_of,
    set_policy,
)

OWNERS = {"us": "owner@acme.test", "eu": "owner@dupont.test"}
ENTERPRISES = {"us": "Acme Corporation", "eu": "Dupont SA"}


@pytest.fixture
def regional(keyring, region: str) -> TestCloud:
    """A fresh cloud, spoken to as either region."""
    return TestCloud(region=region, keyring=keyring)


@pytest.fixture
def token(cloud: TestCloud) -> str:
    return cloud.user_token("owner@acme.test")


def profile(cloud: TestCloud, email: str) -> dict:
    answer = cloud.get("/accounts/profile", token=cloud.user_token(email))
    assert answer.status == 200
    return answer.json


class TestProfile:
    def test_it_has_exactly_the_contracts_members_in_each_region(self, regional, region):
        answer = profile(regional, OWNERS[region])

        assert set(answer) == fields.PROFILE
        assert [set(each) for each in answer["organizations"]] == [fields.PROFILE_ORGANIZATION]

    def test_it_says_who_the_caller_is(self, cloud):
        answer = profile(cloud, "owner@acme.test")
        user = cloud.user("owner@acme.test")

        expected = {
            "object": "profile",
            "id": user.id,
            "name": "Acme Owner",
            "email": "owner@acme.test",
            "emailVerified": True,
            "premium": False,
            "premiumFromOrganization": True,
            "culture": "en-US",
            "twoFactorEnabled": False,
            "securityStamp": user.security_stamp,
            "forcePasswordReset": False,
            "usesKeyConnector": False,
            "avatarColor": None,
            "creationDate": "2026-03-04T05:06:07Z",
            "verifyDevices": True,
            "providers": [],
            "providerOrganizations": [],
        }
        assert {name: answer[name] for name in expected} == expected

    def test_somebody_without_an_organization_has_none(self, cloud):
        answer = profile(cloud, "newcomer@family.test")

        assert (answer["organizations"], answer["organizationsNew"]) == ([], [])
        assert answer["premiumFromOrganization"] is False

    def test_a_disabled_organization_lends_no_premium(self, cloud):
        change_organization(cloud, "Acme Corporation", enabled=False)

        assert profile(cloud, "owner@acme.test")["premiumFromOrganization"] is False

    def test_its_keys_open_with_the_master_password_down_to_the_organizations_key(self, cloud):
        answer = profile(cloud, "owner@acme.test")
        alices = profile(cloud, "alice@acme.test")

        organization_keys = [opened_organization_key(each, cloud.user(each["email"])) for each in (answer, alices)]

        assert len(organization_keys[0]) == 64
        assert organization_keys[0] == organization_keys[1]

    def test_the_key_pair_stands_there_twice(self, cloud):
        answer = profile(cloud, "owner@acme.test")

        pair = answer["accountKeys"]["publicKeyEncryptionKeyPair"]
        assert answer["accountKeys"] == {
            "object": "privateKeys",
            "signatureKeyPair": None,
            "securityState": None,
            "publicKeyEncryptionKeyPair": {
                "object": "publicKeyEncryptionKeyPair",
                "wrappedPrivateKey": answer["privateKey"],
                "publicKey": pair["publicKey"],
                "signedPublicKey": None,
            },
        }
        assert len(pair["publicKey"]) == 392

    def test_keys_are_made_once_and_kept(self, cloud):
        first, second = (profile(cloud, "owner@acme.test") for _ in range(2))

        assert first == second

    def test_without_a_key_pair_it_fails(self, cloud):
        registered = sign_up_without_keys(cloud)

        answer = cloud.get("/accounts/profile", token=cloud.user_token(registered.email))

        assert (answer.status, answer.message) == (500, "An unhandled server error has occurred.")

    def test_of_a_deleted_account_it_is_401_with_a_body(self, cloud, token):
        delete_user(cloud, "owner@acme.test")

        answer = cloud.get("/accounts/profile", token=token)

        assert (answer.status, answer.message) == (401, "Unauthorized.")


class TestRevisionDate:
    def test_it_is_a_bare_number_of_milliseconds(self, cloud, token):
        answer = cloud.get("/accounts/revision-date", token=token)

        assert (answer.status, answer.body) == (200, "1772600767000")

    def test_of_a_deleted_account_it_is_negative(self, cloud, token):
        delete_user(cloud, "owner@acme.test")

        answer = cloud.get("/accounts/revision-date", token=token)

        assert answer.status == 200
        assert answer.json < 0

    def test_a_sponsorship_does_not_move_it(self, cloud, token):
        cloud.clock.advance(timedelta(hours=1))
        member = membership_of(cloud, "Acme Corporation", "owner@acme.test")
        add_sponsorship(cloud, "Acme Corporation", member.id, "a", friendly_name="mine")

        assert cloud.get("/accounts/revision-date", token=token).json == 1772600767000


class TestSync:
    def test_it_has_exactly_the_contracts_members_in_each_region(self, regional, region):
        answer = regional.get("/sync", token=regional.user_token(OWNERS[region]))

        assert answer.status == 200
        assert set(answer.json) == fields.SYNC
        assert answer.json["object"] == "sync"
        assert set(answer.json["profile"]) == fields.PROFILE
        assert answer.json["profile"]["organizations"][0]["name"] == ENTERPRISES[region]

    def test_the_vault_is_empty(self, cloud, token):
        answer = cloud.get("/sync", token=token).json

        assert all(answer[name] == [] for name in ("folders", "collections", "ciphers", "sends"))

    def test_its_profile_is_the_profile(self, cloud, token):
        assert cloud.get("/sync", token=token).json["profile"] == profile(cloud, "owner@acme.test")

    @pytest.mark.parametrize("query", ["?excludeDomains=true", "?EXCLUDEDOMAINS=True"])
    def test_domains_can_be_left_out(self, cloud, token, query):
        answer = cloud.get(f"/sync{query}", token=token).json

        assert answer["domains"] is None

    @pytest.mark.parametrize("query", ["", "?excludeDomains=false"])
    def test_domains_are_there_otherwise(self, cloud, token, query):
        domains = cloud.get(f"/sync{query}", token=token).json["domains"]

        assert set(domains) == {"object", "equivalentDomains", "globalEquivalentDomains"}
        assert (domains["object"], domains["equivalentDomains"]) == ("domains", None)
        assert domains["globalEquivalentDomains"]
        for group in domains["globalEquivalentDomains"]:
            assert set(group) == {"type", "domains", "excluded"}
            assert isinstance(group["type"], int)
            assert group["excluded"] is False
            assert len(group["domains"]) > 1

    def test_a_word_that_is_neither_true_nor_false_is_refused(self, cloud, token):
        answer = cloud.get("/sync?excludeDomains=maybe", token=token)

        assert (answer.status, answer.errors) == (400, {"excludeDomains": ["The value 'maybe' is not valid."]})

    def test_the_master_password_unlocks_as_prelogin_says(self, cloud, token):
        answer = cloud.get("/sync", token=token).json

        assert answer["userDecryption"] == {
            "masterPasswordUnlock": {
                "kdf": {"kdfType": 0, "iterations": 5000, "memory": None, "parallelism": None},
                "masterKeyEncryptedUserKey": answer["profile"]["key"],
                "salt": "owner@acme.test",
                "containedKeyId": None,
            }
        }

    def test_without_a_master_password_nothing_unlocks_and_without_a_key_pair_there_are_no_account_keys(self, cloud):
        registered = sign_up_without_keys(cloud)

        answer = cloud.get("/sync", token=cloud.user_token(registered.email)).json

        assert answer["userDecryption"] == {"masterPasswordUnlock": None}
        assert [answer["profile"][name] for name in ("accountKeys", "key", "privateKey")] == [None, None, None]

    def test_it_brings_the_policies_of_the_callers_organizations(self, cloud):
        policy = set_policy(cloud, "Acme Corporation", 13)
        set_policy(cloud, "Globex", 13)

        answer = cloud.get("/sync", token=cloud.user_token("alice@acme.test")).json

        expected = {
            "object": "policy",
            "id": policy.id,
            "organizationId": cloud.organization("Acme Corporation").id,
            "type": 13,
            "data": None,
            "enabled": True,
            "revisionDate": "2026-03-04T05:06:07Z",
        }
        assert answer["policies"] == [expected]
        assert answer["policiesNew"] == [expected]

    def test_a_policys_data_is_json(self, cloud, token):
        set_policy(cloud, "Acme Corporation", 3, data='{"minutes": 5}')

        assert cloud.get("/sync", token=token).json["policies"][0]["data"] == {"minutes": 5}

    def test_an_accepted_members_policies_are_among_the_new_ones_only(self, cloud):
        set_policy(cloud, "Acme Corporation", 13)
        change_member(cloud, "Acme Corporation", "alice@acme.test", status=MemberStatus.ACCEPTED)

        answer = cloud.get("/sync", token=cloud.user_token("alice@acme.test")).json

        assert (len(answer["policies"]), len(answer["policiesNew"])) == (0, 1)

    def test_a_disabled_organizations_policies_do_not_bind(self, cloud, token):
        set_policy(cloud, "Acme Corporation", 13)
        change_organization(cloud, "Acme Corporation", enabled=False)

        assert cloud.get("/sync", token=token).json["policies"] == []

    def test_of_a_deleted_account_it_is_refused_with_a_text(self, cloud, token):
        delete_user(cloud, "owner@acme.test")

        answer = cloud.get("/sync", token=token)

        assert (answer.status, answer.message) == (400, "User not found.")


ROUTES = ["/accounts/profile", "/accounts/revision-date", "/sync", "/organizations"]


@pytest.mark.parametrize("path", ROUTES)
def test_nothing_is_told_without_a_token(cloud: TestCloud, path: str) -> None:
    answer = cloud.get(path)

    assert (answer.status, answer.body) == (401, "")
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", ROUTES)
def test_nothing_is_told_to_a_self_hosted_server(cloud: TestCloud, path: str) -> None:
    answer = cloud.get(path, token=cloud.installation_token("api.installation"))

    assert (answer.status, answer.body) == (403, "")


@pytest.mark.parametrize("path", ROUTES)
def test_the_other_region_does_not_know_the_token(cloud: TestCloud, path: str, token: str) -> None:
    answer = cloud.get(path, token=token, region="eu")

    assert (answer.status, answer.body) == (401, "")


def sign_up_without_keys(cloud: TestCloud) -> User:
    """An account as a broken client might leave it: no master password, no key pair."""
    uow = cloud.unit()
    model = cloud.user("owner@acme.test")
    user = replace(model, id="00000000-0000-4000-8000-000000000001", email="bare@mail.test", seed_password=None)
    repo.add_user(uow, user)
    uow.commit()
    return user


def opened_organization_key(profile: dict, user: User) -> bytes:
    """Open the first organization's key as a client does, starting from the master password."""
    password = "correct horse battery staple"
    kdf = master_password.Kdf(int(user.kdf.type), user.kdf.iterations)
    stretched = master_password.stretch(master_password.master_key(password, user.email, kdf))
    user_key = encstring.SymmetricKey.from_bytes(encstring.decrypt(profile["key"], stretched))
    private_key = load_der_private_key(encstring.decrypt(profile["privateKey"], user_key), password=None)
    kind, _, wrapped = profile["organizations"][0]["key"].partition(".")
    assert kind == "4"
    oaep = padding.OAEP(mgf=padding.MGF1(SHA1()), algorithm=SHA1(), label=None)
    return private_key.decrypt(base64.b64decode(wrapped), oaep)
