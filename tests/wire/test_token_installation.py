"""Tokens of self-hosted servers, and the checks before any grant (docs/contract/identity.md §4.1 to §4.4)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from sosie.services import repository as repo
from tests.support import jwt
from tests.support.cloud import START, TestCloud
from tests.support.token_client import (
    DEVICE,
    TOKEN_HEADERS,
    ask,
    assert_refused,
    basic,
    cloud_headers,
    installation_form,
)

UNKNOWN = "installation.6f1c0a52-3d4e-4b7a-9c21-0d5e8f7a6b90"
NOW = int(START.timestamp())
SCOPES = ["api.installation", "api.licensing", "api.push"]
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
CIBA = "urn:openid:params:grant-type:ciba"


@pytest.fixture
def form(cloud: TestCloud) -> dict[str, str]:
    """What the self-hosted server of the region's installation sends."""
    return installation_form(cloud.installation())


def save_installation(cloud: TestCloud, installation: Any) -> None:
    uow = cloud.unit()
    uow.get(repo.installations.key(uow, installation.id))
    repo.installations.save(uow, installation, installation.id)
    uow.commit()


# The token.


@pytest.mark.parametrize("scope", SCOPES)
def test_an_installation_gets_a_token_for_a_day(cloud: TestCloud, region: str, scope: str) -> None:
    form = installation_form(cloud.installation(region=region), scope)

    answer = ask(cloud, form, region=region)

    assert (answer.status, cloud_headers(answer)) == (200, TOKEN_HEADERS)
    assert list(answer.json) == ["access_token", "expires_in", "token_type", "scope"]
    assert (answer.json["expires_in"], answer.json["token_type"], answer.json["scope"]) == (86400, "Bearer", scope)


def test_the_token_says_which_installation_and_nothing_about_a_subject(cloud: TestCloud, region: str) -> None:
    installation = cloud.installation(region=region)

    answer = ask(cloud, installation_form(installation), region=region)

    claims = jwt.verified(cloud, answer.json["access_token"], region).claims
    assert re.fullmatch(r"[0-9A-F]{32}", claims.pop("jti"))
    assert claims == {
        "iss": {"us": "https://identity.bitwarden.com", "eu": "https://identity.bitwarden.eu"}[region],
        "nbf": NOW,
        "iat": NOW,
        "exp": NOW + 86400,
        "scope": ["api.push"],
        "client_id": f"installation.{installation.id}",
        "client_sub": installation.id,
    }


def test_the_header_of_the_token_names_its_type_and_the_published_key(cloud: TestCloud, form: dict[str, str]) -> None:
    token = ask(cloud, form).json["access_token"]

    key = jwt.published_key(cloud)
    assert jwt.verified(cloud, token).header == {
        "alg": "RS256",
        "kid": key["kid"],
        "x5t": key["x5t"],
        "typ": "at+jwt",
    }


@pytest.mark.parametrize("scope", [None, "", "  "])
def test_without_a_scope_an_installation_gets_all_three(cloud: TestCloud, scope: str | None) -> None:
    answer = ask(cloud, installation_form(cloud.installation(), scope))

    assert answer.json["scope"] == "api.installation api.licensing api.push"
    assert jwt.decode(answer.json["access_token"]).claims["scope"] == SCOPES


@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        ("api.push api.installation", "api.installation api.push"),
        ("api.push api.push", "api.push"),
        (" api.push  api.licensing ", "api.licensing api.push"),
    ],
)
def test_granted_scopes_are_sorted_and_each_is_named_once(cloud: TestCloud, asked: str, granted: str) -> None:
    answer = ask(cloud, installation_form(cloud.installation(), asked))

    assert answer.json["scope"] == granted
    assert jwt.decode(answer.json["access_token"]).claims["scope"] == granted.split()


def test_each_request_gets_a_token_of_its_own(cloud: TestCloud, form: dict[str, str]) -> None:
    tokens = {ask(cloud, form).json["access_token"] for _ in range(5)}

    assert len({jwt.decode(token).claims["jti"] for token in tokens}) == 5


