"""Wrong turns of the billing sync key, the sponsorship sync and the licence sync: status and body as in the cloud."""

import json

import pytest

from tests.journeys.support.answers import (
    NO_BODY,
    NOT_FOUND,
    UNHANDLED,
    assert_empty,
    assert_error,
    assert_invalid,
    assert_invalid_key,
    assert_json,
    describe,
)
from tests.journeys.support.crypto import b64
from tests.journeys.support.self_hosted import new_id

WRONG_SECRET = b64(bytes(32))
WRONG_PASSWORD = {"MasterPasswordHash": ["Invalid password."]}
WRONG_KEY = "Invalid Billing Sync Key"


def test_a_wrong_master_password_is_refused_and_the_key_exists_afterwards(region, owner, unconnected):
    organization = region.enterprise["id"]
    # Given no key: a sync meets the cloud's null reference
    row = unconnected.offer("early@else.test").to_wire()
    assert_error(unconnected.send_batch([row], billingSyncKey="k" * 30), 500, UNHANDLED)
    assert 1 not in key_types(owner, organization)

    # When the owner mistypes the master password
    assert_invalid(owner.api_key(organization, secret=WRONG_SECRET), WRONG_PASSWORD)

    # Then the key was made all the same, and the same sync is now told its key is wrong
    assert 1 in key_types(owner, organization)
    assert_error(unconnected.send_batch([row], billingSyncKey="k" * 30), 400, WRONG_KEY)
    assert_invalid(owner.rotate_api_key(organization, secret=WRONG_SECRET), WRONG_PASSWORD)


def test_the_key_is_not_given_without_a_secret_nor_to_a_member(region, owner, sign_in):
    organization = region.enterprise["id"]
    answer = owner.api_key(organization, secret="")
    assert_invalid(answer, {"": ["MasterPasswordHash, OTP, or AccessCode must be supplied."]})
    member = sign_in(region.cast.member)
    assert_error(member.api_key(organization), 404, NOT_FOUND)
    assert_error(member.rotate_api_key(organization), 404, NOT_FOUND)
    assert_error(member.api_key_information(organization), 404, NOT_FOUND)
    assert_error(member.sync_status(organization), 404, NOT_FOUND)
    assert_error(owner.api_key(new_id()), 404, NOT_FOUND)
    assert_error(owner.api_key("not-a-guid"), 500, UNHANDLED)


def test_a_families_owner_gets_no_key_by_asking_but_one_by_rotating(region, family_owner):
    families = region.families["id"]
    assert_error(family_owner.api_key(families), 404, NOT_FOUND)
    assert len(assert_json(family_owner.rotate_api_key(families))["apiKey"]) == 30


def test_a_sync_with_the_wrong_organization_or_key_is_refused_in_the_contracts_order(
    region, other_region, server, owner
):
    batch = [server.offer("order@else.test").to_wire()]

    def refused(message, status=400, **overrides):
        assert_error(server.send_batch(overrides.pop("batch", batch), **overrides), status, message)

    for organization in (other_region.enterprise["id"], new_id()):
        refused("Invalid organization", sponsoringOrganizationCloudId=organization)
        refused("Invalid organization", sponsoringOrganizationCloudId=organization, billingSyncKey="wrong")
    for key in (None, "", "  ", "wrong", server.billing_sync_key.swapcase(), f"{server.billing_sync_key} "):
        refused(WRONG_KEY, billingSyncKey=key)
    refused(WRONG_KEY, sponsoringOrganizationCloudId=region.other_enterprise["id"])
    refused(UNHANDLED, 500, batch=None)
    refused(UNHANDLED, 500, batch=[None])
    # and none of it left a row behind
    assert assert_json(owner.sync_status(region.enterprise["id"]))["lastSyncDate"] is None


def test_a_sync_that_cannot_be_read_is_told_where(server):
    assert_invalid_key(
        server.send_batch([], sponsoringOrganizationCloudId="not-a-guid"), "$.sponsoringOrganizationCloudId"
    )


def test_an_item_the_cloud_does_not_take_is_absent_from_the_answer(server):
    # Given a row that was revoked before it was ever synced, beside a sound one
    skipped, sound = server.offer("skipped@else.test"), server.offer("sound@else.test")
    skipped.to_delete = True
    answer = assert_json(server.send_batch([skipped.to_wire(), sound.to_wire()]))
    ids = [item["sponsoringOrganizationUserId"] for item in answer["sponsorshipsBatch"]]
    assert ids == [sound.member_id]


