"""What refuses an organization API key (docs/contract/api.md §3.2, §3.3, §1.8).

The checks come in the contract's order; where two fail at once, the test says which one answers.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sosie.domain.members import Role
from tests.support.cloud import TestCloud
from tests.support.families import (
    ACME,
    ALICE,
    COUSIN,
    FAMILY,
    NEWCOMER,
    OWNER,
    change_organization,
    delete_organization,
    join,
    key_request,
    sync,
)
from tests.support.organization_keys import (
    BILLING_SYNC,
    DEFAULT,
    SCIM,
    VERBS,
    ask,
    generate,
    key_types,
    rotate,
)
from tests.support.passwords import authentication_hash
from tests.support.refusals import (
    NOT_FOUND,
    assert_error,
    assert_failed,
    assert_invalid,
    assert_misread,
    assert_no_body,
)

WRONG_SECRET = {"MasterPasswordHash": ["Invalid password."]}
NO_SECRET = {"": ["MasterPasswordHash, OTP, or AccessCode must be supplied."]}


# The door, and #1: the model.


@pytest.mark.parametrize("verb", VERBS)
def test_a_key_needs_a_persons_token_and_a_json_body(cloud: TestCloud, verb: str) -> None:
    path = f"/organizations/{cloud.organization(ACME).id}/{verb}"

    assert_no_body(cloud.post(path, key_request(OWNER)), 401)
    assert_no_body(cloud.post(path, key_request(OWNER), token=cloud.installation_token("api.installation")), 403)
    assert_no_body(cloud.request("POST", path, body=b"{}", token=cloud.user_token(OWNER)), 415)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    "secrets",
    [
        {},
        {"masterPasswordHash": None, "otp": None, "authRequestAccessCode": None},
        {"masterPasswordHash": "", "otp": "", "authRequestAccessCode": ""},
    ],
)
def test_one_of_the_three_secrets_must_be_there(cloud: TestCloud, verb: str, secrets: dict[str, Any]) -> None:
    assert_invalid(ask(cloud, verb, OWNER, {"type": 1, **secrets}), NO_SECRET)
    assert key_types(cloud) == [DEFAULT]


@pytest.mark.parametrize("verb", VERBS)
def test_a_hash_may_have_300_characters(cloud: TestCloud, verb: str) -> None:
    too_long = {"MasterPasswordHash": ["The field MasterPasswordHash must be a string with a maximum length of 300."]}

    assert_invalid(ask(cloud, verb, OWNER, {"type": 1, "masterPasswordHash": "x" * 301}), too_long)
    assert_invalid(ask(cloud, verb, OWNER, {"type": 1, "masterPasswordHash": "x" * 300}), WRONG_SECRET)


@pytest.mark.parametrize(
    ("name", "value"),
    [("type", "1"), ("type", None), ("type", 256), ("type", -1), ("masterPasswordHash", 7), ("otp", 123456)],
)
def test_a_json_value_of_the_wrong_type_is_named_by_its_path(cloud: TestCloud, name: str, value: object) -> None:
    assert_misread(ask(cloud, "api-key", OWNER, key_request(OWNER) | {name: value}), f"$.{name}")


@pytest.mark.parametrize("verb", VERBS)
def test_the_model_answers_before_the_id(cloud: TestCloud, verb: str) -> None:
    assert_invalid(ask(cloud, verb, OWNER, {}, "not-a-guid"), NO_SECRET)


# #2: the id.


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("key_type", [1, 7])
def test_an_id_that_is_no_guid_makes_the_cloud_fail(cloud: TestCloud, verb: str, key_type: int) -> None:
    assert_failed(ask(cloud, verb, OWNER, key_request(OWNER, key_type), "not-a-guid"))


# #3: the role, by the token.


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("key_type", [0, 1, 2, 7])
def test_a_member_is_not_told_that_there_are_keys(cloud: TestCloud, verb: str, key_type: int) -> None:
    assert_error(ask(cloud, verb, ALICE, key_request(ALICE, key_type)), 404, NOT_FOUND)
    assert key_types(cloud) == [DEFAULT]


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("key_type", [0, 1])
def test_an_admin_is_no_owner(cloud: TestCloud, verb: str, key_type: int) -> None:
    join(cloud, NEWCOMER, ACME, Role.ADMIN)

    assert_error(ask(cloud, verb, NEWCOMER, key_request(NEWCOMER, key_type)), 404, NOT_FOUND)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("role", [Role.ADMIN, Role.CUSTOM])
def test_for_the_scim_key_the_right_to_manage_scim_is_enough(cloud: TestCloud, verb: str, role: Role) -> None:
    join(cloud, NEWCOMER, ACME, role, "manageScim")

    assert ask(cloud, verb, NEWCOMER, key_request(NEWCOMER, SCIM)).status == 200
    assert_error(ask(cloud, verb, NEWCOMER, key_request(NEWCOMER, BILLING_SYNC)), 404, NOT_FOUND)


@pytest.mark.parametrize(("role", "permission"), [(Role.CUSTOM, "manageUsers"), (Role.USER, "manageScim")])
def test_any_other_right_is_not(cloud: TestCloud, role: Role, permission: str) -> None:
    join(cloud, NEWCOMER, ACME, role, permission)

    assert_error(generate(cloud, NEWCOMER, key_type=SCIM), 404, NOT_FOUND)


@pytest.mark.parametrize("verb", VERBS)
def test_ownership_is_as_old_as_the_token(cloud: TestCloud, verb: str) -> None:
    path = f"/organizations/{cloud.organization(ACME).id}/{verb}"
    stale = cloud.user_token(NEWCOMER)
    join(cloud, NEWCOMER, ACME, Role.OWNER)

    assert_error(cloud.post(path, key_request(NEWCOMER), token=stale), 404, NOT_FOUND)
    assert cloud.post(path, key_request(NEWCOMER), token=cloud.user_token(NEWCOMER)).status == 200


@pytest.mark.parametrize("verb", VERBS)
def test_the_missing_role_answers_before_the_secret_and_without_its_delay(cloud: TestCloud, verb: str) -> None:
    answer = ask(cloud, verb, ALICE, {"type": 1, "masterPasswordHash": "wrong"})

    assert_error(answer, 404, NOT_FOUND)
    assert answer.delay == 0


# #4: the organization.


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("key_type", [1, 7])
def test_an_organization_that_was_deleted_meanwhile_is_not_found(cloud: TestCloud, verb: str, key_type: int) -> None:
    token = cloud.user_token(OWNER)
    gone = delete_organization(cloud, ACME)

    answer = cloud.post(f"/organizations/{gone}/{verb}", key_request(OWNER, key_type), token=token)

    assert_error(answer, 404, NOT_FOUND)


# #5: the tier.


@pytest.mark.parametrize("key_type", [BILLING_SYNC, SCIM])
@pytest.mark.parametrize("plan_type", [0, 1, 6, 7, 16, 21, 22])
def test_below_teams_there_is_no_key_to_generate(cloud: TestCloud, plan_type: int, key_type: int) -> None:
    change_organization(cloud, ACME, plan_type=plan_type)

    assert_error(generate(cloud, key_type=key_type), 404, NOT_FOUND)
    assert key_types(cloud) == [DEFAULT]


@pytest.mark.parametrize("plan_type", [2, 9, 13, 17, 18, 4, 11, 15, 19, 20])
def test_teams_and_enterprise_of_any_year_have_keys(cloud: TestCloud, plan_type: int) -> None:
    change_organization(cloud, ACME, plan_type=plan_type)

    assert generate(cloud).status == 200


def test_a_key_generated_on_a_better_plan_is_not_shown_on_a_lower_one(cloud: TestCloud) -> None:
    generate(cloud)
    change_organization(cloud, ACME, plan_type=22)

    assert_error(generate(cloud), 404, NOT_FOUND)


def test_every_organization_has_a_default_key_to_show(cloud: TestCloud) -> None:
    assert generate(cloud, COUSIN, FAMILY, DEFAULT).status == 200


def test_a_families_owner_gets_by_rotating_what_is_not_generated(cloud: TestCloud) -> None:
    assert_error(generate(cloud, COUSIN, FAMILY), 404, NOT_FOUND)
    assert rotate(cloud, COUSIN, FAMILY).status == 200
    assert key_types(cloud, COUSIN, FAMILY) == [DEFAULT, BILLING_SYNC]


def test_the_tier_answers_before_the_secret(cloud: TestCloud) -> None:
    change_organization(cloud, ACME, plan_type=22)

    assert_error(ask(cloud, "api-key", OWNER, {"type": 1, "masterPasswordHash": "wrong"}), 404, NOT_FOUND)


# #6: the type.


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("key_type", [3, 255])
@pytest.mark.parametrize("secret", ["wrong", authentication_hash(OWNER)])
def test_a_type_that_does_not_exist_makes_the_cloud_fail(
    cloud: TestCloud, verb: str, key_type: int, secret: Any
) -> None:
    assert_failed(ask(cloud, verb, OWNER, {"type": key_type, "masterPasswordHash": secret}))
    assert key_types(cloud) == [DEFAULT]


# #7 and #8: the key is there before the secret is looked at.


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("name", ["masterPasswordHash", "otp"])
def test_a_wrong_secret_is_refused_after_two_seconds_and_the_key_exists(cloud: TestCloud, verb: str, name: str) -> None:
    answer = ask(cloud, verb, OWNER, {"type": 1, name: "wrong"})

    assert_invalid(answer, WRONG_SECRET)
    assert answer.delay == 2.0
    assert key_types(cloud) == [DEFAULT, BILLING_SYNC]


def test_a_wrong_secret_turns_a_failing_sync_into_a_refused_one(cloud: TestCloud) -> None:
    assert_failed(sync(cloud, [], ACME, billingSyncKey="k" * 30))

    ask(cloud, "api-key", OWNER, {"type": 1, "masterPasswordHash": "wrong"})

    assert_error(sync(cloud, [], ACME, billingSyncKey="k" * 30), 400, "Invalid Billing Sync Key")


def test_a_wrong_secret_rotates_nothing(cloud: TestCloud) -> None:
    before = generate(cloud).json
    cloud.clock.advance(timedelta(days=1))

    assert_invalid(ask(cloud, "rotate-api-key", OWNER, {"type": 1, "masterPasswordHash": "wrong"}), WRONG_SECRET)

    assert generate(cloud).json == before


@pytest.mark.parametrize("secret", [" ", authentication_hash(ALICE), authentication_hash(OWNER, "another password")])
def test_only_the_callers_own_hash_is_right(cloud: TestCloud, secret: str) -> None:
    assert_invalid(ask(cloud, "api-key", OWNER, {"type": 1, "masterPasswordHash": secret}), WRONG_SECRET)


def test_the_clear_password_is_no_secret(cloud: TestCloud) -> None:
    body = {"type": 1, "masterPasswordHash": "correct horse battery staple"}

    assert_invalid(ask(cloud, "api-key", OWNER, body), WRONG_SECRET)


@pytest.mark.parametrize("verb", VERBS)
def test_the_hash_is_used_if_there_is_one_and_else_the_one_time_password(cloud: TestCloud, verb: str) -> None:
    right = authentication_hash(OWNER)

    assert ask(cloud, verb, OWNER, {"type": 1, "masterPasswordHash": right, "otp": "wrong"}).status == 200
    assert ask(cloud, verb, OWNER, {"type": 1, "masterPasswordHash": "", "otp": right}).status == 200
    assert_invalid(ask(cloud, verb, OWNER, {"type": 1, "masterPasswordHash": "wrong", "otp": right}), WRONG_SECRET)


@pytest.mark.parametrize("verb", VERBS)
def test_an_access_code_alone_makes_the_cloud_fail_after_the_key_was_made(cloud: TestCloud, verb: str) -> None:
    assert_failed(ask(cloud, verb, OWNER, {"type": 1, "authRequestAccessCode": "code"}))
    assert key_types(cloud) == [DEFAULT, BILLING_SYNC]


def test_an_access_code_beside_a_wrong_hash_does_not_help(cloud: TestCloud) -> None:
    body = {"type": 1, "masterPasswordHash": "wrong", "authRequestAccessCode": "code"}

    assert_invalid(ask(cloud, "api-key", OWNER, body), WRONG_SECRET)


def test_a_right_secret_is_not_delayed(cloud: TestCloud) -> None:
    assert generate(cloud).delay == rotate(cloud).delay == 0
