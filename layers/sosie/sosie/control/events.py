"""What happens in a world as it happens, as server-sent events (WHATWG HTML, 9.2).

Everything a request did is written together with its journal entry, and mails and sends are found by the request's id.
So one look costs the world's record and one query behind the last entry, however much the world holds.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from sosie.control.cursors import Cursor, here
from sosie.control.http import Reply, Verb
from sosie.control.problems import bad_request
from sosie.control.pushes import send_to_json
from sosie.domain.push import SentPush
from sosie.domain.regions import REGIONS
from sosie.services.journal import journal_partition
from sosie.services.push_relay import sent_key
from sosie.services.records import from_body

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from sosie.control.http import Request
    from sosie.ports import Item, Store
    from sosie.services.world_record import WorldRecord

KINDS = ("journal", "mail", "push")
RETRY_MILLISECONDS = 2_000
HEARTBEAT_SECONDS = 10.0
_AT_ONCE, _LARGE = 200, 1_000_000
"""Requests that one piece tells about, and characters after which it ends; more come with the next one."""


def stream_events(request: Request) -> Any:
    """Journal entries, mails and push sends as they happen (text/event-stream); `?kinds=journal,mail,push`.

    It begins behind what is there, or behind `Last-Event-ID` or `?after=`: an event's id, or a journal entry's. A reset
    or restore is an event `incarnation`, and everything behind it is new. Deployed, the stream is one piece, and
    `retry` says when to come back for the next.
    """
    if unknown := sorted(set(request.query) - {"kinds", "after"}):
        raise bad_request(f"The stream has no parameter named {unknown[0]!r}.")
    kinds, record = _kinds(request.query.get("kinds")), request.record
    if request.resume is None:
        text, beat = request.headers.get("last-event-id") or request.query.get("after"), 0.0
    else:
        state = json.loads(request.resume)
        text, beat = state["cursor"], state["beat"]
    cursor = Cursor.parse(text, record) if text else here(request.plane, record)
    pieces = [] if request.resume else [_greeting()]
    if text and Cursor.is_past(text, record):
        pieces.append(_event("incarnation", {"world": record.name, "incarnation": record.incarnation}))
    for entry in _new_entries(request, record, cursor):
        cursor = Cursor(record.incarnation, entry["id"])
        pieces += _events(request.plane.store, record.name, entry, kinds, cursor)
        if sum(map(len, pieces)) > _LARGE:
            break
    now = time.monotonic()
    if request.resume is None or (not pieces and now - beat >= HEARTBEAT_SECONDS):
        # An id without an event, so that a reader who comes back has missed nothing.
        pieces.append(f": here\nid: {cursor}\n\n")
    state = {"cursor": str(cursor), "beat": now if pieces else beat}
    return Reply(
        "".join(pieces),
        "text/event-stream; charset=utf-8",
        headers={"Cache-Control": "no-store"},
        resume=json.dumps(state),
    )


def _kinds(text: str | None) -> Collection[str]:
    kinds = [kind for kind in (text or "").split(",") if kind] or KINDS
    for kind in kinds:
        if kind not in KINDS:
            raise bad_request(f"There are no events of kind {kind!r}; there are {', '.join(KINDS)}.")
    return kinds


def _new_entries(request: Request, record: WorldRecord, cursor: Cursor) -> list[Mapping[str, Any]]:
    """Return the entries behind a cursor, but for those that an earlier one may still come before."""
    store, certain = request.plane.store, request.plane.worlds.written_before()
    found = store.query(journal_partition(record.name), after=cursor.after_or_none, limit=_AT_ONCE)
    return [item.body for item in found if certain is None or item.key.sort < certain]


def _events(
    store: Store, world: str, entry: Mapping[str, Any], kinds: Collection[str], cursor: Cursor
) -> Iterator[str]:
    """Yield what a request did. Only the last event has an id: who has that, has the others."""
    told: list[tuple[str, Any]] = []
    if "mail" in kinds:
        told += [("mail", item.body) for item in store.query(f"{world}/mail", f"{entry['id']}-")]
    if "push" in kinds:
        told += [("push", send_to_json(from_body(SentPush, item.body))) for item in _sent(store, world, entry)]
    if "journal" in kinds:
        told.append(("journal", entry))
    for kind, data in told[:-1]:
        yield _event(kind, data)
    for kind, data in told[-1:]:
        yield _event(kind, data, cursor)


def _sent(store: Store, world: str, entry: Mapping[str, Any]) -> list[Item]:
    kind, _, installation = (entry["caller"] or "").partition(".")
    if kind != "installation" or entry["region"] not in REGIONS or entry["route"] != "/push/send":
        return []
    return list(store.get_many([sent_key(world, entry["region"], installation, entry["id"])]).values())


def _greeting() -> str:
    return f": events of a Sosie world\nretry: {RETRY_MILLISECONDS}\n\n"


def _event(kind: str, data: Any, cursor: Cursor | None = None) -> str:
    text = json.dumps(data, ensure_ascii=False)  # one line: JSON escapes every line break
    return f"event: {kind}\n" + (f"id: {cursor}\n" if cursor else "") + f"data: {text}\n\n"


VERBS = (
    Verb(
        "GET",
        "/worlds/{world}/events",
        stream_events,
        query={"kinds": "`journal`, `mail`, `push`, or several with commas; all without.", "after": "Where to begin."},
        answer="EventStream",
    ),
)
