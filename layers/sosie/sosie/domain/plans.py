"""Plans: type numbers and tiers are the contract's (docs/contract/api.md §5.2), contents are plausible.

The cloud takes plan contents from a pricing service of its own; clients need the shape, the tier, the seats and the
feature flags (§4.8). Prices are dollars a year or a month.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum

from sosie.domain.errors import ServerFaultError


class Tier(IntEnum):
    """ProductTierType."""

    FREE = 0
    FAMILIES = 1
    TEAMS = 2
    ENTERPRISE = 3
    TEAMS_STARTER = 4


@dataclass(frozen=True, slots=True)
class Features:
    """What a plan lets an organization use; an organization's `use…` flags follow from it."""

    has_self_host: bool = False
    has_policies: bool = False
    has_groups: bool = False
    has_directory: bool = False
    has_events: bool = False
    has_totp: bool = True
    has_2fa: bool = False
    has_api: bool = False
    has_sso: bool = False
    has_key_connector: bool = False
    has_scim: bool = False
    has_organization_domains: bool = False
    has_reset_password: bool = False
    has_custom_permissions: bool = False
    has_my_items: bool = False
    has_invite_links: bool = False
    users_get_premium: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """One plan. `slug` names it in scenarios and summaries."""

    type: int
    slug: str
    name: str
    label: str
    tier: Tier
    is_annual: bool
    features: Features
    base_seats: int
    max_seats: int | None
    base_price: float
    seat_price: float
    localization_key: str
    legacy_year: int | None = None
    trial_period_days: int | None = None
    base_storage_gb: int | None = None
    max_collections: int | None = None
    disabled: bool = False

    @property
    def has_additional_seats(self) -> bool:
        """Whether seats can be bought."""
        return self.seat_price > 0

    @property
    def price_id(self) -> str:
        """The payment provider's price of the main item; invented, except for the sponsored one."""
        return f"sosie-{self.slug}"

    @property
    def seat_price_id(self) -> str:
        """The price of a seat: the main item's, unless the plan has a base price as well."""
        return f"{self.price_id}-seat" if self.base_price else self.price_id

    @property
    def description_key(self) -> str:
        """The key clients translate the plan's description by."""
        return f"planDesc{self.label.replace(' ', '')}"

    @property
    def sort_order(self) -> int:
        """The plan's place among those a client offers, also when upgrading."""
        return _SORT_ORDERS[self.tier]


_SORT_ORDERS: dict[Tier, int] = {
    Tier.FREE: -1,
    Tier.FAMILIES: 1,
    Tier.TEAMS_STARTER: 2,
    Tier.TEAMS: 3,
    Tier.ENTERPRISE: 4,
}
_TEAMS = Features(
    has_groups=True,
    has_directory=True,
    has_events=True,
    has_2fa=True,
    has_api=True,
    has_scim=True,
    users_get_premium=True,
)
_FEATURES: dict[Tier, Features] = {
    Tier.FREE: Features(has_totp=False),
    Tier.FAMILIES: Features(has_self_host=True, users_get_premium=True),
    Tier.TEAMS: _TEAMS,
    Tier.TEAMS_STARTER: replace(_TEAMS, has_groups=False),
    Tier.ENTERPRISE: replace(
        _TEAMS,
        has_self_host=True,
        has_policies=True,
        has_sso=True,
        has_key_connector=True,
        has_organization_domains=True,
        has_reset_password=True,
        has_custom_permissions=True,
        has_my_items=True,
        has_invite_links=True,
    ),
}
_LABELS: dict[Tier, str] = {
    Tier.FREE: "Free",
    Tier.FAMILIES: "Families",
    Tier.TEAMS: "Teams",
    Tier.ENTERPRISE: "Enterprise",
    Tier.TEAMS_STARTER: "Teams Starter",
}


def _plan(
    number: int, tier: Tier, annual: bool = True, year: int | None = None, base: float = 0, seat: float = 0
) -> Plan:
    label = _LABELS[tier]
    period = "" if tier is Tier.FREE else f" ({'Annually' if annual else 'Monthly'})"
    suffix = "" if tier is Tier.FREE else ("-annually" if annual else "-monthly")
    families = tier is Tier.FAMILIES
    return Plan(
        type=number,
        slug=f"{label.lower().replace(' ', '-')}{suffix}{f'-{year}' if year else ''}",
        name=f"{label}{period}{f' {year}' if year else ''}",
        label=label,
        tier=tier,
        is_annual=annual,
        features=_FEATURES[tier],
        base_seats={Tier.FREE: 2, Tier.FAMILIES: 6, Tier.TEAMS_STARTER: 10}.get(tier, 0),
        max_seats={Tier.FREE: 2, Tier.FAMILIES: 6, Tier.TEAMS_STARTER: 10}.get(tier),
        base_price=base,
        seat_price=seat,
        localization_key=f"planName{label.replace(' ', '')}",
        legacy_year=year,
        trial_period_days=None if tier is Tier.FREE else 7,
        base_storage_gb=None if tier is Tier.FREE else 1,
        max_collections=2 if number == 0 else None,
        disabled=year is not None and not (families and year == 2025),
    )


_F, _T, _E, _S = Tier.FAMILIES, Tier.TEAMS, Tier.ENTERPRISE, Tier.TEAMS_STARTER

PLANS: dict[int, Plan] = {
    plan.type: plan
    for plan in (
        _plan(0, Tier.FREE),
        _plan(1, _F, year=2019, base=12),
        _plan(2, _T, annual=False, year=2019, base=8, seat=2.5),
        _plan(3, _T, year=2019, base=60, seat=24),
        _plan(4, _E, annual=False, year=2019, seat=4),
        _plan(5, _E, year=2019, seat=36),
        replace(
            _plan(6, Tier.FREE), slug="custom", name="Custom", label="Custom", features=_FEATURES[_E], disabled=True
        ),
        _plan(7, _F, year=2025, base=40),
        _plan(8, _T, annual=False, year=2020, seat=4),
        _plan(9, _T, year=2020, seat=36),
        _plan(10, _E, annual=False, year=2020, seat=6),
        _plan(11, _E, year=2020, seat=60),
        _plan(12, _T, annual=False, year=2023, seat=5),
        _plan(13, _T, year=2023, seat=48),
        _plan(14, _E, annual=False, year=2023, seat=7),
        _plan(15, _E, year=2023, seat=72),
        _plan(16, _S, annual=False, year=2023, base=20),
        _plan(17, _T, annual=False, seat=5),
        _plan(18, _T, seat=48),
        _plan(19, _E, annual=False, seat=7),
        _plan(20, _E, seat=72),
        _plan(21, _S, annual=False, base=20),
        _plan(22, _F, base=48),
    )
}

PLANS_BY_SLUG: dict[str, Plan] = {plan.slug: plan for plan in PLANS.values()}

# What `GET /plans` lists: the plans on sale, and the Families plan that older web vaults pick.
LISTED_PLANS: tuple[int, ...] = (0, 22, 17, 18, 19, 20, 21, 7)


def plan_of(number: int) -> Plan:
    """Return a plan. A number that no plan has makes the cloud fail (§5.2): ServerFaultError."""
    try:
        return PLANS[number]
    except KeyError:
        raise ServerFaultError(f"no plan has the number {number}") from None
