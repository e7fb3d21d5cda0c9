"""The scheduled jobs, each on one unit of work: purge, the end of a period, renewal check (docs/contract/api.md §2.11).

Each is told the time it happens at, decides on what the store holds now, and returns what happened; it does nothing
about what is not due any more. `services/maintenance.py` says when.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from sosie.domain.html_text import decoded
from sosie.domain.maintenance import Reason, end_period, is_purged, renewal_problems
from sosie.domain.regions import Region
from sosie.services import repository as repo
from sosie.services.sponsorship_rows import find_row, remove_row, row_sponsoring, save_row

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sosie.domain.organizations import Organization
    from sosie.services.unit_of_work import UnitOfWork

HappeningKind = Literal["purge", "renewal", "cancellation", "renewal-check"]


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened on schedule, `at` a time of the world's.

    The organization is a purged row's sponsoring one, else the one whose subscription it is about; `organization_name`
    is None if it is deleted. The row is the one that was purged, runs longer, or was checked. Dates that nothing
    happened to are None, and so is `valid`, which with `reasons` is a renewal check's verdict.
    """

    at: datetime
    region: Region
    kind: HappeningKind
    organization_id: str
    organization_name: str | None = None
    row_id: str | None = None
    member_id: str | None = None
    old_valid_until: datetime | None = None
    new_valid_until: datetime | None = None
    old_expiration_date: datetime | None = None
    new_expiration_date: datetime | None = None
    valid: bool | None = None
    reasons: tuple[Reason, ...] = ()


def purge_rows(uow: UnitOfWork, home: str, rows: Iterable[tuple[str, str]], at: datetime) -> list[Happening]:
    """Delete rows, given by member and id, of an organization's partition: those that a purge at this time deletes."""
    sponsoring = repo.organizations.get(uow, home)
    happened = []
    for member_id, row_id in rows:
        row = find_row(uow, home, member_id, row_id)
        if row is None or not is_purged(row.valid_until, at):
            continue
        remove_row(uow, home, row)
        told = _about(uow, at, "purge", home, sponsoring)
        happened.append(replace(told, row_id=row.id, member_id=member_id, old_valid_until=row.valid_until))
    return happened


def end_period_of(uow: UnitOfWork, organization: Organization, at: datetime) -> tuple[Organization, Happening]:
    """Renew or cancel a subscription at its period's end; a sponsored one's row runs as long, marked or not.

    Returns the organization as it is then.
    """
    after = end_period(organization)
    repo.organizations.save(uow, after, after.id)
    paid = after.subscription
    cancelled = paid is not None and paid.cancel_at_period_end
    happening = replace(
        _about(uow, at, "cancellation" if cancelled else "renewal", after.id, after),
        old_expiration_date=organization.expiration_date,
        new_expiration_date=after.expiration_date,
    )
    found = row_sponsoring(uow, after.id)
    if found is None or paid is None or cancelled or not paid.sponsored:
        return after, happening
    home, row = found
    renewed = replace(row, valid_until=paid.period_end)
    save_row(uow, home, renewed)
    return after, replace(
        happening,
        row_id=row.id,
        member_id=row.sponsoring_member_id,
        old_valid_until=row.valid_until,
        new_valid_until=renewed.valid_until,
    )


def check_renewal(uow: UnitOfWork, organization: Organization, at: datetime) -> Happening:
    """Return the verdict on a sponsored organization. The cloud takes nothing away from one that is not valid."""
    found = row_sponsoring(uow, organization.id)
    row = found[1] if found else None
    sponsoring = None
    if row is not None and row.sponsoring_organization_id is not None:
        sponsoring = repo.organizations.get(uow, row.sponsoring_organization_id)
    reasons = renewal_problems(row, sponsoring, at)
    return replace(
        _about(uow, at, "renewal-check", organization.id, organization),
        row_id=row.id if row else None,
        member_id=row.sponsoring_member_id if row else None,
        valid=not reasons,
        reasons=reasons,
    )


def _about(
    uow: UnitOfWork, at: datetime, kind: HappeningKind, organization_id: str, organization: Organization | None
) -> Happening:
    name = decoded(organization.name) if organization else None
    return Happening(at, uow.region, kind, organization_id, name)
