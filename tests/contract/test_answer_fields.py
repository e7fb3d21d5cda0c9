"""Every member of every answer of the API is the contract's, and every one of the contract's is there, nulls included.

The expectations are read from docs/contract by tests/contract/fields.py, not from Sosie's own models.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.contract import fields
from tests.contract.cast import Cast
from tests.contract.pages import Page
from tests.contract.shapes import PLAIN, Shape, differences
from tests.support.cloud import TestCloud, WireAnswer
from tests.support.families import (
    SPONSORSHIPS,
    a_row,
    change_organization,
    change_subscription,
    generate_sync_key,
    guid,
    key_request,
    offer,
    offer_token,
    store,
    sync,
    sync_row,
    validate,
)
from tests.wire.organization_bodies import FAMILY, FREE_OF_CHARGE, PAID, PAYMENT

Pages = Mapping[str, Page]
POLICY = {"policy": {"enabled": True, "data": None}}
KEY_ID = "4d79f13926a3a2ee52f3c8e1c44d27fb"


def answered(answer: WireAnswer) -> Any:
    assert answer.status == 200, answer.body
    return answer.json


def of_organization(cloud: TestCloud, name: str, by: str, path: str = "") -> Any:
    """Return what an owner reads about an organization."""
    return answered(cloud.get(f"/organizations/{cloud.organization(name).id}{path}", token=cloud.user_token(by)))


def without_secrets_manager(expected: Shape, at: str = "plan") -> Shape:
    """Return the shape for a Families plan, whose Secrets Manager is null (§4.8: object or null)."""
    return expected.put(f"{at}.secretsManager", PLAIN)


def without_discount(expected: Shape) -> Shape:
    """Return the shape for a subscription without a discount (§4.7: null or the object)."""
    return expected.put("customerDiscount", PLAIN)


# Refusals.


def test_an_error_raised_in_an_action(cloud: TestCloud, pages: Pages, cast: Cast) -> None:
    answer = cloud.get(f"/organizations/{guid('nobody')}", token=cloud.user_token(cast.owner))

    assert answer.status == 404
    assert differences(fields.api_error(pages), answer.json) == []
    assert [answer.json[name] for name in sorted(fields.api_error(pages).names - {"object", "message"})] == [None] * 4


def test_a_validation_error(cloud: TestCloud, pages: Pages) -> None:
    answer = cloud.post("/installations", {"email": ""})

    assert answer.status == 400
    assert differences(fields.api_error(pages), answer.json) == []
    assert set(answer.errors) == {"Email"}


# Sponsorships.


def test_the_items_of_a_sync_answer(cloud: TestCloud, pages: Pages, cast: Cast) -> None:
    open_offer, gone = sync_row("cousin"), sync_row("uncle", toDelete=True, lastSyncDate="2026-01-01T00:00:00Z")

    document = answered(sync(cloud, [open_offer, gone], cast.synced))

    assert len(document["sponsorshipsBatch"]) == 2
    assert differences(fields.sync_answer(pages), document) == []
    assert [item["validUntil"] for item in document["sponsorshipsBatch"]] == [None, None]


def test_the_answer_to_an_empty_batch_has_an_empty_batch(cloud: TestCloud, pages: Pages, cast: Cast) -> None:
    document = answered(sync(cloud, [], cast.synced))

    assert differences(fields.sync_answer(pages).put("sponsorshipsBatch", PLAIN), document) == []


@pytest.mark.parametrize("synced", [True, False])
def test_the_sync_status(cloud: TestCloud, pages: Pages, cast: Cast, synced: bool) -> None:
    if synced:
        sync(cloud, [sync_row("cousin")], cast.synced)

    path = f"{SPONSORSHIPS}/{cloud.organization(cast.synced).id}/sync-status"
    document = answered(cloud.get(path, token=cloud.user_token(cast.synced_owner)))

    assert differences(fields.sync_status(pages), document) == []
    assert (document["lastSyncDate"] is not None) is synced


@pytest.mark.parametrize("good", [True, False])
def test_the_validity_of_an_offer(cloud: TestCloud, pages: Pages, cast: Cast, good: bool) -> None:
    assert offer(cloud, cast.owner, cast.family_owner, cast.enterprise).status == 200
    token = offer_token(cloud, cast.family_owner) if good else "garbage"

    document = answered(validate(cloud, cast.family_owner, token))

    assert differences(fields.token_validity(pages), document) == []
    assert document["isTokenValid"] is good


def test_the_list_of_admin_initiated_sponsorships(cloud: TestCloud, pages: Pages, cast: Cast) -> None:
    rows = [a_row(cloud, email, cast.enterprise, is_admin_initiated=True) for email in (cast.owner, cast.member)]
    store(cloud, *rows, organization=cast.enterprise)

    path = f"{SPONSORSHIPS}/{cloud.organization(cast.enterprise).id}/sponsored"
    document = answered(cloud.get(path, token=cloud.user_token(cast.owner)))

    assert len(document["data"]) == 2
    assert differences(fields.sponsored_list(pages), document) == []


# Organization API keys.


@pytest.mark.parametrize("verb", ["api-key", "rotate-api-key"])
def test_an_api_key(cloud: TestCloud, pages: Pages, cast: Cast, verb: str) -> None:
    path = f"/organizations/{cloud.organization(cast.enterprise).id}/{verb}"

    document = answered(cloud.post(path, key_request(cast.owner), token=cloud.user_token(cast.owner)))

    assert differences(fields.api_key(pages), document) == []


@pytest.mark.parametrize(("which", "count"), [("", 2), ("/1", 1), ("/BillingSync", 1)])
def test_what_is_told_about_keys(cloud: TestCloud, pages: Pages, cast: Cast, which: str, count: int) -> None:
    generate_sync_key(cloud, cast.owner, cast.enterprise)

    document = of_organization(cloud, cast.enterprise, cast.owner, f"/api-key-information{which}")

    assert len(document["data"]) == count
    assert differences(fields.key_information(pages), document) == []


# Accounts.


def test_a_profile(cloud: TestCloud, pages: Pages, cast: Cast) -> None:
    document = answered(cloud.get("/accounts/profile", token=cloud.user_token(cast.owner)))

    assert differences(fields.profile(pages), document) == []
    assert document["accountKeys"]["securityState"] is document["avatarColor"] is None


def test_a_profile_with_a_sponsorship_and_without_has_the_same_members(
    cloud: TestCloud, pages: Pages, cast: Cast
) -> None:
    store(cloud, a_row(cloud, cast.member, cast.enterprise), organization=cast.enterprise)

    sponsoring = answered(cloud.get("/accounts/profile", token=cloud.user_token(cast.member)))
    other = answered(cloud.get("/accounts/profile", token=cloud.user_token(cast.owner)))

    assert differences(fields.profile(pages), sponsoring) == differences(fields.profile(pages), other) == []
    written = {name for name, value in other["organizations"][0].items() if value is None}
    assert {"familySponsorshipFriendlyName", "familySponsorshipToDelete", "providerId"} <= written
    assert sponsoring["organizations"][0]["familySponsorshipFriendlyName"] is not None


def test_organizations_of_a_profile(cloud: TestCloud, pages: Pages, cast: Cast) -> None:
    document = answered(cloud.get("/organizations", token=cloud.user_token(cast.member)))

    assert differences(fields.organization_list(pages), document) == []


def test_a_sync(cloud: TestCloud, pages: Pages, cast: Cast) -> None:
    switch_policy(cloud, cast)

    document = answered(cloud.get("/sync", token=cloud.user_token(cast.owner)))

    assert differences(fields.sync(pages).resolved(), document) == []
    unlock = document["userDecryption"]["masterPasswordUnlock"]
    assert (unlock["containedKeyId"], unlock["kdf"]["memory"]) == (None, None)


def test_a_sync_without_domains_writes_null_for_them(cloud: TestCloud, pages: Pages, cast: Cast) -> None:
    switch_policy(cloud, cast)

    document = answered(cloud.get("/sync?excludeDomains=true", token=cloud.user_token(cast.owner)))

    assert differences(fields.sync(pages).resolved().put("domains", PLAIN), document) == []
    assert document["domains"] is None


def test_a_sync_names_the_user_key_once_it_has_an_id(cloud: TestCloud, pages: Pages, cast: Cast) -> None:
    switch_policy(cloud, cast)
    token = cloud.user_token(cast.owner)
    cloud.post("/accounts/key-management/user-key-id", {"userKeyId": KEY_ID}, token=token)

    document = answered(cloud.get("/sync", token=token))

    assert differences(fields.sync(pages).resolved("userDecryption.userKeyId"), document) == []


def switch_policy(cloud: TestCloud, cast: Cast) -> Any:
    path = f"/organizations/{cloud.organization(cast.enterprise).id}/policies/13"
    return answered(cloud.request("PUT", path, json_body=POLICY, token=cloud.user_token(cast.owner)))


def test_a_policy_that_was_switched(cloud: TestCloud, pages: Pages, cast: Cast) -> None:
    assert differences(fields.policy(pages), switch_policy(cloud, cast)) == []


# Organizations.


def test_an_enterprise_organization(cloud: TestCloud, pages: Pages, cast: Cast) -> None:
    document = of_organization(cloud, cast.enterprise, cast.owner)

    assert differences(fields.organization(pages), document) == []
    assert {document[name] for name in ("businessName", "secretsManagerPlan", "smSeats")} == {None}


def test_a_families_organization(cloud: TestCloud, pages: Pages, cast: Cast) -> None:
    document = of_organization(cloud, cast.family, cast.family_owner)

    assert differences(without_secrets_manager(fields.organization(pages)), document) == []


@pytest.mark.parametrize(("path", "payment"), [(PAID, PAYMENT), (FREE_OF_CHARGE, {})])
def test_an_organization_that_was_created(
    cloud: TestCloud, pages: Pages, cast: Cast, path: str, payment: dict[str, Any]
) -> None:
    document = answered(cloud.post(path, FAMILY | payment, token=cloud.user_token(cast.member)))

    assert differences(without_secrets_manager(fields.organization(pages)), document) == []


def test_a_subscription(cloud: TestCloud, pages: Pages, cast: Cast) -> None:
    document = of_organization(cloud, cast.enterprise, cast.owner, "/subscription")

    assert differences(without_discount(fields.subscription(pages)), document) == []
    assert document["customerDiscount"] is document["pendingAnnualUpgrade"] is None


def test_a_subscription_that_ends_writes_null_for_the_next_invoice(cloud: TestCloud, pages: Pages, cast: Cast) -> None:
    change_subscription(cloud, cast.enterprise, cancel_at_period_end=True)

    document = of_organization(cloud, cast.enterprise, cast.owner, "/subscription")

    expected = without_discount(fields.subscription(pages)).put("upcomingInvoice", PLAIN)
    assert differences(expected, document) == []
    assert document["upcomingInvoice"] is None


def test_without_a_subscription_the_same_members_are_there_and_null(cloud: TestCloud, pages: Pages, cast: Cast) -> None:
    change_organization(cloud, cast.enterprise, subscription=None, gateway_subscription_id=None)

    document = of_organization(cloud, cast.enterprise, cast.owner, "/subscription")

    expected = without_discount(fields.subscription(pages)).put("upcomingInvoice", PLAIN).put("subscription", PLAIN)
    assert differences(expected, document) == []
    assert document["subscription"] is document["upcomingInvoice"] is document["smServiceAccountsGrace"] is None


def test_warnings_about_billing_are_all_null(cloud: TestCloud, pages: Pages, cast: Cast) -> None:
    document = of_organization(cloud, cast.enterprise, cast.owner, "/billing/vnext/warnings")

    assert document == dict.fromkeys(fields.billing_warnings(pages).names)


def test_metadata_about_billing(cloud: TestCloud, pages: Pages, cast: Cast) -> None:
    document = of_organization(cloud, cast.enterprise, cast.owner, "/billing/vnext/metadata")

    assert differences(fields.billing_metadata(pages), document) == []


# What anybody may ask.


def test_the_configuration(cloud: TestCloud, pages: Pages) -> None:
    document = answered(cloud.get("/config"))

    assert differences(fields.config(pages).resolved(), document) == []
    assert document["server"] is document["communication"] is document["push"]["vapidPublicKey"] is None


def test_plans(cloud: TestCloud, pages: Pages) -> None:
    document = answered(cloud.get("/plans"))

    whole = [plan for plan in document["data"] if plan["secretsManager"] is not None]
    others = [plan for plan in document["data"] if plan["secretsManager"] is None]
    assert differences(fields.list_answer(pages).put("data", PLAIN), document | {"data": []}) == []
    assert differences(fields.plan(pages), whole) == []
    assert differences(fields.plan(pages).put("secretsManager", PLAIN), others) == []


def test_a_new_installation(cloud: TestCloud, pages: Pages) -> None:
    document = answered(cloud.post("/installations", {"email": "ops@acme.test"}))

    assert differences(fields.new_installation(pages), document) == []
    assert document["key"] is not None


@pytest.mark.parametrize("enabled", [True, False])
def test_a_known_installation_has_its_key_as_null(cloud: TestCloud, pages: Pages, enabled: bool) -> None:
    document = answered(cloud.get(f"/installations/{cloud.installation(enabled=enabled).id}"))

    assert differences(fields.known_installation(pages), document) == []
    assert document["key"] is None
