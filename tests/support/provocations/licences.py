"""Licence syncs that are refused (licensing page A.1)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sosie.services import repository as repo
from tests.support.cloud import TestCloud, WireAnswer
from tests.support.families import ACME, GLOBEX, NOW, change_organization, change_subscription, prepared, sync_key
from tests.support.organization_keys import rotate
from tests.support.provocations.syncs import WRONG_KEY, rotated
from tests.support.provocations.told import BASE, FAILED, NOT_FOUND, Told, api_error, named, provokes


def licence(cloud: TestCloud, organization: str = GLOBEX, **changes: Any) -> WireAnswer:
    """Ask for an organization's licence with the right keys, but for what is given."""
    found = cloud.organization(organization)
    body = {"licenseKey": found.license_key, "billingSyncKey": sync_key(cloud, organization)}
    path = f"/licenses/organization/{changes.pop('id', found.id)}"
    token = changes.pop("token", None) or cloud.installation_token("api.licensing")
    return cloud.request("GET", path, json_body=body | changes, token=token)


@provokes("ORGANIZATION_OTHER_REGION")
def a_licence_of_the_other_region(cloud: TestCloud) -> Told:
    european = next(each for each in repo.organizations.list(cloud.unit("eu")) if each.name == "Dupont SA")
    message = f"The organization Dupont SA ({european.id}) is in eu, not in us."
    return Told(licence(cloud, id=european.id), NOT_FOUND, message, (f"{BASE}/eu/identity/",))


@provokes("SYNC_KEY_ROTATED")
def a_licence_with_a_key_from_long_before(cloud: TestCloud) -> Told:
    old = rotated(cloud)
    cloud.clock.advance(timedelta(days=1))
    assert rotate(cloud).status == 200
    message = (
        f"The key that was sent was the billing sync key of {named(cloud, ACME)} until 2026-03-04 06:06:07 UTC, "
        "when it was rotated."
    )
    return Told(licence(cloud, ACME, billingSyncKey=old), WRONG_KEY, message, ("Copy the current token",))


@provokes("LICENCE_KEY_NONE")
def no_licence_key(cloud: TestCloud) -> Told:
    change_organization(cloud, GLOBEX, license_key=None)
    answer = licence(cloud, licenseKey="x")
    message = f"The cloud has no licence key of {named(cloud, GLOBEX)}; it fails here."
    return Told(answer, FAILED, message, ("in the scenario",))


@provokes("LICENCE_KEY_WRONG")
def another_licence_key(cloud: TestCloud) -> Told:
    answer = licence(cloud, licenseKey="Z" * 20)
    message = f"The licence key that was sent is not that of {named(cloud, GLOBEX)}."
    return Told(answer, api_error(400, "Invalid license key."), message, ("licence file",))


@provokes("INSTALLATION_DISABLED")
def an_installation_disabled_after_its_token(cloud: TestCloud) -> Told:
    # clients.md §12: the token keeps working for push, not for a licence.
    closed = cloud.installation(enabled=False)
    token = cloud.installation_token("api.licensing", enabled=False)
    message = (
        f"Installation {closed.id} is disabled in us; "
        "its token of 2026-03-04 05:06:07 UTC is still good for push, not for a licence."
    )
    expected = api_error(400, "Invalid installation id")
    return Told(licence(cloud, token=token), expected, message, ("enabled installation",))


@provokes("INSTALLATION_UNKNOWN")
def an_installation_that_is_gone(cloud: TestCloud) -> Told:
    token, gone = cloud.installation_token("api.licensing"), cloud.installation().id
    with prepared(cloud) as uow:
        repo.installations.delete(uow, gone)
    message = f"No region of this world knows installation {gone}."
    return Told(licence(cloud, token=token), api_error(400, "Invalid installation id"), message, ("POST",))


@provokes("SUBSCRIPTION_NONE")
def no_subscription(cloud: TestCloud) -> Told:
    change_organization(cloud, GLOBEX, subscription=None, expiration_date=NOW)
    message = (
        f"The organization {named(cloud, GLOBEX)} has no subscription, "
        "and its licence ran out at 2026-03-04 05:06:07 UTC."
    )
    return Told(licence(cloud), api_error(400, "No active subscription found."), message, ("subscription",))


@provokes("SUBSCRIPTION_STATE")
def a_cancelled_subscription(cloud: TestCloud) -> Told:
    change_subscription(cloud, GLOBEX, status="canceled")
    text = (
        "Unable to generate license due to a payment issue. "
        "Please update your billing information or contact support for assistance."
    )
    message = f"The subscription of {named(cloud, GLOBEX)} is canceled."
    return Told(licence(cloud), api_error(400, text), message, ("Renew it",))