def test_a_token_moves_the_installations_last_activity_and_a_refusal_does_not(
    cloud: TestCloud, form: dict[str, str]
) -> None:
    assert_refused(ask(cloud, form | {"client_secret": "wrong"}), "invalid_client")
    assert_refused(ask(cloud, form | {"scope": "api"}), "invalid_scope")
    assert cloud.installation().last_activity_date is None

    ask(cloud, form)

    assert cloud.installation().last_activity_date == START


# How the request may be written.


def test_http_basic_carries_the_credentials_as_well(cloud: TestCloud, form: dict[str, str]) -> None:
    headers = basic(form.pop("client_id"), form.pop("client_secret"))

    assert ask(cloud, form, headers).json["scope"] == "api.push"


def test_http_basic_is_url_encoded_within(cloud: TestCloud) -> None:
    installation = cloud.installation()
    headers = basic(f"installation.{{{installation.id}}}", installation.key)

    answer = ask(cloud, {"grant_type": "client_credentials"}, headers)

    assert jwt.decode(answer.json["access_token"]).claims["client_sub"] == installation.id


def test_http_basic_wins_over_the_form(cloud: TestCloud, form: dict[str, str]) -> None:
    right = basic(form["client_id"], form["client_secret"])
    wrong = basic(form["client_id"], "wrong")

    assert ask(cloud, form | {"client_secret": "wrong"}, right).status == 200
    assert_refused(ask(cloud, form, wrong), "invalid_client")


def test_field_names_match_in_any_letter_case(cloud: TestCloud, form: dict[str, str]) -> None:
    for written in ({name.upper(): form[name] for name in form}, {name.title(): form[name] for name in form}):
        assert ask(cloud, written).json["scope"] == "api.push"


@pytest.mark.parametrize("write", [str.upper, lambda i: i.replace("-", ""), lambda i: f"{{{i.upper()}}}"])
def test_the_installation_id_may_be_any_guid_text_and_is_lower_case_in_the_token(
    cloud: TestCloud, write: Callable[[str], str]
) -> None:
    installation = cloud.installation()
    form = installation_form(installation, client_id=f"installation.{write(installation.id)}")

    claims = jwt.decode(ask(cloud, form).json["access_token"]).claims

    assert claims["client_id"] == f"installation.{installation.id}"
    assert claims["client_sub"] == installation.id


def test_a_charset_in_the_content_type_is_fine(cloud: TestCloud, form: dict[str, str]) -> None:
    content_type = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}

    assert ask(cloud, form, content_type).status == 200


def test_device_fields_of_a_client_credentials_request_are_ignored(cloud: TestCloud, form: dict[str, str]) -> None:
    assert set(ask(cloud, form | DEVICE).json) == {"access_token", "expires_in", "token_type", "scope"}


# Who is refused.


def test_unknown_wrong_and_disabled_are_answered_with_identical_bytes(cloud: TestCloud, region: str) -> None:
    enabled, disabled = (cloud.installation(enabled=each, region=region) for each in (True, False))

    answers = [
        ask(cloud, installation_form(enabled, client_id=UNKNOWN), region=region),
        ask(cloud, installation_form(enabled, client_secret="wrong"), region=region),
        ask(cloud, installation_form(disabled), region=region),
    ]

    for answer in answers:
        assert (answer.status, answer.body) == (400, '{"error":"invalid_client"}')
        assert cloud_headers(answer) == TOKEN_HEADERS


@pytest.mark.parametrize(
    "client_id",
    [
        "installation.",
        "installation.abc",
        "installation.{6f1c0a52-3d4e-4b7a-9c21-0d5e8f7a6b90",
        "Installation.6f1c0a52-3d4e-4b7a-9c21-0d5e8f7a6b90",
        "organization.6f1c0a52-3d4e-4b7a-9c21-0d5e8f7a6b90",
        "user.6f1c0a52-3d4e-4b7a-9c21-0d5e8f7a6b90",
        "apikey.6f1c0a52-3d4e-4b7a-9c21-0d5e8f7a6b90",
        "server.6f1c0a52-3d4e-4b7a-9c21-0d5e8f7a6b90",
        "6f1c0a52-3d4e-4b7a-9c21-0d5e8f7a6b90",
        "Web",
        "x" * 100,
    ],
)
def test_a_client_nobody_knows_is_an_invalid_client(cloud: TestCloud, form: dict[str, str], client_id: str) -> None:
    assert_refused(ask(cloud, form | {"client_id": client_id}), "invalid_client")


