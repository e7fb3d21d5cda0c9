"""Deleting one's own account (docs/contract/api.md §4.14)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosie.domain.errors import InvalidError
from sosie.domain.members import Member, MemberStatus, Role
from sosie.domain.removals import goes_with_its_owner, is_sole_owner
from sosie.services import repository as repo
from sosie.services.remove_organization import erase_organization
from sosie.services.user_verification import verify_user

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sosie.domain.members import Caller
    from sosie.domain.users import User
    from sosie.services.unit_of_work import UnitOfWork

_SOLE_OWNER = (
    "Cannot delete this user because it is the sole owner of at least one organization. "
    "Please delete these organizations or upgrade another user."
)


def remove_account(uow: UnitOfWork, caller: Caller, secret: str | None) -> None:
    """Delete the caller's account. Sponsorships of its memberships stay as they are (§5.4).

    Raises UnauthorizedError, ServerFaultError, and InvalidError for a wrong secret and for a sole owner.
    """
    user = verify_user(uow, caller, secret)
    memberships = repo.memberships_of(uow, user.id)
    owned = [member for member in memberships if _is_sole_owner(uow, member)]
    if owned and not _goes_too(uow, owned, memberships):
        raise InvalidError({"": [_SOLE_OWNER]})
    for member in memberships:
        _leave(uow, member)
    _erase(uow, user)


def _is_sole_owner(uow: UnitOfWork, member: Member) -> bool:
    return member.role is Role.OWNER and is_sole_owner(member, repo.members.list(uow, member.organization_id))


def _goes_too(uow: UnitOfWork, owned: Sequence[Member], memberships: Sequence[Member]) -> bool:
    """Delete the one organization that may go with its only member; tell whether it was that."""
    confirmed = [member for member in memberships if member.status is MemberStatus.CONFIRMED]
    organization = repo.organizations.get(uow, owned[0].organization_id)
    if len(confirmed) != 1 or organization is None:
        return False
    if not goes_with_its_owner(organization, len(repo.members.list(uow, organization.id))):
        return False
    erase_organization(uow, organization)
    return True


def _leave(uow: UnitOfWork, member: Member) -> None:
    organization = repo.organizations.get(uow, member.organization_id)
    if organization is not None and member.role is Role.OWNER:
        # Two owners who leave at once both write this, so the second one is asked again.
        repo.organizations.save(uow, organization, organization.id)
    repo.remove_member(uow, member)


def _erase(uow: UnitOfWork, user: User) -> None:
    for device in repo.devices.list(uow, user.id):
        repo.devices.delete(uow, user.id, device.identifier)
    address = uow.get(repo.email_key(uow, user.email))
    if address is not None:
        uow.delete(address)
    repo.users.delete(uow, user.id)
