"""Organizations as members and owners see them (docs/contract/api.md §4.2, §4.4, §4.6, §4.7).

A name can be null although those sections list a text: an empty one that is stored is shown as null (§1.3).
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from sosie.domain.members import MemberStatus, Role
from sosie.wire.answers.base import AnswerModel, DateText, GuidText, ListAnswer, PlanType, ProductTier
from sosie.wire.answers.plans import Plan


class Flags(AnswerModel):
    """What an organization may use; members and owners are told alike."""

    use_policies: bool
    use_sso: bool
    use_key_connector: bool
    use_scim: bool
    use_groups: bool
    use_directory: bool
    use_events: bool
    use_totp: bool
    use_2fa: bool
    use_api: bool
    use_reset_password: bool
    use_secrets_manager: bool
    use_password_manager: bool
    users_get_premium: bool
    use_custom_permissions: bool
    use_risk_insights: bool
    use_organization_domains: bool
    use_admin_sponsored_families: bool
    use_automatic_user_confirmation: bool
    use_phishing_blocker: bool
    use_my_items: bool
    use_invite_links: bool
    use_pam: bool
    self_host: bool
    limit_collection_creation: bool
    limit_collection_deletion: bool
    limit_item_deletion: bool
    allow_admin_access_to_all_collection_items: bool
    has_public_and_private_keys: bool


class Permissions(AnswerModel):
    """What a custom role may do; all false for any other role."""

    access_event_logs: bool
    access_import_export: bool
    access_reports: bool
    create_new_collections: bool
    edit_any_collection: bool
    delete_any_collection: bool
    manage_groups: bool
    manage_policies: bool
    manage_sso: bool
    manage_users: bool
    manage_reset_password: bool
    manage_scim: bool
    manage_access_rules: bool


class ProfileOrganization(Flags):
    """§4.2: a member's view. A member with several sponsorship rows gets it several times."""

    object: Literal["profileOrganization"]
    id: GuidText
    organization_user_id: GuidText
    user_id: GuidText | None
    name: str | None
    enabled: bool
    identifier: str | None
    product_tier_type: ProductTier
    status: MemberStatus
    type: Role
    key: str | None
    seats: int | None
    max_collections: int | None
    max_storage_gb: int | None
    sso_bound: bool
    sso_enabled: bool
    reset_password_enrolled: bool
    user_is_claimed_by_organization: bool
    provider_id: GuidText | None
    provider_name: str | None
    provider_type: int | None
    key_connector_enabled: bool
    key_connector_url: str | None
    sso_member_decryption_type: int | None
    permissions: Permissions
    use_activate_autofill_policy: bool
    use_disable_sm_ads_for_users: bool = Field(alias="useDisableSMAdsForUsers")
    access_secrets_manager: bool
    access_pam: bool
    family_sponsorship_friendly_name: str | None
    family_sponsorship_available: bool
    family_sponsorship_last_sync_date: DateText | None
    family_sponsorship_valid_until: DateText | None
    family_sponsorship_to_delete: bool | None
    is_admin_initiated: bool


class ProfileOrganizationList(ListAnswer):
    """Memberships of the caller."""

    data: list[ProfileOrganization]


class OwnedOrganization(Flags):
    """What an owner sees, whether or not payments are asked for (§4.6)."""

    id: GuidText
    name: str | None
    business_name: str | None
    business_address1: str | None
    business_address2: str | None
    business_address3: str | None
    business_country: str | None
    business_tax_number: str | None
    billing_email: str
    plan: Plan
    secrets_manager_plan: None
    plan_type: PlanType
    seats: int | None
    max_autoscale_seats: int | None
    max_collections: int | None
    max_storage_gb: int | None
    sm_seats: int | None
    sm_service_accounts: int | None
    max_autoscale_sm_seats: int | None
    max_autoscale_sm_service_accounts: int | None
    use_disable_sm_ads_for_users: bool


class Organization(OwnedOrganization):
    """§4.6: an owner's view."""

    object: Literal["organization"]


class SubscriptionItem(AnswerModel):
    """One position; `amount` is the price of one in dollars."""

    product_id: str | None
    name: str
    amount: float
    quantity: int
    interval: str
    sponsored_subscription_item: bool
    addon_subscription_item: bool


class Subscription(AnswerModel):
    """What the payment provider says."""

    trial_start_date: DateText | None
    trial_end_date: DateText | None
    period_start_date: DateText | None
    period_end_date: DateText | None
    cancelled_date: DateText | None
    suspension_date: DateText | None
    unpaid_period_end_date: DateText | None
    cancel_at_end_date: bool
    status: str
    cancelled: bool
    collection_method: str
    grace_period: Literal[14, 30]
    items: list[SubscriptionItem]


class UpcomingInvoice(AnswerModel):
    """The next invoice, in dollars."""

    amount: float
    date: DateText | None


class CustomerDiscount(AnswerModel):
    """A discount; Sosie gives none."""

    id: str | None
    active: bool
    percent_off: float | None
    amount_off: float | None
    end: DateText | None
    duration_in_months: int | None
    applies_to: list[str] | None
    is_from_schedule: bool


class OrganizationSubscription(OwnedOrganization):
    """§4.7: an owner's view with what is paid."""

    object: Literal["organizationSubscription"]
    storage_name: str | None
    storage_gb: float
    expiration: DateText | None
    expiration_without_grace_period: None
    subscription: Subscription | None
    upcoming_invoice: UpcomingInvoice | None
    customer_discount: CustomerDiscount | None
    pending_annual_upgrade: None
    sm_service_accounts_grace: Literal[0] | None
    exempt_from_billing_automation: bool


class Policy(AnswerModel):
    """§4.4: a rule an organization has for its members, by number."""

    object: Literal["policy"]
    id: GuidText
    organization_id: GuidText
    type: int = Field(ge=0, le=20)
    data: dict[str, Any] | None
    enabled: bool
    revision_date: DateText
