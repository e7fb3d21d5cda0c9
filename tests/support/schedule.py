"""A cloud whose time goes on: what it does without a request."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sosie.control.state import read_state
from sosie.services.maintenance import catch_up
from tests.support.cloud import START, TestCloud

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sosie.services.scheduled_jobs import Happening

FIRST_PURGE = datetime.fromisoformat("2026-03-09T04:00:00+00:00")
"""The first Monday midnight of New York behind START."""
PERIOD_END = START + timedelta(days=335)
"""When the subscriptions of `families` end: they began 30 days before START, for a year."""


def after(cloud: TestCloud, moment: datetime | timedelta) -> list[Happening]:
    """Let time pass, to a moment or by so much, with the cloud at work; return what happened."""
    cloud.clock.at = moment if isinstance(moment, datetime) else cloud.clock.at + moment
    return catch_up(cloud.sosie.worlds, "default")


def of_kind(happened: Iterable[Happening], kind: str) -> list[Happening]:
    return [each for each in happened if each.kind == kind]


def names(happened: Iterable[Happening]) -> list[str | None]:
    return [each.organization_name for each in happened]


def everything(cloud: TestCloud) -> dict[str, Any]:
    """Return all that is stored in both regions."""
    return read_state(cloud.sosie.worlds, "default")["regions"]
