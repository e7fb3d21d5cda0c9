"""Organization API keys, the billing sync key above all (docs/contract/api.md §3, §1.8).

The checks come in the contract's order; where two fail at once, the test says which one answers.
"""

from __future__ import annotations

import re
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
    GLOBEX,
    GLOBEX_OWNER,
    INITECH,
    INITECH_OWNER,
    NEWCOMER,
    NOW_TEXT,
    OWNER,
    change_organization,
    delete_organization,
    generate_sync_key,
    guid,
    join,
    key_request,
    stored_key,
    sync,
    sync_key,
    sync_row,
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
DEFAULT, BILLING_SYNC, SCIM = 0, 1, 2
VERBS = ["api-key", "rotate-api-key"]


def ask(cloud: TestCloud, verb: str, by: str, body: Any, organization_id: str | None = None) -> Any:
    """Send a key request to an organization, Acme unless its id is given."""
    path = f"/organizations/{organization_id or cloud.organization(ACME).id}/{verb}"
    return cloud.post(path, body, token=cloud.user_token(by))


def generate(cloud: TestCloud, by: str = OWNER, organization: str = ACME, key_type: int = BILLING_SYNC) -> Any:
    return ask(cloud, "api-key", by, key_request(by, key_type), cloud.organization(organization).id)


def rotate(cloud: TestCloud, by: str = OWNER, organization: str = ACME, key_type: int = BILLING_SYNC) -> Any:
    return ask(cloud, "rotate-api-key", by, key_request(by, key_type), cloud.organization(organization).id)


def information(cloud: TestCloud, by: str = OWNER, organization: str = ACME, key_type: str | None = None) -> Any:
    suffix = "" if key_type is None else f"/{key_type}"
    path = f"/organizations/{cloud.organization(organization).id}/api-key-information{suffix}"
    return cloud.get(path, token=cloud.user_token(by))


def key_types(cloud: TestCloud, by: str = OWNER, organization: str = ACME) -> list[int]:
    return [entry["keyType"] for entry in information(cloud, by, organization).json["data"]]


# Generate.


def test_an_owner_gets_a_billing_sync_key_of_thirty_characters(cloud: TestCloud) -> None:
    answer = generate(cloud)

    assert answer.status == 200
    assert set(answer.json) == {"object", "apiKey", "revisionDate"}
    assert (answer.json["object"], answer.json["revisionDate"]) == ("apiKey", NOW_TEXT)
    assert re.fullmatch(r"[A-Za-z0-9]{30}", answer.json["apiKey"])


def test_asking_again_gives_the_same_key_and_date(cloud: TestCloud) -> None:
    first = generate(cloud)
    cloud.clock.advance(timedelta(days=1))

    assert generate(cloud).json == first.json


def test_two_organizations_have_two_keys_and_so_have_two_types(cloud: TestCloud) -> None:
    keys = {
        generate(cloud, by, organization, key_type).json["apiKey"]
        for by, organization in ((OWNER, ACME), (GLOBEX_OWNER, GLOBEX))
        for key_type in (DEFAULT, BILLING_SYNC, SCIM)
    }

    assert len(keys) == 6


def test_the_default_key_is_there_from_the_beginning(cloud: TestCloud) -> None:
    default = stored_key(cloud, ACME, DEFAULT)
    assert default is not None

    assert generate(cloud, key_type=DEFAULT).json["apiKey"] == default.api_key


def test_without_a_type_the_default_key_is_meant(cloud: TestCloud) -> None:
    default = stored_key(cloud, ACME, DEFAULT)
    assert default is not None

    answer = ask(cloud, "api-key", OWNER, {"masterPasswordHash": authentication_hash(OWNER)})

    assert answer.json["apiKey"] == default.api_key


def test_a_generated_key_is_the_one_a_sync_needs(cloud: TestCloud) -> None:
    key = generate_sync_key(cloud)

    assert sync(cloud, [sync_row("zoe")], ACME, billingSyncKey=key).status == 200


def test_a_teams_organization_may_have_a_billing_sync_key(cloud: TestCloud) -> None:
    assert generate(cloud, INITECH_OWNER, INITECH).status == 200


def test_the_route_takes_a_guid_in_any_form(cloud: TestCloud) -> None:
    organization_id = cloud.organization(ACME).id
    key = generate(cloud).json["apiKey"]

    for text in (organization_id.upper(), organization_id.replace("-", ""), f"%7B{organization_id}%7D"):
        assert ask(cloud, "api-key", OWNER, key_request(OWNER), text).json["apiKey"] == key


# Rotate.


