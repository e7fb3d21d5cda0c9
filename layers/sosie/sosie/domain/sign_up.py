"""Creating an organization: who may, with which plan, and what comes of it (docs/contract/api.md §4.10)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sosie.domain.errors import BadRequestError, NotFoundError
from sosie.domain.members import MemberStatus, Role
from sosie.domain.organizations import LICENCE_KEY_LENGTH, Organization, PolicyType
from sosie.domain.plans import PLANS, Tier
from sosie.domain.subscriptions import start_subscription

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sosie.domain.ids import Ids
    from sosie.domain.members import Member
    from sosie.domain.plans import Plan

_GATEWAY_ID_LENGTH = 14
_FORBIDDEN_BY_POLICY = (
    "You may not create an organization. You belong to an organization which has a policy that prohibits you from "
    "being a member of any other organization."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUp:
    """What somebody asks for. `name` and `business_name` are HTML-encoded; keys are as the client wrapped them.

    `trial_days` None is the plan's own trial. Payment details are looked at nowhere.
    """

    name: str
    business_name: str | None
    billing_email: str
    plan_type: int
    key: str
    public_key: str
    private_key: str
    additional_seats: int = 0
    additional_storage_gb: int = 0
    use_secrets_manager: bool = False
    trial_days: int | None = None
    skip_trial: bool = False


@dataclass(frozen=True, slots=True)
class ActivePolicy:
    """A policy that is on in an organization the caller belongs to, and how they belong to it."""

    type: int
    member: Member


def check_plan(sign_up: SignUp) -> Plan:
    """Return the plan. Raises NotFoundError for no such plan, BadRequestError for one that is not sold like this."""
    plan = PLANS.get(sign_up.plan_type)
    if plan is None:
        raise NotFoundError
    if plan.disabled:
        raise BadRequestError("Password Manager Plan not found.")
    if plan.base_seats + sign_up.additional_seats <= 0:
        raise BadRequestError("You do not have any Password Manager seats!")
    if sign_up.additional_seats > 0 and not plan.has_additional_seats:
        raise BadRequestError("Plan does not allow additional users.")
    return plan


def check_only_free_organization(plan: Plan, memberships: Iterable[tuple[Member, Organization]]) -> None:
    """Raise BadRequestError for a second free organization of the same owner or admin."""
    if plan.type != 0:
        return
    for member, organization in memberships:
        governs = member.role in (Role.OWNER, Role.ADMIN) and member.status is MemberStatus.CONFIRMED
        if governs and organization.plan_type == 0:
            raise BadRequestError("You can only be an admin of 1 free organization vault.")


def check_policies(policies: Iterable[ActivePolicy]) -> None:
    """Raise BadRequestError if another organization of the caller's wants to be their only one.

    The single-organization policy binds accepted and confirmed members below admin; automatic confirmation binds all.
    """
    for policy in policies:
        bound = policy.type == PolicyType.AUTOMATIC_USER_CONFIRMATION
        if policy.type == PolicyType.SINGLE_ORGANIZATION:
            below_admin = policy.member.role not in (Role.OWNER, Role.ADMIN)
            joined = policy.member.status in (MemberStatus.ACCEPTED, MemberStatus.CONFIRMED)
            bound = below_admin and joined
        if bound:
            raise BadRequestError(_FORBIDDEN_BY_POLICY)


def found_organization(sign_up: SignUp, plan: Plan, ids: Ids, now: datetime) -> Organization:
    """Return the new organization: enabled, with a licence key, and with a subscription unless the plan is free."""
    organization_id, licence_key = ids.guid(), ids.alphanumeric(LICENCE_KEY_LENGTH)
    subscription = None
    if plan.tier is not Tier.FREE:
        subscription = start_subscription(plan, now, _trial_days(sign_up, plan))
    storage = plan.base_storage_gb
    return Organization(
        id=organization_id,
        name=sign_up.name,
        business_name=sign_up.business_name,
        billing_email=sign_up.billing_email,
        plan_type=plan.type,
        enabled=True,
        license_key=licence_key,
        creation_date=now,
        revision_date=now,
        seats=plan.base_seats + sign_up.additional_seats,
        max_storage_gb=None if storage is None else storage + sign_up.additional_storage_gb,
        expiration_date=subscription.period_end if subscription else None,
        subscription=subscription,
        gateway_customer_id=f"cus_{ids.alphanumeric(_GATEWAY_ID_LENGTH)}" if subscription else None,
        gateway_subscription_id=f"sub_{ids.alphanumeric(_GATEWAY_ID_LENGTH)}" if subscription else None,
        public_key=sign_up.public_key,
        private_key=sign_up.private_key,
        use_secrets_manager=sign_up.use_secrets_manager,
    )


def _trial_days(sign_up: SignUp, plan: Plan) -> int:
    if sign_up.skip_trial:
        return 0
    return (plan.trial_period_days or 0) if sign_up.trial_days is None else sign_up.trial_days
