"""Every member of every answer of the identity service is the contract's, and every one of the contract's is there.

The expectations are read from docs/contract/identity.md by tests/contract/fields.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from sosie.domain.members import MemberStatus, Role
from sosie.domain.users import KdfSettings, KdfType
from tests.contract import fields
from tests.contract.cast import Cast
from tests.contract.pages import Page
from tests.contract.shapes import PLAIN, differences
from tests.support import jwt
from tests.support.cloud import TestCloud, WireAnswer
from tests.support.families import join, stored_key
from tests.support.people import add_membership, change_user
from tests.support.token_client import (
    VERSION,
    api_key_form,
    ask,
    installation_form,
    password_form,
    refresh_form,
)

Pages = Mapping[str, Page]
KEYS = ("PrivateKey", "AccountKeys", "Key", "UserDecryptionOptions.MasterPasswordUnlock")
ARGON2ID = tuple(f"UserDecryptionOptions.MasterPasswordUnlock.Kdf.{name}" for name in ("Memory", "Parallelism"))


def granted(answer: WireAnswer) -> dict[str, Any]:
    assert answer.status == 200, answer.body
    return dict(answer.json)


def claims(document: dict[str, Any]) -> dict[str, Any]:
    return jwt.decode(document["access_token"]).claims


def organization_form(cloud: TestCloud, name: str) -> dict[str, str]:
    key = stored_key(cloud, name, 0)
    assert key is not None
    client_id = f"organization.{cloud.organization(name).id}"
    return {"grant_type": "client_credentials", "client_id": client_id, "client_secret": key.api_key}


# The envelope, by grant.


def test_an_installations_answer_is_the_envelope_alone(cloud: TestCloud, pages: Pages) -> None:
    document = granted(ask(cloud, installation_form(cloud.installation())))

    assert differences(fields.token_answer(pages).resolved(), document) == []


def test_an_organizations_answer_is_the_envelope_alone(cloud: TestCloud, pages: Pages, cast: Cast) -> None:
    document = granted(ask(cloud, organization_form(cloud, cast.enterprise)))

    assert differences(fields.token_answer(pages).resolved(), document) == []


def test_a_password_is_answered_with_a_refresh_token_and_the_extras(cloud: TestCloud, pages: Pages, cast: Cast) -> None:
    document = granted(ask(cloud, password_form(cast.owner), VERSION))

    assert differences(fields.person_answer(pages).resolved("refresh_token", *KEYS), document) == []
    assert (document["KdfMemory"], document["KdfParallelism"]) == (None, None)


def test_a_personal_api_key_is_answered_with_the_extras_alone(cloud: TestCloud, pages: Pages, cast: Cast) -> None:
    document = granted(ask(cloud, api_key_form(cloud.user(cast.owner)), VERSION))

    assert differences(fields.person_answer(pages).resolved(*KEYS), document) == []


def test_without_offline_access_there_are_extras_and_no_refresh_token(
    cloud: TestCloud, pages: Pages, cast: Cast
) -> None:
    document = granted(ask(cloud, password_form(cast.owner, scope="api"), VERSION))

    assert differences(fields.person_answer(pages).resolved(*KEYS), document) == []


def test_memory_and_lanes_are_members_of_an_argon2id_account_only(cloud: TestCloud, pages: Pages, cast: Cast) -> None:
    change_user(cloud, cast.owner, kdf=KdfSettings(KdfType.ARGON2ID, 3, 16, 1))

    document = granted(ask(cloud, api_key_form(cloud.user(cast.owner)), VERSION))

    assert differences(fields.person_answer(pages).resolved(*KEYS, *ARGON2ID), document) == []


def test_a_refresh_is_answered_without_extras(cloud: TestCloud, pages: Pages, cast: Cast) -> None:
    first = granted(ask(cloud, password_form(cast.owner), VERSION))

    document = granted(ask(cloud, refresh_form(first["refresh_token"])))

    assert differences(fields.refresh_answer(pages), document) == []


# The token, by client.


def test_the_header_of_a_token(cloud: TestCloud, pages: Pages) -> None:
    token = granted(ask(cloud, installation_form(cloud.installation())))["access_token"]

    assert differences(fields.token_header(pages), jwt.decode(token).header) == []


def test_the_claims_of_an_installation(cloud: TestCloud, pages: Pages) -> None:
    document = granted(ask(cloud, installation_form(cloud.installation())))

    assert differences(fields.token_claims(pages, "installation").resolved(), claims(document)) == []


def test_the_claims_of_an_organization(cloud: TestCloud, pages: Pages, cast: Cast) -> None:
    document = granted(ask(cloud, organization_form(cloud, cast.enterprise)))

    assert differences(fields.token_claims(pages, "organization").resolved(), claims(document)) == []


def test_the_claims_of_a_personal_api_key(cloud: TestCloud, pages: Pages, cast: Cast) -> None:
    document = granted(ask(cloud, api_key_form(cloud.user(cast.owner)), VERSION))

    assert differences(fields.token_claims(pages, "user API key").resolved("name", "orgowner"), claims(document)) == []


def test_the_claims_of_a_password_survive_a_refresh(cloud: TestCloud, pages: Pages, cast: Cast) -> None:
    first = granted(ask(cloud, password_form(cast.owner), VERSION))
    refreshed = granted(ask(cloud, refresh_form(first["refresh_token"])))

    expected = fields.token_claims(pages, "password / refresh").resolved("name", "orgowner")
    assert differences(expected, claims(first)) == []
    assert differences(expected, claims(refreshed)) == []


@pytest.mark.parametrize(
    ("role", "claim"), [(Role.OWNER, "orgowner"), (Role.ADMIN, "orgadmin"), (Role.USER, "orguser")]
)
def test_each_role_has_the_claim_that_the_page_lists(
    cloud: TestCloud, pages: Pages, cast: Cast, role: Role, claim: str
) -> None:
    add_membership(cloud, cast.family_owner, cast.teams, role=role)

    document = granted(ask(cloud, password_form(cast.family_owner), VERSION))

    expected = fields.token_claims(pages, "password / refresh").resolved("name", *{"orgowner", claim})
    assert differences(expected, claims(document)) == []


def test_a_custom_role_has_a_claim_for_each_permission(cloud: TestCloud, pages: Pages, cast: Cast) -> None:
    columns = fields.token_claims(pages, "password / refresh")
    permissions = fields.profile_organization(pages).members["permissions"]
    assert not isinstance(permissions, type(PLAIN))
    join(cloud, cast.family_owner, cast.teams, Role.CUSTOM, *permissions.names)

    document = granted(ask(cloud, password_form(cast.family_owner), VERSION))

    held = [name.lower() for name in permissions.names]
    assert differences(columns.resolved("name", "orgowner", "orgcustom", *held), claims(document)) == []


def test_a_person_without_name_and_confirmed_membership_has_neither_claim(
    cloud: TestCloud, pages: Pages, cast: Cast
) -> None:
    newcomer = next(each for each in ("newcomer@family.test", "nieuw@gezin.test") if cloud.user(each))
    change_user(cloud, newcomer, name=None)
    add_membership(cloud, newcomer, cast.teams, status=MemberStatus.ACCEPTED)

    document = granted(ask(cloud, password_form(newcomer), VERSION))

    assert differences(fields.token_claims(pages, "password / refresh").resolved(), claims(document)) == []


# Refusals.


def test_a_refusal_without_texts_is_one_member(cloud: TestCloud, pages: Pages) -> None:
    answer = ask(cloud, installation_form(cloud.installation(), client_secret="wrong"))

    assert answer.status == 400
    assert differences(fields.token_error(pages).resolved(), answer.json) == []


def test_a_wrong_password_has_description_and_model(cloud: TestCloud, pages: Pages, cast: Cast) -> None:
    answer = ask(cloud, password_form(cast.owner, password="d3Jvbmc="), VERSION)

    assert answer.status == 400
    assert differences(fields.token_error(pages).resolved("error_description", "ErrorModel"), answer.json) == []


def test_the_other_dialect_refuses_with_the_apis_object(cloud: TestCloud, pages: Pages) -> None:
    answer = cloud.post("/accounts/prelogin/password", {"email": ""}, service="identity")

    assert answer.status == 400
    assert differences(fields.api_error(pages), answer.json) == []
    assert set(answer.errors) == {"Email"}


# What needs no token.


@pytest.mark.parametrize("path", ["/accounts/prelogin/password", "/accounts/prelogin"])
@pytest.mark.parametrize("known", [True, False])
def test_prelogin_has_the_same_members_for_everybody(
    cloud: TestCloud, pages: Pages, cast: Cast, path: str, known: bool
) -> None:
    email = cast.owner if known else "nobody@nowhere.test"

    answer = cloud.post(path, {"email": email}, service="identity")

    assert answer.status == 200
    assert differences(fields.prelogin(pages), answer.json) == []


def test_prelogin_writes_nulls(cloud: TestCloud, cast: Cast) -> None:
    answer = cloud.post("/accounts/prelogin/password", {"email": cast.owner}, service="identity").json

    written = [answer["kdfMemory"], answer["kdfParallelism"], answer["salt"], answer["kdfSettings"]["memory"]]
    assert written == [None] * 4


def test_discovery(cloud: TestCloud, pages: Pages) -> None:
    answer = cloud.get("/.well-known/openid-configuration", service="identity")

    assert differences(fields.discovery(pages), answer.json) == []


def test_published_keys(cloud: TestCloud, pages: Pages) -> None:
    answer = cloud.get("/.well-known/openid-configuration/jwks", service="identity")

    assert differences(fields.published_keys(pages), answer.json) == []
