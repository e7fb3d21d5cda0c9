"""Which licence sync is refused, and why (docs/contract/licensing-push-installations.md A.1).

The checks come in the contract's order; where two fail at once, the test says which one answers.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sosie.services import repository as repo
from tests.support.cloud import TestCloud
from tests.support.families import (
    ACME,
    FAMILY,
    GLOBEX,
    GLOBEX_OWNER,
    NOW,
    change_organization,
    change_subscription,
    delete_organization,
    give_sync_key,
    guid,
    key_request,
    prepared,
    sync_key,
)
from tests.support.licence_checks import disabled_token, download, sync_licence
from tests.support.refusals import (
    NOT_FOUND,
    assert_error,
    assert_failed,
    assert_invalid,
    assert_misread,
    assert_no_body,
)

WRONG_LICENCE_KEY = "Invalid license key."
WRONG_SYNC_KEY = "Invalid Billing Sync Key"
WRONG_INSTALLATION = "Invalid installation id"
NO_SUBSCRIPTION = "No active subscription found."
PAYMENT_ISSUE = (
    "Unable to generate license due to a payment issue. "
    "Please update your billing information or contact support for assistance."
)


# A.1 #1 to #3: the door and the body of the GET.


def test_a_licence_sync_needs_an_installations_token_of_its_own_scope(cloud: TestCloud) -> None:
    path = f"/licenses/organization/{cloud.organization(GLOBEX).id}"

    anonymous = cloud.request("GET", path, json_body={})
    assert_no_body(anonymous, 401)
    assert anonymous.headers["www-authenticate"].startswith("Bearer")
    assert_no_body(cloud.request("GET", path, json_body={}, token=cloud.user_token(GLOBEX_OWNER)), 403)
    for scope in ("api.installation", "api.push"):
        assert_no_body(sync_licence(cloud, token=cloud.installation_token(scope)), 403)


def test_a_get_without_a_body_is_no_json(cloud: TestCloud) -> None:
    path = f"/licenses/organization/{cloud.organization(GLOBEX).id}"

    assert_no_body(cloud.get(path, token=cloud.installation_token("api.licensing")), 415)


@pytest.mark.parametrize("body", [b"", b"null"])
@pytest.mark.parametrize("organization_id", ["not-a-guid", guid("nobody")])
def test_an_empty_body_answers_before_the_id(cloud: TestCloud, body: bytes, organization_id: str) -> None:
    token = cloud.installation_token("api.licensing")
    path, headers = f"/licenses/organization/{organization_id}", {"content-type": "application/json; charset=utf-8"}

    answer = cloud.request("GET", path, body=body, headers=headers, token=token)

    assert_invalid(answer, {"": ["A non-empty request body is required."]})


def test_a_body_of_the_wrong_type_answers_before_the_id(cloud: TestCloud) -> None:
    token = cloud.installation_token("api.licensing")

    answer = cloud.request("GET", "/licenses/organization/not-a-guid", json_body={"licenseKey": 7}, token=token)

    assert_misread(answer, "$.licenseKey")


def test_names_of_the_body_match_in_any_letter_case(cloud: TestCloud) -> None:
    globex = cloud.organization(GLOBEX)
    body = {"LicenseKey": globex.license_key, "BILLINGSYNCKEY": sync_key(cloud, GLOBEX), "more": 1}
    path = f"/licenses/organization/{globex.id.upper()}"

    answer = cloud.request("GET", path, json_body=body, token=cloud.installation_token("api.licensing"))

    assert answer.status == 200


# A.1 #4 and #5: the organization.


def test_an_id_that_is_no_guid_makes_the_cloud_fail(cloud: TestCloud) -> None:
    token = cloud.installation_token("api.licensing")

    assert_failed(cloud.request("GET", "/licenses/organization/not-a-guid", json_body={}, token=token))


def test_an_unknown_organization_is_not_found_and_no_secret_is_looked_at(cloud: TestCloud) -> None:
    token, gone = cloud.installation_token("api.licensing"), delete_organization(cloud, GLOBEX)
    for organization_id in (guid("nobody"), gone):
        path = f"/licenses/organization/{organization_id}"

        answer = cloud.request("GET", path, json_body={"licenseKey": "wrong"}, token=token)

        assert_error(answer, 404, NOT_FOUND)
        assert answer.delay == 0


# A.1 #6 and #7: the licence key.


@pytest.mark.parametrize("presented", [None, "wrong"])
def test_an_organization_without_a_licence_key_makes_the_cloud_fail(cloud: TestCloud, presented: str | None) -> None:
    change_organization(cloud, GLOBEX, license_key=None)

    assert_failed(sync_licence(cloud, licenseKey=presented))


def test_a_licence_key_must_be_the_organizations_to_the_letter(cloud: TestCloud) -> None:
    right = cloud.organization(GLOBEX).license_key
    for key in (None, "", right.swapcase(), f"{right} ", cloud.organization(ACME).license_key, "é"):
        answer = sync_licence(cloud, licenseKey=key)

        assert_error(answer, 400, WRONG_LICENCE_KEY)
        assert answer.delay == 2.0


@pytest.mark.parametrize("organization", [GLOBEX, ACME])
@pytest.mark.parametrize("billing_sync_key", [None, "", "wrong"])
def test_the_licence_key_answers_before_the_billing_sync_key(
    cloud: TestCloud, organization: str, billing_sync_key: Any
) -> None:
    answer = sync_licence(cloud, organization, licenseKey="wrong", billingSyncKey=billing_sync_key)

    assert_error(answer, 400, WRONG_LICENCE_KEY)


# A.1 #8 to #10: the billing sync key.


@pytest.mark.parametrize("organization", [GLOBEX, ACME])
@pytest.mark.parametrize("key", [None, "", "  "])
def test_a_blank_billing_sync_key_is_refused_even_where_none_was_generated(
    cloud: TestCloud, organization: str, key: Any
) -> None:
    assert_error(sync_licence(cloud, organization, billingSyncKey=key), 400, WRONG_SYNC_KEY)


def test_an_organization_that_never_generated_one_makes_the_cloud_fail(cloud: TestCloud) -> None:
    assert_failed(sync_licence(cloud, ACME, billingSyncKey="k" * 30))


def test_a_billing_sync_key_must_be_the_stored_one_and_a_wrong_one_is_not_delayed(cloud: TestCloud) -> None:
    right = sync_key(cloud, GLOBEX)
    assert right is not None
    for key in (right.swapcase(), f"{right} ", give_sync_key(cloud, ACME)):
        answer = sync_licence(cloud, billingSyncKey=key)

        assert_error(answer, 400, WRONG_SYNC_KEY)
        assert answer.delay == 0


def test_the_old_key_is_wrong_as_soon_as_it_is_rotated(cloud: TestCloud) -> None:
    old = sync_key(cloud, GLOBEX)
    path = f"/organizations/{cloud.organization(GLOBEX).id}/rotate-api-key"
    cloud.post(path, key_request(GLOBEX_OWNER), token=cloud.user_token(GLOBEX_OWNER))

    assert_error(sync_licence(cloud, billingSyncKey=old), 400, WRONG_SYNC_KEY)
    assert sync_licence(cloud).status == 200


def test_the_billing_sync_key_answers_before_the_installation(cloud: TestCloud) -> None:
    token = disabled_token(cloud)

    assert_error(sync_licence(cloud, token=token, billingSyncKey="wrong"), 400, WRONG_SYNC_KEY)
    assert_failed(sync_licence(cloud, ACME, token, billingSyncKey="wrong"))


# A.1 #11: the installation.


def test_a_disabled_installation_is_refused_although_its_token_holds(cloud: TestCloud) -> None:
    assert_error(sync_licence(cloud, token=disabled_token(cloud)), 400, WRONG_INSTALLATION)


def test_an_installation_that_was_deleted_meanwhile_is_refused(cloud: TestCloud) -> None:
    token = cloud.installation_token("api.licensing")
    installation_id = cloud.installation().id
    with prepared(cloud) as uow:
        repo.installations.delete(uow, installation_id)

    assert_error(sync_licence(cloud, token=token), 400, WRONG_INSTALLATION)


def test_the_installation_answers_before_the_subscription(cloud: TestCloud) -> None:
    change_organization(cloud, GLOBEX, subscription=None, expiration_date=None)

    assert_error(sync_licence(cloud, token=disabled_token(cloud)), 400, WRONG_INSTALLATION)
    assert_error(sync_licence(cloud), 400, NO_SUBSCRIPTION)


# A.1 #12 to #14: the subscription; the same for A.3.


@pytest.mark.parametrize("ask", [sync_licence, download])
@pytest.mark.parametrize("expired", [None, timedelta(), timedelta(days=1)])
def test_without_a_subscription_an_organization_must_expire_in_the_future(
    cloud: TestCloud, ask: Any, expired: timedelta | None
) -> None:
    expiration = None if expired is None else NOW - expired
    change_organization(cloud, GLOBEX, subscription=None, expiration_date=expiration)

    assert_error(ask(cloud), 400, NO_SUBSCRIPTION)


@pytest.mark.parametrize("ask", [sync_licence, download])
def test_without_a_subscription_an_expiration_in_the_future_is_enough(cloud: TestCloud, ask: Any) -> None:
    change_organization(cloud, GLOBEX, subscription=None, expiration_date=NOW + timedelta(microseconds=1))

    assert ask(cloud).status == 200


@pytest.mark.parametrize("ask", [sync_licence, download])
@pytest.mark.parametrize("status", ["canceled", "incomplete", "incomplete_expired"])
def test_a_subscription_that_is_not_paid_gives_no_licence(cloud: TestCloud, ask: Any, status: str) -> None:
    change_subscription(cloud, GLOBEX, status=status)

    answer = ask(cloud)

    assert_error(answer, 400, PAYMENT_ISSUE)
    assert answer.delay == 0


@pytest.mark.parametrize("ask", [sync_licence, download])
@pytest.mark.parametrize("status", ["active", "trialing", "past_due", "unpaid", "paused"])
def test_any_other_subscription_gives_one_even_to_an_expired_organization(
    cloud: TestCloud, ask: Any, status: str
) -> None:
    change_subscription(cloud, GLOBEX, status=status)
    change_organization(cloud, GLOBEX, expiration_date=NOW - timedelta(days=1), enabled=False)

    assert ask(cloud).status == 200


def test_a_families_organization_gets_a_licence_too(cloud: TestCloud) -> None:
    give_sync_key(cloud, FAMILY)

    assert sync_licence(cloud, FAMILY).json["planType"] == 22
