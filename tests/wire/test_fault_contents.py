"""Effects on tokens, syncs and licences: the right answer, wrong in one way (design: faults)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.cloud import START, TestCloud
from tests.support.families import GLOBEX, rows_of, sync, sync_row
from tests.support.faults import fault, request_token
from tests.support.jwt import decode, verified
from tests.support.licence_checks import download, sync_licence

NOW = int(START.timestamp())


# Tokens.


def test_an_expired_token_is_a_real_one_whose_time_is_over(cloud: TestCloud) -> None:
    fault(cloud, {"kind": "expired-token"}, limit={"times": 1})

    expired, fresh = request_token(cloud), request_token(cloud)

    claims = verified(cloud, expired.json["access_token"]).claims
    assert (claims["exp"], claims["iat"], claims["nbf"]) == (NOW - 600, NOW - 600 - 86_400, NOW - 600 - 86_400)
    assert expired.json["expires_in"] == 86_400
    assert list(claims) == list(decode(fresh.json["access_token"]).claims)


@pytest.mark.parametrize(("seconds", "status"), [(600, 401), (301, 401), (299, 200)])
def test_the_api_tolerates_five_minutes(cloud: TestCloud, seconds: int, status: int) -> None:
    fault(cloud, {"kind": "expired-token", "secondsAgo": seconds})
    token = request_token(cloud).json["access_token"]

    answer = cloud.post("/push/delete", {"id": cloud.installation().id}, token=token)

    assert answer.status == status


def test_a_refused_sign_in_stays_refused_and_does_not_use_the_fault_up(cloud: TestCloud) -> None:
    rule = fault(cloud, {"kind": "expired-token"}, limit={"times": 1})

    refused = request_token(cloud, scope="api")
    answer = request_token(cloud)

    assert (refused.status, refused.body, refused.headers.get("x-sosie-fault")) == (
        400,
        '{"error":"invalid_scope"}',
        None,
    )
    assert answer.headers["x-sosie-fault"] == rule


# Syncs and licences.


def test_a_sync_with_a_null_batch_has_stored_its_rows(cloud: TestCloud) -> None:
    fault(cloud, {"kind": "sync-null-batch"})

    answer = sync(cloud, [sync_row("jo")])

    assert (answer.status, answer.body) == (200, '{"sponsorshipsBatch":null}')
    assert len(rows_of(cloud, GLOBEX)) == 1


def test_a_sync_invents_rows_of_the_same_shape_for_members_that_nobody_has(cloud: TestCloud) -> None:
    fault(cloud, {"kind": "sync-invents-row", "rows": 2}, limit={"times": 1})

    answer = sync(cloud, [sync_row("jo")])

    real, *invented = answer.json["sponsorshipsBatch"]
    assert real["offeredToEmail"] == "jo@mail.test"
    assert [list(each) for each in invented] == [list(real)] * 2
    assert len({each["sponsoringOrganizationUserId"] for each in [real, *invented]}) == 3
    assert {each["lastSyncDate"] for each in invented} == {real["lastSyncDate"]}
    assert len(rows_of(cloud, GLOBEX)) == 1


def test_a_sync_invents_a_row_for_an_empty_batch_too(cloud: TestCloud) -> None:
    fault(cloud, {"kind": "sync-invents-row"})

    (invented,) = sync(cloud, []).json["sponsorshipsBatch"]

    assert invented["lastSyncDate"] is None


def test_a_sync_drops_rows_that_the_cloud_has_stored(cloud: TestCloud) -> None:
    fault(cloud, {"kind": "sync-drops-row"})

    answer = sync(cloud, [sync_row("jo"), sync_row("kim")])

    assert [each["offeredToEmail"] for each in answer.json["sponsorshipsBatch"]] == ["kim@mail.test"]
    assert len(rows_of(cloud, GLOBEX)) == 2


@pytest.mark.parametrize("kind", ["sync-null-batch", "sync-invents-row", "sync-drops-row"])
def test_a_refused_sync_stays_refused(cloud: TestCloud, kind: str) -> None:
    fault(cloud, {"kind": kind})

    answer = sync(cloud, [sync_row("jo")], billingSyncKey="wrong")

    assert (answer.status, answer.message) == (400, "Invalid Billing Sync Key")
    assert "x-sosie-fault" not in answer.headers


def test_a_sync_that_has_nothing_to_drop_is_left_alone(cloud: TestCloud) -> None:
    fault(cloud, {"kind": "sync-drops-row"})

    answer = sync(cloud, [])

    assert (answer.json, "x-sosie-fault" in answer.headers) == ({"sponsorshipsBatch": []}, False)


@pytest.mark.parametrize(
    ("effect", "version", "has_token"), [({}, 17, False), ({"version": 99, "keepToken": True}, 99, True)]
)
def test_a_licence_of_an_unknown_version_has_no_token_that_would_hide_it(
    cloud: TestCloud, effect: dict[str, Any], version: int, has_token: bool
) -> None:
    right = sync_licence(cloud).json
    fault(cloud, {"kind": "licence-version-unsupported", **effect})

    synced, downloaded = sync_licence(cloud).json, download(cloud).json

    for licence in (synced, downloaded):
        assert (licence["version"], licence["token"] is not None) == (version, has_token)
    assert (right["version"], list(synced)) == (15, list(right))


def test_a_refused_licence_stays_refused(cloud: TestCloud) -> None:
    fault(cloud, {"kind": "licence-version-unsupported"})

    answer = sync_licence(cloud, licenseKey="wrong")

    assert (answer.status, answer.message) == (400, "Invalid license key.")
