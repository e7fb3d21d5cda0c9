"""An organization is deleted on every store alike, and what it sponsored lives on."""

from __future__ import annotations

from typing import Any

import pytest

from sosie.services import repository as repo
from tests.support.cloud import TestCloud
from tests.support.families import ACME, ALICE, BOB, COUSIN, OWNER, offer, offer_token, redeem, validate
from tests.support.refusals import NOT_FOUND, assert_done, assert_error
from tests.support.removals import delete_account, delete_organization, organization_ids, remove_member


@pytest.fixture
def cloud(keyring: Any, store: Any) -> TestCloud:
    """A cloud on each of the stores."""
    return TestCloud(keyring=keyring, store=store)


def test_member_account_and_organization_go_one_after_the_other(cloud: TestCloud) -> None:
    owner, gone = cloud.user_token(OWNER), cloud.organization(ACME).id
    assert_done(offer(cloud, ALICE, COUSIN))
    token = offer_token(cloud, COUSIN)

    assert_done(remove_member(cloud, OWNER, BOB))
    assert_done(delete_account(cloud, ALICE))
    assert_done(delete_organization(cloud, OWNER))

    assert organization_ids(cloud, OWNER) == organization_ids(cloud, BOB) == []
    assert_error(delete_organization(cloud, OWNER, token=owner, organization_id=gone), 404, NOT_FOUND)
    left = [item.key.sort for item in cloud.unit().query(f"organization/{gone}")]
    assert [sort.partition("#")[0] for sort in left] == ["sponsorship"]
    assert [each.id for each in repo.gone_organizations.list(cloud.unit())] == [gone]

    assert validate(cloud, COUSIN, token).json == {"isTokenValid": True, "isFreeFamilyPolicyEnabled": False}
    assert_done(redeem(cloud, COUSIN, token))
