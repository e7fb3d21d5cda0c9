"""What a plan sells and for how much, per product (docs/contract/api.md §4.8).

Contents are plausible, not the cloud's: those come from a pricing service of its own. Prices are dollars per billing
period; price ids are invented, so that nobody takes them for real ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sosie.domain.plans import Tier

if TYPE_CHECKING:
    from sosie.domain.plans import Plan

_PREMIUM_FOR_ALL_PRICE = 40
_FAMILIES_2019 = 1
_SECRETS_MANAGER_SINCE = 2023


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordManager:
    """The plan's main product; field names are the wire's in snake case."""

    stripe_plan_id: str | None
    stripe_seat_plan_id: str | None
    stripe_provider_portal_seat_plan_id: str | None = None
    stripe_premium_access_plan_id: str | None
    stripe_storage_plan_id: str | None
    base_price: float
    seat_price: float
    provider_portal_seat_price: float = 0
    premium_access_option_price: float
    additional_storage_price_per_gb: float
    allow_seat_autoscale: bool
    has_additional_seats_option: bool
    has_premium_access_option: bool
    has_additional_storage_option: bool
    base_seats: int
    max_additional_seats: int | None = None
    max_seats: int | None
    base_storage_gb: int | None
    max_additional_storage: int | None = None
    max_collections: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretsManager:
    """The second product of some plans; field names are the wire's in snake case."""

    max_service_accounts: int | None
    base_service_account: int | None
    max_additional_service_account: int | None = None
    max_seats: int | None
    max_additional_seats: int | None = None
    additional_price_per_service_account: float | None
    base_price: float = 0
    seat_price: float
    base_seats: int
    max_projects: int
    stripe_service_account_plan_id: str | None
    stripe_seat_plan_id: str | None
    allow_service_accounts_autoscale: bool
    has_additional_service_account_option: bool
    has_additional_seats_option: bool
    allow_seat_autoscale: bool


def password_manager(plan: Plan) -> PasswordManager:
    """Return what a plan says about its main product. The Free plan has no price ids."""
    sells_seats, paid = plan.has_additional_seats, plan.tier is not Tier.FREE
    premium_for_all = plan.type == _FAMILIES_2019
    return PasswordManager(
        stripe_plan_id=plan.price_id if paid and (plan.base_price or not sells_seats) else None,
        stripe_seat_plan_id=plan.seat_price_id if sells_seats else None,
        stripe_premium_access_plan_id=f"{plan.price_id}-premium-access" if premium_for_all else None,
        stripe_storage_plan_id=f"{plan.price_id}-storage" if paid else None,
        base_price=plan.base_price,
        seat_price=plan.seat_price,
        premium_access_option_price=_PREMIUM_FOR_ALL_PRICE if premium_for_all else 0,
        additional_storage_price_per_gb=(4 if plan.is_annual else 0.5) if paid else 0,
        allow_seat_autoscale=sells_seats,
        has_additional_seats_option=sells_seats,
        has_premium_access_option=premium_for_all,
        has_additional_storage_option=paid,
        base_seats=plan.base_seats,
        max_seats=plan.max_seats,
        base_storage_gb=plan.base_storage_gb,
        max_collections=plan.max_collections,
    )


@dataclass(frozen=True, slots=True)
class _SecretsManagerTerms:
    accounts: int
    seat_a_month: float
    seat_a_year: float


_TERMS: dict[Tier, _SecretsManagerTerms] = {
    Tier.TEAMS: _SecretsManagerTerms(20, 7, 72),
    Tier.TEAMS_STARTER: _SecretsManagerTerms(20, 7, 72),
    Tier.ENTERPRISE: _SecretsManagerTerms(50, 13, 144),
}


def secrets_manager(plan: Plan) -> SecretsManager | None:
    """Return what a plan says about the second product; None for Families, Custom and what is older than it."""
    if plan.legacy_year is not None and plan.legacy_year < _SECRETS_MANAGER_SINCE:
        return None
    if plan.slug == "free":
        return SecretsManager(
            max_service_accounts=3,
            base_service_account=3,
            max_seats=2,
            additional_price_per_service_account=None,
            seat_price=0,
            base_seats=2,
            max_projects=3,
            stripe_service_account_plan_id=None,
            stripe_seat_plan_id=None,
            allow_service_accounts_autoscale=False,
            has_additional_service_account_option=False,
            has_additional_seats_option=False,
            allow_seat_autoscale=False,
        )
    terms = _TERMS.get(plan.tier)
    if terms is None:
        return None
    return SecretsManager(
        max_service_accounts=None,
        base_service_account=terms.accounts,
        max_seats=None,
        additional_price_per_service_account=12 if plan.is_annual else 1,
        seat_price=terms.seat_a_year if plan.is_annual else terms.seat_a_month,
        base_seats=0,
        max_projects=0,
        stripe_service_account_plan_id=f"{plan.price_id}-service-account",
        stripe_seat_plan_id=f"{plan.price_id}-secrets-manager-seat",
        allow_service_accounts_autoscale=True,
        has_additional_service_account_option=True,
        has_additional_seats_option=True,
        allow_seat_autoscale=True,
    )
