"""Plans (docs/contract/api.md §4.8). What the cloud never fills is null or false."""

from __future__ import annotations

from typing import Literal

from sosie.wire.answers.base import AnswerModel, ListAnswer, PlanType, ProductTier


class PasswordManagerPlan(AnswerModel):
    """The main product. Prices in dollars per billing period."""

    stripe_plan_id: str | None
    stripe_seat_plan_id: str | None
    stripe_provider_portal_seat_plan_id: str | None
    stripe_premium_access_plan_id: str | None
    stripe_storage_plan_id: str | None
    base_price: float
    seat_price: float
    provider_portal_seat_price: float
    premium_access_option_price: float
    additional_storage_price_per_gb: float
    allow_seat_autoscale: bool
    has_additional_seats_option: bool
    has_premium_access_option: bool
    has_additional_storage_option: bool
    base_seats: int
    max_additional_seats: int | None
    max_seats: int | None
    base_storage_gb: int | None
    max_additional_storage: int | None
    max_collections: int | None


class SecretsManagerPlan(AnswerModel):
    """The second product of some plans. Prices in dollars per billing period."""

    max_service_accounts: int | None
    base_service_account: int | None
    max_additional_service_account: int | None
    max_seats: int | None
    max_additional_seats: int | None
    additional_price_per_service_account: float | None
    base_price: float
    seat_price: float
    base_seats: int
    max_projects: int
    stripe_service_account_plan_id: str | None
    stripe_seat_plan_id: str | None
    allow_service_accounts_autoscale: bool
    has_additional_service_account_option: bool
    has_additional_seats_option: bool
    allow_seat_autoscale: bool


class Plan(AnswerModel):
    """What can be bought."""

    object: Literal["plan"]
    type: PlanType
    product_tier: ProductTier
    name: str
    name_localization_key: str
    description_localization_key: str
    is_annual: bool
    can_be_used_by_business: bool
    disabled: bool
    trial_period_days: int | None
    legacy_year: int | None
    upgrade_sort_order: int
    display_sort_order: int
    has_self_host: bool
    has_policies: bool
    has_groups: bool
    has_directory: bool
    has_events: bool
    has_totp: bool
    has_2fa: bool
    has_api: bool
    has_sso: bool
    has_organization_domains: bool
    has_reset_password: bool
    users_get_premium: bool
    has_my_items: bool
    has_invite_links: bool
    secrets_manager: SecretsManagerPlan | None
    password_manager: PasswordManagerPlan


class PlanList(ListAnswer):
    """The plans on sale."""

    data: list[Plan]
