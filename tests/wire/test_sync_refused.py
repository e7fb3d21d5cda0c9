"""What refuses a sponsorship sync, and how its body is read (docs/contract/api.md §2.8 #1 to #7, §1.3, §1.4, §1.7).

The checks come in the contract's order; where two fail at once, the test says which one answers.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.cloud import TestCloud
from tests.support.families import (
    ACME,
    ALICE,
    GLOBEX,
    GLOBEX_OWNER,
    NOW_TEXT,
    SPONSORSHIPS,
    answered,
    change_organization,
    delete_organization,
    events_of,
    generate_sync_key,
    give_sync_key,
    guid,
    key_request,
    mails,
    rows_of,
    sync,
    sync_key,
    sync_row,
    synced,
    the_row,
)
from tests.support.refusals import assert_error, assert_failed, assert_invalid, assert_misread, assert_no_body

PATH = f"{SPONSORSHIPS}/sync"
UNKNOWN = "Invalid organization"
WRONG_KEY = "Invalid Billing Sync Key"
TWINS = [sync_row("zoe"), sync_row("zoe")]


def assert_untouched(cloud: TestCloud) -> None:
    assert (rows_of(cloud, GLOBEX), mails(cloud), events_of(cloud)) == ([], [], [])


# The door.


def test_a_sync_needs_an_installations_token_of_its_own_scope(cloud: TestCloud) -> None:
    anonymous = cloud.post(PATH, {})

    assert_no_body(anonymous, 401)
    assert anonymous.headers["www-authenticate"].startswith("Bearer")
    assert_no_body(cloud.post(PATH, {}, token=cloud.user_token(ALICE)), 403)
    for scope in ("api.licensing", "api.push"):
        assert_no_body(cloud.post(PATH, {}, token=cloud.installation_token(scope)), 403)


def test_an_installation_that_was_disabled_after_its_token_was_issued_can_sync(cloud: TestCloud) -> None:
    body = {
        "billingSyncKey": sync_key(cloud, GLOBEX),
        "sponsoringOrganizationCloudId": cloud.organization(GLOBEX).id,
        "sponsorshipsBatch": [sync_row("zoe")],
    }

    answer = cloud.post(PATH, body, token=cloud.installation_token("api.installation", enabled=False))

    assert (answer.status, answer.json) == (200, {"sponsorshipsBatch": [answered(sync_row("zoe"))]})


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_a_body_that_does_not_say_it_is_json_is_not_read(cloud: TestCloud, content_type: str | None) -> None:
    headers = {} if content_type is None else {"content-type": content_type}
    token = cloud.installation_token("api.installation")

    assert_no_body(cloud.request("POST", PATH, body=b"{}", headers=headers, token=token), 415)


@pytest.mark.parametrize("body", [b"", b"  ", b"null"])
def test_an_empty_body_is_refused(cloud: TestCloud, body: bytes) -> None:
    token = cloud.installation_token("api.installation")
    answer = cloud.request("POST", PATH, body=body, headers={"content-type": "application/json"}, token=token)

    assert_invalid(answer, {"": ["A non-empty request body is required."]})


@pytest.mark.parametrize("body", [b"{", b"[]", b'"text"', b"7", b'{"sponsorshipsBatch":[}', b"\xff", b"{}x"])
def test_a_body_that_is_no_json_object_is_refused_with_a_path(cloud: TestCloud, body: bytes) -> None:
    token = cloud.installation_token("api.installation")
    answer = cloud.request("POST", PATH, body=body, headers={"content-type": "application/json"}, token=token)

    assert (answer.status, answer.message) == (400, "The model state is invalid.")
    assert all(key.startswith("$") for key in answer.errors)


# #1: the model.


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sponsoringOrganizationCloudId", None),
        ("sponsoringOrganizationCloudId", "abc"),
        ("sponsoringOrganizationCloudId", 7),
        ("sponsoringOrganizationCloudId", "6f0c1d7e1a2b4c3d8e9f0a1b2c3d4e5f"),
        ("billingSyncKey", 7),
        ("sponsorshipsBatch", {}),
        ("sponsorshipsBatch", "text"),
    ],
)
def test_a_json_value_of_the_wrong_type_is_named_by_its_path(cloud: TestCloud, name: str, value: Any) -> None:
    assert_misread(sync(cloud, [], **{name: value}), f"$.{name}")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sponsoringOrganizationUserId", None),
        ("sponsoringOrganizationUserId", ""),
        ("sponsoringOrganizationUserId", "{6f0c1d7e-1a2b-4c3d-8e9f-0a1b2c3d4e5f}"),
        ("friendlyName", 7),
        ("offeredToEmail", False),
        ("planSponsorshipType", "0"),
        ("planSponsorshipType", None),
        ("planSponsorshipType", 256),
        ("lastSyncDate", "yesterday"),
        ("lastSyncDate", "1767323045"),
        ("lastSyncDate", "2026-03-04 05:06:07"),
        ("lastSyncDate", "2026-02-30T05:06:07Z"),
        ("lastSyncDate", 7),
        ("validUntil", ""),
        ("toDelete", None),
        ("toDelete", "false"),
        ("toDelete", 0),
    ],
)
def test_in_an_item_too(cloud: TestCloud, name: str, value: Any) -> None:
    rows = [sync_row("zoe"), sync_row("pat", **{name: value})]

    assert_misread(sync(cloud, rows), f"$.sponsorshipsBatch[1].{name}")
    assert_untouched(cloud)


def test_the_model_answers_before_the_unknown_organization(cloud: TestCloud) -> None:
    answer = sync(cloud, [sync_row("zoe", toDelete=None)], sponsoringOrganizationCloudId=guid("nobody"))

    assert_misread(answer, "$.sponsorshipsBatch[0].toDelete")


# #2: the organization.


def test_an_unknown_organization_is_refused(cloud: TestCloud) -> None:
    assert_error(sync(cloud, [], sponsoringOrganizationCloudId=guid("nobody")), 400, UNKNOWN)


def test_an_organization_of_the_other_region_is_unknown(cloud: TestCloud, keyring: Any) -> None:
    foreign = TestCloud("eu", keyring=keyring).organization("De Vries BV").id

    assert_error(sync(cloud, [], sponsoringOrganizationCloudId=foreign), 400, UNKNOWN)


def test_without_an_organization_none_is_known(cloud: TestCloud) -> None:
    answer = cloud.post(PATH, {}, token=cloud.installation_token("api.installation"))

    assert_error(answer, 400, UNKNOWN)


def test_a_deleted_organization_is_unknown(cloud: TestCloud) -> None:
    body: dict[str, Any] = {"billingSyncKey": sync_key(cloud, GLOBEX), "sponsorshipsBatch": []}
    gone = delete_organization(cloud, GLOBEX)

    answer = cloud.post(
        PATH, {**body, "sponsoringOrganizationCloudId": gone}, token=cloud.installation_token("api.installation")
    )

    assert_error(answer, 400, UNKNOWN)


@pytest.mark.parametrize("key", [None, "", "wrong"])
@pytest.mark.parametrize("rows", [None, [None], []])
def test_the_unknown_organization_answers_before_key_and_batch(cloud: TestCloud, key: Any, rows: Any) -> None:
    answer = sync(cloud, rows, sponsoringOrganizationCloudId=guid("nobody"), billingSyncKey=key)

    assert_error(answer, 400, UNKNOWN)


# #3, #4, #5: the key.


@pytest.mark.parametrize("organization", [GLOBEX, ACME])
@pytest.mark.parametrize("key", [None, "", "   ", "\t\n"])
def test_a_key_that_is_missing_or_blank_is_refused_even_where_none_was_generated(
    cloud: TestCloud, organization: str, key: Any
) -> None:
    assert_error(sync(cloud, [sync_row("zoe")], organization, billingSyncKey=key), 400, WRONG_KEY)


def test_an_organization_that_never_generated_a_key_makes_the_cloud_fail(cloud: TestCloud) -> None:
    for rows in ([sync_row("zoe")], [], None):
        assert_failed(sync(cloud, rows, ACME, billingSyncKey="k" * 30))


def test_keys_of_other_types_are_no_billing_sync_key(cloud: TestCloud) -> None:
    default = key_request("owner@acme.test", 0)
    path = f"/organizations/{cloud.organization(ACME).id}/api-key"
    key = cloud.post(path, default, token=cloud.user_token("owner@acme.test")).json["apiKey"]

    assert_failed(sync(cloud, [], ACME, billingSyncKey=key))


def test_a_key_must_be_the_stored_one_to_the_letter(cloud: TestCloud) -> None:
    right = sync_key(cloud, GLOBEX)
    assert right is not None
    for key in (right.swapcase(), f"{right} ", f" {right}", right[:-1], "é" * 30, give_sync_key(cloud, ACME)):
        assert_error(sync(cloud, [sync_row("zoe")], billingSyncKey=key), 400, WRONG_KEY)
    assert_untouched(cloud)


def test_the_old_key_is_wrong_as_soon_as_it_is_rotated(cloud: TestCloud) -> None:
    old = sync_key(cloud, GLOBEX)
    path = f"/organizations/{cloud.organization(GLOBEX).id}/rotate-api-key"
    new = cloud.post(path, key_request(GLOBEX_OWNER), token=cloud.user_token(GLOBEX_OWNER)).json["apiKey"]

    assert_error(sync(cloud, [], billingSyncKey=old), 400, WRONG_KEY)
    assert sync(cloud, [], billingSyncKey=new).status == 200


def test_a_wrong_key_is_not_delayed(cloud: TestCloud) -> None:
    assert sync(cloud, [], billingSyncKey="wrong").delay == 0


def test_any_installation_syncs_any_organization_with_the_right_key(cloud: TestCloud) -> None:
    installation = cloud.post("/installations", {"email": "ops@else.test"}).json
    form = {
        "grant_type": "client_credentials",
        "scope": "api.installation",
        "client_id": f"installation.{installation['id']}",
        "client_secret": installation["key"],
    }
    token = cloud.request("POST", "/connect/token", service="identity", form=form).json["access_token"]
    body = {
        "billingSyncKey": generate_sync_key(cloud),
        "sponsoringOrganizationCloudId": cloud.organization(ACME).id,
        "sponsorshipsBatch": [sync_row("zoe")],
    }

    assert cloud.post(PATH, body, token=token).status == 200
    assert events_of(cloud, ACME)[0].installation_id == installation["id"]


@pytest.mark.parametrize("rows", [None, [None], [sync_row("zoe", planSponsorshipType=1)]])
def test_the_wrong_key_answers_before_the_batch(cloud: TestCloud, rows: Any) -> None:
    assert_error(sync(cloud, rows, billingSyncKey="wrong"), 400, WRONG_KEY)


def test_the_wrong_key_answers_before_the_double_rows(cloud: TestCloud) -> None:
    synced(cloud, *TWINS)

    assert_error(sync(cloud, [sync_row("pat")], billingSyncKey="wrong"), 400, WRONG_KEY)
    assert_error(sync(cloud, [sync_row("pat")], billingSyncKey=None), 400, WRONG_KEY)


# #6 and #7: the batch and the stored rows.


def test_a_missing_batch_makes_the_cloud_fail(cloud: TestCloud) -> None:
    body = {"billingSyncKey": sync_key(cloud, GLOBEX), "sponsoringOrganizationCloudId": cloud.organization(GLOBEX).id}
    absent = cloud.post(PATH, body, token=cloud.installation_token("api.installation"))

    assert_failed(absent)
    assert_failed(sync(cloud, None))
    assert_untouched(cloud)


@pytest.mark.parametrize("rows", [[None], [sync_row("zoe"), None], [None, sync_row("zoe")]])
def test_a_null_among_the_items_makes_the_cloud_fail_and_leaves_nothing(cloud: TestCloud, rows: Any) -> None:
    assert_failed(sync(cloud, rows))
    assert_untouched(cloud)


@pytest.mark.parametrize("organization_changes", [{}, {"plan_type": 18}])
@pytest.mark.parametrize("number", [1, 255])
def test_an_unknown_sponsorship_type_fails_the_whole_batch(
    cloud: TestCloud, organization_changes: Any, number: int
) -> None:
    change_organization(cloud, GLOBEX, **organization_changes)

    assert_failed(sync(cloud, [sync_row("zoe"), sync_row("pat", planSponsorshipType=number)]))
    assert_untouched(cloud)


def test_a_plan_that_does_not_exist_fails_with_the_first_item(cloud: TestCloud) -> None:
    change_organization(cloud, GLOBEX, plan_type=23, use_events=False)

    assert_failed(sync(cloud, [sync_row("zoe")]))


def test_double_rows_fail_whatever_the_batch_is_about(cloud: TestCloud) -> None:
    synced(cloud, *TWINS)

    assert_failed(sync(cloud, [sync_row("pat")]))
    assert_failed(sync(cloud, [sync_row("pat", toDelete=True)]))
    change_organization(cloud, GLOBEX, plan_type=18)
    assert_failed(sync(cloud, [sync_row("pat")]))
    assert len(events_of(cloud)) == 1


# How the body is read.


def test_names_match_in_any_letter_case(cloud: TestCloud) -> None:
    row = {name[0].upper() + name[1:]: value for name, value in sync_row("zoe").items()}
    body = {
        "BillingSyncKey": sync_key(cloud, GLOBEX),
        "SPONSORINGORGANIZATIONCLOUDID": cloud.organization(GLOBEX).id,
        "SponsorshipsBatch": [row, {name.lower(): value for name, value in sync_row("pat").items()}],
        "Unknown": {"a": None},
    }

    answer = cloud.post(PATH, body, token=cloud.installation_token("api.installation"))

    assert (answer.status, answer.json["sponsorshipsBatch"]) == (
        200,
        [answered(sync_row("zoe")), answered(sync_row("pat"))],
    )


def test_guids_come_in_any_letter_case_and_go_in_lower_case(cloud: TestCloud) -> None:
    synced(cloud, sync_row("zoe"))
    shouted = sync_row("zoe", sponsoringOrganizationUserId=guid("zoe").upper())

    answer = sync(cloud, [shouted], sponsoringOrganizationCloudId=cloud.organization(GLOBEX).id.upper())

    assert answer.json["sponsorshipsBatch"] == [answered(sync_row("zoe"))]
    assert the_row(cloud, GLOBEX).sponsoring_member_id == guid("zoe")


@pytest.mark.parametrize(
    "date",
    [
        "2026-03-04T05:06:07.1234567Z",
        "2026-03-04T05:06:07Z",
        "2026-03-04T05:06:07.12+02:00",
        "2026-03-04T05:06:07",
        "2026-03-04T05:06Z",
        "2026-03-04",
        "0001-01-01T00:00:00",
        "9999-12-31T23:59:59.9999999Z",
    ],
)
def test_dates_are_read_with_and_without_fraction_and_zone(cloud: TestCloud, date: str) -> None:
    zombie = sync_row("zoe", lastSyncDate=date, validUntil=date, toDelete=True)

    # Only a date that was read makes an unknown row come back.
    assert synced(cloud, zombie) == [answered(zombie, cloudSponsorshipRemoved=True)]


def test_the_answer_is_json_with_nulls_and_nothing_else(cloud: TestCloud) -> None:
    answer = sync(cloud, [sync_row("zoe", friendlyName="Zoë")])

    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert '"friendlyName":"Zoë"' in answer.body
    assert json.loads(answer.body) == {
        "sponsorshipsBatch": [
            {
                "sponsoringOrganizationUserId": guid("zoe"),
                "friendlyName": "Zoë",
                "offeredToEmail": "zoe@mail.test",
                "planSponsorshipType": 0,
                "lastSyncDate": NOW_TEXT,
                "validUntil": None,
                "toDelete": False,
                "cloudSponsorshipRemoved": False,
                "isAdminInitiated": False,
            }
        ]
    }


def test_a_text_with_half_a_character_is_refused(cloud: TestCloud) -> None:
    body = json.dumps(
        {
            "billingSyncKey": sync_key(cloud, GLOBEX),
            "sponsoringOrganizationCloudId": cloud.organization(GLOBEX).id,
            "sponsorshipsBatch": [sync_row("zoe", friendlyName="\ud800")],
        }
    ).encode()
    headers = {"content-type": "application/json"}

    answer = cloud.request("POST", PATH, body=body, headers=headers, token=cloud.installation_token("api.installation"))

    assert (answer.status, answer.message) == (400, "The model state is invalid.")
    assert_untouched(cloud)
