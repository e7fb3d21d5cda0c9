"""An organization on the wire: as its members see it, as its owner sees it, and what it pays.

docs/contract/api.md §4.2 (profile organization), §4.6 (organization), §4.7 (subscription), §4.4 (policy).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sosie.domain.html_text import decoded
from sosie.domain.licence_dates import months_after
from sosie.domain.members import PERMISSIONS, Role
from sosie.domain.organization_flags import organization_flags
from sosie.domain.plans import Tier
from sosie.domain.subscriptions import (
    COLLECTION_METHOD,
    GRACE_PERIOD_DAYS,
    is_cancelled,
    items_of,
    upcoming_invoice,
)
from sosie.wire.plan_wire import members_of, plan_to_wire

if TYPE_CHECKING:
    from datetime import datetime

    from sosie.domain.members import Member
    from sosie.domain.organizations import Organization, Policy, Subscription
    from sosie.domain.sponsorships import Sponsorship
    from sosie.domain.subscriptions import SubscriptionItem
    from sosie.services.accounts import ProfileOrganization

_SHARED_FLAGS = (
    "use_policies",
    "use_sso",
    "use_key_connector",
    "use_scim",
    "use_groups",
    "use_directory",
    "use_events",
    "use_totp",
    "use_2fa",
    "use_api",
    "use_reset_password",
    "use_secrets_manager",
    "use_password_manager",
    "users_get_premium",
    "use_custom_permissions",
    "use_risk_insights",
    "use_organization_domains",
    "use_admin_sponsored_families",
    "use_automatic_user_confirmation",
    "use_phishing_blocker",
    "use_my_items",
    "use_invite_links",
    "use_pam",
    "self_host",
    "limit_collection_creation",
    "limit_collection_deletion",
    "limit_item_deletion",
    "allow_admin_access_to_all_collection_items",
)


def profile_organization_to_wire(view: ProfileOrganization) -> dict[str, Any]:
    """Return a member's view of an organization (§4.2)."""
    organization, member = view.organization, view.member
    flags = organization_flags(organization)
    return {
        "object": "profileOrganization",
        "id": organization.id,
        "organizationUserId": member.id,
        "userId": member.user_id,
        "name": decoded(organization.name),
        "enabled": organization.enabled,
        "identifier": organization.identifier,
        "productTierType": int(organization.tier),
        "status": int(member.status),
        "type": int(member.role),
        "key": member.key,
        "seats": organization.seats,
        "maxCollections": organization.plan.max_collections,
        "maxStorageGb": organization.max_storage_gb,
        "hasPublicAndPrivateKeys": has_key_pair(organization),
        "ssoBound": False,
        "ssoEnabled": False,
        "resetPasswordEnrolled": False,
        "userIsClaimedByOrganization": False,
        "providerId": None,
        "providerName": None,
        "providerType": None,
        "keyConnectorEnabled": False,
        "keyConnectorUrl": None,
        "ssoMemberDecryptionType": None,
        "permissions": _permissions(member),
        **members_of(flags, _SHARED_FLAGS),
        "useActivateAutofillPolicy": flags.use_activate_autofill_policy,
        # The other responses spell it useDisableSmAdsForUsers (§4.6).
        "useDisableSMAdsForUsers": flags.use_disable_sm_ads_for_users,
        **members_of(member, ("access_secrets_manager", "access_pam")),
        **_sponsorship(organization, view.sponsorship),
    }


def organization_to_wire(organization: Organization, kind: str = "organization") -> dict[str, Any]:
    """Return an owner's view of an organization (§4.6)."""
    flags = organization_flags(organization)
    return {
        "object": kind,
        "id": organization.id,
        "name": decoded(organization.name),
        "businessName": decoded(organization.business_name),
        "businessAddress1": None,
        "businessAddress2": None,
        "businessAddress3": None,
        "businessCountry": None,
        "businessTaxNumber": None,
        "billingEmail": organization.billing_email,
        "plan": plan_to_wire(organization.plan),
        "secretsManagerPlan": None,
        "planType": organization.plan_type,
        "seats": organization.seats,
        "maxAutoscaleSeats": organization.max_autoscale_seats,
        "maxCollections": organization.plan.max_collections,
        "maxStorageGb": organization.max_storage_gb,
        "smSeats": None,
        "smServiceAccounts": None,
        "maxAutoscaleSmSeats": None,
        "maxAutoscaleSmServiceAccounts": None,
        "hasPublicAndPrivateKeys": has_key_pair(organization),
        **members_of(flags, (*_SHARED_FLAGS, "use_disable_sm_ads_for_users")),
    }


