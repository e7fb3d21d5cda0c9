"""The cloud's rate limits as shipped (docs/contract/identity.md §3.3, licensing-push-installations.md §0).

Each endpoint, a method and a path, is counted by itself for each client. A window begins with the first request and
ends after its period; of several limits with one period the lowest counts; the shortest period is looked at first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class RateLimit(NamedTuple):
    """At most `most` requests in `seconds`; `period` is how the cloud writes that."""

    period: str
    seconds: int
    most: int


@dataclass(frozen=True, slots=True)
class Window:
    """How many requests there were since a moment (Unix seconds)."""

    since: float
    count: int


class Exceeded(NamedTuple):
    """A request too many: the period that the answer names, and the seconds until its end."""

    period: str
    retry_after: int


_ANYTHING = (RateLimit("1s", 1, 5), RateLimit("1m", 60, 60))
_TOKEN = (RateLimit("1s", 1, 5), RateLimit("1m", 60, 10))
_INSTALLATION = (*_ANYTHING, RateLimit("2m", 120, 2))
_READING = (RateLimit("1m", 60, 200),)
_CHANGING = frozenset({"POST", "PUT", "DELETE"})


def limits_of(service: str, method: str, path: str) -> Sequence[RateLimit]:
    """Return the limits of an endpoint, the shortest period first. `path` is the service's own, in lower case."""
    if service == "identity":
        return _TOKEN if (method, path) == ("POST", "/connect/token") else _ANYTHING
    if (method, path) == ("POST", "/installations"):
        return _INSTALLATION
    if method in _CHANGING:
        return _ANYTHING
    return _READING if method == "GET" else ()


def count(
    limits: Sequence[RateLimit], windows: Mapping[str, Window], now: float
) -> tuple[dict[str, Window], Exceeded | None]:
    """Count a request, and return the windows as they are then, and whether it is one too many.

    The first limit that is exceeded ends the counting: a refused request does not count against longer periods.
    """
    counted = dict(windows)
    for limit in limits:
        window = windows.get(limit.period)
        # A window from the future is one of before the clock was put back.
        if window is None or not window.since <= now <= window.since + limit.seconds:
            window = Window(now, 0)
        window = counted[limit.period] = Window(window.since, window.count + 1)
        if window.count > limit.most:
            return counted, Exceeded(limit.period, max(1, round(window.since + limit.seconds - now)))
    return counted, None
