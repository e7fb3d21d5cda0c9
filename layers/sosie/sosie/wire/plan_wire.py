"""A plan on the wire (docs/contract/api.md §4.8): in the list of plans, and within each organization."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from sosie.domain.plan_prices import password_manager, secrets_manager
from sosie.wire.rules import pascal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sosie.domain.plans import Plan

_FEATURES = (
    "has_self_host",
    "has_policies",
    "has_groups",
    "has_directory",
    "has_events",
    "has_totp",
    "has_2fa",
    "has_sso",
    "has_organization_domains",
    "has_reset_password",
    "users_get_premium",
    "has_my_items",
    "has_invite_links",
)


def camel(name: str) -> str:
    """Return a field's name on the wire: `max_storage_gb` -> `maxStorageGb`, `use_2fa` -> `use2fa`."""
    name = pascal(name)
    return name[0].lower() + name[1:]


def members_of(record: Any, names: Iterable[str]) -> dict[str, Any]:
    """Return some of a record's fields under their names on the wire."""
    return {camel(name): getattr(record, name) for name in names}


def plan_to_wire(plan: Plan) -> dict[str, Any]:
    """Return a plan. `hasApi` and `canBeUsedByBusiness` are always false: the cloud never fills them."""
    second = secrets_manager(plan)
    return {
        "object": "plan",
        "type": plan.type,
        "productTier": int(plan.tier),
        "name": plan.name,
        "nameLocalizationKey": plan.localization_key,
        "descriptionLocalizationKey": plan.description_key,
        "isAnnual": plan.is_annual,
        "canBeUsedByBusiness": False,
        "disabled": plan.disabled,
        "trialPeriodDays": plan.trial_period_days,
        "legacyYear": plan.legacy_year,
        "upgradeSortOrder": plan.sort_order,
        "displaySortOrder": plan.sort_order,
        **members_of(plan.features, _FEATURES),
        "hasApi": False,
        "secretsManager": None if second is None else _product(second),
        "passwordManager": _product(password_manager(plan)),
    }


def _product(product: Any) -> dict[str, Any]:
    return members_of(product, (field.name for field in fields(product)))
