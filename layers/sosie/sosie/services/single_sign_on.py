"""Who may sign in only through their organization's identity provider (docs/contract/identity.md §4.6 item 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sosie.domain.errors import TokenRefusedError
from sosie.domain.members import MemberStatus, Role
from sosie.domain.organizations import Organization, PolicyType
from sosie.services import repository as repo

if TYPE_CHECKING:
    from sosie.domain.users import User
    from sosie.services.unit_of_work import UnitOfWork

_REQUIRED = "Sso authentication is required."
_REQUIRED_AFTER_RECOVERY = "Two-factor recovery has been performed. SSO authentication is required."


def refuse_if_required(uow: UnitOfWork, user: User, *, recovered: bool = False) -> None:
    """Raise TokenRefusedError if an organization's policy asks this person for single sign-on.

    `recovered` says that a recovery code was used a moment ago, which the text mentions.
    """
    requiring = _requiring(uow, user)
    if not requiring:
        return
    extras: dict[str, Any] = {}
    if len(requiring) == 1 and requiring[0].identifier:
        extras["SsoOrganizationIdentifier"] = requiring[0].identifier
    text = _REQUIRED_AFTER_RECOVERY if recovered else _REQUIRED
    refusal = TokenRefusedError("invalid_grant", text, text, extras=extras)
    raise refusal.because("SSO_REQUIRED", person=user, organizations=requiring)


def _requiring(uow: UnitOfWork, user: User) -> list[Organization]:
    members = repo.memberships_of(uow, user.id)
    bound = [
        (member.organization_id,)
        for member in members
        if member.status is MemberStatus.CONFIRMED and member.role not in (Role.OWNER, Role.ADMIN)
    ]
    if not bound:
        return []
    policies = repo.policies.get_many(uow, [(identity, PolicyType.REQUIRE_SSO) for (identity,) in bound])
    switched_on = [(identity,) for (identity, _), policy in policies.items() if policy.enabled]
    organizations = repo.organizations.get_many(uow, switched_on).values()
    return [each for each in organizations if each.enabled and each.plan.features.has_policies]
