"""The stream of events from a started server, read as any HTTP client reads one."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from sosie.control.client import ControlClient
from sosie.control.connection import RefusedByControlError
from sosie.control.event_lines import Event, read_events
from sosie.local.asgi import Application
from sosie.wiring import ASK_AGAIN_AFTER
from tests.local.started import Started
from tests.support.cloud import TestCloud

EVENTS = "/_sosie/worlds/default/events"
Lines = Iterator[str]


@contextmanager
def listening(started: Started, **headers: str) -> Iterator[Lines]:
    """Read the stream; what it yields are its lines, behind the greeting."""
    with httpx.stream("GET", f"{started.url}{EVENTS}", headers=headers, timeout=30, trust_env=False) as answer:
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        for line in lines:
            if line.startswith("id: "):
                break
        yield lines


def ask(started: Started, path: str) -> httpx.Response:
    return httpx.get(f"{started.url}{path}", timeout=30, trust_env=False)


def paths(events: Iterator[Event], count: int) -> list[str]:
    return [next(events).data["path"] for _ in range(count)]


def test_a_reader_is_told_at_once(running: Started) -> None:
    with listening(running) as lines:
        ask(running, "/us/api/alive")
        ask(running, "/eu/api/config")

        assert paths(read_events(lines), 2) == ["/us/api/alive", "/eu/api/config"]


def test_two_readers_are_told_the_same_and_hold_up_nobody(running: Started) -> None:
    with listening(running) as first, listening(running) as second, ThreadPoolExecutor(2) as pool:
        for _ in range(5):
            ask(running, "/us/api/alive")
        told = list(pool.map(lambda lines: paths(read_events(lines), 5), (first, second)))

    assert told == [["/us/api/alive"] * 5] * 2


def test_a_reader_who_was_cut_off_goes_on(running: Started) -> None:
    with listening(running) as lines:
        ask(running, "/us/api/alive")
        seen = next(read_events(lines))
    ask(running, "/us/api/config")

    url = f"{running.url}{EVENTS}"
    with httpx.stream("GET", url, headers={"Last-Event-ID": seen.id}, timeout=30, trust_env=False) as answer:
        assert paths(read_events(answer.iter_lines()), 1) == ["/us/api/config"]


def test_the_client_of_the_control_plane_yields_events(running: Started) -> None:
    with ControlClient(running.url) as client:
        events = client.events(kinds=["journal"], after="0")
        ask(running, "/us/api/alive")

        event = next(events)
        events.close()  # type: ignore[attr-defined]  # it is a generator

        assert (event.kind, event.data["path"]) == ("journal", "/us/api/alive")
        assert event.id.endswith(f".{event.data['id']}")
        with pytest.raises(RefusedByControlError, match="letters"):
            next(client.events(kinds=["letters"]))


def test_a_reader_who_goes_leaves_no_work_behind(cloud: TestCloud) -> None:
    left_after: list[bytes] = []

    async def listen() -> tuple[int, set[Any]]:
        gone = asyncio.Event()
        sent = iter([{"type": "http.request", "body": b""}])

        async def receive() -> dict[str, Any]:
            if (message := next(sent, None)) is not None:
                return message
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            left_after.append(message.get("body", b""))
            if b"retry:" in left_after[-1]:
                gone.set()

        await Application(cloud.sosie)(scope(EVENTS), receive, send)
        asked = len(calls)
        await asyncio.sleep(3 * ASK_AGAIN_AFTER)
        return len(calls) - asked, asyncio.all_tasks() - {asyncio.current_task()}

    calls: list[Any] = []
    handle = cloud.sosie.control.handle
    cloud.sosie.control.handle = lambda *event, **more: calls.append(event) or handle(*event, **more)

    assert asyncio.run(listen()) == (0, set())
    assert left_after[-1] == b""


def scope(path: str) -> dict[str, Any]:
    return {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "scheme": "http",
        "http_version": "1.1",
        "headers": [(b"host", b"localhost")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8787),
    }


def test_a_server_stops_although_somebody_listens_and_somebody_waits(tmp_path: Path) -> None:
    with Started(tmp_path, "--json") as started, listening(started) as lines:
        with socket.create_connection(("127.0.0.1", started.port), timeout=30) as waiting:
            path = "/_sosie/worlds/default/journal?path=never&wait=25"
            waiting.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            ask(started, "/us/api/alive")  # comes after it, so by now the server has both
            assert paths(read_events(lines), 1) == ["/us/api/alive"]

            assert started.stop(signal.SIGTERM) == 0

            answer = b"".join(iter(lambda: waiting.recv(4096), b""))
        assert answer.startswith(b"HTTP/1.1 200 OK")
        assert json.loads(answer.partition(b"\r\n\r\n")[2]) == {"items": []}
        assert list(read_events(lines)) == []


def test_a_verification_waits_for_what_another_client_does(running: Started) -> None:
    with ControlClient(running.url) as client, ThreadPoolExecutor(1) as pool:
        verified = pool.submit(client.verify, "GET /us/api/alive", times=2, within=20)
        ask(running, "/us/api/alive")
        ask(running, "/us/api/alive")
        found: dict[str, Any] = verified.result()

    assert (found["met"], found["count"]) == (True, 2)
