"""The journal, read through the control plane."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sosie.control.cursors import Cursor, here
from sosie.control.http import PendingError, Reply, Verb
from sosie.control.problems import bad_request, no_such
from sosie.services import journal
from sosie.services.journal_filters import FILTERS, FilterError, checked_filters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sosie.control.http import Request

DEFAULT_LIMIT = 100
MOST = 1_000

_OTHERS = frozenset({"limit", "after", "wait", "format"})
_FORMATS = ("json", "har")

FILTER_MEANINGS = {
    "region": "`us` or `eu`; empty for requests that were for no region.",
    "service": "`identity`, `api` or `push`.",
    "method": "The HTTP method.",
    "path": "A part of path and query.",
    "route": "A route's template, such as `/installations/{id}`.",
    "caller": "A part of `installation.{id}` or `user.{id}`.",
    "status": "A status such as 404, or a class such as `4xx`.",
    "diagnosis": "A diagnosis's code; `any` or `none`.",
    "fault": "A fault's kind or id; `any` or `none`.",
    "since": "World time from which on.",
    "until": "World time before which.",
}


def list_entries(request: Request) -> Any:
    """Entries, oldest first; filters are the entry's own member names, `since`, `until`; `wait` until there is one.

    Without `after` the newest `limit` entries that match; with it the ones that follow, and `next` if there are more.
    `format=har` answers the same entries as an HTTP Archive (HAR 1.2).
    """
    query = request.query
    unknown = sorted(set(query) - {*FILTERS, *_OTHERS})
    if unknown:
        raise bad_request(f"The journal has no filter named {unknown[0]!r}.", filters=list(FILTERS))
    filters = read_filters({name: query[name] for name in FILTERS if name in query})
    limit, wait, after = _limit(query.get("limit")), request.wait_seconds(), query.get("after")
    if query.get("format", "json") not in _FORMATS:
        raise bad_request(f"`format` is one of {', '.join(_FORMATS)}.")
    entries = _found(request, filters, limit, after, wait)
    if query.get("format") == "har":
        from sosie.services.har import to_har  # only who asks for it

        return Reply(json.dumps(to_har(entries), ensure_ascii=False))
    answer: dict[str, Any] = {"items": entries}
    if after is not None and len(entries) == limit:
        answer["next"] = entries[-1]["id"]
    return answer


def read_entry(request: Request) -> Any:
    """One entry."""
    found = journal.get_entry(request.plane.store, request.world, request.params["id"])
    if found is None:
        raise no_such("journal entry", request.params["id"])
    return found


def clear_journal(request: Request) -> Any:
    """Forget all entries. The next request's id goes on where the last one was."""
    request.plane.worlds.clear_journal(request.world)


def read_filters(given: Mapping[str, str]) -> dict[str, str]:
    """Return filters as they are compared. Raises ProblemError."""
    try:
        return checked_filters(given)
    except FilterError as error:
        raise bad_request(f"{error}.") from None


def _found(
    request: Request, filters: Mapping[str, str], limit: int, after: str | None, wait: float
) -> list[dict[str, Any]]:
    record, store = request.record, request.plane.store
    seen = here(request.plane, record) if wait else None
    if request.resume:
        # Nothing matched at the last look, so what came since is all there is to look at.
        after = Cursor.parse(request.resume, record).after
    entries = journal.list_entries(store, record.name, filters, limit, after)
    if not entries and seen is not None and request.waited < wait:
        raise PendingError(str(seen))
    return entries


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if not text.isascii() or not text.isdigit() or len(text) > 9 or not 1 <= int(text) <= MOST:
        raise bad_request(f"`limit` is a number from 1 to {MOST}.")
    return int(text)


VERBS = (
    Verb(
        "GET",
        "/worlds/{world}/journal",
        list_entries,
        query=FILTER_MEANINGS
        | {
            "limit": "How many at most.",
            "after": "The id behind which to begin.",
            "wait": "Seconds to wait for an entry that matches.",
            "format": "`json` or `har`.",
        },
        answer="Journal",
    ),
    Verb("DELETE", "/worlds/{world}/journal", clear_journal, answer=None),
    Verb("GET", "/worlds/{world}/journal/{id}", read_entry, answer="JournalEntry"),
)