def subscription_to_wire(organization: Organization, now: datetime) -> dict[str, Any]:
    """Return an owner's view of what an organization pays (§4.7); without a subscription most of it is null."""
    subscription = organization.subscription if organization.gateway_subscription_id else None
    subscribed = subscription is not None
    return {
        **organization_to_wire(organization, "organizationSubscription"),
        "storageName": None,
        "storageGb": 0,
        "expiration": months_after(now, 12) if subscribed else organization.expiration_date,
        "expirationWithoutGracePeriod": None,
        "subscription": None if subscription is None else _subscription(organization, subscription),
        "upcomingInvoice": _upcoming_invoice(organization) if subscribed else None,
        "customerDiscount": None,
        "pendingAnnualUpgrade": None,
        "smServiceAccountsGrace": 0 if subscribed else None,
        "exemptFromBillingAutomation": False,
    }


def policy_to_wire(policy: Policy) -> dict[str, Any]:
    """Return a policy, as in a sync (§4.4)."""
    return {
        "object": "policy",
        "id": policy.id,
        "organizationId": policy.organization_id,
        "type": policy.type,
        "data": None if policy.data is None else json.loads(policy.data),
        "enabled": policy.enabled,
        "revisionDate": policy.revision_date,
    }


def has_key_pair(organization: Organization) -> bool:
    """Tell whether the organization has a key pair: its owner sent one, or Sosie holds it."""
    return organization.key_seed or None not in (organization.public_key, organization.private_key)


def _permissions(member: Member) -> dict[str, bool]:
    held = member.permissions if member.role is Role.CUSTOM else ()
    return {permission: permission in held for permission in PERMISSIONS}


def _sponsorship(organization: Organization, row: Sponsorship | None) -> dict[str, Any]:
    friendly_name = row.friendly_name if row else None
    admin_initiated = row is not None and row.is_admin_initiated
    available = friendly_name is None or admin_initiated
    return {
        "familySponsorshipFriendlyName": friendly_name,
        "familySponsorshipAvailable": available and organization.tier is Tier.ENTERPRISE,
        "familySponsorshipLastSyncDate": row.last_sync_date if row else None,
        "familySponsorshipValidUntil": row.valid_until if row else None,
        "familySponsorshipToDelete": row.to_delete if row else None,
        "isAdminInitiated": admin_initiated,
    }


def _subscription(organization: Organization, subscription: Subscription) -> dict[str, Any]:
    return {
        "trialStartDate": subscription.trial_start,
        "trialEndDate": subscription.trial_end,
        "periodStartDate": subscription.period_start,
        "periodEndDate": subscription.period_end,
        "cancelledDate": subscription.cancelled_at,
        "suspensionDate": None,
        "unpaidPeriodEndDate": None,
        "cancelAtEndDate": subscription.cancel_at_period_end,
        "status": subscription.status,
        "cancelled": is_cancelled(subscription),
        "collectionMethod": COLLECTION_METHOD,
        "gracePeriod": GRACE_PERIOD_DAYS,
        "items": [_item(item) for item in items_of(organization)],
    }


def _item(item: SubscriptionItem) -> dict[str, Any]:
    return {
        "productId": item.product_id,
        "name": item.name,
        "amount": item.amount,
        "quantity": item.quantity,
        "interval": item.interval,
        "sponsoredSubscriptionItem": item.sponsored,
        "addonSubscriptionItem": False,
    }


def _upcoming_invoice(organization: Organization) -> dict[str, Any] | None:
    invoice = upcoming_invoice(organization)
    return None if invoice is None else {"amount": invoice.amount, "date": invoice.date}
