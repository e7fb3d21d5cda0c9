"""The official `bw` from npm against Sosie over TLS: it notices no difference, also not in the words of a refusal."""

import json

import pytest

from tests.journeys.support.region import Region

pytestmark = pytest.mark.client


@pytest.fixture
def owner(region: Region) -> dict:
    return region.user(region.cast.owner)


@pytest.fixture
def api_key(owner):
    return {"BW_CLIENTID": f"user.{owner['id']}", "BW_CLIENTSECRET": owner["apiKey"]}


def status(bw):
    return json.loads(bw("status"))


def test_it_is_pointed_at_a_region_by_one_base_url(bw, base):
    assert bw("config", "server") == base
    assert status(bw)["serverUrl"] == base
    assert status(bw)["status"] == "unauthenticated"


def test_it_logs_in_with_the_master_password_syncs_lists_and_logs_out(bw, region, owner):
    # When the owner logs in
    session = bw("login", owner["email"], owner["masterPassword"], "--raw")
    assert session

    # Then the account is theirs and unlocked with the session
    known = json.loads(bw("status", "--session", session))
    assert (known["userEmail"], known["userId"]) == (owner["email"], owner["id"])
    assert known["status"] == "unlocked"
    assert bw("sync", "--session", session) == "Syncing complete."
    assert bw("sync", "--force", "--session", session) == "Syncing complete."

    # and the organization is listed, with its role
    (organization,) = json.loads(bw("list", "organizations", "--session", session))
    expected = {"object": "organization", "id": region.enterprise["id"], "name": region.enterprise["name"]}
    assert organization == organization | expected | {"type": 0, "status": 2, "enabled": True}

    # and an item can be looked for, and nobody is logged in any more after a logout
    assert json.loads(bw("list", "items", "--session", session)) == []
    assert bw("logout") == "You have logged out."
    assert status(bw)["status"] == "unauthenticated"


def test_it_logs_in_with_the_personal_api_key_and_unlocks_with_the_password(bw, region, owner, api_key):
    bw("login", "--apikey", **api_key)
    assert status(bw)["status"] == "locked"
    session = bw("unlock", owner["masterPassword"], "--raw")
    assert bw("sync", "--session", session) == "Syncing complete."
    (organization,) = json.loads(bw("list", "organizations", "--session", session))
    assert organization["name"] == region.enterprise["name"]
    bw("logout")


def test_a_locked_vault_opens_only_with_the_right_password(bw, owner):
    bw("login", owner["email"], owner["masterPassword"], "--raw")
    bw("lock")
    assert bw.run("unlock", "wrong", "--raw").returncode == 1
    assert bw("unlock", owner["masterPassword"], "--raw")


@pytest.mark.parametrize("known", [True, False], ids=["known user", "unknown user"])
def test_a_wrong_password_is_told_in_the_clients_own_words(bw, owner, base, known):
    email = owner["email"] if known else "nobody@else.test"
    done = bw.run("login", email, "not the password", "--raw")
    assert done.returncode == 1
    host = base.split("/")[2]
    text = f"Confirm your email is correct and your account was created on {host}."
    assert text in done.stderr + done.stdout


def test_a_wrong_api_key_is_told_in_the_clients_own_words(bw, api_key):
    wrong = api_key | {"BW_CLIENTSECRET": "x" * 30}
    done = bw.run("login", "--apikey", **wrong)
    assert done.returncode == 1
    assert "client_id or client_secret is incorrect. Try again." in done.stderr + done.stdout


def test_an_account_of_the_other_region_is_unknown(bw, region, sosie):
    other = Region(name := {"us": "eu", "eu": "us"}[region.name], sosie.summary["regions"][name])
    stranger = other.user(other.cast.owner)
    done = bw.run("login", stranger["email"], stranger["masterPassword"], "--raw")
    assert done.returncode == 1
    assert "your account was created on" in done.stderr + done.stdout


def test_somebody_without_an_organization_has_an_empty_list(bw, region):
    newcomer = region.user(region.cast.newcomer)
    session = bw("login", newcomer["email"], newcomer["masterPassword"], "--raw")
    assert json.loads(bw("list", "organizations", "--session", session)) == []


def test_without_the_certificate_authority_it_refuses_to_talk(bw, owner):
    done = bw.run("login", owner["email"], owner["masterPassword"], "--raw", NODE_EXTRA_CA_CERTS="")
    assert done.returncode == 1
    assert "certificate" in done.stderr + done.stdout
