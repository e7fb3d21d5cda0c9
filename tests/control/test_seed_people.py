"""People of a scenario: second steps and ages, and mistakes in them (docs/scenarios.md)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.cloud import TestCloud
from tests.support.control import ask

SEED = "/worlds/default/seed"
PERSON = {"email": "dora@extra.test", "masterPassword": "half way there"}


def seed(cloud: TestCloud, **person: Any) -> Any:
    document = {"version": 1, "name": "extra", "regions": {"us": {"users": [PERSON | person]}}}
    return ask(cloud, "POST", SEED, document)


def two_step_of(cloud: TestCloud, email: str = PERSON["email"]) -> Any:
    users = ask(cloud, "GET", "/worlds/default").json["regions"]["us"]["users"]
    return next(user["twoStep"] for user in users if user["email"] == email)


def test_a_secret_is_kept_as_it_was_given_and_shown_as_authenticators_write_it(cloud: TestCloud) -> None:
    seed(cloud, twoStep={"authenticator": "gezd gnbv gy3t qojq", "recoveryCode": "my own"})

    assert two_step_of(cloud) == {"authenticator": "GEZDGNBVGY3TQOJQ", "email": False, "recoveryCode": "my own"}


def test_what_the_scenario_leaves_open_follows_from_its_seed(keyring: Any) -> None:
    shown = []
    for _ in range(2):
        cloud = TestCloud(keyring=keyring)
        seed(cloud, twoStep={"authenticator": True})
        shown.append(two_step_of(cloud))

    assert shown[0] == shown[1]


def test_two_people_have_different_secrets(cloud: TestCloud) -> None:
    seed(cloud, twoStep={"authenticator": True})
    seed(cloud, email="dirk@extra.test", twoStep={"authenticator": True})

    assert two_step_of(cloud)["authenticator"] != two_step_of(cloud, "dirk@extra.test")["authenticator"]


def test_a_second_step_changes_nobodys_ids_and_keys(keyring: Any) -> None:
    people = []
    for more in ({}, {"twoStep": {"authenticator": True}, "createdDaysAgo": 9}):
        cloud = TestCloud(keyring=keyring)
        seed(cloud, **more)
        user = cloud.user(PERSON["email"])
        people.append((user.id, user.api_key, user.security_stamp, user.license_key))

    assert people[0] == people[1]


@pytest.mark.parametrize(
    ("person", "where"),
    [
        ({"twoStep": True}, "twoStep"),
        ({"twoStep": {"authenticator": "not base32"}}, "twoStep.authenticator"),
        ({"twoStep": {"authenticator": ""}}, "twoStep.authenticator"),
        ({"twoStep": {"authenticator": 5}}, "twoStep.authenticator"),
        ({"twoStep": {"recoveryCode": ""}}, "twoStep.recoveryCode"),
        ({"twoStep": {"recoveryCode": "x" * 51}}, "twoStep.recoveryCode"),
        ({"twoStep": {"sms": True}}, "twoStep"),
        ({"createdDaysAgo": -1}, "createdDaysAgo"),
        ({"createdDaysAgo": 36_501}, "createdDaysAgo"),
    ],
)
def test_a_mistake_is_named_by_its_field(cloud: TestCloud, person: dict[str, Any], where: str) -> None:
    answer = seed(cloud, **person)

    assert (answer.status, answer.json["where"]) == (400, f"regions.us.users[0].{where}")


@pytest.mark.parametrize("identifier", ["", "x" * 51])
def test_an_organizations_identifier_has_one_to_fifty_characters(cloud: TestCloud, identifier: str) -> None:
    organization = {"name": "Extra", "billingEmail": "billing@extra.test", "identifier": identifier}
    document = {"version": 1, "name": "extra", "regions": {"us": {"organizations": [organization]}}}

    answer = ask(cloud, "POST", SEED, document)

    assert (answer.status, answer.json["where"]) == (400, "regions.us.organizations[0].identifier")


def test_an_identifier_can_be_given_once(cloud: TestCloud) -> None:
    twice = [{"name": name, "billingEmail": "billing@extra.test", "identifier": "same"} for name in ("One", "Two")]
    document = {"version": 1, "name": "extra", "regions": {"us": {"organizations": twice}}}

    answer = ask(cloud, "POST", SEED, document)

    assert (answer.status, answer.json["where"]) == (400, "regions.us.organizations[1].identifier")
