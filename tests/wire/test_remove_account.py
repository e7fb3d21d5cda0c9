"""Deleting one's own account (docs/contract/api.md §4.14).

The checks come in the contract's order; where two fail at once, the test says which one answers.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sosie.domain.members import MemberStatus, Role
from sosie.services import repository as repo
from tests.support.cloud import TestCloud
from tests.support.families import (
    ACME,
    ALICE,
    COUSIN,
    FAMILY,
    GLOBEX,
    GLOBEX_OWNER,
    INITECH,
    NEWCOMER,
    OWNER,
    STRANGER,
    a_redeemed_row,
    a_row,
    change_member,
    change_organization,
    guid,
    join,
    key_request,
    mails,
    offer,
    rows_of,
    store,
)
from tests.support.organization_keys import key_types
from tests.support.people import devices_of
from tests.support.refusals import (
    UNAUTHORIZED,
    assert_done,
    assert_error,
    assert_failed,
    assert_invalid,
    assert_no_body,
)
from tests.support.removals import (
    ACCOUNT,
    NO_SECRET,
    NOT_VERIFIED,
    delete_account,
    organization_ids,
    revision_date,
    secret,
    stored_organizations,
)
from tests.support.token_client import ask, assert_refused, password_form, refresh_form, sign_in

_TEXT = (
    "Cannot delete this user because it is the sole owner of at least one organization. "
    "Please delete these organizations or upgrade another user."
)
SOLE_OWNER = {"": [_TEXT]}


@pytest.fixture(params=ACCOUNT, ids=["DELETE", "POST"])
def way(request: pytest.FixtureRequest) -> dict[str, str]:
    """Both names of the route."""
    method, suffix = request.param
    return {"method": method, "suffix": suffix}


def is_there(cloud: TestCloud, email: str) -> bool:
    return cloud.user(email) is not None


# Before the action, and #1.


def test_it_needs_a_persons_token(cloud: TestCloud, way: dict[str, str]) -> None:
    path = f"/accounts{way['suffix']}"

    assert_no_body(cloud.request(way["method"], path, json_body=secret(ALICE)), 401)
    token = cloud.installation_token("api.push")
    assert_no_body(cloud.request(way["method"], path, json_body=secret(ALICE), token=token), 403)
    assert_no_body(cloud.request(way["method"], path, token=cloud.user_token(ALICE)), 415)


@pytest.mark.parametrize("body", [{"type": 1}, {"masterPasswordHash": "", "otp": ""}])
def test_one_of_three_secrets_must_be_there(cloud: TestCloud, way: dict[str, str], body: dict[str, Any]) -> None:
    assert_invalid(delete_account(cloud, ALICE, body=body, **way), NO_SECRET)


# #2 and #3: the account, its secret.


def test_a_deleted_account_is_unauthorized_the_second_time(cloud: TestCloud, way: dict[str, str]) -> None:
    token = cloud.user_token(ALICE)
    assert_done(delete_account(cloud, ALICE, token=token, **way))

    for body in (secret(ALICE), {"masterPasswordHash": "wrong"}, {"authRequestAccessCode": "code"}):
        answer = delete_account(cloud, ALICE, token=token, body=body, **way)
        assert_error(answer, 401, UNAUTHORIZED)
        assert answer.delay == 0


@pytest.mark.parametrize("body", [{"masterPasswordHash": "wrong"}, {"otp": "wrong"}, secret(OWNER)])
def test_a_wrong_secret_is_refused_after_two_seconds(
    cloud: TestCloud, way: dict[str, str], body: dict[str, Any]
) -> None:
    answer = delete_account(cloud, ALICE, body=body, **way)

    assert_invalid(answer, NOT_VERIFIED)
    assert answer.delay == 2.0
    assert is_there(cloud, ALICE)


def test_the_secret_answers_before_what_one_owns(cloud: TestCloud) -> None:
    assert_invalid(delete_account(cloud, OWNER, body={"masterPasswordHash": "wrong"}), NOT_VERIFIED)


def test_an_access_code_alone_makes_the_cloud_fail(cloud: TestCloud, way: dict[str, str]) -> None:
    assert_failed(delete_account(cloud, ALICE, body={"authRequestAccessCode": "code"}, **way))
    assert is_there(cloud, ALICE)


# #5: the sole owner.


def test_the_sole_owner_of_an_organization_stays(cloud: TestCloud, way: dict[str, str]) -> None:
    answer = delete_account(cloud, OWNER, **way)

    assert_invalid(answer, SOLE_OWNER)
    assert answer.delay == 0
    assert organization_ids(cloud, OWNER) == [cloud.organization(ACME).id]


@pytest.mark.parametrize("status", [MemberStatus.INVITED, MemberStatus.ACCEPTED, MemberStatus.REVOKED])
def test_only_a_confirmed_owner_takes_over(cloud: TestCloud, status: MemberStatus) -> None:
    join(cloud, NEWCOMER, ACME, Role.OWNER)
    change_member(cloud, NEWCOMER, status=status)

    assert_invalid(delete_account(cloud, OWNER), SOLE_OWNER)
    change_member(cloud, NEWCOMER, status=MemberStatus.CONFIRMED)
    assert_done(delete_account(cloud, OWNER))
    assert organization_ids(cloud, NEWCOMER) == [cloud.organization(ACME).id]


@pytest.mark.parametrize("change", [{"enabled": False}, {"gateway_subscription_id": None}])
def test_the_only_organization_of_its_only_member_goes_too_if_nobody_pays_for_it(
    cloud: TestCloud, way: dict[str, str], change: dict[str, Any]
) -> None:
    change_organization(cloud, FAMILY, **change)
    store(cloud, a_redeemed_row(cloud, ALICE))

    assert_done(delete_account(cloud, COUSIN, **way))

    assert FAMILY not in stored_organizations(cloud)
    assert not is_there(cloud, COUSIN)
    assert [row.sponsored_organization_id for row in rows_of(cloud)] == [None]


def test_it_does_not_go_if_it_is_paid_for(cloud: TestCloud) -> None:
    assert_invalid(delete_account(cloud, COUSIN), SOLE_OWNER)


def test_it_does_not_go_if_it_has_another_member_in_whatever_status(cloud: TestCloud) -> None:
    change_organization(cloud, FAMILY, enabled=False)
    join(cloud, NEWCOMER, FAMILY)
    change_member(cloud, NEWCOMER, FAMILY, status=MemberStatus.REVOKED)

    assert_invalid(delete_account(cloud, COUSIN), SOLE_OWNER)


def test_it_does_not_go_if_its_owner_has_another_confirmed_membership(cloud: TestCloud) -> None:
    change_organization(cloud, FAMILY, enabled=False)
    join(cloud, COUSIN, ACME)

    assert_invalid(delete_account(cloud, COUSIN), SOLE_OWNER)
    change_member(cloud, COUSIN, status=MemberStatus.ACCEPTED)
    assert_done(delete_account(cloud, COUSIN))


# What follows.


def test_what_the_old_token_is_answered(cloud: TestCloud, way: dict[str, str]) -> None:
    token, acme = cloud.user_token(ALICE), cloud.organization(ACME).id
    assert_done(delete_account(cloud, ALICE, **way))

    assert_error(cloud.get("/accounts/profile", token=token), 401, UNAUTHORIZED)
    assert_error(cloud.get("/sync", token=token), 400, "User not found.")
    assert cloud.get("/organizations", token=token).json["data"] == []
    assert cloud.get("/accounts/revision-date", token=token).json < 0
    assert_failed(offer(cloud, ALICE, STRANGER, token=token))
    revoked = cloud.request("DELETE", f"/organization/sponsorship/{acme}", token=token)
    assert_error(revoked, 400, "Can only revoke a sponsorship you granted.")


@pytest.mark.parametrize("verb", ["api-key", "rotate-api-key"])
@pytest.mark.parametrize("right", [True, False])
def test_a_deleted_owner_is_unauthorized_to_ask_for_a_key_and_it_is_made_all_the_same(
    cloud: TestCloud, verb: str, right: bool
) -> None:
    join(cloud, NEWCOMER, ACME, Role.OWNER)
    token = cloud.user_token(OWNER)
    assert_done(delete_account(cloud, OWNER))
    body = key_request(OWNER) if right else {"type": 1, "masterPasswordHash": "wrong"}

    answer = cloud.post(f"/organizations/{cloud.organization(ACME).id}/{verb}", body, token=token)

    assert_error(answer, 401, UNAUTHORIZED)
    assert answer.delay == 0
    assert key_types(cloud, NEWCOMER) == [0, 1]


def test_nothing_signs_the_account_in_any_more(cloud: TestCloud, way: dict[str, str]) -> None:
    user, signed_in = cloud.user(ALICE), sign_in(cloud, ALICE)
    assert devices_of(cloud, ALICE)
    assert_done(delete_account(cloud, ALICE, token=signed_in["access_token"], **way))

    assert_refused(ask(cloud, refresh_form(signed_in["refresh_token"])), "invalid_grant")
    assert ask(cloud, password_form(ALICE)).json["error_description"] == "invalid_username_or_password"
    api_key = {"grant_type": "client_credentials", "scope": "api", "client_id": f"user.{user.id}"}
    assert_refused(ask(cloud, {**api_key, "client_secret": user.api_key}), "invalid_client")
    assert repo.devices.list(cloud.unit(), user.id) == []


def test_the_address_is_free_again(cloud: TestCloud) -> None:
    assert_done(delete_account(cloud, ALICE))
    assert_done(offer(cloud, OWNER, ALICE))

    # The mail is for somebody who has no account.
    assert "register=true" in mails(cloud)[-1]["links"][0]


def test_memberships_go_in_any_status_and_nobody_elses_date_moves(cloud: TestCloud) -> None:
    for name, status in (
        (ACME, MemberStatus.CONFIRMED),
        (GLOBEX, MemberStatus.ACCEPTED),
        (INITECH, MemberStatus.REVOKED),
    ):
        join(cloud, NEWCOMER, name)
        change_member(cloud, NEWCOMER, name, status=status)
    gone, before = cloud.user(NEWCOMER).id, [revision_date(cloud, each) for each in (OWNER, GLOBEX_OWNER)]
    cloud.clock.advance(timedelta(days=1))

    assert_done(delete_account(cloud, NEWCOMER))

    uow = cloud.unit()
    for name in (ACME, GLOBEX, INITECH):
        assert gone not in {each.user_id for each in repo.members.list(uow, cloud.organization(name).id)}
    assert [item.key.sort for item in uow.query("users") if gone in item.key.sort] == []
    assert [revision_date(cloud, each) for each in (OWNER, GLOBEX_OWNER)] == before


def test_the_accounts_sponsorships_are_untouched(cloud: TestCloud) -> None:
    mine = [a_redeemed_row(cloud, ALICE), a_row(cloud, ALICE, id=guid("open"), is_admin_initiated=True)]
    store(cloud, *mine)

    assert_done(delete_account(cloud, ALICE))

    assert {row.id: row for row in rows_of(cloud)} == {row.id: row for row in mine}


def test_the_other_regions_people_are_other_people(cloud: TestCloud) -> None:
    answer = cloud.request("DELETE", "/accounts", json_body=secret(ALICE), token=cloud.user_token(ALICE), region="eu")

    assert_no_body(answer, 401)
    assert is_there(cloud, ALICE)
