"""A world's journal from Python: what arrived, what was answered, and why it was refused."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sosie.local.cloud.clock import to_time
from sosie.local.cloud.mailbox import waits

if TYPE_CHECKING:
    from sosie.control.client import ControlClient


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Why a request was refused or a row skipped: a stable code, a sentence, and what to change."""

    code: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Message:
    """What was sent or answered, without its secrets."""

    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One request to the wire and its answer. `at` is the world's time, `wall_at` the machine's.

    `fault` has `id` and `kind` of the fault that was applied.
    """

    id: str
    at: datetime
    wall_at: datetime
    region: str | None
    service: str | None
    method: str
    path: str
    route: str | None
    caller: str | None
    status: int
    duration_ms: float
    fault: Mapping[str, str] | None
    diagnosis: Diagnosis | None
    request: Message
    response: Message

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status}" + (f" {self.diagnosis.code}" if self.diagnosis else "")

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Entry:
        """Return an entry of the control plane."""
        diagnosis = document["diagnosis"]
        return cls(
            id=document["id"],
            at=to_time(document["at"]),
            wall_at=to_time(document["wallAt"]),
            region=document["region"],
            service=document["service"],
            method=document["method"],
            path=document["path"],
            route=document["route"],
            caller=document["caller"],
            status=document["status"],
            duration_ms=document["durationMs"],
            fault=document["fault"],
            diagnosis=Diagnosis(diagnosis["code"], diagnosis["message"], diagnosis["remedy"]) if diagnosis else None,
            request=Message(document["request"]["headers"], document["request"]["body"]),
            response=Message(document["response"]["headers"], document["response"]["body"]),
        )


class Journal:
    """The journal of one world. Filters are those of docs/control-plane.md, by the entry's own member names."""

    def __init__(self, client: ControlClient, world: str) -> None:
        self._client = client
        self._world = world

    def entries(self, **filters: str | int) -> builtins.list[Entry]:
        """Return the newest entries that match, oldest first: `limit` of them, or 100."""
        return [Entry.of(each) for each in self._client.journal(self._world, **filters)]

    def last(self, **filters: str | int) -> Entry | None:
        """Return the newest entry that matches, if there is one."""
        found = self.entries(**filters | {"limit": 1})
        return found[-1] if found else None

    def read(self, entry_id: str) -> Entry:
        """Return one entry, by the answer's header `x-sosie-request`. Raises RefusedByControlError."""
        return Entry.of(self._client.read_entry(entry_id, self._world))

    def wait(self, *, timeout: float = 5.0, **filters: str | int) -> Entry:
        """Return the newest entry that matches, waiting for one if there is none yet. Raises TimeoutError."""
        for wait in waits(timeout):
            found = self._client.journal(self._world, **filters, wait=wait)
            if found:
                return Entry.of(found[-1])
        wanted = ", ".join(f"{name} {value!r}" for name, value in filters.items())
        there = "\n".join(f"  {each}" for each in self.entries(limit=10)) or "  nothing"
        said = f"no request came within {timeout:g} s" + (f" ({wanted})" if wanted else "")
        raise TimeoutError(f"{said}; the journal's last are\n{there}")

    def verify(
        self,
        match: str | Mapping[str, Any],
        *,
        times: int | None = None,
        at_least: int | None = None,
        at_most: int | None = None,
        within: float = 0.0,
    ) -> builtins.list[str]:
        """Raise AssertionError unless requests arrived, at least once if not told otherwise; return the entries' ids.

        `match` is a method and a path, such as `POST /organization/sponsorship/sync`, or a mapping of filters with a
        `body`: a part of the JSON or form that was sent. `within` is how many seconds to wait for it, at most 25.
        """
        if times is not None and (at_least is not None or at_most is not None):
            raise TypeError("say `times`, or `at_least` and `at_most`")
        bounds = {name: value for name, value in (("atLeast", at_least), ("atMost", at_most)) if value is not None}
        wanted = times if times is not None else bounds or None
        answer = self._client.verify(match, times=wanted, within=within or None, world=self._world)
        if not answer["met"]:
            raise AssertionError(_disappointment(match, times, at_least, at_most, answer))
        ids: builtins.list[str] = answer["entries"]
        return ids

    def clear(self) -> None:
        """Forget all entries."""
        self._client.clear_journal(self._world)

    def har(self, **filters: str | int) -> dict[str, Any]:
        """Return entries as an HTTP Archive (HAR 1.2), to be opened in a browser's developer tools."""
        return self._client.har(self._world, **filters)


def _disappointment(
    match: str | Mapping[str, Any],
    times: int | None,
    at_least: int | None,
    at_most: int | None,
    answer: Mapping[str, Any],
) -> str:
    what = match if isinstance(match, str) else ", ".join(f"{name} {value!r}" for name, value in match.items())
    if times is not None:
        wanted = _times(times)
    else:
        bounds = [f"at most {_times(at_most)}"] if at_most is not None else []
        if at_least is not None or not bounds:
            bounds.insert(0, f"at least {_times(1 if at_least is None else at_least)}")
        wanted = " and ".join(bounds)
    lines = [f"{what}: expected {wanted}, it came {_times(answer['count'])}"]
    misses = answer["nearestMisses"]
    if misses:
        lines.append("nearest misses:")
    for miss in misses:
        lines.append(f"  {miss['method']} {miss['path']} {miss['status']}")
        lines += [
            f"    {name}: wanted {each['wanted']!r}, was {each['seen']!r}" for name, each in miss["differs"].items()
        ]
    return "\n".join(lines)


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")
