"""What the payment provider says about a subscription: how it starts, its items, its next invoice.

Sosie charges nobody: the provider is imagined, and its words are those of docs/contract/api.md §4.7. Amounts are
dollars per billing period.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sosie.domain.licence_dates import months_after
from sosie.domain.organizations import SPONSORED_PRICE, Subscription

if TYPE_CHECKING:
    from sosie.domain.organizations import Organization
    from sosie.domain.plans import Plan

COLLECTION_METHOD = "charge_automatically"
GRACE_PERIOD_DAYS = 14
"""Days that an unpaid invoice is waited for with this collection method."""

_ENDED = frozenset({"canceled", "unpaid", "incomplete_expired"})


@dataclass(frozen=True, slots=True)
class SubscriptionItem:
    """One position: `amount` is the price of one, `interval` is `year` or `month`."""

    product_id: str
    name: str
    amount: float
    quantity: int
    interval: str
    sponsored: bool = False


@dataclass(frozen=True, slots=True)
class UpcomingInvoice:
    """What will be charged next, and when."""

    amount: float
    date: datetime


def start_subscription(plan: Plan, now: datetime, trial_days: int) -> Subscription:
    """Return a new subscription. While a trial runs, its end is the period's end (§2.7)."""
    if trial_days:
        trial_end = now + timedelta(days=trial_days)
        return Subscription("trialing", now, trial_end, trial_start=now, trial_end=trial_end, price_id=plan.price_id)
    return Subscription("active", now, months_after(now, 12 if plan.is_annual else 1), price_id=plan.price_id)


def is_cancelled(subscription: Subscription) -> bool:
    """Tell whether the subscription is over, as clients are told; one that ends with its period is not yet."""
    return subscription.status in _ENDED


def items_of(organization: Organization) -> tuple[SubscriptionItem, ...]:
    """Return a subscription's positions, the main one first; a sponsorship replaces the main one."""
    plan = organization.plan
    interval = "year" if plan.is_annual else "month"
    if organization.subscription is not None and organization.subscription.sponsored:
        return (SubscriptionItem(SPONSORED_PRICE, "Sponsored Families", 0, 1, interval, sponsored=True),)
    seats = max(0, (organization.seats or 0) - plan.base_seats)
    items = []
    if plan.base_price or not plan.has_additional_seats:
        items.append(SubscriptionItem(plan.price_id, plan.name, plan.base_price, 1, interval))
    if plan.has_additional_seats and (seats or not items):
        items.append(SubscriptionItem(plan.seat_price_id, f"{plan.name} seat", plan.seat_price, seats, interval))
    return tuple(items)


def upcoming_invoice(organization: Organization) -> UpcomingInvoice | None:
    """Return the invoice at the end of the period; None if the subscription does not go on after it."""
    subscription = organization.subscription
    if subscription is None or is_cancelled(subscription) or subscription.cancel_at_period_end:
        return None
    amount = sum(item.amount * item.quantity for item in items_of(organization))
    return UpcomingInvoice(amount, subscription.period_end)
