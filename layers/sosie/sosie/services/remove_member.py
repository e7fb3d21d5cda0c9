"""Removing a member from an organization (docs/contract/api.md §4.13)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sosie.domain.errors import NotFoundError
from sosie.domain.members import MemberStatus, Role
from sosie.domain.organizations import EVENT_MEMBER_REMOVED, OrganizationEvent
from sosie.domain.removals import check_may_remove
from sosie.services import repository as repo
from sosie.services.sponsorship_rows import rows_of_member, save_row

if TYPE_CHECKING:
    from sosie.domain.members import Caller, Member
    from sosie.domain.organizations import Organization
    from sosie.services.unit_of_work import UnitOfWork


def remove_member(uow: UnitOfWork, caller: Caller, organization_id: str, member_id: str) -> None:
    """Remove a member; their sponsorships stay and are marked. Raises NotFoundError, BadRequestError.

    Whether the caller may manage members at all was asked before.
    """
    organization = repo.organizations.get(uow, organization_id)
    member = repo.members.get(uow, organization_id, member_id)
    if organization is None or member is None:
        raise NotFoundError
    check_may_remove(caller, member, repo.members.list(uow, organization_id))
    for _, row in rows_of_member(uow, organization_id, member.id):
        save_row(uow, organization_id, replace(row, to_delete=True))
    _touch_account(uow, member)
    if member.role is Role.OWNER:
        # Two owners who remove each other at once both write this, so the second one is asked again.
        repo.organizations.save(uow, organization, organization_id)
    repo.remove_member(uow, member)
    _log(uow, caller, organization)


def _touch_account(uow: UnitOfWork, member: Member) -> None:
    """Let a confirmed member's clients notice (§4.3)."""
    user = repo.users.get(uow, member.user_id) if member.user_id else None
    if user is not None and member.status is MemberStatus.CONFIRMED:
        repo.save_user(uow, replace(user, account_revision_date=uow.now))


def _log(uow: UnitOfWork, caller: Caller, organization: Organization) -> None:
    if organization.enabled and organization.events_enabled:
        event_id = uow.ids.guid()
        event = OrganizationEvent(
            event_id, organization.id, EVENT_MEMBER_REMOVED, uow.now, acting_user_id=caller.user_id
        )
        repo.log_event(uow, event)
