"""How many seats of an organization are taken (docs/contract/api.md §2.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosie.domain.members import MemberStatus
from sosie.domain.sponsorships import occupies_seat
from sosie.services import repository as repo
from sosie.services.sponsorship_rows import rows_of_organization

if TYPE_CHECKING:
    from sosie.services.unit_of_work import UnitOfWork

_SEATED = (MemberStatus.INVITED, MemberStatus.ACCEPTED, MemberStatus.CONFIRMED)


def taken_seats(uow: UnitOfWork, organization_id: str) -> int:
    """Return the members who are invited, accepted or confirmed, and the admin-initiated rows that take a seat."""
    seated = sum(member.status in _SEATED for member in repo.members.list(uow, organization_id))
    return seated + sum(occupies_seat(row, uow.now) for row in rows_of_organization(uow, organization_id))
