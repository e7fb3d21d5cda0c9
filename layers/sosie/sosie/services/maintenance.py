"""Lets happen what the cloud does without a request, when it falls due (docs/contract/api.md §2.11).

A world remembers until when it was maintained. Catching up goes from one moment to the next, over both regions, and
commits each job by itself. It can be interrupted, run twice, or run while requests are served: what a job did is not
due again, and `maintained_until` moves when all is done. Whenever a job is carried out, its records bear the time
that it was due at.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from heapq import heappop, heappush
from typing import TYPE_CHECKING, TypeVar

from sosie.domain.errors import ConflictError
from sosie.domain.maintenance import Job, is_checked, is_purged, next_job, next_purge, purge_of
from sosie.domain.regions import REGIONS, Region
from sosie.services import repository as repo
from sosie.services.scheduled_jobs import Happening, check_renewal, end_period_of, purge_rows
from sosie.services.sponsorship_rows import homes_of_rows, rows_with_date
from sosie.services.unit_of_work import UnitOfWork, UnknownWorldError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sosie.domain.organizations import Organization
    from sosie.domain.sponsorships import Sponsorship
    from sosie.services.worlds import Worlds

T = TypeVar("T")

_ATTEMPTS = 8
# A removed row changes five items at most, and one commit is atomic up to a hundred (ports.MAX_ATOMIC_CHANGES).
_ROWS_PER_COMMIT = 20
_INSTANT = timedelta(microseconds=1)


def catch_up(worlds: Worlds, world: str, until: datetime | None = None) -> list[Happening]:
    """Let everything happen that falls due up to `until`, a time of the world's (None: its now); return it in order.

    Raises UnknownWorldError, and ConflictError if others keep changing the same things: a later call goes on.
    """
    return [happening for step in catch_up_by_steps(worlds, world, until) for happening in step]


def catch_up_by_steps(worlds: Worlds, world: str, until: datetime | None = None) -> Iterator[Sequence[Happening]]:
    """Do as `catch_up`, and yield what happened after each small step, so that others may have their turn between."""
    run = _Run(worlds, world)
    try:
        yield from run.up_to(until or run.now)
    except _WorldReplacedError:
        return  # nobody is left to do it for


def run_now(worlds: Worlds, world: str) -> list[Happening]:
    """Catch up to the world's now; then purge, whatever the weekday, and check every sponsored subscription."""
    run = _Run(worlds, world)
    happened: list[Happening] = []
    try:
        for step in run.up_to(run.now):
            happened += step
        for region in REGIONS:
            happened += run.purge_and_check(region)
    except _WorldReplacedError:
        pass
    return happened


def maintain(worlds: Worlds) -> Iterator[Sequence[Happening]]:
    """Catch up in every world, by steps. A world that fails does not keep the others waiting.

    Raises ExceptionGroup at the end, with what went wrong.
    """
    failures: list[Exception] = []
    for world in worlds.names():
        try:
            yield from catch_up_by_steps(worlds, world)
        except UnknownWorldError:
            continue  # dropped since, or not quite made yet
        except Exception as error:  # noqa: BLE001  raised below
            error.add_note(f"in the world {world}")
            failures.append(error)
    if failures:
        raise ExceptionGroup("scheduled jobs failed", failures)


class _WorldReplacedError(Exception):
    """The world was reset or dropped meanwhile."""


@dataclass(frozen=True, slots=True, order=True)
class _Due:
    """A job. What happens first sorts first; `organization_id` is where the row lives, if it is about one."""

    at: datetime
    job: Job
    region: Region
    organization_id: str
    member_id: str = ""
    row_id: str = ""


