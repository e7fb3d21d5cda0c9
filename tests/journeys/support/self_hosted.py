"""A self-hosted server's sponsorships and licence: what it sends and how it applies the answers (api.md §2.12)."""

import os
import uuid
from dataclasses import dataclass
from typing import Any

from tests.journeys.support.dotnet import Answer, IdentityClient, Wire
from tests.journeys.support.region import Installation, Region

BATCH = 1000


def new_id() -> str:
    return str(uuid.UUID(bytes=os.urandom(16), version=4))


class SyncFailedError(Exception):
    """`Organization sync failed`: the answer that caused it is what a test wants to see."""

    def __init__(self, answer: Answer):
        super().__init__(f"{answer.status_code} {answer.content[:500]!r}")
        self.answer = answer


@dataclass
class Row:
    """One sponsorship as the self-hosted database has it."""

    member_id: str
    friendly_name: str
    offered_to: str | None
    last_sync: str | None = None
    valid_until: str | None = None
    to_delete: bool = False

    def to_wire(self) -> dict[str, Any]:
        return {
            "sponsoringOrganizationUserId": self.member_id,
            "friendlyName": self.friendly_name,
            "offeredToEmail": self.offered_to,
            "planSponsorshipType": 0,
            "lastSyncDate": self.last_sync,
            "validUntil": self.valid_until,
            "toDelete": self.to_delete,
        }

    @property
    def status(self) -> str:
        """The words of the sponsorship page, first match wins."""
        if self.to_delete:
            return "revoke when expired" if self.valid_until else "request removed"
        if self.valid_until:
            return "active"
        return "sent" if self.last_sync else "requested"


class SelfHosted:
    """One server: cloud communication on, region chosen by its URIs, one organization with a licence file."""

    def __init__(self, region: Region, installation: Installation | None = None):
        # The trailing slash is the administrator's duty: .NET glues the path to the base (clients.md §2).
        self.identity_uri = f"{region.identity}/"
        self.api_uri = f"{region.api}/"
        self.push_uri = f"{region.push}/"
        self.installation = installation or region.installation
        self.organization_id = region.enterprise["id"]
        self.billing_sync_key: str | None = None
        self.rows: dict[str, Row] = {}
        self.requests = 0
        self._wire = Wire()
        self._pushing: IdentityClient | None = None

    def client(self, scope: str, api_uri: str | None = None) -> IdentityClient:
        """A fresh instance, as a scoped service gets one per use; it holds its own token."""
        return IdentityClient(self._wire, self.identity_uri, api_uri or self.api_uri, self.installation, scope)

    @property
    def pushing(self) -> IdentityClient:
        """Push is a singleton per process: one token for all its life."""
        if self._pushing is None:
            self._pushing = self.client("api.push", self.push_uri)
        return self._pushing

    def offer(self, email: str, friendly_name: str | None = None) -> Row:
        row = Row(new_id(), friendly_name or email, email)
        self.rows[row.member_id] = row
        return row

    def revoke(self, row: Row) -> None:
        """Never synced: gone at once. Synced: marked, and the next sync tells the cloud."""
        if row.last_sync is None:
            del self.rows[row.member_id]
        else:
            row.to_delete = True

    def sync(self) -> list[dict[str, Any]]:
        """All batches first, then all answers applied; a failure stores nothing, not even earlier batches."""
        rows = [row.to_wire() for row in self.rows.values()]
        if not rows:
            return []
        client = self.client("api.installation")
        items: list[dict[str, Any]] = []
        for start in range(0, len(rows), BATCH):
            answer = self.send_batch(rows[start : start + BATCH], client)
            if answer.status_code != 200:
                raise SyncFailedError(answer)
            items += answer.json()["sponsorshipsBatch"]
        for item in items:
            self._apply(item)
        return items

    def send_batch(
        self, batch: list[dict[str, Any]] | None, client: IdentityClient | None = None, **overrides: Any
    ) -> Answer:
        """One sync request as it is, for the journeys that look at the refusal itself."""
        payload = {
            "billingSyncKey": self.billing_sync_key,
            "sponsoringOrganizationCloudId": self.organization_id,
            "sponsorshipsBatch": batch,
        }
        client = client or self.client("api.installation")
        self.requests += 1
        return client.send("POST", "organization/sponsorship/sync", payload | overrides)

    def sync_licence(self, license_key: str, **overrides: Any) -> Answer:
        """A GET with a chunked body: the call that proxies and careless servers break."""
        payload = {"licenseKey": license_key, "billingSyncKey": self.billing_sync_key} | overrides
        client = self.client("api.licensing")
        return client.send("GET", f"licenses/organization/{self.organization_id}", payload)

    def close(self) -> None:
        self._wire.close()

    def _apply(self, item: dict[str, Any]) -> None:
        # An unknown id in the answer crashes the real sync, so it may raise here as well.
        row = self.rows[item["sponsoringOrganizationUserId"]]
        if item["cloudSponsorshipRemoved"]:
            del self.rows[row.member_id]
            return
        row.last_sync, row.valid_until = item["lastSyncDate"], item["validUntil"]
        row.to_delete = item["toDelete"]
