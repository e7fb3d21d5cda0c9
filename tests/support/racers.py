"""Who takes part in a race: threads of this process that take turns, or child processes as separate as functions are.

Both meet at a barrier: before the request, so that the engine and the scheduler decide, or before the request's first
write, so that everybody has read before anybody writes and what can collide does.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from sosie.store.dynamodb import DynamoDbStore
from tests.support.engines import NOBODY, client_of
from tests.support.races import Act, Answer, Participant, one_of_many, perform

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.connection import Connection
    from pathlib import Path

Meeting = Literal["before the request", "before the first write"]
TOGETHER_WITHIN_SECONDS = 60


@dataclass(frozen=True)
class Place:
    """Where a race takes place: the engine's address, the table, and how everybody gets the same signing keys."""

    url: str
    table: str
    keys: Path
    secrets_url: str | None = None


def take_part(place: Place, act: Act, barrier: Any, meeting: Meeting, turn: Any = None) -> Answer:
    """Send one request to a Sosie of its own, with a client of its own; return what it was answered."""
    with closing(DynamoDbStore(client_of(place.url), place.table)) as store:
        at_write = meeting == "before the first write"
        participant = Participant(store, barrier.wait if at_write else None, turn)
        sosie = one_of_many(participant, place.keys, _secrets(place))
        if not at_write:
            barrier.wait()
        with turn or nullcontext():
            answer = perform(sosie, act)
        return replace(answer, conflicts=participant.conflicts)


def _secrets(place: Place) -> Any:
    if place.secrets_url is None:
        return None
    from sosie.domain.clock import SettableClock
    from sosie.store.secrets_manager import SecretsManagerKeyring
    from tests.support.cloud import START

    client = client_of(place.secrets_url, "secretsmanager")
    return SecretsManagerKeyring(SettableClock(START), f"{place.table}/", client)


class Threads:
    """Threads of this process. Only one runs at a time; another goes on at each call of the store."""

    rounds = 2

    def race(self, place: Place, acts: Sequence[Act], meeting: Meeting) -> list[Answer]:
        barrier = threading.Barrier(len(acts), timeout=TOGETHER_WITHIN_SECONDS)
        turn = threading.Lock()
        with ThreadPoolExecutor(len(acts)) as pool:
            running = [pool.submit(take_part, place, act, barrier, meeting, turn) for act in acts]
            return [one.result() for one in running]


class Crew:
    """Child processes that stay for a session: starting one takes longer than a race."""

    rounds = 4

    def __init__(self, most: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._barriers = {
            count: context.Barrier(count, timeout=TOGETHER_WITHIN_SECONDS) for count in range(1, most + 1)
        }
        self._members: list[tuple[Any, Connection]] = []
        for _ in range(most):
            ours, theirs = context.Pipe()
            process = context.Process(target=_member, args=(theirs, self._barriers), daemon=True)
            process.start()
            theirs.close()
            self._members.append((process, ours))

    def race(self, place: Place, acts: Sequence[Act], meeting: Meeting) -> list[Answer]:
        members = self._members[: len(acts)]
        for (_, line), act in zip(members, acts, strict=True):
            line.send((place, act, len(acts), meeting))
        replies = [line.recv() for _, line in members]
        if failures := [reply for reply in replies if isinstance(reply, str)]:
            self._barriers[len(acts)].reset()
            raise AssertionError("\n".join(failures))
        return replies

    def dismiss(self) -> None:
        for process, line in self._members:
            line.close()
            process.join(TOGETHER_WITHIN_SECONDS)
            process.kill()


def _member(line: Connection, barriers: dict[int, Any]) -> None:
    """Do what comes over the line, until it is closed."""
    os.environ.update(NOBODY)
    while True:
        try:
            place, act, count, meeting = line.recv()
        except EOFError:
            return
        try:
            reply: Answer | str = take_part(place, act, barriers[count], meeting)
        except Exception:  # noqa: BLE001  told to who asked
            barriers[count].abort()
            reply = traceback.format_exc()
        line.send(reply)