class _Run:
    """One world's jobs being carried out. Raises UnknownWorldError if there is no such world.

    Everything else raises _WorldReplacedError, and ConflictError.
    """

    def __init__(self, worlds: Worlds, world: str) -> None:
        self._worlds = worlds
        self._world = world
        uow = self._unit("us")
        self._record = uow.record
        self.now = uow.now
        self._until = self.now
        self._agenda: list[_Due] = []

    def up_to(self, until: datetime) -> Iterator[Sequence[Happening]]:
        """Yield what happens in each step, in order; the world remembers it in the last one."""
        self._until = until
        start = self._record.maintained_until or self.now
        if start < until:
            for region in REGIONS:
                yield from self._look_ahead(region, start)
        while self._agenda:
            yield self._happen(heappop(self._agenda))
        self._carry_out("us", self._remember)

    def purge_and_check(self, region: Region) -> Iterator[Happening]:
        """Do now what is for certain days only."""
        organizations = self._carry_out(region, repo.organizations.list)
        for home, rows in self._dated_rows(region, organizations):
            gone = [_identity(row) for row in rows if is_purged(row.valid_until, self.now)]
            for first in range(0, len(gone), _ROWS_PER_COMMIT):
                group = gone[first : first + _ROWS_PER_COMMIT]
                yield from self._carry_out(region, partial(purge_rows, home=home, rows=group, at=self.now))
        for organization in filter(is_checked, organizations):
            yield self._carry_out(region, partial(check_renewal, organization=organization, at=self.now))

    # What falls due.

    def _look_ahead(self, region: Region, start: datetime) -> Iterator[Sequence[Happening]]:
        """Put on the agenda what falls due behind `start`, as far as that can be known now."""
        organizations = self._carry_out(region, repo.organizations.list)
        for organization in organizations:
            self._expect_job(region, organization, start)
        yield ()
        if next_purge(start) <= self._until:
            for home, rows in self._dated_rows(region, organizations):
                for row in rows:
                    self._expect_purge(region, home, row, start)
                yield ()

    def _dated_rows(
        self, region: Region, organizations: Sequence[Organization]
    ) -> Iterator[tuple[str, list[Sponsorship]]]:
        """Yield the rows that can be purged one day and the organization they are of, page by page."""
        ids = [organization.id for organization in organizations]
        for home in self._carry_out(region, partial(homes_of_rows, organization_ids=ids)):
            for rows in rows_with_date(self._worlds.store, self._unit(region), home):
                yield home, rows

    def _expect_job(self, region: Region, organization: Organization, after: datetime) -> None:
        following = next_job(organization, after)
        if following is not None and following[0] <= self._until:
            heappush(self._agenda, _Due(*following, region, organization.id))

    def _expect_purge(self, region: Region, home: str, row: Sponsorship, after: datetime) -> None:
        at = purge_of(row.valid_until, after)
        if at is not None and at <= self._until:
            heappush(self._agenda, _Due(at, Job.PURGE, region, home, *_identity(row)))

    # What happens.

    def _happen(self, due: _Due) -> Sequence[Happening]:
        if due.job is Job.PURGE:
            rows = [(each.member_id, each.row_id) for each in (due, *self._rows_due_with(due))]
            return self._carry_out(due.region, partial(purge_rows, home=due.organization_id, rows=rows, at=due.at))
        organization, happened = self._carry_out(due.region, partial(_advance, due=due))
        if organization is not None:
            self._expect_job(due.region, organization, due.at)
        return happened

    def _rows_due_with(self, first: _Due) -> Iterator[_Due]:
        """Take further rows from the agenda that go in the same commit."""
        for _ in range(_ROWS_PER_COMMIT - 1):
            following = self._agenda[0] if self._agenda else None
            if following is None or replace(following, member_id=first.member_id, row_id=first.row_id) != first:
                return
            yield heappop(self._agenda)

    # The store.

    def _unit(self, region: Region) -> UnitOfWork:
        return UnitOfWork(self._worlds.store, self._world, region, self._worlds.clock, "maintenance")

    def _carry_out(self, region: Region, act: Callable[[UnitOfWork], T]) -> T:
        """Commit what a job does; if somebody else wrote meanwhile, let it decide again on fresh reads."""
        for _ in range(_ATTEMPTS):
            uow = self._unit(region)
            try:
                result = act(uow)
                if uow.record.incarnation != self._record.incarnation:
                    raise _WorldReplacedError
                uow.commit()
            except ConflictError:
                continue
            except UnknownWorldError:
                raise _WorldReplacedError from None
            return result
        raise ConflictError(f"others keep changing what is due in the world {self._world}")

    def _remember(self, uow: UnitOfWork) -> None:
        known = uow.record.maintained_until
        # Another run may have gone further meanwhile. A clock that was put back, though, runs from there again: what
        # happened already is not due a second time.
        if known is None or known == self._record.maintained_until or known < self._until:
            uow.save_record(replace(uow.record, maintained_until=self._until))


def _advance(uow: UnitOfWork, due: _Due) -> tuple[Organization | None, Sequence[Happening]]:
    """Do a subscription's job unless it is not due any more; return the organization as it is then."""
    organization = repo.organizations.get(uow, due.organization_id)
    if organization is None or next_job(organization, due.at - _INSTANT) != (due.at, due.job):
        return organization, ()
    if due.job is Job.RENEWAL_CHECK:
        return organization, [check_renewal(uow, organization, due.at)]
    organization, happening = end_period_of(uow, organization, due.at)
    return organization, [happening]


def _identity(row: Sponsorship) -> tuple[str, str]:
    return row.sponsoring_member_id, row.id
