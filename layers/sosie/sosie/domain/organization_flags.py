"""What an organization may use, as clients, owners and licences are told (docs/contract/api.md §4.2, §4.6).

The cloud copies these flags from the plan when an organization is created; here they follow from the plan each time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sosie.domain.plans import Tier

if TYPE_CHECKING:
    from sosie.domain.organizations import Organization


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationFlags:
    """One field per flag of the wire, in snake case: `use_2fa` is `use2fa`, `self_host` is `selfHost`."""

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
    use_activate_autofill_policy: bool
    use_risk_insights: bool
    use_organization_domains: bool
    use_admin_sponsored_families: bool
    use_automatic_user_confirmation: bool
    use_disable_sm_ads_for_users: bool
    use_phishing_blocker: bool
    use_my_items: bool
    use_invite_links: bool
    use_pam: bool
    self_host: bool
    limit_collection_creation: bool
    limit_collection_deletion: bool
    limit_item_deletion: bool
    allow_admin_access_to_all_collection_items: bool


def organization_flags(organization: Organization) -> OrganizationFlags:
    """Return an organization's flags. Raises ServerFaultError for a plan number that no plan has."""
    features = organization.plan.features
    return OrganizationFlags(
        use_policies=features.has_policies,
        use_sso=features.has_sso,
        use_key_connector=features.has_key_connector,
        use_scim=features.has_scim,
        use_groups=features.has_groups,
        use_directory=features.has_directory,
        use_events=organization.events_enabled,
        use_totp=features.has_totp,
        use_2fa=features.has_2fa,
        use_api=features.has_api,
        use_reset_password=features.has_reset_password,
        use_secrets_manager=organization.use_secrets_manager,
        use_password_manager=True,
        users_get_premium=features.users_get_premium,
        use_custom_permissions=features.has_custom_permissions,
        use_activate_autofill_policy=organization.tier is Tier.ENTERPRISE,
        use_risk_insights=False,
        use_organization_domains=features.has_organization_domains,
        use_admin_sponsored_families=organization.use_admin_sponsored_families,
        use_automatic_user_confirmation=False,
        use_disable_sm_ads_for_users=False,
        use_phishing_blocker=False,
        use_my_items=features.has_my_items,
        use_invite_links=features.has_invite_links,
        use_pam=False,
        self_host=features.has_self_host,
        limit_collection_creation=False,
        limit_collection_deletion=False,
        limit_item_deletion=False,
        allow_admin_access_to_all_collection_items=True,
    )
