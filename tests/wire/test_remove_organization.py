"""Deleting an organization: who may, and what goes with it (docs/contract/api.md §4.15).

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
    BOB,
    COUSIN,
    FAMILY,
    GLOBEX,
    GLOBEX_OWNER,
    NEWCOMER,
    NOW,
    OWNER,
    change_member,
    generate_sync_key,
    guid,
    join,
    set_policy,
    sync,
    sync_key,
)
from tests.support.licence_checks import download, sync_licence
from tests.support.refusals import (
    NOT_FOUND,
    UNAUTHORIZED,
    assert_done,
    assert_error,
    assert_failed,
    assert_invalid,
    assert_misread,
    assert_no_body,
)
from tests.support.removals import (
    NO_SECRET,
    NOT_VERIFIED,
    ORGANIZATION,
    delete_organization,
    organization_ids,
    revision_date,
    secret,
    stored_organizations,
)
from tests.support.token_client import ask, sign_in
from tests.wire.stored import delete_user

SECONDS = 1000


@pytest.fixture(params=ORGANIZATION, ids=["DELETE", "POST"])
def way(request: pytest.FixtureRequest) -> dict[str, str]:
    """Both names of the route."""
    method, suffix = request.param
    return {"method": method, "suffix": suffix}


# Before the action.


def test_it_needs_a_persons_token(cloud: TestCloud, way: dict[str, str]) -> None:
    path = f"/organizations/{cloud.organization(ACME).id}{way['suffix']}"

    assert_no_body(cloud.request(way["method"], path, json_body=secret(OWNER)), 401)
    token = cloud.installation_token("api.installation")
    assert_no_body(cloud.request(way["method"], path, json_body=secret(OWNER), token=token), 403)


def test_it_needs_a_body_even_on_a_delete(cloud: TestCloud, way: dict[str, str]) -> None:
    path, token = f"/organizations/{cloud.organization(ACME).id}{way['suffix']}", cloud.user_token(OWNER)

    assert_no_body(cloud.request(way["method"], path, token=token), 415)
    empty = cloud.request(way["method"], path, body=b"", headers={"content-type": "application/json"}, token=token)
    assert_invalid(empty, {"": ["A non-empty request body is required."]})


# #1: the model.


@pytest.mark.parametrize("body", [{"type": 1}, {"masterPasswordHash": "", "otp": None}])
def test_one_of_three_secrets_must_be_there(cloud: TestCloud, way: dict[str, str], body: dict[str, Any]) -> None:
    assert_invalid(delete_organization(cloud, OWNER, body=body, **way), NO_SECRET)


def test_a_secret_is_a_text_of_at_most_300_characters(cloud: TestCloud, way: dict[str, str]) -> None:
    assert_misread(delete_organization(cloud, OWNER, body={"otp": 1}, **way), "$.otp")
    answer = delete_organization(cloud, OWNER, body={"masterPasswordHash": "x" * 301}, **way)
    text = "The field MasterPasswordHash must be a string with a maximum length of 300."
    assert_invalid(answer, {"MasterPasswordHash": [text]})


def test_the_model_answers_before_the_id(cloud: TestCloud, way: dict[str, str]) -> None:
    assert_invalid(delete_organization(cloud, OWNER, body={"type": 0}, organization_id="abc", **way), NO_SECRET)


# #2: the id.


def test_an_id_that_is_no_guid_makes_the_cloud_fail(cloud: TestCloud, way: dict[str, str]) -> None:
    assert_failed(delete_organization(cloud, OWNER, organization_id="abc", **way))


# #3: the owner, by the token.


def test_who_does_not_own_the_organization_does_not_find_it(cloud: TestCloud, way: dict[str, str]) -> None:
    join(cloud, NEWCOMER, ACME, Role.ADMIN)

    for by in (ALICE, NEWCOMER, COUSIN, GLOBEX_OWNER):
        assert_error(delete_organization(cloud, by, **way), 404, NOT_FOUND)
    assert ACME in stored_organizations(cloud)


def test_an_owner_by_the_token_is_enough(cloud: TestCloud, way: dict[str, str]) -> None:
    token = cloud.user_token(OWNER)
    change_member(cloud, OWNER, role=Role.USER)

    assert_done(delete_organization(cloud, OWNER, token=token, **way))
    assert ACME not in stored_organizations(cloud)


def test_an_owner_who_is_new_needs_a_new_token(cloud: TestCloud, way: dict[str, str]) -> None:
    stale = cloud.user_token(NEWCOMER)
    join(cloud, NEWCOMER, ACME, Role.OWNER)

    answer = delete_organization(cloud, NEWCOMER, token=stale, **way)
    assert_error(answer, 404, NOT_FOUND)
    assert answer.headers["x-sosie-hint"] == "NOT_OWNER_STALE_TOKEN"
    assert_done(delete_organization(cloud, NEWCOMER, **way))


def test_the_missing_role_answers_before_the_secret_and_without_its_delay(cloud: TestCloud) -> None:
    answer = delete_organization(cloud, ALICE, body={"masterPasswordHash": "wrong"})

    assert_error(answer, 404, NOT_FOUND)
    assert answer.delay == 0


def test_what_is_deleted_is_not_found_the_second_time(cloud: TestCloud, way: dict[str, str]) -> None:
    token, gone = cloud.user_token(OWNER), cloud.organization(ACME).id
    delete_organization(cloud, OWNER, token=token)

    assert_error(delete_organization(cloud, OWNER, token=token, organization_id=gone, **way), 404, NOT_FOUND)
    for body in (secret(OWNER), {"masterPasswordHash": "wrong"}):
        again = delete_organization(cloud, OWNER, token=token, organization_id=gone, body=body)
        assert_error(again, 404, NOT_FOUND)


def test_an_organization_of_the_other_region_is_not_there(cloud: TestCloud) -> None:
    path = f"/organizations/{cloud.organization(ACME).id}"

    answer = cloud.request("DELETE", path, json_body=secret(OWNER), token=cloud.user_token(OWNER), region="eu")

    assert_no_body(answer, 401)
    assert ACME in stored_organizations(cloud)


# #4: the account.


def test_a_deleted_account_is_unauthorized_whatever_its_secret(cloud: TestCloud, way: dict[str, str]) -> None:
    token = cloud.user_token(OWNER)
    delete_user(cloud, OWNER)

    for body in (secret(OWNER), {"masterPasswordHash": "wrong"}, {"authRequestAccessCode": "code"}):
        answer = delete_organization(cloud, OWNER, token=token, body=body, **way)
        assert_error(answer, 401, UNAUTHORIZED)
        assert answer.delay == 0


# #5: the secret.


@pytest.mark.parametrize("body", [{"masterPasswordHash": "wrong"}, {"otp": "wrong"}, secret(ALICE)])
def test_a_wrong_secret_is_refused_after_two_seconds(
    cloud: TestCloud, way: dict[str, str], body: dict[str, Any]
) -> None:
    answer = delete_organization(cloud, OWNER, body=body, **way)

    assert_invalid(answer, NOT_VERIFIED)
    assert answer.delay == 2.0
    assert organization_ids(cloud, OWNER) == [cloud.organization(ACME).id]


def test_an_access_code_alone_makes_the_cloud_fail(cloud: TestCloud, way: dict[str, str]) -> None:
    assert_failed(delete_organization(cloud, OWNER, body={"authRequestAccessCode": "code"}, **way))


def test_the_right_secret_may_come_in_either_field_and_is_not_delayed(cloud: TestCloud) -> None:
    answer = delete_organization(cloud, OWNER, body={"otp": secret(OWNER)["masterPasswordHash"]})

    assert_done(answer)
    assert answer.delay == 0


# What follows.


def test_nobody_sees_it_any_more(cloud: TestCloud, way: dict[str, str]) -> None:
    owner, gone = cloud.user_token(OWNER), cloud.organization(ACME).id

    assert_done(delete_organization(cloud, OWNER, **way))

    for email in (OWNER, ALICE, BOB):
        assert organization_ids(cloud, email) == []
        for path in ("/accounts/profile", "/sync"):
            seen = cloud.get(path, token=cloud.user_token(email)).json
            profile = seen.get("profile", seen)
            assert (profile["organizations"], profile["organizationsNew"]) == ([], [])
    assert_error(cloud.get(f"/organizations/{gone}", token=owner), 404, NOT_FOUND)
    assert_error(cloud.get(f"/organizations/{gone}/subscription", token=owner), 404, NOT_FOUND)
    assert_error(cloud.get(f"/organizations/{gone}/billing/vnext/metadata", token=owner), 404, NOT_FOUND)


def test_a_new_token_does_not_speak_of_it(cloud: TestCloud) -> None:
    gone = cloud.organization(ACME).id
    delete_organization(cloud, OWNER)

    path = f"/organizations/{gone}/billing/vnext/warnings"
    assert_no_body(cloud.get(path, token=cloud.user_token(OWNER)), 403)
    assert_no_body(cloud.get(path, token=sign_in(cloud, OWNER)["access_token"]), 403)


def test_members_clients_look_again_if_their_membership_was_confirmed(cloud: TestCloud) -> None:
    join(cloud, NEWCOMER, ACME)
    change_member(cloud, NEWCOMER, status=MemberStatus.ACCEPTED)
    cloud.clock.advance(timedelta(days=1))
    before = {email: revision_date(cloud, email) for email in (OWNER, ALICE, BOB, NEWCOMER, COUSIN)}

    delete_organization(cloud, OWNER)

    later = int((NOW + timedelta(days=1)).timestamp()) * SECONDS
    for email in (OWNER, ALICE, BOB):
        assert before[email] < revision_date(cloud, email) == later
    for email in (NEWCOMER, COUSIN):
        assert revision_date(cloud, email) == before[email]


def test_its_keys_are_dead(cloud: TestCloud) -> None:
    acme = cloud.organization(ACME)
    key = generate_sync_key(cloud)
    client = repo.api_keys.get(cloud.unit(), acme.id, 0)
    assert client is not None
    form = {"grant_type": "client_credentials", "scope": "api.organization", "client_id": f"organization.{acme.id}"}
    assert ask(cloud, {**form, "client_secret": client.api_key}).status == 200
    delete_organization(cloud, OWNER)

    body = {"billingSyncKey": key, "sponsoringOrganizationCloudId": acme.id, "sponsorshipsBatch": []}
    answer = cloud.post("/organization/sponsorship/sync", body, token=cloud.installation_token("api.installation"))
    assert_error(answer, 400, "Invalid organization")
    refused = ask(cloud, {**form, "client_secret": client.api_key})
    assert (refused.status, refused.json) == (400, {"error": "invalid_client"})


def test_its_licence_is_not_found_and_its_downloads_are_forgotten(cloud: TestCloud) -> None:
    globex, key = cloud.organization(GLOBEX), sync_key(cloud, GLOBEX)
    assert download(cloud).status == sync_licence(cloud).status == 200
    delete_organization(cloud, GLOBEX_OWNER, GLOBEX)

    body = {"licenseKey": globex.license_key, "billingSyncKey": key}
    path, token = f"/licenses/organization/{globex.id}", cloud.installation_token("api.licensing")
    assert_error(cloud.request("GET", path, json_body=body, token=token), 404, NOT_FOUND)
    # The installation is free for another organization, which it would not be for as long as the pair stands.
    assert download(cloud, OWNER, ACME).status == 200
    pair = repo.organization_installations.get(cloud.unit(), cloud.installation().id)
    assert pair is not None
    assert pair.organization_id == cloud.organization(ACME).id


def test_a_family_with_a_subscription_is_deleted_as_any_other(cloud: TestCloud, way: dict[str, str]) -> None:
    assert cloud.organization(FAMILY).subscription is not None

    assert_done(delete_organization(cloud, COUSIN, FAMILY, **way))
    assert organization_ids(cloud, COUSIN) == []


def test_everything_else_stays(cloud: TestCloud) -> None:
    others = stored_organizations(cloud) - {ACME}
    elsewhere = stored_organizations(cloud, "eu")

    delete_organization(cloud, OWNER)

    assert stored_organizations(cloud) == others
    assert stored_organizations(cloud, "eu") == elsewhere
    assert sync(cloud, []).status == 200


def test_nothing_of_it_is_left_in_the_store_but_that_it_was(cloud: TestCloud) -> None:
    generate_sync_key(cloud)
    set_policy(cloud, ACME)
    gone = cloud.organization(ACME).id
    delete_organization(cloud, OWNER)

    uow = cloud.unit()
    assert uow.query(f"organization/{gone}") == []
    assert [item for item in uow.query("users", "member#") if item.body["organizationId"] == gone] == []
    assert [each.id for each in repo.gone_organizations.list(uow)] == [gone]


def test_an_unknown_id_is_not_found(cloud: TestCloud) -> None:
    assert_error(delete_organization(cloud, OWNER, organization_id=guid("nobody")), 404, NOT_FOUND)
