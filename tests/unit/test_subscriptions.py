"""How a subscription starts, what is on it, and what is charged next (docs/contract/api.md §4.7, §2.7)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sosie.domain.organizations import SPONSORED_PRICE, Organization, Subscription
from sosie.domain.plans import PLANS
from sosie.domain.subscriptions import items_of, start_subscription, upcoming_invoice

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
TEAMS_2019, TEAMS_MONTHLY, ENTERPRISE, FAMILIES = 3, 17, 20, 22


def organization(plan_type: int, seats: int | None = None, **changes) -> Organization:
    end = datetime(2027, 1, 31, tzinfo=UTC)
    subscription = Subscription("active", NOW, end, **changes)
    return Organization("id", "A", "a@a.test", plan_type, True, None, NOW, NOW, seats=seats, subscription=subscription)


class TestStart:
    def test_a_trial_is_the_first_period(self):
        subscription = start_subscription(PLANS[FAMILIES], NOW, 7)

        assert (subscription.status, subscription.trial_start) == ("trialing", NOW)
        assert subscription.trial_end == subscription.period_end == datetime(2026, 2, 7, 12, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("plan", "end"),
        [(FAMILIES, datetime(2027, 1, 31, 12, tzinfo=UTC)), (TEAMS_MONTHLY, datetime(2026, 2, 28, 12, tzinfo=UTC))],
    )
    def test_without_a_trial_the_first_period_is_a_calendar_year_or_month(self, plan, end):
        subscription = start_subscription(PLANS[plan], NOW, 0)

        assert (subscription.status, subscription.period_end) == ("active", end)
        assert (subscription.trial_start, subscription.trial_end) == (None, None)

    def test_a_new_subscription_is_not_sponsored(self):
        assert not start_subscription(PLANS[FAMILIES], NOW, 7).sponsored


class TestItems:
    def test_families_is_one_item_at_the_base_price(self):
        (item,) = items_of(organization(FAMILIES, seats=6))

        assert (item.quantity, item.amount, item.interval) == (1, PLANS[FAMILIES].base_price, "year")

    def test_enterprise_is_its_seats(self):
        (item,) = items_of(organization(ENTERPRISE, seats=25))

        assert (item.quantity, item.amount) == (25, PLANS[ENTERPRISE].seat_price)

    def test_a_monthly_plan_is_charged_by_the_month(self):
        (item,) = items_of(organization(TEAMS_MONTHLY, seats=1))

        assert item.interval == "month"

    def test_a_plan_with_a_base_price_charges_further_seats_apart(self):
        base, seats = items_of(organization(TEAMS_2019, seats=9))

        assert (base.quantity, seats.quantity) == (1, 9)
        assert base.product_id != seats.product_id

    def test_a_sponsorship_replaces_the_main_item(self):
        (item,) = items_of(organization(FAMILIES, seats=6, price_id=SPONSORED_PRICE))

        assert (item.product_id, item.quantity, item.sponsored) == ("2021-family-for-enterprise-annually", 1, True)


class TestUpcomingInvoice:
    def test_it_charges_all_items_at_the_end_of_the_period(self):
        invoice = upcoming_invoice(organization(ENTERPRISE, seats=25))

        assert invoice is not None
        assert invoice.amount == 25 * PLANS[ENTERPRISE].seat_price
        assert invoice.date == datetime(2027, 1, 31, tzinfo=UTC)

    def test_a_sponsored_family_is_charged_nothing(self):
        invoice = upcoming_invoice(organization(FAMILIES, price_id=SPONSORED_PRICE))

        assert invoice is not None
        assert invoice.amount == 0

    def test_what_ends_with_its_period_is_not_charged_again(self):
        assert upcoming_invoice(organization(ENTERPRISE, seats=25, cancel_at_period_end=True)) is None
