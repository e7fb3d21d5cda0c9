"""What a self-hosted server keeps: its connection to the cloud, and its sponsorships (docs/contract/api.md §2.12).

One JSON file stands for one server. It holds billing sync keys, so it is private to the user.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from sosie.domain.ids import Ids
from sosie.local.files import write_private
from sosie.local.selfhost.story import NotAskedError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

_VERSION = 1


@dataclass(slots=True)
class Row:
    """One sponsorship as the self-hosted server sees it. Dates are as the cloud wrote them."""

    member_id: str
    sponsor: str
    friendly_name: str
    offered_to_email: str
    last_sync_date: str | None = None
    valid_until: str | None = None
    to_delete: bool = False
    cloud_offer: str | None = None
    """Whom the cloud has the offer for: the first one it was told, whatever is sent later (§2.8, per item, 3)."""

    def __post_init__(self) -> None:
        # Files of before this member was kept: what was synced is what the cloud has.
        if self.cloud_offer is None and self.last_sync_date is not None:
            self.cloud_offer = self.offered_to_email

    def to_wire(self) -> dict[str, Any]:
        """Return the item of a sync request."""
        return {
            "sponsoringOrganizationUserId": self.member_id,
            "friendlyName": self.friendly_name,
            "offeredToEmail": self.offered_to_email,
            "planSponsorshipType": 0,
            "lastSyncDate": self.last_sync_date,
            "validUntil": self.valid_until,
            "toDelete": self.to_delete,
        }

    @property
    def status(self) -> str:
        """What the web vault of the self-hosted server shows (docs/contract/clients.md §11)."""
        if self.to_delete:
            return "revoke when expired" if self.valid_until else "request removed"
        if self.valid_until:
            return "active"
        return "sent" if self.last_sync_date else "requested"


@dataclass(slots=True)
class Connection:
    """One organization's billing-sync connection and its rows."""

    organization_id: str
    name: str
    billing_sync_key: str | None = None
    last_licence_sync: str | None = None
    rows: list[Row] = field(default_factory=list)

    def sponsor(self, sponsor: str, friend: str) -> Row:
        """Create an offer locally, as the member's own; one to the same friend stays as it is."""
        row = Row(self._member_id(sponsor), sponsor, friendly_name=friend, offered_to_email=friend)
        for at, known in enumerate(self.rows):
            if known.member_id == row.member_id:
                if known.friendly_name != friend:
                    row.cloud_offer = known.cloud_offer
                    self.rows[at] = row
                return self.rows[at]
        self.rows.append(row)
        return row

    def revoke(self, sponsor: str) -> None:
        """Revoke locally: a row the cloud never saw is deleted, others are marked and sent with the next sync.

        Raises NotAskedError if there is none.
        """
        member_id = self._member_id(sponsor)
        row = next((each for each in self.rows if each.member_id == member_id), None)
        if row is None:
            raise NotAskedError(f"{sponsor} sponsors nobody here")
        if row.last_sync_date is None:
            self.rows.remove(row)
        else:
            row.to_delete = True

    def _member_id(self, sponsor: str) -> str:
        # The member's id on the self-hosted side, which the cloud does not know; the same at each run.
        return Ids(self.organization_id, f"self-hosted member {sponsor.lower()}").guid()


class ServerFile:
    """The file of one self-hosted server. Raises NotAskedError for a file that is none of ours.

    It belongs to one life of the cloud: `incarnation` is the world's, as its summary says it, and None counts as
    the same life. In another life that still knows one of its keys, as after a restore, it stays; else `afresh` is
    true: it begins without keys and rows, and what was there is set aside by the first `save`.
    """

    def __init__(self, path: Path, incarnation: str | None = None, current_keys: Collection[str] = ()) -> None:
        self.path = path
        kept, connections = self._read()
        another_life = bool(kept and incarnation) and kept != incarnation
        self.afresh = another_life and not any(each.billing_sync_key in current_keys for each in connections)
        self._aside = self.path.with_name(f"{self.path.name}.before") if self.afresh else None
        self._incarnation = incarnation or kept
        self._connections = {} if self.afresh else {each.organization_id: each for each in connections}

    def connection(self, organization_id: str, name: str) -> Connection:
        """Return an organization's connection, a new one if there is none."""
        return self._connections.setdefault(organization_id, Connection(organization_id, name))

    def known(self) -> list[str]:
        """Return the ids of the organizations it holds."""
        return list(self._connections)

    def save(self) -> None:
        """Write everything."""
        if self._aside is not None:
            self.path.replace(self._aside)
            self._aside = None
        document = {
            "version": _VERSION,
            "incarnation": self._incarnation,
            "organizations": [asdict(each) for each in self._connections.values()],
        }
        write_private(self.path, json.dumps(document, indent=2, ensure_ascii=False) + "\n")

    def _read(self) -> tuple[str | None, list[Connection]]:
        if not self.path.exists():
            return None, []
        try:
            document = json.loads(self.path.read_text(encoding="utf-8"))
            if document["version"] == _VERSION:
                return document.get("incarnation"), [_connection(each) for each in document["organizations"]]
        except (ValueError, TypeError, KeyError, OSError):
            pass
        raise NotAskedError(f"{self.path} is no file of `sosie selfhost`; move it away, or name another with --file")


def _connection(body: Mapping[str, Any]) -> Connection:
    return Connection(**{**body, "rows": [Row(**row) for row in body["rows"]]})
