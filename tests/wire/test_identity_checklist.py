"""The checklist of docs/contract/identity.md §13, point by point; each has its details in a file of its own."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sosie.crypto import master_password
from sosie.domain import password_hash, prelogin
from tests.support import jwt
from tests.support.cloud import START, TestCloud
from tests.support.people import add_membership, change_user, claims_of, devices_of
from tests.support.token_client import (
    DEVICE,
    NO_DEVICE,
    NO_VERSION,
    VERSION,
    WRONG_PASSWORD,
    ask,
    assert_refused,
    basic,
    installation_form,
    password_form,
    refresh_form,
    share_one_rsa_pair,
    sign_in,
)

OWNER = "owner@acme.test"
NOBODY = "installation.6f1c0a52-3d4e-4b7a-9c21-0d5e8f7a6b90"
VAULT = "https://vault.bitwarden.com"


@pytest.fixture(autouse=True)
def _quick_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    share_one_rsa_pair(monkeypatch)


@pytest.fixture
def form(cloud: TestCloud) -> dict[str, str]:
    return installation_form(cloud.installation())


def test_1_an_installation_token_lasts_a_day_and_has_no_subject(cloud: TestCloud, form: dict[str, str]) -> None:
    answer = ask(cloud, form)

    token = jwt.verified(cloud, answer.json["access_token"])
    assert (answer.status, answer.json["expires_in"], token.header["typ"]) == (200, 86400, "at+jwt")
    assert token.claims["client_sub"] == cloud.installation().id
    assert not {"sub", "aud"} & set(token.claims)
    assert token.claims["scope"] == ["api.push"]


def test_2_without_a_scope_all_three_are_in_answer_and_token_sorted(cloud: TestCloud) -> None:
    answer = ask(cloud, installation_form(cloud.installation(), None)).json

    assert answer["scope"] == "api.installation api.licensing api.push"
    assert claims_of(answer)["scope"] == ["api.installation", "api.licensing", "api.push"]


def test_3_unknown_wrong_and_disabled_are_the_same_bytes_and_a_foreign_scope_is_another_error(
    cloud: TestCloud, form: dict[str, str]
) -> None:
    refused = [form | {"client_id": NOBODY}, form | {"client_secret": "wrong"}]
    refused.append(installation_form(cloud.installation(enabled=False)))

    assert {ask(cloud, each).body for each in refused} == {'{"error":"invalid_client"}'}
    assert ask(cloud, form | {"scope": "api"}).body == '{"error":"invalid_scope"}'


def test_4_what_is_no_token_request_is_an_invalid_request_and_an_unknown_client_wins(
    cloud: TestCloud, form: dict[str, str]
) -> None:
    assert_refused(cloud.get("/connect/token", service="identity"), "invalid_request")
    assert_refused(cloud.post("/connect/token", form, service="identity"), "invalid_request")
    assert_refused(ask(cloud, form | {"client_id": NOBODY, "grant_type": "nonsense"}), "invalid_client")


def test_5_credentials_may_be_written_in_several_ways(cloud: TestCloud, form: dict[str, str]) -> None:
    client_id, secret = form["client_id"], form["client_secret"]
    without = {name: value for name, value in form.items() if not name.startswith("client_")}

    upper = without | {"CLIENT_ID": client_id.split(".")[0] + "." + client_id.split(".")[1].upper()}
    answers = [ask(cloud, without, basic(client_id, secret)), ask(cloud, upper | {"Client_Secret": secret})]

    assert [claims_of(answer.json)["client_id"] for answer in answers] == [client_id, client_id]


def test_6_a_password_login_needs_a_version_but_a_wrong_password_is_told_first(cloud: TestCloud) -> None:
    assert_refused(ask(cloud, password_form(OWNER)), *NO_VERSION)
    assert_refused(ask(cloud, password_form(OWNER, password="wrong")), *WRONG_PASSWORD)


def test_7_a_password_login_needs_a_device_and_knows_it_the_second_time(cloud: TestCloud) -> None:
    assert_refused(ask(cloud, password_form(OWNER, *DEVICE), VERSION), *NO_DEVICE)

    sign_in(cloud, OWNER)
    sign_in(cloud, OWNER)

    assert len(devices_of(cloud, OWNER)) == 1


def test_8_a_refresh_keeps_handle_and_sign_in_time_and_ends_with_the_stamp(cloud: TestCloud) -> None:
    first = sign_in(cloud, OWNER)
    handle = first["refresh_token"]
    cloud.clock.advance(timedelta(hours=2))

    second = ask(cloud, refresh_form(handle)).json

    assert second["refresh_token"] == handle
    assert [name for name in second if name[0].isupper()] == []
    then = int(START.timestamp())
    assert [claims_of(each)["iat"] for each in (first, second)] == [then, then + 7200]
    assert [claims_of(each)["auth_time"] for each in (first, second)] == [then, then]
    assert_refused(ask(cloud, refresh_form(handle, "web")), "invalid_grant")
    change_user(cloud, OWNER, security_stamp="8a4e6b0c-5f1d-4f62-9f3c-1d2e3f4a5b6c")
    assert_refused(ask(cloud, refresh_form(handle)), "invalid_grant")


def test_9_one_organization_is_a_text_and_two_are_an_array(cloud: TestCloud) -> None:
    assert isinstance(claims_of(sign_in(cloud, OWNER))["orgowner"], str)

    add_membership(cloud, OWNER, "Globex")

    assert isinstance(claims_of(sign_in(cloud, OWNER))["orgowner"], list)


def test_10_the_vectors_reproduce() -> None:
    """`bw login`, `unlock` and `sync` are in tests/clients/test_bw_cli.py."""
    settings, salt = prelogin.fake_prelogin("user8@example.com", "my-secret-key")
    assert (settings.iterations, settings.memory, settings.parallelism, salt) == (3, 64, 4, None)

    password, email = "correct horse battery staple", "  User@Example.COM "
    key = master_password.master_key(password, email, master_password.Kdf(0, 600_000))
    received = "nfEypS52oCiXbQyehOT45BcIhAJYN/5ltdzSYVXHaWg="
    assert master_password.authentication_hash(password, key) == received
    argon = master_password.master_key(password, "user@example.com", master_password.Kdf(1, 6, 32, 4))
    assert master_password.authentication_hash(password, argon) == "qdYgvDUriQUWskjPImFAwtx6Hz2tS/z/BxGOyK7HvWg="
    assert (
        password_hash.hash_password(received, bytes(range(16)))
        == "AQAAAAIAAYagAAAAEAABAgMEBQYHCAkKCwwNDg+5yOfJVa5ZCMQq0FsX4qo75jz+Sd9uJfpTzsk+esI8kA=="
    )


def test_11_the_vault_may_ask_with_credentials_and_others_are_told_nothing(cloud: TestCloud) -> None:
    def preflight(origin: str) -> dict[str, str]:
        headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        answer = cloud.request("OPTIONS", "/connect/token", service="identity", headers=headers)
        assert answer.status == 204
        return {name: value for name, value in answer.headers.items() if name.startswith("access-control-")}

    assert preflight(VAULT)["access-control-allow-credentials"] == "true"
    assert preflight(VAULT)["access-control-allow-origin"] == VAULT
    assert preflight("https://evil.example") == {}


def test_12_errors_are_pascal_case_for_tokens_and_camel_case_for_accounts(cloud: TestCloud) -> None:
    token = ask(cloud, password_form(OWNER, password="wrong"), VERSION).json
    accounts = cloud.post("/accounts/prelogin/password", {}, service="identity").json

    assert list(token["ErrorModel"]) == ["Object", "Message"]
    assert list(accounts)[:3] == ["object", "message", "validationErrors"]
