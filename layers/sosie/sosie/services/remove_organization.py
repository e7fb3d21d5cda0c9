"""Deleting an organization (docs/contract/api.md §4.15, §5.4).

Its record is what makes an organization exist: without it no look-up finds a member, key, policy or sponsorship of it
(services/repository.py, services/sponsorship_rows.py). So deletion is one small change, however large the organization
is, and the rows it sponsored need not be written to become orphans. What is removed after it would not be seen anyway.

A store writes in groups. First come the members' dates, which only make clients look again; then what must happen at
once; then the rest, unconditionally, so that nothing can be refused once the organization is gone. With up to some
thirty members and no long event log, all of it is one group.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sosie.domain.members import MemberStatus
from sosie.domain.organizations import GoneOrganization
from sosie.services import repository as repo
from sosie.services.organizations import read_organization
from sosie.services.sponsorship_rows import forget_sponsored
from sosie.services.user_verification import verify_user

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sosie.domain.members import Caller, Member
    from sosie.domain.organizations import Organization
    from sosie.services.unit_of_work import UnitOfWork

_BELONGINGS = ("key#", "policy#", "event#", "licence")


def remove_organization(uow: UnitOfWork, caller: Caller, raw_id: str, secret: str | None) -> None:
    """Delete an organization for its owner, who gives the master password's hash.

    Raises ServerFaultError, NotFoundError, UnauthorizedError, InvalidError, in the order of §4.15.
    """
    organization = read_organization(uow, caller, raw_id)
    verify_user(uow, caller, secret)
    erase_organization(uow, organization)


def erase_organization(uow: UnitOfWork, organization: Organization) -> None:
    """Take an organization out of the region, with everything that is its own."""
    members = repo.members.list(uow, organization.id)
    _touch_accounts(uow, members)
    forget_sponsored(uow, organization.id)
    gone = GoneOrganization(organization.id, uow.now)
    repo.gone_organizations.save(uow, gone, gone.id, always=True)
    repo.organizations.delete(uow, organization.id)
    _clear(uow, organization.id, members)


def _touch_accounts(uow: UnitOfWork, members: Iterable[Member]) -> None:
    """Let the confirmed members' clients notice (§4.3)."""
    confirmed = [(member.user_id,) for member in members if member.status is MemberStatus.CONFIRMED and member.user_id]
    for user in repo.users.get_many(uow, confirmed).values():
        repo.save_user(uow, replace(user, account_revision_date=uow.now))


def _clear(uow: UnitOfWork, organization_id: str, members: Iterable[Member]) -> None:
    for pair in repo.organization_installations.list(uow):
        if pair.organization_id == organization_id:
            repo.organization_installations.delete(uow, pair.installation_id, always=True)
    for member in members:
        repo.remove_member(uow, member, always=True)
    for prefix in _BELONGINGS:
        for item in uow.query(f"organization/{organization_id}", prefix):
            uow.delete(item, always=True)
