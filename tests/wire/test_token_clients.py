"""Tokens of organizations, and the clients that everybody knows (docs/contract/identity.md §4.1, §4.5, §4.9)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sosie.domain.organizations import KeyType
from sosie.services import repository as repo
from tests.support import jwt
from tests.support.cloud import START, TestCloud
from tests.support.token_client import DEVICE, ask, assert_refused, password_form

NOW = int(START.timestamp())
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
CIBA = "urn:openid:params:grant-type:ciba"


def organization_form(cloud: TestCloud, name: str, **changes: str) -> dict[str, str]:
    organization = cloud.organization(name)
    key = repo.api_keys.get(cloud.unit(), organization.id, KeyType.DEFAULT)
    assert key is not None
    return {
        "grant_type": "client_credentials",
        "scope": "api.organization",
        "client_id": f"organization.{organization.id}",
        "client_secret": key.api_key,
    } | changes


@pytest.mark.parametrize("name", ["Acme Corporation", "Initech"])
def test_an_organization_gets_a_token_for_an_hour(cloud: TestCloud, name: str) -> None:
    organization = cloud.organization(name)

    answer = ask(cloud, organization_form(cloud, name) | DEVICE)

    assert list(answer.json) == ["access_token", "expires_in", "token_type", "scope"]
    assert (answer.json["expires_in"], answer.json["scope"]) == (3600, "api.organization")
    claims = jwt.verified(cloud, answer.json["access_token"]).claims
    del claims["jti"]
    assert claims == {
        "iss": "https://identity.bitwarden.com",
        "nbf": NOW,
        "iat": NOW,
        "exp": NOW + 3600,
        "scope": ["api.organization"],
        "client_id": f"organization.{organization.id}",
        "client_sub": organization.id,
        "client_type": "Organization",
    }


def test_a_plan_without_the_api_feature_has_no_client(cloud: TestCloud) -> None:
    assert_refused(ask(cloud, organization_form(cloud, "Cousin Family")), "invalid_client")


def test_a_disabled_organization_has_no_client(cloud: TestCloud) -> None:
    form, organization, uow = organization_form(cloud, "Initech"), cloud.organization("Initech"), cloud.unit()
    uow.get(repo.organizations.key(uow, organization.id))
    repo.organizations.save(uow, replace(organization, enabled=False), organization.id)
    uow.commit()

    assert_refused(ask(cloud, form), "invalid_client")


def test_the_billing_sync_key_is_no_client_secret(cloud: TestCloud) -> None:
    globex = cloud.organization("Globex")
    sync_key = repo.api_keys.get(cloud.unit(), globex.id, KeyType.BILLING_SYNC)
    assert sync_key is not None

    answer = ask(cloud, organization_form(cloud, "Globex", client_secret=sync_key.api_key))

    assert_refused(answer, "invalid_client")


@pytest.mark.parametrize("scope", ["api", "api.push", "offline_access"])
def test_an_organization_has_no_other_scope(cloud: TestCloud, scope: str) -> None:
    assert_refused(ask(cloud, organization_form(cloud, "Initech", scope=scope)), "invalid_scope")


# The clients everybody knows.


@pytest.mark.parametrize("client", ["web", "cli", "browser", "desktop", "mobile", "connector"])
@pytest.mark.parametrize(
    ("grant", "error"),
    [
        ("client_credentials", "unauthorized_client"),
        (DEVICE_CODE, "unauthorized_client"),
        (CIBA, "unauthorized_client"),
        ("authorization_code", "unsupported_grant_type"),
        ("webauthn", "unsupported_grant_type"),
        ("nonsense", "unsupported_grant_type"),
        ("", "unsupported_grant_type"),
    ],
)
def test_a_persons_client_may_use_no_other_grant(cloud: TestCloud, client: str, grant: str, error: str) -> None:
    form = password_form("owner@acme.test", client_id=client, grant_type=grant)

    assert_refused(ask(cloud, form), error)


@pytest.mark.parametrize(
    ("grant", "error"), [("send_access", "unsupported_grant_type"), ("password", "unauthorized_client")]
)
def test_the_send_client_gets_no_token(cloud: TestCloud, grant: str, error: str) -> None:
    assert_refused(ask(cloud, {"client_id": "send", "grant_type": grant}), error)
