"""Going on with a refresh token (docs/contract/identity.md §4.8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sosie.services import repository as repo
from tests.support import jwt
from tests.support.cloud import START, TestCloud
from tests.support.people import add_membership, change_user, claims_of
from tests.support.token_client import (
    DEVICE,
    LEGACY_TEXT,
    TOKEN_HEADERS,
    ask,
    assert_refused,
    cloud_headers,
    refresh_form,
    share_one_rsa_pair,
    sign_in,
)

OWNER = "owner@acme.test"
NOW = int(START.timestamp())


@pytest.fixture(autouse=True)
def _quick_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    share_one_rsa_pair(monkeypatch)


@pytest.fixture
def handle(cloud: TestCloud) -> str:
    """The refresh token of somebody who signed in with the CLI."""
    return str(sign_in(cloud, OWNER)["refresh_token"])


def test_the_answer_repeats_the_handle_and_has_no_extras(cloud: TestCloud, handle: str) -> None:
    answer = ask(cloud, refresh_form(handle))

    assert (answer.status, cloud_headers(answer)) == (200, TOKEN_HEADERS)
    assert list(answer.json) == ["access_token", "expires_in", "token_type", "refresh_token", "scope"]
    assert answer.json["refresh_token"] == handle
    assert (answer.json["expires_in"], answer.json["token_type"]) == (3600, "Bearer")
    assert answer.json["scope"] == "api offline_access"


def test_the_new_token_is_of_now_and_the_sign_in_of_then(cloud: TestCloud) -> None:
    first = sign_in(cloud, OWNER)
    cloud.clock.advance(timedelta(minutes=56))

    second = ask(cloud, refresh_form(first["refresh_token"])).json

    before, after = claims_of(first), jwt.verified(cloud, second["access_token"]).claims
    assert (after["iat"], after["nbf"], after["exp"]) == (NOW + 3360, NOW + 3360, NOW + 3360 + 3600)
    assert after["auth_time"] == NOW
    assert after["jti"] != before["jti"]
    changed = {"iat", "nbf", "exp", "jti"}
    assert {k: v for k, v in after.items() if k not in changed} == {k: v for k, v in before.items() if k not in changed}


def test_what_the_token_says_about_the_person_is_current(cloud: TestCloud, handle: str) -> None:
    globex = add_membership(cloud, OWNER, "Globex")
    change_user(cloud, OWNER, premium=True, name="Renamed")

    claims = claims_of(ask(cloud, refresh_form(handle)).json)

    assert sorted(claims["orgowner"]) == sorted([globex, cloud.organization("Acme Corporation").id])
    assert (claims["premium"], claims["name"]) == (True, "Renamed")
    assert (claims["device"], claims["devicetype"]) == (DEVICE["deviceIdentifier"], "LinuxCLI")
    assert (claims["amr"], claims["idp"]) == (["Application"], "bitwarden")


def test_a_lost_membership_is_gone_from_the_next_token(cloud: TestCloud, handle: str) -> None:
    uow = cloud.unit()
    (member,) = repo.memberships_of(uow, cloud.user(OWNER).id)
    repo.members.delete(uow, member.organization_id, member.id)
    uow.commit()

    assert "orgowner" not in claims_of(ask(cloud, refresh_form(handle)).json)


def test_a_refresh_token_can_be_used_again_and_again(cloud: TestCloud, handle: str) -> None:
    answers = [ask(cloud, refresh_form(handle)) for _ in range(3)]

    assert [answer.status for answer in answers] == [200, 200, 200]
    assert len({answer.json["access_token"] for answer in answers}) == 3


def test_two_sign_ins_have_two_handles_that_do_not_disturb_each_other(cloud: TestCloud, handle: str) -> None:
    other = sign_in(cloud, OWNER, client_id="web")["refresh_token"]

    assert other != handle
    assert ask(cloud, refresh_form(handle)).status == 200
    assert claims_of(ask(cloud, refresh_form(other, "web")).json)["client_id"] == "web"


@pytest.mark.parametrize(
    ("client", "days"), [("web", 7), ("browser", 30), ("desktop", 30), ("cli", 30), ("connector", 30), ("mobile", 60)]
)
def test_each_use_lets_the_handle_live_on_for_the_clients_time(cloud: TestCloud, client: str, days: int) -> None:
    form = refresh_form(sign_in(cloud, OWNER, client_id=client)["refresh_token"], client)
    almost = timedelta(days=days) - timedelta(seconds=1)

    for _ in range(2):
        cloud.clock.advance(almost)
        assert ask(cloud, form).status == 200

    cloud.clock.advance(timedelta(days=days, seconds=1))
    assert_refused(ask(cloud, form), "invalid_grant")


def test_neither_version_nor_device_nor_secret_is_needed(cloud: TestCloud, handle: str) -> None:
    assert ask(cloud, {"grant_type": "refresh_token", "client_id": "cli", "refresh_token": handle}).status == 200


# Refusals.


@pytest.mark.parametrize("client", ["web", "browser", "mobile"])
def test_another_client_cannot_use_the_handle_and_does_not_spoil_it(cloud: TestCloud, handle: str, client: str) -> None:
    assert_refused(ask(cloud, refresh_form(handle, client)), "invalid_grant")
    assert ask(cloud, refresh_form(handle)).status == 200


@pytest.mark.parametrize("wrong", ["A" * 64 + "-1", "nonsense", "x" * 101])
def test_a_handle_nobody_knows_is_refused(cloud: TestCloud, wrong: str) -> None:
    assert_refused(ask(cloud, refresh_form(wrong)), "invalid_grant")


def test_a_handle_in_another_letter_case_is_another_one(cloud: TestCloud, handle: str) -> None:
    assert_refused(ask(cloud, refresh_form(handle.lower())), "invalid_grant")


def test_the_other_region_does_not_know_the_handle(cloud: TestCloud, handle: str) -> None:
    assert_refused(ask(cloud, refresh_form(handle), region="eu"), "invalid_grant")


@pytest.mark.parametrize("form", [{}, {"refresh_token": ""}])
def test_a_missing_handle_is_an_invalid_request(cloud: TestCloud, form: dict[str, str]) -> None:
    assert_refused(ask(cloud, {"grant_type": "refresh_token", "client_id": "cli"} | form), "invalid_request")


def test_a_new_security_stamp_ends_every_session(cloud: TestCloud, handle: str) -> None:
    other = sign_in(cloud, OWNER, client_id="web")["refresh_token"]

    change_user(cloud, OWNER, security_stamp="8a4e6b0c-5f1d-4f62-9f3c-1d2e3f4a5b6c")

    assert_refused(ask(cloud, refresh_form(handle)), "invalid_grant")
    assert_refused(ask(cloud, refresh_form(other, "web")), "invalid_grant")
    assert ask(cloud, refresh_form(sign_in(cloud, OWNER)["refresh_token"])).status == 200


def test_an_access_token_is_no_refresh_token(cloud: TestCloud) -> None:
    token = sign_in(cloud, OWNER)["access_token"]

    assert_refused(ask(cloud, refresh_form(token)), "invalid_grant")


def test_an_unknown_client_is_told_before_the_handle_is_looked_at(cloud: TestCloud, handle: str) -> None:
    assert_refused(ask(cloud, refresh_form(handle, "nobody")), "invalid_client")


@pytest.mark.parametrize(
    ("client", "version", "refused"),
    [
        ("cli", None, True),
        ("cli", "2025.5.0", True),
        ("web", None, False),
        ("web", "2025.5.9", False),
        ("web", "2025.6.0", True),
        ("web", "2026.6.0", True),
    ],
)
def test_a_legacy_account_can_go_on_in_an_old_web_vault_only(
    cloud: TestCloud, client: str, version: str | None, refused: bool
) -> None:
    handle = sign_in(cloud, OWNER, client_id=client)["refresh_token"]
    change_user(cloud, OWNER, keys=replace(cloud.user(OWNER).keys, key=""))

    answer = ask(cloud, refresh_form(handle, client), {"Bitwarden-Client-Version": version} if version else None)

    if refused:
        assert_refused(answer, "invalid_grant", None, LEGACY_TEXT)
    else:
        assert answer.status == 200


def test_the_handle_itself_is_not_stored(cloud: TestCloud, handle: str) -> None:
    stored = cloud.sosie.store.query("default/us/refresh")

    assert len(stored) == 1
    assert handle not in repr(stored)
