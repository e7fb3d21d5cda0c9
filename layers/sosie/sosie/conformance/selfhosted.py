"""A self-hosted server that syncs its sponsorships and its licence (docs/contract/api.md §2.8, §4.9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sosie.conformance import expect
from sosie.conformance.people import FAMILIES, SPONSORSHIPS

if TYPE_CHECKING:
    from sosie.conformance.cloud import Cloud
    from sosie.conformance.people import Organization, Person
    from sosie.conformance.wire import Answer

ITEM_MEMBERS = (
    "sponsoringOrganizationUserId",
    "friendlyName",
    "offeredToEmail",
    "planSponsorshipType",
    "lastSyncDate",
    "validUntil",
    "toDelete",
    "cloudSponsorshipRemoved",
    "isAdminInitiated",
)


class SelfHosted:
    """A server that was given an organization's billing sync key; the shared organization's unless told."""

    def __init__(self, cloud: Cloud, organization: Organization | None = None) -> None:
        self.cloud = cloud
        self.organization = organization or cloud.shared
        self.key = self.organization.sync_key()

    def row(self, **changes: Any) -> dict[str, Any]:
        """Return a sponsorship as the server reports it: of a member, and for a friend, nobody has heard of yet."""
        email = self.cloud.email()
        return {
            "sponsoringOrganizationUserId": self.cloud.guid(),
            "friendlyName": email,
            "offeredToEmail": email,
            "planSponsorshipType": 0,
            "lastSyncDate": None,
            "validUntil": None,
            "toDelete": False,
            **changes,
        }

    def sync(self, batch: Any, **changes: Any) -> Answer:
        """Report a batch; `changes` replace members of the body."""
        body = sync_body(self.organization.id, self.key, batch) | changes
        return send_sync(self.cloud, body)

    def synced(self, *rows: dict[str, Any]) -> list[dict[str, Any]]:
        """Report rows, and return the answer's items."""
        answer = self.sync(list(rows))
        found = expect.document(answer)
        expect.members(f"{answer.request}: answer", found, ["sponsorshipsBatch"])
        expect.kind(f"{answer.request}: sponsorshipsBatch", found["sponsorshipsBatch"], list)
        return list(found["sponsorshipsBatch"])

    def synced_row(self, **changes: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Report one new row, and return it with the item that answers it."""
        row = self.row(**changes)
        (item,) = expect_count(self.synced(row), 1)
        return row, item

    def redeemed_row(self, friend: Person) -> tuple[dict[str, Any], Organization]:
        """Report a row for somebody, let them redeem it for a new organization, and return both."""
        family = self.cloud.organization(FAMILIES, friend)
        row, _ = self.synced_row(friendlyName=friend.email, offeredToEmail=friend.email)
        expect.done(friend.redeem(self.cloud.offer_token(friend.email), family.id))
        return row, family


def sync_body(organization_id: Any, key: Any, batch: Any) -> dict[str, Any]:
    """Return the body of a sync."""
    return {"billingSyncKey": key, "sponsoringOrganizationCloudId": organization_id, "sponsorshipsBatch": batch}


def send_sync(cloud: Cloud, body: Any, **request: Any) -> Answer:
    """Send a sync with the installation's token, unless the request has another."""
    request.setdefault("token", cloud.installation_token("api.installation"))
    return cloud.api("POST", f"{SPONSORSHIPS}/sync", json=body, **request)


def expect_count(items: list[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    """Expect so many items in a sync's answer."""
    expect.same("items of the sync answer", len(items), count)
    return items
