"""What self-hosted servers and their owners do, one operation after the other, as docs/scale.md counts it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.support.families import (
    ACME,
    ALICE,
    COUSIN,
    FAMILY,
    OWNER,
    SPONSORSHIPS,
    STRANGER,
    sync_row,
)
from tests.support.passwords import authentication_hash
from tests.support.token_client import VERSION, installation_form, password_form

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.cloud import TestCloud, WireAnswer

    Operation = tuple[str, Callable[[], WireAnswer]]


def operations(cloud: TestCloud) -> Iterator[Operation]:
    """Yield each operation's name and how to do it; what it needs besides has been done by then, unobserved."""
    installation, acme, family = cloud.installation(), cloud.organization(ACME), cloud.organization(FAMILY)
    people = {email: cloud.user_token(email) for email in (OWNER, ALICE, COUSIN)}
    syncing, licensing, pushing = (
        cloud.installation_token(f"api.{name}") for name in ("installation", "licensing", "push")
    )
    password = {"type": 1, "masterPasswordHash": authentication_hash(OWNER)}
    keys = f"/organizations/{acme.id}/api-key"

    yield "token of an installation", lambda: _token(cloud, installation_form(installation))
    yield "token of a person", lambda: _token(cloud, password_form(OWNER))
    yield "billing sync key", lambda: cloud.post(keys, password, token=people[OWNER])
    key = cloud.post(keys, password, token=people[OWNER]).json["apiKey"]

    def sync(rows: int, first: int = 0) -> WireAnswer:
        batch = [sync_row(f"m{number}") for number in range(first, first + rows)]
        body = {"billingSyncKey": key, "sponsoringOrganizationCloudId": acme.id, "sponsorshipsBatch": batch}
        return cloud.post(f"{SPONSORSHIPS}/sync", body, token=syncing)

    yield "sync of 10 new rows", lambda: sync(10)
    yield "sync of the same 10", lambda: sync(10)
    yield "sync of 1,000 new rows", lambda: sync(1000, first=10)
    yield "sync of the same 1,000", lambda: sync(1000, first=10)
    yield "sync of 10, among 1,000 more", lambda: sync(10)

    def offer(to: str) -> WireAnswer:
        body: dict[str, Any] = {
            "sponsoringUserId": cloud.user(ALICE).id,
            "planSponsorshipType": 0,
            "sponsoredEmail": to,
            "friendlyName": to,
        }
        return cloud.post(f"{SPONSORSHIPS}/{acme.id}/families-for-enterprise", body, token=people[ALICE])

    offer(STRANGER)  # the first look-ups of the sponsor are the test's own
    yield "offer", lambda: offer(COUSIN)
    token = cloud.sosie.store.query("default/mail", newest_first=True, limit=1)[0].body["sponsorshipToken"]
    redeeming = {"planSponsorshipType": 0, "sponsoredOrganizationId": family.id}
    path = f"{SPONSORSHIPS}/redeem?sponsorshipToken={token}"
    yield "redeem", lambda: cloud.post(path, redeeming, token=people[COUSIN])
    yield "revoke", lambda: cloud.request("DELETE", f"{SPONSORSHIPS}/{acme.id}", token=people[ALICE])

    licence = {"licenseKey": acme.license_key, "billingSyncKey": key}
    yield (
        "licence sync",
        lambda: cloud.request("GET", f"/licenses/organization/{acme.id}", json_body=licence, token=licensing),
    )
    yield "profile of a person", lambda: cloud.get("/accounts/profile", token=people[OWNER])
    device = {
        "deviceId": "00000000-0000-4000-8000-000000000001",
        "identifier": "00000000-0000-4000-8000-000000000002",
        "pushToken": "p",
        "userId": cloud.user(OWNER).id,
        "type": 0,
        "organizationIds": [acme.id],
        "installationId": installation.id,
    }
    yield "push registration", lambda: cloud.post("/push/register", device, service="push", token=pushing)
    sent = {"userId": cloud.user(OWNER).id, "type": 5, "payload": {}}
    yield "push to be relayed", lambda: cloud.post("/push/send", sent, service="push", token=pushing)
    yield "refused without a token", lambda: cloud.get("/accounts/profile")


def _token(cloud: TestCloud, form: dict[str, str]) -> WireAnswer:
    return cloud.post("/connect/token", service="identity", form=form, headers=VERSION)
