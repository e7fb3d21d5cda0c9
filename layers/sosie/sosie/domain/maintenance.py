"""What happens in the cloud without a request: purge, renewal and renewal check (docs/contract/api.md §2.11).

Rules only: each gets plain values and the time that it is for. What falls due when, in which order, and what it does;
`services/maintenance.py` finds it in the store and carries it out.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sosie.domain.licence_dates import months_after
from sosie.domain.plans import PLANS, Tier
from sosie.domain.sponsorships import PURGE_AFTER, is_beyond_grace, may_still_redeem
from sosie.domain.subscriptions import upcoming_invoice

if TYPE_CHECKING:
    from sosie.domain.organizations import Organization, Subscription
    from sosie.domain.sponsorships import Sponsorship

PURGE_ZONE = "America/New_York"
ANNOUNCED_BEFORE = timedelta(days=7)
"""How long before its date an invoice is announced, which is when the renewal check runs (inferred, §2.11)."""

_WEEK = timedelta(days=7)
_GOES_ON = frozenset({"active", "trialing"})


class Job(IntEnum):
    """What falls due. Jobs of the same moment run in this order."""

    RENEWAL_CHECK = 1
    PERIOD_END = 2
    PURGE = 3


class Reason(StrEnum):
    """Why a renewal check finds that a sponsorship is not valid any more: every condition of §2.11."""

    NO_ROW = "no-row"
    SPONSOR_MISSING = "sponsor-missing"
    SPONSOR_DISABLED = "sponsor-disabled"
    ADMIN_SPONSORSHIPS_OFF = "admin-sponsorships-off"
    SPONSOR_NOT_ENTERPRISE = "sponsor-not-enterprise"
    MARKED = "marked"
    NOT_SYNCED = "not-synced"


# The purge.


def next_purge(after: datetime) -> datetime:
    """Return the first Monday, 00:00 in New York, that lies behind a moment, in UTC."""
    local = after.astimezone(ZoneInfo(PURGE_ZONE))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    # Days are added to the wall clock's time, so it stays midnight when the offset from UTC changes.
    return (midnight - timedelta(days=local.weekday()) + _WEEK).astimezone(UTC)


def is_purged(valid_until: datetime | None, at: datetime) -> bool:
    """Tell whether a purge deletes a row: it was valid until more than 90 days ago. Without a date it stays."""
    return valid_until is not None and valid_until < at - PURGE_AFTER


def purge_of(valid_until: datetime | None, after: datetime) -> datetime | None:
    """Return the first purge behind `after` that deletes a row with this date; None if none ever does."""
    return None if valid_until is None else next_purge(max(after, valid_until + PURGE_AFTER))


# Subscriptions.


def next_job(organization: Organization, after: datetime) -> tuple[datetime, Job] | None:
    """Return what falls due next for an organization's subscription, behind `after`; None if nothing ever does.

    What would lie before the organization was created did not happen: a scenario's expired subscription stays so.
    """
    subscription = organization.subscription
    if subscription is None or subscription.status not in _GOES_ON or organization.plan_type not in PLANS:
        return None
    jobs = [(subscription.period_end, Job.PERIOD_END)]
    if (announced := _announced(organization, subscription)) is not None:
        jobs.append((announced, Job.RENEWAL_CHECK))
    since = max(after, organization.creation_date)
    return min((job for job in jobs if job[0] > since), default=None)


def end_period(organization: Organization) -> Organization:
    """Return an organization behind the end of its subscription's period: renewed, or cancelled and disabled.

    Only for one whose `next_job` is that.
    """
    paid = organization.subscription
    if paid is None:
        raise ValueError("the organization has no subscription")
    now = paid.period_end
    if paid.cancel_at_period_end:
        over = replace(paid, status="canceled", cancelled_at=paid.cancelled_at or now)
        if not organization.enabled:
            return replace(organization, subscription=over)  # it is disabled already, and its date stays
        return replace(organization, subscription=over, enabled=False, expiration_date=now, revision_date=now)
    end = _next_period_end(paid, 12 if organization.plan.is_annual else 1)
    renewed = replace(paid, status="active", period_start=now, period_end=end)
    return replace(organization, subscription=renewed, expiration_date=end, revision_date=now)


def is_checked(organization: Organization) -> bool:
    """Tell whether the renewal check is for this organization: sponsored, annual, and with an invoice to come.

    It is the invoice's announcement that the check runs on (§2.11), so a subscription that is over, or ends with its
    period, has none.
    """
    plan, paid = PLANS.get(organization.plan_type), organization.subscription
    if plan is None or not plan.is_annual or paid is None or not paid.sponsored:
        return False
    return upcoming_invoice(organization) is not None


def renewal_problems(row: Sponsorship | None, sponsoring: Organization | None, now: datetime) -> tuple[Reason, ...]:
    """Return what the renewal check finds wrong; nothing is: the sponsorship is valid.

    `sponsoring` is the organization that the row names. The cloud only computes this, and acts on none of it.
    """
    if row is None:
        return (Reason.NO_ROW,)
    found = [Reason.SPONSOR_MISSING] if sponsoring is None else _sponsor_problems(row, sponsoring, now)
    if row.to_delete:
        found.append(Reason.MARKED)
    if not may_still_redeem(row, now):
        found.append(Reason.NOT_SYNCED)
    return tuple(found)


def _sponsor_problems(row: Sponsorship, sponsoring: Organization, now: datetime) -> list[Reason]:
    plan = PLANS.get(sponsoring.plan_type)
    problems = {
        Reason.SPONSOR_DISABLED: is_beyond_grace(sponsoring, now),
        Reason.ADMIN_SPONSORSHIPS_OFF: row.is_admin_initiated and not sponsoring.use_admin_sponsored_families,
        Reason.SPONSOR_NOT_ENTERPRISE: plan is None or plan.tier is not Tier.ENTERPRISE,
    }
    return [reason for reason, holds in problems.items() if holds]


def _announced(organization: Organization, paid: Subscription) -> datetime | None:
    """Return when the invoice at the end of the period is announced; None without an invoice, or time for it."""
    if not is_checked(organization):
        return None
    announced = paid.period_end - ANNOUNCED_BEFORE
    return announced if announced > paid.period_start else None


def _next_period_end(paid: Subscription, months: int) -> datetime:
    """Return the same day, months later, or the month's last; from 31 January by way of 28 February to 31 March."""
    start, end = paid.period_start, paid.period_end
    later = months_after(end, months)
    last_of_month = monthrange(end.year, end.month)[1]
    was_cut = paid.status != "trialing" and end.day == last_of_month < start.day
    if not was_cut:
        return later
    return later.replace(day=min(start.day, monthrange(later.year, later.month)[1]))
