"""A world's clock and settings from Python."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sosie.control.client import ControlClient


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing the cloud did on schedule: `kind` is `renewal`, `cancellation`, `renewal-check` or `purge`.

    What does not apply is None. The members are explained in docs/control-plane.md.
    """

    at: datetime
    region: str
    kind: str
    organization_id: str | None
    organization_name: str | None
    row_id: str | None
    member_id: str | None
    old_valid_until: datetime | None
    new_valid_until: datetime | None
    old_expiration_date: datetime | None
    new_expiration_date: datetime | None
    valid: bool | None
    reasons: tuple[str, ...]


class Clock:
    """The clock of one world; both regions have the same. Times are aware datetimes; naive ones are taken as UTC."""

    def __init__(self, client: ControlClient, world: str) -> None:
        self._client = client
        self._world = world

    def __repr__(self) -> str:
        return f"<Clock {self.mode} {self.now.isoformat()}>"

    @property
    def now(self) -> datetime:
        """The world's time."""
        return to_time(self._client.clock(self._world)["now"])

    @property
    def mode(self) -> str:
        """`system`, `shifted` or `frozen`."""
        return str(self._client.clock(self._world)["mode"])

    def advance(
        self,
        by: timedelta | str | None = None,
        *,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
        to: datetime | None = None,
    ) -> list[Happening]:
        """Move on by a duration or to a time, and return everything that fell due on the way, in order.

        `by` may be ISO 8601, such as `P1M`. Raises RefusedByControlError unless it leads forward.
        """
        length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        if sum(each is not None for each in (by, to, length or None)) != 1:
            raise TypeError("say once how far: a duration, days, hours, minutes and seconds, or `to`")
        if to is not None:
            answer = self._client.advance(to=to.isoformat(), world=self._world)
        else:
            answer = self._client.advance(by if isinstance(by, str) else _iso(by or length), world=self._world)
        return [to_happening(each) for each in answer["items"]]

    def freeze(self, at: datetime | None = None) -> datetime:
        """Stop the clock where it is or at a time, and return that. A jump: nothing happens in between."""
        return self._put("frozen", at)

    def set(self, at: datetime) -> datetime:
        """Let the clock go on from a time, and return it. A jump: nothing happens in between."""
        return self._put("shifted", at)

    def system(self) -> datetime:
        """Let the clock show the machine's time again, and return it."""
        return self._put("system", None)

    def _put(self, mode: str, at: datetime | None) -> datetime:
        found = self._client.put_clock(mode, None if at is None else at.isoformat(), self._world)
        return to_time(found["now"])


class WorldSettings:
    """How one world departs from the cloud, by the names of docs/control-plane.md: `settings["penaltyDelays"]`."""

    def __init__(self, client: ControlClient, world: str) -> None:
        self._client = client
        self._world = world

    def __repr__(self) -> str:
        return f"<WorldSettings {self.all()}>"

    def __getitem__(self, name: str) -> Any:
        return self.all()[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self.change({name: value})

    def all(self) -> dict[str, Any]:
        """Return every setting."""
        return self._client.settings(self._world)

    def change(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Change some settings together, and return all."""
        return self._client.put_settings(settings, self._world)


def to_time(text: str) -> datetime:
    """Return a time of the control plane."""
    return datetime.fromisoformat(text)


def to_happening(document: Mapping[str, Any]) -> Happening:
    """Return an item of `maintenance` or of `clock/advance`."""
    return Happening(
        at=to_time(document["at"]),
        region=document["region"],
        kind=document["kind"],
        organization_id=document["organizationId"],
        organization_name=document["organizationName"],
        row_id=document["rowId"],
        member_id=document["memberId"],
        old_valid_until=_maybe_time(document["oldValidUntil"]),
        new_valid_until=_maybe_time(document["newValidUntil"]),
        old_expiration_date=_maybe_time(document["oldExpirationDate"]),
        new_expiration_date=_maybe_time(document["newExpirationDate"]),
        valid=document["valid"],
        reasons=tuple(document["reasons"]),
    )


def _maybe_time(text: str | None) -> datetime | None:
    return None if text is None else to_time(text)


def _iso(length: timedelta) -> str:
    if length <= timedelta():
        raise ValueError("the clock only moves forward")
    seconds = f".{length.microseconds:06}" if length.microseconds else ""
    return f"P{length.days}DT{length.seconds}{seconds}S"
