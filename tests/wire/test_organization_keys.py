"""Organization API keys, the billing sync key above all: given, rotated, listed (docs/contract/api.md §3)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from sosie.domain.members import Role
from tests.support.cloud import TestCloud
from tests.support.families import (
    ACME,
    ALICE,
    GLOBEX,
    GLOBEX_OWNER,
    INITECH,
    INITECH_OWNER,
    NEWCOMER,
    NOW_TEXT,
    OWNER,
    generate_sync_key,
    guid,
    join,
    key_request,
    stored_key,
    sync,
    sync_key,
    sync_row,
)
from tests.support.organization_keys import (
    BILLING_SYNC,
    DEFAULT,
    SCIM,
    ask,
    generate,
    information,
    key_types,
    rotate,
)
from tests.support.passwords import authentication_hash
from tests.support.refusals import (
    NOT_FOUND,
    assert_error,
    assert_invalid,
    assert_no_body,
)

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