def test_rotating_gives_another_key_and_date(cloud: TestCloud) -> None:
    old = generate(cloud).json
    cloud.clock.advance(timedelta(days=1))

    new = rotate(cloud)

    assert new.status == 200
    assert (new.json["object"], new.json["revisionDate"]) == ("apiKey", "2026-03-05T05:06:07Z")
    assert re.fullmatch(r"[A-Za-z0-9]{30}", new.json["apiKey"])
    assert new.json["apiKey"] != old["apiKey"]
    assert generate(cloud).json == new.json


def test_rotating_one_type_leaves_the_others(cloud: TestCloud) -> None:
    default, billing_sync = stored_key(cloud, ACME, DEFAULT), generate(cloud).json["apiKey"]

    rotate(cloud, key_type=SCIM)

    assert stored_key(cloud, ACME, DEFAULT) == default
    assert sync_key(cloud, ACME) == billing_sync


def test_a_key_that_never_was_can_be_rotated(cloud: TestCloud) -> None:
    assert rotate(cloud).status == 200
    assert BILLING_SYNC in key_types(cloud)


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
def test_a_type_that_does_not_exist_makes_the_cloud_fail(cloud: TestCloud, verb: str, key_type: int, secret) -> None:
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


# What keys there are.


def test_the_information_lists_the_keys_there_are_and_not_the_keys_themselves(cloud: TestCloud) -> None:
    cloud.clock.advance(timedelta(days=1))
    key = generate(cloud).json["apiKey"]

    answer = information(cloud)

    assert (answer.status, answer.json) == (
        200,
        {
            "object": "list",
            "data": [
                {"object": "keyInformation", "keyType": 0, "revisionDate": NOW_TEXT},
                {"object": "keyInformation", "keyType": 1, "revisionDate": "2026-03-05T05:06:07Z"},
            ],
            "continuationToken": None,
        },
    )
    assert key not in answer.body


@pytest.mark.parametrize(
    "by_name", [("0", "1", "2"), ("Default", "BillingSync", "Scim"), ("default", "billingsync", "SCIM")]
)
def test_the_information_is_filtered_by_number_or_name(cloud: TestCloud, by_name: tuple[str, ...]) -> None:
    generate(cloud)

    found = [information(cloud, key_type=text).json["data"] for text in by_name]

    assert [[entry["keyType"] for entry in data] for data in found] == [[0], [1], []]


def test_the_information_makes_no_key(cloud: TestCloud) -> None:
    information(cloud, key_type="1")

    assert key_types(cloud) == [DEFAULT]


@pytest.mark.parametrize("text", ["3", "-1", "256", "Billing", "1,2x"])
def test_a_type_that_does_not_exist_is_a_wrong_value(cloud: TestCloud, text: str) -> None:
    assert_invalid(information(cloud, key_type=text), {"type": [f"The value '{text}' is not valid."]})


def test_the_wrong_type_answers_before_the_missing_role(cloud: TestCloud) -> None:
    assert_invalid(information(cloud, ALICE, key_type="3"), {"type": ["The value '3' is not valid."]})


@pytest.mark.parametrize("key_type", [None, "0", "1", "2"])
def test_only_the_owner_sees_the_information(cloud: TestCloud, key_type: str | None) -> None:
    assert_error(information(cloud, ALICE, key_type=key_type), 404, NOT_FOUND)
    assert_error(information(cloud, GLOBEX_OWNER, key_type=key_type), 404, NOT_FOUND)


def test_who_manages_scim_sees_that_there_is_a_scim_key(cloud: TestCloud) -> None:
    rotate(cloud, key_type=SCIM)
    join(cloud, NEWCOMER, ACME, Role.CUSTOM, "manageScim")

    assert [entry["keyType"] for entry in information(cloud, NEWCOMER, key_type="2").json["data"]] == [2]
    for key_type in (None, "0", "1"):
        assert_error(information(cloud, NEWCOMER, key_type=key_type), 404, NOT_FOUND)


def test_the_information_needs_a_persons_token_and_a_guid(cloud: TestCloud) -> None:
    path = f"/organizations/{cloud.organization(ACME).id}/api-key-information"

    assert_no_body(cloud.get(path), 401)
    assert_no_body(cloud.get(path, token=cloud.installation_token("api.installation")), 403)
    wrong = cloud.get("/organizations/abc/api-key-information", token=cloud.user_token(OWNER))
    assert_invalid(wrong, {"id": ["The value 'abc' is not valid."]})


def test_an_unknown_organization_is_not_found(cloud: TestCloud) -> None:
    answer = cloud.get(f"/organizations/{guid('nobody')}/api-key-information", token=cloud.user_token(OWNER))

    assert_error(answer, 404, NOT_FOUND)
