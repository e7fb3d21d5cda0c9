"""What a client may make a record of is bounded, and every store refuses the same (sosie/domain/limits.py).

The contract leaves these texts unbounded; more than the bound is the 500 of a storage that is full.
"""

from __future__ import annotations

from typing import Any

import pytest

from sosie.domain.limits import LARGEST_RECORD, LONGEST_SORT_KEY, is_storable
from sosie.services import repository as repo
from tests.support.cloud import TestCloud
from tests.support.families import ACME, COUSIN, NEWCOMER, OWNER
from tests.support.refusals import assert_failed
from tests.support.token_client import VERSION, ask, password_form
from tests.wire.organization_bodies import FAMILY, FREE_OF_CHARGE

ROOM = 4096
"""More than all the rest of a record needs."""
MUCH = LARGEST_RECORD - ROOM


@pytest.fixture
def cloud(keyring: Any, store: Any) -> TestCloud:
    """A cloud on each of the stores."""
    return TestCloud(keyring=keyring, store=store)


def put_policy(cloud: TestCloud, data: Any) -> Any:
    path = f"/organizations/{cloud.organization(ACME).id}/policies/1"
    body = {"policy": {"enabled": True, "data": data}}
    return cloud.request("PUT", path, json_body=body, token=cloud.user_token(OWNER))


def create(cloud: TestCloud, **changes: Any) -> Any:
    return cloud.post(FREE_OF_CHARGE, {**FAMILY, **changes}, token=cloud.user_token(NEWCOMER))


def organizations(cloud: TestCloud) -> list[str]:
    return sorted(each.id for each in repo.organizations.list(cloud.unit()))


def test_a_policys_data_is_kept_up_to_the_bound(cloud: TestCloud) -> None:
    answer = put_policy(cloud, {"text": "x" * MUCH})

    assert answer.status == 200
    assert answer.json["data"] == {"text": "x" * MUCH}


@pytest.mark.parametrize("text", ["x" * LARGEST_RECORD, "\x01" * (LARGEST_RECORD // 6), "ü" * (LARGEST_RECORD // 2)])
def test_more_of_a_policys_data_is_refused_and_the_policy_stays(cloud: TestCloud, text: str) -> None:
    put_policy(cloud, {"text": "before"})

    assert_failed(put_policy(cloud, {"text": text}))

    policy = repo.policies.get(cloud.unit(), cloud.organization(ACME).id, 1)
    assert policy is not None
    assert policy.data == '{"text": "before"}'


@pytest.mark.parametrize(
    "changes",
    [
        {"key": "4." + "x" * MUCH},
        {"keys": {"publicKey": "x" * 60_000, "encryptedPrivateKey": "2." + "x" * 60_000}},
    ],
    ids=["key", "keys"],
)
def test_an_organizations_keys_are_kept_up_to_the_bound(cloud: TestCloud, changes: dict[str, Any]) -> None:
    assert create(cloud, **changes).status == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"key": "4." + "x" * LARGEST_RECORD},
        {"keys": {"publicKey": "x" * LARGEST_RECORD, "encryptedPrivateKey": "2.x"}},
        {"keys": {"publicKey": "x", "encryptedPrivateKey": "2." + "x" * LARGEST_RECORD}},
    ],
    ids=["key", "public key", "private key"],
)
def test_larger_keys_are_refused_and_there_is_no_half_an_organization(
    cloud: TestCloud, changes: dict[str, Any]
) -> None:
    before = organizations(cloud)

    assert_failed(create(cloud, **changes))

    assert organizations(cloud) == before
    uow = cloud.unit()
    assert repo.memberships_of(uow, cloud.user(NEWCOMER).id) == []
    assert uow.query("users", f"member#{cloud.user(NEWCOMER).id}#") == []


def test_a_collections_name_has_the_contracts_own_bound(cloud: TestCloud) -> None:
    answer = create(cloud, collectionName="2." + "x" * 1_000)

    assert answer.status == 400
    assert list(answer.errors) == ["CollectionName"]


@pytest.mark.parametrize(
    "changes",
    [
        {"devicename": "x" * LARGEST_RECORD},
        {"devicepushtoken": "x" * LARGEST_RECORD},
        {"deviceidentifier": "x" * LONGEST_SORT_KEY},
    ],
    ids=["name", "push token", "identifier"],
)
def test_what_a_device_says_is_cut_to_what_every_store_takes(cloud: TestCloud, changes: dict[str, str]) -> None:
    answer = ask(cloud, password_form(COUSIN, **changes), VERSION)

    assert answer.status == 200
    assert len(repo.devices.list(cloud.unit(), cloud.user(COUSIN).id)) == 1


def test_the_bound_counts_bytes_as_they_are_written() -> None:
    fits = LARGEST_RECORD - len('{"text":""}')

    assert is_storable("key", {"text": "x" * fits})
    assert not is_storable("key", {"text": "x" * (fits + 1)})
    assert is_storable("key", {"text": "ü" * (fits // 2)})
    assert not is_storable("key", {"text": "ü" * (fits // 2 + 1)})
    assert is_storable("key", {"text": "\x01" * (fits // 6)})
    assert not is_storable("key", {"text": "\x01" * (fits // 6 + 1)})
    assert not is_storable("key", {"text": ["x" * fits, {"y": "y"}]})


def test_a_place_has_its_own_bound() -> None:
    assert is_storable("x" * LONGEST_SORT_KEY, {})
    assert not is_storable("x" * (LONGEST_SORT_KEY + 1), {})
    assert not is_storable("\ud800", {})
