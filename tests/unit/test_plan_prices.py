"""What plans sell (docs/contract/api.md §4.8, §5.2)."""

from __future__ import annotations

import pytest

from sosie.domain.plan_prices import password_manager, secrets_manager
from sosie.domain.plans import LISTED_PLANS, PLANS, Tier

# docs/contract/api.md §5.2, by tier: Free 0, Families 1, Teams 2, Enterprise 3, Teams Starter 4.
TIERS = [0, 1, 2, 2, 3, 3, 0, 1, 2, 2, 3, 3, 2, 2, 3, 3, 4, 2, 2, 3, 3, 4, 1]


def test_every_plan_number_has_the_contracts_tier():
    assert [int(PLANS[number].tier) for number in range(23)] == TIERS
    assert len(PLANS) == 23


@pytest.mark.parametrize("number", PLANS)
def test_what_can_be_bought_has_a_price_and_a_price_id_and_nothing_else_has(number):
    product = password_manager(PLANS[number])

    assert (product.stripe_plan_id is not None) == (product.base_price > 0)
    assert (product.stripe_seat_plan_id is not None) == (product.seat_price > 0) == product.has_additional_seats_option
    assert (product.stripe_premium_access_plan_id is not None) == (product.premium_access_option_price > 0)
    assert (product.stripe_storage_plan_id is not None) == (product.additional_storage_price_per_gb > 0)


@pytest.mark.parametrize("number", PLANS)
def test_base_price_and_seat_price_never_share_an_id(number):
    product = password_manager(PLANS[number])

    assert product.stripe_plan_id is None or product.stripe_plan_id != product.stripe_seat_plan_id


def test_a_base_price_and_seats_are_sold_together_in_one_old_plan_per_period():
    both = [number for number, plan in PLANS.items() if plan.base_price and plan.has_additional_seats]

    assert both == [2, 3]


@pytest.mark.parametrize("number", LISTED_PLANS)
def test_secrets_manager_comes_with_every_plan_on_sale_but_families(number):
    plan = PLANS[number]

    assert (secrets_manager(plan) is None) == (plan.tier is Tier.FAMILIES)


@pytest.mark.parametrize("number", [3, 5, 6, 9, 11])
def test_secrets_manager_is_younger_than_the_old_plans(number):
    assert secrets_manager(PLANS[number]) is None