@pytest.mark.parametrize("change", [str.swapcase, lambda key: f" {key}", lambda key: f"{key} ", lambda _: ""])
def test_case_and_blanks_of_a_key_count(cloud: TestCloud, form: dict[str, str], change: Callable[[str], str]) -> None:
    assert_refused(ask(cloud, form | {"client_secret": change(form["client_secret"])}), "invalid_client")


def test_a_missing_key_is_a_wrong_one(cloud: TestCloud, form: dict[str, str]) -> None:
    del form["client_secret"]

    assert_refused(ask(cloud, form), "invalid_client")


def test_the_other_regions_installation_is_unknown(cloud: TestCloud) -> None:
    assert_refused(ask(cloud, installation_form(cloud.installation(region="eu")), region="us"), "invalid_client")


def test_disabling_an_installation_and_changing_its_key_take_effect_at_once(
    cloud: TestCloud, form: dict[str, str]
) -> None:
    installation = cloud.installation()

    save_installation(cloud, replace(installation, enabled=False))
    assert_refused(ask(cloud, form), "invalid_client")

    save_installation(cloud, replace(installation, key="AnotherKey0123456789"))
    assert_refused(ask(cloud, form), "invalid_client")

    save_installation(cloud, installation)
    assert ask(cloud, form).status == 200


@pytest.mark.parametrize(
    "scope", ["api", "offline_access", "api.organization", "API.PUSH", "api.push api", "api.nonsense", "internal"]
)
def test_a_scope_that_is_not_the_installations_is_invalid(cloud: TestCloud, scope: str) -> None:
    assert_refused(ask(cloud, installation_form(cloud.installation(), scope)), "invalid_scope")


def test_a_scope_of_more_than_300_characters_is_invalid(cloud: TestCloud) -> None:
    def scope(length: int) -> str:
        return "api.push".ljust(length)

    assert ask(cloud, installation_form(cloud.installation(), scope(300))).status == 200
    assert_refused(ask(cloud, installation_form(cloud.installation(), scope(301))), "invalid_scope")


@pytest.mark.parametrize(
    ("grant", "error"),
    [
        ("", "unsupported_grant_type"),
        ("nonsense", "unsupported_grant_type"),
        ("CLIENT_CREDENTIALS", "unsupported_grant_type"),
        ("client_credentials" * 6, "unsupported_grant_type"),
        ("webauthn", "unsupported_grant_type"),
        ("password", "unauthorized_client"),
        ("authorization_code", "unauthorized_client"),
        (DEVICE_CODE, "unauthorized_client"),
        (CIBA, "unauthorized_client"),
    ],
)
def test_an_installation_may_use_no_other_grant(cloud: TestCloud, form: dict[str, str], grant: str, error: str) -> None:
    assert_refused(ask(cloud, form | {"grant_type": grant}), error)


def test_a_missing_grant_is_unsupported(cloud: TestCloud, form: dict[str, str]) -> None:
    del form["grant_type"]

    assert_refused(ask(cloud, form), "unsupported_grant_type")


# Why: Sosie's own hint, which changes nothing above.


def test_a_refusal_is_explained_in_a_header(cloud: TestCloud, form: dict[str, str]) -> None:
    hints = {
        "INSTALLATION_UNKNOWN": form | {"client_id": UNKNOWN},
        "ID_NOT_GUID": form | {"client_id": "installation.abc"},
        "REGION_MISMATCH": installation_form(cloud.installation(region="eu")),
        "INSTALLATION_DISABLED": installation_form(cloud.installation(enabled=False)),
        "SECRET_WRONG": form | {"client_secret": "wrong"},
        "SCOPE_NOT_GRANTED": form | {"scope": "api"},
    }

    assert {hint: ask(cloud, sent).headers["x-sosie-hint"] for hint, sent in hints.items()} == {
        hint: hint for hint in hints
    }
    assert "x-sosie-hint" not in ask(cloud, form).headers
