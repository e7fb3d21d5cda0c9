"""Who may only sign in through their organization's identity provider (docs/contract/identity.md §4.6 item 3, §5)."""

from __future__ import annotations

from typing import Any

import pytest

from sosie.domain.members import MemberStatus, Role
from tests.support.cloud import TestCloud
from tests.support.families import ACME, ALICE, FAMILY, GLOBEX, NEWCOMER, change_organization, set_require_sso
from tests.support.people import add_membership, devices_of
from tests.support.second_step import CAREFUL, SECRET, add_people, code, try_step
from tests.support.token_client import (
    NO_VERSION,
    VERSION,
    WRONG_PASSWORD,
    api_key_form,
    ask,
    assert_refused,
    password_form,
    refresh_form,
    share_one_rsa_pair,
    sign_in,
)

TEXT = "Sso authentication is required."
REQUIRED = ("invalid_grant", TEXT, TEXT)


@pytest.fixture(autouse=True)
def _quick_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    share_one_rsa_pair(monkeypatch)


@pytest.fixture
def acme(cloud: TestCloud) -> TestCloud:
    """A cloud where Acme requires single sign-on, and has no identifier."""
    set_require_sso(cloud, ACME)
    return cloud


def refused_with(cloud: TestCloud, email: str) -> dict[str, Any]:
    answer = ask(cloud, password_form(email), VERSION)
    assert answer.status == 400
    return dict(answer.json)


def test_a_members_password_is_refused(acme: TestCloud) -> None:
    assert_refused(ask(acme, password_form(ALICE), VERSION), *REQUIRED)
    assert devices_of(acme, ALICE) == []


@pytest.mark.parametrize("role", [Role.OWNER, Role.ADMIN])
def test_owners_and_administrators_pass(acme: TestCloud, role: Role) -> None:
    add_membership(acme, NEWCOMER, ACME, role=role)

    sign_in(acme, NEWCOMER)


@pytest.mark.parametrize("role", [Role.USER, Role.CUSTOM])
def test_users_and_custom_members_do_not(acme: TestCloud, role: Role) -> None:
    add_membership(acme, NEWCOMER, ACME, role=role)

    assert_refused(ask(acme, password_form(NEWCOMER), VERSION), *REQUIRED)


@pytest.mark.parametrize("status", [each for each in MemberStatus if each is not MemberStatus.CONFIRMED])
def test_only_confirmed_members_are_bound(acme: TestCloud, status: MemberStatus) -> None:
    add_membership(acme, NEWCOMER, ACME, role=Role.USER, status=status)

    sign_in(acme, NEWCOMER)


def test_a_policy_that_is_off_binds_nobody(cloud: TestCloud) -> None:
    set_require_sso(cloud, ACME, enabled=False)

    sign_in(cloud, ALICE)


def test_a_disabled_organization_and_a_plan_without_policies_bind_nobody(acme: TestCloud) -> None:
    change_organization(acme, ACME, enabled=False)
    set_require_sso(acme, FAMILY)
    add_membership(acme, ALICE, FAMILY, role=Role.USER)

    sign_in(acme, ALICE)


# Where to go instead.


def test_the_identifier_is_named_if_there_is_one(acme: TestCloud) -> None:
    change_organization(acme, ACME, identifier="acme-sso")

    assert refused_with(acme, ALICE) == {
        "error": "invalid_grant",
        "error_description": TEXT,
        "ErrorModel": {"Object": "error", "Message": TEXT},
        "SsoOrganizationIdentifier": "acme-sso",
    }


def test_of_two_requiring_organizations_none_is_named(acme: TestCloud) -> None:
    change_organization(acme, ACME, identifier="acme-sso")
    add_membership(acme, ALICE, GLOBEX, role=Role.USER)
    assert refused_with(acme, ALICE)["SsoOrganizationIdentifier"] == "acme-sso"

    set_require_sso(acme, GLOBEX)

    assert "SsoOrganizationIdentifier" not in refused_with(acme, ALICE)


def test_a_scenario_gives_identifier_and_policy(cloud: TestCloud) -> None:
    organization = {
        "name": "Signed On",
        "identifier": "signed-on",
        "policies": [{"type": 4}],
        "members": [{"email": "owner@acme.test", "role": "owner"}, {"email": CAREFUL}],
    }
    add_people(cloud, {"email": CAREFUL}, organizations=(organization,))

    assert refused_with(cloud, CAREFUL)["SsoOrganizationIdentifier"] == "signed-on"
    sign_in(cloud, "owner@acme.test")


# What passes, and which of several faults is answered.


def test_an_api_key_passes(acme: TestCloud) -> None:
    assert ask(acme, api_key_form(acme.user(ALICE)), VERSION).status == 200


def test_a_session_goes_on(cloud: TestCloud) -> None:
    handle = sign_in(cloud, ALICE)["refresh_token"]

    set_require_sso(cloud, ACME)

    assert ask(cloud, refresh_form(handle)).status == 200


def test_a_wrong_password_and_a_missing_version_are_told_before(acme: TestCloud) -> None:
    assert_refused(ask(acme, password_form(ALICE, password="wrong"), VERSION), *WRONG_PASSWORD)
    assert_refused(ask(acme, password_form(ALICE)), *NO_VERSION)


@pytest.fixture
def both(acme: TestCloud) -> TestCloud:
    """A cloud where somebody is bound to single sign-on and has two-step login as well."""
    add_people(acme, {"email": CAREFUL, "twoStep": {"authenticator": SECRET, "recoveryCode": "recover"}})
    add_membership(acme, CAREFUL, ACME, role=Role.USER)
    return acme


def test_it_is_told_before_a_second_step_is_asked_for_or_checked(both: TestCloud) -> None:
    assert_refused(try_step(both), *REQUIRED)
    assert_refused(try_step(both, "000000", "0"), *REQUIRED)
    assert_refused(try_step(both, code(both), "0"), *REQUIRED)


def test_a_recovery_code_is_taken_before_and_the_answer_says_so(both: TestCloud) -> None:
    text = "Two-factor recovery has been performed. SSO authentication is required."

    assert_refused(try_step(both, "recover", "8"), "invalid_grant", text, text)

    assert both.user(CAREFUL).two_step is None
    assert_refused(try_step(both), *REQUIRED)


def test_a_wrong_recovery_code_is_told_before(both: TestCloud) -> None:
    assert try_step(both, "wrong", "8").json["ErrorModel"]["Message"] == "Two-step token is invalid. Try again."


def test_by_name_a_recovery_code_is_not_taken_before(both: TestCloud) -> None:
    assert_refused(try_step(both, "recover", "RecoveryCode"), *REQUIRED)
    assert both.user(CAREFUL).two_step is not None
