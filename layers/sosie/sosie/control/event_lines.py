"""Server-sent events, read from lines (WHATWG HTML, 9.2.6): what `ControlClient.events` yields."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Event(NamedTuple):
    """One event. `kind` is `journal`, `mail`, `push` or `incarnation`; `id` is where a reader can go on."""

    kind: str
    data: Any
    id: str


def read_events(lines: Iterable[str]) -> Iterator[Event]:
    """Yield the events that lines (without their ends) hold. Data are JSON, as all of Sosie's are."""
    kind, data, last_id = "message", "", ""
    for line in lines:
        if not line:
            if data:
                yield Event(kind, json.loads(data), last_id)
            kind, data = "message", ""
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            kind = value
        elif name == "data":
            data += value
        elif name == "id":
            last_id = value
