"""The child process that serves the embedded clouds of one Python process: a line of JSON in, a line of JSON out.

It is told on standard input what to open and close, and ends with that pipe, so it never outlives its parent. All its
clouds share one thread, because the handlers' framework keeps the current request once per process.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from sosie.domain.clock import SystemClock
from sosie.domain.errors import SosieError
from sosie.domain.ids import unguessable_token
from sosie.local.server import Listen, Place, bind, server_of
from sosie.local.tls import ensure_host_certificate, tls_files
from sosie.services.world_record import DEFAULT_WORLD
from sosie.settings import Settings
from sosie.wiring import Sosie

if TYPE_CHECKING:
    import uvicorn

_LONGEST_LINE = 64 * 1024 * 1024
"""Bytes of one command: a scenario of many thousands of people fits."""


@dataclass(frozen=True, slots=True)
class Open:
    """One cloud that is served."""

    sosie: Sosie
    server: uvicorn.Server
    task: asyncio.Task[None]

    async def close(self) -> None:
        """Finish what is being answered, then give everything back."""
        self.server.should_exit = True
        await self.task
        self.sosie.close()


class Host:
    """Opens and closes clouds as it is told."""

    def __init__(self) -> None:
        self._open: dict[str, Open] = {}

    async def obey(self, command: dict[str, Any]) -> dict[str, Any]:
        """Return what `open` or `close` came to: `{"url", "token"}`, `{}`, or `{"error"}`."""
        try:
            if "open" in command:
                return await self._start(command["open"])
            await self._open.pop(command["close"]).close()
        except (SosieError, OSError, ValueError) as error:
            return {"error": str(error)}
        return {}

    async def close(self) -> None:
        """Close what is still open."""
        await asyncio.gather(*(each.close() for each in self._open.values()))
        self._open.clear()

    async def _start(self, wanted: dict[str, Any]) -> dict[str, Any]:
        state = Path(wanted["state"]) if wanted["state"] else None
        listen = Listen(wanted["host"], wanted["port"], certificate=_certificate(wanted))
        token = wanted["token"] or (None if listen.loopback else unguessable_token())
        # Nothing of the environment: a test's cloud is what the test says.
        sosie = Sosie(Settings(state=state, control_token=token, penalty_delays=wanted["penaltyDelays"]))
        try:
            if DEFAULT_WORLD not in sosie.worlds.names():
                sosie.worlds.create(DEFAULT_WORLD, wanted["scenario"])
            place = bind(listen)
        except BaseException:
            sosie.close()
            raise
        self._open[place.url] = await _served(sosie, listen, place)
        return {"url": place.url, "token": token}


async def _served(sosie: Sosie, listen: Listen, place: Place) -> Open:
    """Return once requests are answered."""
    ready = asyncio.Event()
    server = server_of(sosie, listen, place, ready.set, signals=False)
    task = asyncio.create_task(server.serve(sockets=list(place.sockets)))
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait((task, waiting), return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        waiting.cancel()
        place.close()
        sosie.close()
        task.result()
        raise SosieError("the server ended before it answered")
    return Open(sosie, server, task)


def _certificate(wanted: dict[str, Any]) -> Path | None:
    if not wanted["tls"]:
        return None
    files = tls_files(Path(wanted["tls"]))
    ensure_host_certificate(files, wanted["host"], SystemClock().now())
    return files.host


async def serve(commands: IO[bytes], answers: IO[bytes]) -> None:
    """Obey until nobody can say anything any more."""
    reader = asyncio.StreamReader(limit=_LONGEST_LINE)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), commands)
    host = Host()
    while line := await reader.readline():
        answers.write(json.dumps(await host.obey(json.loads(line))).encode() + b"\n")
        answers.flush()
    await host.close()


def main() -> None:
    """Serve what the parent asks for on standard input; standard output is for the answers alone."""
    # Ctrl-C in a terminal is for the parent, which may still want to read a journal before it ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    asyncio.run(serve(sys.stdin.buffer, answers))
