"""The verb that tells whether requests arrived, and what came nearest if they did not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sosie.control.cursors import Cursor, here
from sosie.control.http import LONGEST_WAIT, PendingError, Verb
from sosie.control.problems import bad_request
from sosie.control.requests import read_filters
from sosie.domain.redaction import Redactor
from sosie.services.journal import entries_of
from sosie.services.journal_filters import FILTERS
from sosie.services.verify import Match, Times, misses_of, nearest

if TYPE_CHECKING:
    from sosie.control.http import Request
    from sosie.services.verify import Miss
    from sosie.services.world_record import WorldRecord

_MEMBERS = ("match", "times", "within")
_MOST_TIMES = 1_000_000


def verify(request: Request) -> Any:
    """Tell whether requests arrived: `{"match": {filters, "body"}, "times": n or {"atLeast","atMost"}, "within": s}`.

    `match` may be a text, such as `POST /organization/sponsorship/sync`: method, and path or route. `times` is at least
    once unless told otherwise. With `within` it waits until that is met, or cannot be met any more. If there are too
    few, `nearestMisses` has up to five entries that differ in the fewest filters.
    """
    given = request.members()
    if unknown := sorted(set(given) - set(_MEMBERS)):
        raise bad_request(f"There is no member {unknown[0]!r}; there are {', '.join(_MEMBERS)}.")
    match, times, within = _match(given.get("match")), _times(given.get("times")), _within(given.get("within"))
    record, store = request.record, request.plane.store
    redactor = Redactor(record.seed)
    # Where the next look begins is found out before this one, so that nothing falls between them.
    behind = here(request.plane, record)
    ids, start = _seen_before(request, record)
    fresh = misses_of(entries_of(store, record.name, start), match, redactor)
    ids = list(dict.fromkeys([*ids, *(miss.entry["id"] for miss in fresh if not miss.differs)]))
    met, exceeded = times.met(len(ids)), times.exceeded(len(ids))
    if not met and not exceeded and request.waited < within:
        raise PendingError(json.dumps({"cursor": str(behind), "ids": ids}))
    nearest_misses: list[Miss] = []
    if not met and not exceeded:
        everything = misses_of(entries_of(store, record.name), match, redactor)
        nearest_misses = nearest(miss for miss in everything if miss.differs)
    return {"met": met, "count": len(ids), "entries": ids, "nearestMisses": [_to_json(each) for each in nearest_misses]}


def _seen_before(request: Request, record: WorldRecord) -> tuple[list[str], str | None]:
    """Return the entries that the looks before this one found, and behind which entry this one begins."""
    if not request.resume:
        return [], None
    seen = json.loads(request.resume)
    cursor = Cursor.parse(seen["cursor"], record)
    return (seen["ids"] if cursor.after else []), cursor.after_or_none


def _match(given: Any) -> Match:
    if isinstance(given, str):
        method, _, path = given.strip().partition(" ")
        if not path.strip().startswith("/"):
            raise bad_request("A short `match` is a method and a path, such as `POST /organization/sponsorship/sync`.")
        return Match({"method": method}, path=path.strip())
    if not isinstance(given, dict) or not given:
        raise bad_request("`match` is an object of filters, or a text such as `POST /organization/sponsorship/sync`.")
    if unknown := sorted(set(given) - {*FILTERS, "body"}):
        raise bad_request(f"`match` has no filter named {unknown[0]!r}.", filters=[*FILTERS, "body"])
    filters = {name: value for name, value in given.items() if name != "body"}
    for name, value in filters.items():
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            raise bad_request(f"`match.{name}` is a text, or a number.")
    return Match(read_filters({name: str(value) for name, value in filters.items()}), body=given.get("body"))


def _times(given: Any) -> Times:
    if given is None:
        return Times()
    if isinstance(given, dict):
        if not given or not set(given) <= {"atLeast", "atMost"}:
            raise bad_request('`times` is a number, or {"atLeast": n, "atMost": n}, or one of the two.')
        at_most = None if given.get("atMost") is None else _number(given["atMost"], "times.atMost")
        times = Times(_number(given.get("atLeast", 0), "times.atLeast"), at_most)
        if at_most is not None and times.at_least > at_most:
            raise bad_request("`times.atLeast` is more than `times.atMost`.")
        return times
    number = _number(given, "times")
    return Times(number, number)


def _number(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST_TIMES:
        raise bad_request(f"`{name}` is a whole number, not negative.")
    return value


def _within(given: Any) -> float:
    if given is None:
        return 0.0
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not 0 <= given <= LONGEST_WAIT:
        raise bad_request(f"`within` is a number of seconds, at most {LONGEST_WAIT:g}.")
    return float(given)


def _to_json(miss: Miss) -> dict[str, Any]:
    entry = miss.entry
    return {
        "entry": entry["id"],
        "method": entry["method"],
        "path": entry["path"],
        "status": entry["status"],
        "differs": {name: {"wanted": each.wanted, "seen": each.seen} for name, each in miss.differs.items()},
    }


VERBS = (Verb("POST", "/worlds/{world}/journal/verify", verify, body="Verification", answer="Verified"),)
