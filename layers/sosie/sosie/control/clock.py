"""The verbs on a world's clock and settings."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sosie.control.happenings import happenings_to_json
from sosie.control.http import Verb
from sosie.control.problems import bad_request
from sosie.domain.clock import WorldClock
from sosie.domain.durations import parse_duration
from sosie.services.records import time_text
from sosie.services.world_time import advance, change_record, put_clock

if TYPE_CHECKING:
    from sosie.control.http import Request
    from sosie.services.world_record import WorldRecord

_MODES = ("system", "shifted", "frozen")


def read_clock(request: Request) -> Any:
    """Mode and time of a world's clock; `offsetSeconds` is how far it is ahead of the wall's."""
    world = request.world
    record = request.plane.worlds.open(world)
    if record is None:
        raise LookupError(world)
    return _clock_to_json(request, record)


def write_clock(request: Request) -> Any:
    """Put the clock: `{"mode":"system"}`, `{"mode":"frozen"|"shifted","now":…}`. A jump: nothing happens in between."""
    world, given = request.world, request.members()
    mode = given.get("mode")
    if mode not in _MODES:
        raise bad_request(f"`mode` is one of {', '.join(_MODES)}.")
    if unknown := sorted(set(given) - {"mode", "now"}):
        raise bad_request(f"A clock has no member {unknown[0]!r}.")
    wall = request.plane.worlds.clock.now()
    now = _moment(given["now"], "now") if given.get("now") is not None else None
    if mode == "system":
        clock = WorldClock()
    elif mode == "frozen":
        clock = WorldClock("frozen", frozen_at=now or _world_now(request))
    elif now is None:
        raise bad_request('A shifted clock needs its time: `"now": "2027-01-01T00:00:00Z"`.')
    else:
        clock = WorldClock("shifted", now - wall)
    return _clock_to_json(request, put_clock(request.plane.worlds, world, clock))


def advance_clock(request: Request) -> Any:
    """Move forward by `{"by":"P31D"}` or to `{"to":…}`; answers the clock and everything that happened on the way."""
    world, given = request.world, request.members()
    if len(given) != 1 or not set(given) <= {"by", "to"}:
        raise bad_request('Say how far: {"by": "P31D"}, or {"to": "2027-01-01T00:00:00Z"}.')
    if "by" in given and not isinstance(given["by"], str):
        raise bad_request("`by` is a text: an ISO 8601 duration, such as P31D.")
    to = _moment(given["to"], "to") if "to" in given else None
    try:
        record, happened = advance(request.plane.worlds, world, lambda now: to or _after(now, given["by"]))
    except ValueError as error:
        raise bad_request(f"{error}.") from None
    return {"clock": _clock_to_json(request, record), **happenings_to_json(happened)}


def read_settings(request: Request) -> Any:
    """How a world departs from the cloud's behaviour: `penaltyDelays`, `realisticLimits`."""
    world = request.world
    record = request.plane.worlds.open(world)
    if record is None:
        raise LookupError(world)
    return _settings_to_json(record)


def write_settings(request: Request) -> Any:
    """Change settings; what is not named stays as it is."""
    world, given = request.world, request.members()
    for name, value in given.items():
        if name not in _SETTINGS:
            raise bad_request(f"There is no setting {name!r}; there are {', '.join(_SETTINGS)}.")
        if not isinstance(value, bool):
            raise bad_request(f"`{name}` is true or false.")
    changes: dict[str, Any] = {_SETTINGS[name]: value for name, value in given.items()}
    record = change_record(request.plane.worlds, world, lambda record, _: replace(record, **changes))
    return _settings_to_json(record)


_SETTINGS = {"penaltyDelays": "penalty_delays", "realisticLimits": "realistic_limits"}


def _settings_to_json(record: WorldRecord) -> dict[str, Any]:
    return {name: getattr(record, field) for name, field in _SETTINGS.items()}


def _clock_to_json(request: Request, record: WorldRecord) -> dict[str, Any]:
    wall = request.plane.worlds.clock.now()
    now = record.clock.at(wall)
    return {"mode": record.clock.mode, "now": time_text(now), "offsetSeconds": (now - wall).total_seconds()}


def _world_now(request: Request) -> datetime:
    record = request.plane.worlds.open(request.world)
    wall = request.plane.worlds.clock.now()
    return wall if record is None else record.clock.at(wall)


def _after(now: datetime, by: str) -> datetime:
    try:
        return _in_range(parse_duration(by).after(now), "by")
    except OverflowError:
        raise bad_request("`by` leads beyond the calendar.") from None
    except ValueError as error:
        raise bad_request(f"{error}.") from None


def _moment(value: Any, name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise bad_request(f"`{name}` is an ISO 8601 time, such as 2027-01-01T00:00:00Z.") from None
    return _in_range(moment, name)


def _in_range(moment: datetime, name: str) -> datetime:
    if not _EARLIEST <= moment <= _LATEST:
        raise bad_request(f"`{name}` leads to a time from {_EARLIEST.year} to {_LATEST.year}.")
    return moment


# Far enough from the ends of the calendar that tokens, licences and grace periods can be computed.
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST = datetime(9000, 1, 1, tzinfo=UTC)

VERBS = (
    Verb("GET", "/worlds/{world}/clock", read_clock, answer="Clock"),
    Verb("PUT", "/worlds/{world}/clock", write_clock, body="ClockWish", answer="Clock"),
    Verb("POST", "/worlds/{world}/clock/advance", advance_clock, body="Advance", answer="Advanced"),
    Verb("GET", "/worlds/{world}/settings", read_settings, answer="Settings"),
    Verb("PUT", "/worlds/{world}/settings", write_settings, body="Settings", answer="Settings"),
)