def test_an_item_of_an_organization_that_may_not_sponsor_is_absent(region, unconnected, sign_in):
    # A Teams owner may generate a key, and its syncs are answered, with nothing in them.
    teams = region.organization(region.cast.teams)["id"]
    key = assert_json(sign_in(region.cast.teams_owner).api_key(teams))["apiKey"]
    row = unconnected.offer("teams@else.test").to_wire()
    answer = unconnected.send_batch([row], sponsoringOrganizationCloudId=teams, billingSyncKey=key)
    assert assert_json(answer) == {"sponsorshipsBatch": []}


def test_one_member_twice_in_a_batch_blocks_every_later_sync_as_in_the_cloud(server):
    row = server.offer("twice@else.test").to_wire()
    assert len(assert_json(server.send_batch([row, row]))["sponsorshipsBatch"]) == 2
    assert_error(server.send_batch([row]), 500, UNHANDLED)
    assert assert_json(server.send_batch([])) == {"sponsorshipsBatch": []}


def test_a_licence_is_refused_for_the_first_thing_that_is_wrong(region, other_region, server, owner):
    key = region.enterprise["licenseKey"]
    assert_error(server.sync_licence("wrong"), 400, "Invalid license key.")
    assert_error(server.sync_licence(key.swapcase()), 400, "Invalid license key.")
    assert_error(server.sync_licence("wrong", billingSyncKey="wrong"), 400, "Invalid license key.")
    for billing in (None, " ", "wrong"):
        assert_error(server.sync_licence(key, billingSyncKey=billing), 400, WRONG_KEY)
    old = server.billing_sync_key
    server.billing_sync_key = assert_json(owner.rotate_api_key(region.enterprise["id"]))["apiKey"]
    assert_error(server.sync_licence(key, billingSyncKey=old), 400, WRONG_KEY)

    mine = server.organization_id
    for organization in (other_region.enterprise["id"], new_id()):
        server.organization_id = organization
        assert_error(server.sync_licence(key), 404, NOT_FOUND)
    server.organization_id = "not-a-guid"
    assert_error(server.sync_licence(key), 500, UNHANDLED)
    server.organization_id = mine
    assert_json(server.sync_licence(key))


def test_a_licence_sync_before_the_key_exists_fails_as_in_the_cloud(region, unconnected):
    answer = unconnected.sync_licence(region.enterprise["licenseKey"], billingSyncKey="k" * 30)
    assert_error(answer, 500, UNHANDLED)


@pytest.mark.parametrize("method", ["POST", "GET"], ids=["sponsorship sync", "licence sync"])
def test_a_body_that_got_lost_on_the_way_is_missed(region, server, http, method):
    paths = {
        "POST": "organization/sponsorship/sync",
        "GET": f"licenses/organization/{region.enterprise['id']}",
    }
    scope = {"POST": "api.installation", "GET": "api.licensing"}[method]
    token = server.client(scope).ask_for_token().json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{region.api}/{paths[method]}"

    assert_empty(http.request(method, url, headers=headers), 415)
    headers["Content-Type"] = "application/json; charset=utf-8"
    for body in (b"", b"null"):
        assert_invalid(http.request(method, url, headers=headers, content=body), {"": [NO_BODY]})
    answer = http.request(method, url, headers=headers, content=b'{"billingSyncKey":')
    assert answer.status_code == 400, describe(answer)
    assert next(iter(answer.json()["validationErrors"])).startswith("$")


def test_a_body_with_a_length_instead_of_chunks_does_as_well(region, server, http):
    token = server.client("api.licensing").ask_for_token().json()["access_token"]
    body = {"LicenseKey": region.enterprise["licenseKey"], "BILLINGSYNCKEY": server.billing_sync_key}
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    url = f"{region.api}/licenses/organization/{region.enterprise['id']}"
    answer = http.request("GET", url, headers=headers, content=json.dumps(body))
    assert assert_json(answer)["id"] == region.enterprise["id"]


def key_types(owner, organization_id):
    return {info["keyType"] for info in assert_json(owner.api_key_information(organization_id))["data"]}
