"""One function under Lambda's runtime interface emulator: what AWS's own container images and `sam local` run.

The emulator starts the runtime with the first event, kills it when its time is up, and starts it again for the next
event, as Lambda does. What it does not do is measure memory: that is asked of the operating system.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from tests.support.engines import free_port

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]
HANDLERS = Path(__file__).parent / "handlers"
READY_WITHIN_SECONDS = 30
ANSWERS_WITHIN_SECONDS = 120


@dataclass(frozen=True)
class Invocation:
    """What the invoker gets: the function's answer, or `error`, why there is none."""

    answer: Any
    error: str | None


@dataclass(frozen=True)
class Runtime:
    """What it takes to run functions: the emulator, a Python 3.13 with Lambda's runtime client, and the layer."""

    emulator: Path
    python: Path
    layer: Path


class Function:
    """A folder of `functions/` under the emulator. It ends with its `with` block.

    `handler` may name a module of `tests/runtime/handlers` in place of the function's own.
    """

    def __init__(
        self,
        runtime: Runtime,
        folder: Path,
        home: Path,
        environment: Mapping[str, str],
        *,
        handler: str = "app.handler",
        timeout: int = 29,
    ) -> None:
        self._port = free_port()
        self._log = home / f"{folder.name}-{self._port}.log"
        command = [
            runtime.emulator,
            *("--runtime-interface-emulator-address", f"127.0.0.1:{self._port}"),
            *("--runtime-api-address", f"127.0.0.1:{free_port()}"),
            *(runtime.python, "-m", "awslambdaric", handler),
        ]
        with self._log.open("wb") as log:
            self._emulator = subprocess.Popen(
                command,
                cwd=folder,
                env=_environment(runtime, folder, timeout) | dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._wait_until_it_listens()

    def invoke(self, event: Any) -> Invocation:
        """Send one event and wait for what becomes of it."""
        url = f"http://127.0.0.1:{self._port}/2015-03-31/functions/function/invocations"
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with direct.open(url, json.dumps(event).encode(), timeout=ANSWERS_WITHIN_SECONDS) as answered:
                text = answered.read().decode()
        except urllib.error.HTTPError as failed:
            return Invocation(None, json.load(failed)["errorType"])
        try:
            answer = json.loads(text)
        except ValueError:  # the emulator's own words, not the function's
            return Invocation(None, text)
        failure = answer.get("errorType") if isinstance(answer, dict) else None
        return Invocation(None if failure else answer, failure)

    @property
    def log(self) -> str:
        """Everything that emulator, runtime and function have printed so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def start_milliseconds(self) -> list[float]:
        """Return how long each start of the runtime took until it asked for its first event."""
        return [float(found) for found in re.findall(r"INIT REPORT\(durationMs: ([\d.]+)\)", self.log)]

    def milliseconds(self) -> list[float]:
        """Return how long each event took that was answered, without the start of the runtime before it."""
        return [
            float(found) for found in re.findall(r"INVOKE RTDONE\(status: success.*duration: ([\d.]+)ms\)", self.log)
        ]

    def process(self) -> int:
        """Return the id of the process that runs the function now. After a failure that is another one."""
        (found,) = _children(self._emulator.pid)
        return found

    def peak_megabytes(self) -> float:
        """Return the most memory that the function's process has had so far."""
        status = Path(f"/proc/{self.process()}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024

    def _wait_until_it_listens(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), timeout=5):
                return
            if self._emulator.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the emulator does not answer: {self.log}")
            threading.Event().wait(0.02)

    def stop(self) -> None:
        runtimes = _children(self._emulator.pid)
        self._emulator.kill()
        self._emulator.wait()
        for runtime in runtimes:
            with suppress(ProcessLookupError):
                os.kill(runtime, signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _environment(runtime: Runtime, folder: Path, timeout: int) -> dict[str, str]:
    """Return what Lambda sets, and what makes this machine look like it: the layer cannot be written to there."""
    return {
        "PATH": os.pathsep.join([str(runtime.python.parent), "/usr/bin", "/bin"]),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PYTHONPATH": os.pathsep.join([str(runtime.layer / "python"), str(HANDLERS)]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LAMBDA_TASK_ROOT": str(folder),
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_FUNCTION_NAME": f"sosie-{folder.name}",
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(timeout),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
    }


def _children(parent: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it ended meanwhile
            # The name stands in brackets and may hold anything.
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[1]) == parent and fields[0] != "Z":
                found.append(int(stat.parent.name))
    return found
