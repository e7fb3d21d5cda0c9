"""Ending a sponsorship: revoke, admin revoke, remove; and the lists of them (docs/contract/api.md §2.9, §2.10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosie.domain.errors import BadRequestError, NotFoundError, ServerFaultError, UnauthorizedError
from sosie.domain.sponsorships import Sponsorship, withdraw
from sosie.services import repository as repo
from sosie.services.offer_sponsorship import require_manage_users
from sosie.services.sponsorship_rows import (
    latest_sync,
    own_row_of_member,
    remove_row,
    row_sponsoring,
    rows_named,
    rows_of_organization,
    save_row,
)

if TYPE_CHECKING:
    from datetime import datetime

    from sosie.domain.members import Caller
    from sosie.services.unit_of_work import UnitOfWork


def revoke_sponsorship(uow: UnitOfWork, caller: Caller, organization_id: str) -> None:
    """Withdraw what the caller granted as a member."""
    member = repo.member_of(uow, organization_id, caller.user_id or "")
    if member is None:
        refusal = BadRequestError("Can only revoke a sponsorship you granted.")
        raise refusal.because("NOT_A_MEMBER", organization_id=organization_id)
    row = own_row_of_member(uow, organization_id, member.id)
    if row is None:
        refusal = BadRequestError("You are not currently sponsoring an organization.")
        raise refusal.because("NOT_SPONSORING", organization_id=organization_id)
    _withdraw(uow, organization_id, row)


def revoke_sponsorship_as_admin(uow: UnitOfWork, caller: Caller, organization_id: str, friendly_name: str) -> None:
    """Withdraw the first row with a friendly name, whoever granted it."""
    require_manage_users(caller, organization_id)
    rows = rows_named(uow, organization_id, friendly_name)
    if not rows:
        raise BadRequestError(
            "The specified sponsored organization could not be found under the given sponsoring organization."
        ).because("OFFER_NAME_UNKNOWN", organization_id=organization_id, consequence="nothing was revoked")
    _withdraw(uow, organization_id, rows[0])


def remove_sponsorship(uow: UnitOfWork, caller: Caller, sponsored_id: str) -> None:
    """Mark the row that sponsors the caller's Families organization; subscription and date stay."""
    if not caller.owns(sponsored_id):
        refusal = BadRequestError("Only the owner of an organization can remove sponsorship.")
        raise refusal.because("NOT_OWNER", organization_id=sponsored_id)
    found = row_sponsoring(uow, sponsored_id)
    if found is None:
        refusal = BadRequestError("The requested organization is not currently being sponsored.")
        raise refusal.because("NOT_SPONSORED", organization_id=sponsored_id)
    _withdraw(uow, *found)


def list_sponsorships(uow: UnitOfWork, caller: Caller, organization_id: str) -> list[Sponsorship]:
    """Return the organization's admin-initiated rows."""
    if repo.organizations.get(uow, organization_id) is None:
        raise NotFoundError().because("ORGANIZATION_UNKNOWN", organization_id=organization_id)
    if not caller.belongs_to(organization_id):
        text = "the token has no claim for the organization"
        raise ServerFaultError(text).because("ROLE_MISSING", organization_id=organization_id, permission="manageUsers")
    if not caller.may("manageUsers", organization_id):
        refusal = UnauthorizedError()
        raise refusal.because("ROLE_MISSING", organization_id=organization_id, permission="manageUsers")
    return [row for row in rows_of_organization(uow, organization_id) if row.is_admin_initiated]


def read_sync_status(uow: UnitOfWork, caller: Caller | None, organization_id: str) -> datetime | None:
    """Return the newest sync over all rows. No policy guards it: without a token the cloud fails."""
    if repo.organizations.get(uow, organization_id) is None:
        text = "the cloud does not expect this"
        raise ServerFaultError(text).because("ORGANIZATION_UNKNOWN", organization_id=organization_id)
    if caller is None:
        raise ServerFaultError("the cloud does not expect this").because("TOKEN_MISSING", how="")
    if not caller.owns(organization_id):
        raise NotFoundError().because("NOT_OWNER", organization_id=organization_id)
    return latest_sync(uow, organization_id)


def _withdraw(uow: UnitOfWork, organization_id: str, row: Sponsorship) -> None:
    marked = withdraw(row)
    if marked is None:
        remove_row(uow, organization_id, row)
    elif not row.to_delete:
        save_row(uow, organization_id, marked)
