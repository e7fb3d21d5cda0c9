"""The sponsorship sync of a self-hosted server (docs/contract/api.md §2.8, §2.12), and the owner's part before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sosie.local.selfhost.story import NotAskedError, RefusedByCloudError

if TYPE_CHECKING:
    from sosie.local.selfhost.installation import InstallationClient
    from sosie.local.selfhost.person import Person
    from sosie.local.selfhost.rows import Connection, Row
    from sosie.local.selfhost.story import Story

BATCH = 1000
"""Rows a self-hosted server sends at most in one request."""


class UnusableAnswerError(RefusedByCloudError):
    """A 200 that crashes a real self-hosted server: no batch, or a row nobody sent."""


def generate_billing_sync_key(owner: Person, organization_id: str, story: Story) -> str:
    """Sign in as the owner and generate the billing sync token; a key that exists is answered as it is.

    Raises RefusedByCloudError, WireFailedError.
    """
    owner.sign_in()
    payload = {"type": 1, "masterPasswordHash": owner.password_hash}
    reply = owner.call("POST", f"/organizations/{organization_id}/api-key", payload)
    key = reply.document().get("apiKey")
    if reply.status != 200 or not isinstance(key, str):
        raise story.refused(reply)
    story.tell(reply, "the organization's billing sync key")
    return key


def sync_sponsorships(connection: Connection, client: InstallationClient, story: Story) -> list[Row]:
    """Send all rows in batches, one after the other, and apply all answers; return the rows the cloud skipped.

    A failure leaves the rows as they were, also those of earlier batches. Without rows nothing is sent, not even
    for a token. Raises RefusedByCloudError, WireFailedError, and NotAskedError without a key.
    """
    if not connection.rows:
        return []
    if not connection.billing_sync_key:
        raise NotAskedError("there is no billing sync key")
    answered: list[dict[str, Any]] = []
    for start in range(0, len(connection.rows), BATCH):
        batch = connection.rows[start : start + BATCH]
        answered += _send(connection, batch, client, story)
    return _apply(connection, answered)


def _send(connection: Connection, batch: list[Row], client: InstallationClient, story: Story) -> list[dict[str, Any]]:
    payload = {
        "billingSyncKey": connection.billing_sync_key,
        "sponsoringOrganizationCloudId": connection.organization_id,
        "sponsorshipsBatch": [row.to_wire() for row in batch],
    }
    reply = client.call("POST", "organization/sponsorship/sync", payload)
    if not 200 <= reply.status < 300:
        raise story.refused(reply)
    items = reply.document().get("sponsorshipsBatch")
    known = {row.member_id for row in connection.rows}
    if not isinstance(items, list) or any(_member_of(item) not in known for item in items):
        story.tell(reply, "an answer that crashes a self-hosted server: no batch, or a row that was never sent")
        raise UnusableAnswerError(reply)
    skipped = f", {len(batch) - len(items)} skipped" if len(items) < len(batch) else ""
    rows = "1 row" if len(batch) == 1 else f"{len(batch)} rows"
    story.tell(reply, f"{rows} sent, {len(items)} answered{skipped}")
    return items


def _member_of(item: Any) -> Any:
    return item.get("sponsoringOrganizationUserId") if isinstance(item, dict) else None


def _apply(connection: Connection, items: list[dict[str, Any]]) -> list[Row]:
    rows = {row.member_id: row for row in connection.rows}
    skipped = dict(rows)
    for item in items:
        member_id = item["sponsoringOrganizationUserId"]
        skipped.pop(member_id, None)
        row = rows.get(member_id)
        if row is None:
            continue  # answered twice, and removed the first time
        if item.get("cloudSponsorshipRemoved"):
            del rows[member_id]
            continue
        row.cloud_offer = row.cloud_offer or row.offered_to_email
        row.last_sync_date = item.get("lastSyncDate")
        row.valid_until = item.get("validUntil")
        row.to_delete = bool(item.get("toDelete"))
    connection.rows = list(rows.values())
    return list(skipped.values())
