"""Who may be removed, and what must not be left without an owner (docs/contract/api.md §4.13, §4.14)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sosie.domain.errors import BadRequestError
from sosie.domain.members import Caller, Member, MemberStatus, Role

if TYPE_CHECKING:
    from sosie.domain.organizations import Organization


def check_may_remove(caller: Caller, member: Member, members: Iterable[Member]) -> None:
    """Check, in the cloud's order, what stands against removing a member (§4.13). Roles are the token's.

    `members` are all of the organization. Raises BadRequestError.
    """
    if member.user_id is not None and member.user_id == caller.user_id:
        raise BadRequestError("You cannot remove yourself.")
    if member.role is Role.OWNER and not caller.owns(member.organization_id):
        raise BadRequestError("Only owners can delete other owners.")
    if member.role is Role.OWNER and not has_owner_besides(member, members):
        raise BadRequestError("Organization must have at least one confirmed owner.")
    if member.role is Role.ADMIN and not caller.administers(member.organization_id):
        raise BadRequestError("Custom users can not remove admins.")


def has_owner_besides(member: Member, members: Iterable[Member]) -> bool:
    """Tell whether somebody else is a confirmed owner."""
    return any(_is_confirmed_owner(other) for other in members if other.id != member.id)


def is_sole_owner(member: Member, members: Iterable[Member]) -> bool:
    """Tell whether a member is the only confirmed owner."""
    return _is_confirmed_owner(member) and not has_owner_besides(member, members)


def goes_with_its_owner(organization: Organization, member_count: int) -> bool:
    """Tell whether an organization may be deleted with the account of its sole owner (§4.14)."""
    return member_count <= 1 and (not organization.enabled or not organization.gateway_subscription_id)


def _is_confirmed_owner(member: Member) -> bool:
    return member.role is Role.OWNER and member.status is MemberStatus.CONFIRMED
