"""Time. The only module that asks the machine for it; everybody else is told.

A world has one clock for issuing and for validating: the system's, a shifted one, or a frozen one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, Protocol

ClockMode = Literal["system", "shifted", "frozen"]


class Clock(Protocol):
    """Tells the wall time as an aware UTC datetime."""

    def now(self) -> datetime:
        """Return the current time, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251  this module owns the clock


@dataclass(slots=True)
class SettableClock:
    """A clock that stands where it was put, for tests."""

    at: datetime

    def now(self) -> datetime:
        return self.at

    def advance(self, by: timedelta) -> None:
        """Move forward by a duration."""
        self.at += by


@dataclass(frozen=True, slots=True)
class WorldClock:
    """How a world's time follows from the wall's: the same, shifted by `offset`, or standing still at `frozen_at`."""

    mode: ClockMode = "system"
    offset: timedelta = timedelta()
    frozen_at: datetime | None = None

    def at(self, wall: datetime) -> datetime:
        """Return the world's time when the wall clock shows `wall`."""
        if self.mode == "frozen" and self.frozen_at is not None:
            return self.frozen_at
        return wall + self.offset
