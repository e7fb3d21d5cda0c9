"""The Families sponsorship: one row, its states and the rules that move it (docs/contract/api.md §2).

Every rule gets plain values and returns the new row or raises the cloud's refusal; nothing here reads or writes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sosie.domain.errors import BadRequestError, ServerFaultError
from sosie.domain.plans import Tier

if TYPE_CHECKING:
    from collections.abc import Callable

    from sosie.domain.organizations import Organization

FAMILIES_FOR_ENTERPRISE = 0
OFFER_LIFETIME_AFTER_SYNC = timedelta(days=182, hours=12)
DISABLED_GRACE = timedelta(days=93)
PURGE_AFTER = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Sponsorship:
    """A row. `sponsoring_member_id` has no foreign key: rows from a sync carry the self-hosted member's id.

    Nothing is unique beyond `id`; `slot` is where a store keeps several rows of one member apart.
    """

    id: str
    sponsoring_organization_id: str | None
    sponsoring_member_id: str
    friendly_name: str | None = None
    offered_to_email: str | None = None
    plan_sponsorship_type: int | None = FAMILIES_FOR_ENTERPRISE
    sponsored_organization_id: str | None = None
    last_sync_date: datetime | None = None
    valid_until: datetime | None = None
    to_delete: bool = False
    is_admin_initiated: bool = False
    notes: str | None = None

    @property
    def redeemed(self) -> bool:
        """Whether a Families organization profits from it."""
        return self.sponsored_organization_id is not None


@dataclass(frozen=True, slots=True)
class OfferToken:
    """What the link in an offer carries (§2.3). It never expires by itself."""

    sponsorship_id: str
    organization_id: str
    member_id: str
    plan_sponsorship_type: int | None
    email: str


@dataclass(frozen=True, slots=True)
class SyncItem:
    """One row as a self-hosted server reports it (§2.8)."""

    sponsoring_member_id: str
    friendly_name: str | None
    offered_to_email: str | None
    plan_sponsorship_type: int
    last_sync_date: datetime | None
    valid_until: datetime | None
    to_delete: bool


@dataclass(frozen=True, slots=True)
class SyncOutcome:
    """What one item led to: the row as it is to be stored (None: it is deleted), and what the answer adds to the item.

    The answer's last sync is the time of the request.
    """

    item: SyncItem
    row: Sponsorship | None
    valid_until: datetime | None
    removed: bool
    new: bool


def require_sponsorship_type(number: int | None) -> None:
    """Only Families for Enterprise exists; any other number makes the cloud fail (§2)."""
    if number != FAMILIES_FOR_ENTERPRISE:
        text = f"no sponsorship type has the number {number}"
        raise ServerFaultError(text).because("SPONSORSHIP_TYPE_UNKNOWN", type=number)


def is_offer_valid(token: OfferToken | None, row: Sponsorship | None, email: str | None) -> bool:
    """Tell whether an offer token lets the person with this e-mail redeem this row (§2.3)."""
    if token is None or row is None or not email or not row.offered_to_email:
        return False
    return (
        row.id == token.sponsorship_id
        and row.plan_sponsorship_type == token.plan_sponsorship_type
        and token.email.lower() == email.lower() == row.offered_to_email.lower()
    )


def may_still_redeem(row: Sponsorship, now: datetime) -> bool:
    """An offer that came by sync lapses when the sync stops: after 182.5 days (§2.7 #6)."""
    return row.last_sync_date is None or row.last_sync_date >= now - OFFER_LIFETIME_AFTER_SYNC


def redeem(row: Sponsorship, sponsored: Organization, period_end: datetime) -> Sponsorship:
    """Return the redeemed row: the e-mail goes, so that no token fits any more (§2.1, §2.7)."""
    return replace(row, sponsored_organization_id=sponsored.id, offered_to_email=None, valid_until=period_end)


def withdraw(row: Sponsorship) -> Sponsorship | None:
    """Revoke: an open offer disappears (None), a redeemed one is marked and runs out (§2.10)."""
    return replace(row, to_delete=True) if row.redeemed else None


def occupies_seat(row: Sponsorship, now: datetime) -> bool:
    """Tell whether an admin-initiated row takes a seat of the sponsoring organization (§2.4)."""
    if not row.is_admin_initiated:
        return False
    alive = not row.to_delete or (row.valid_until is not None and row.valid_until > now)
    return alive and (not row.redeemed or row.valid_until is None or row.valid_until > now)


def is_beyond_grace(organization: Organization, now: datetime) -> bool:
    """Tell whether an organization is disabled for good: without an expiration, or 93 days after it (§2.8 2b)."""
    if organization.enabled:
        return False
    return organization.expiration_date is None or organization.expiration_date < now - DISABLED_GRACE


def sync_item(
    item: SyncItem, row: Sponsorship | None, organization: Organization, new_id: Callable[[], str], now: datetime
) -> SyncOutcome | None:
    """Apply one reported row to the cloud's (§2.8, steps 1 to 5). None: the item is skipped, so simply absent.

    `row` None means that the cloud does not know the member; `new_id` then gives the new row's.
    """
    require_sponsorship_type(item.plan_sponsorship_type)
    if organization.tier is not Tier.ENTERPRISE:
        return None
    known = row is not None
    if row is None:
        if item.to_delete and item.last_sync_date is None:
            return None
        if is_beyond_grace(organization, now):
            return None
        row = Sponsorship(
            id=new_id(),
            sponsoring_organization_id=organization.id,
            sponsoring_member_id=item.sponsoring_member_id,
            friendly_name=item.friendly_name,
            offered_to_email=item.offered_to_email,
            plan_sponsorship_type=item.plan_sponsorship_type,
            last_sync_date=now,
        )
    removed = item.to_delete and not row.redeemed
    stored: Sponsorship | None = None
    # An unknown row stays although the answer says it is gone: the cloud deletes by an id it does not have yet.
    if not known:
        stored = row
    elif not removed:
        to_delete = row.to_delete or (item.to_delete and row.redeemed)
        stored = replace(row, last_sync_date=now, to_delete=to_delete)
    return SyncOutcome(item, stored, row.valid_until, removed=removed, new=not known)


def why_skipped(item: SyncItem, organization: Organization) -> str:
    """Return the diagnosis of an item that `sync_item` skipped; the reasons are §2.8's, in its order."""
    if organization.tier is not Tier.ENTERPRISE:
        return "ROW_SKIPPED_TIER"
    if item.to_delete and item.last_sync_date is None:
        return "ROW_SKIPPED_NEVER_SYNCED"
    return "ROW_SKIPPED_DISABLED"


def check_may_sponsor(organization: Organization | None) -> None:
    """Only Enterprise organizations sponsor (§2.4 #6)."""
    if organization is None or organization.tier is not Tier.ENTERPRISE:
        refusal = BadRequestError("Specified Organization cannot sponsor other organizations.")
        if organization is not None:
            refusal.because("TIER_NOT_ENTERPRISE", organization=organization, plan=organization.plan)
        raise refusal
