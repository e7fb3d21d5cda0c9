"""Starts embedded clouds, in one child process per Python process.

Measured on two cores: in a thread the first cloud of a process answered after 0.37 s and each further one after 0.02 s;
a child of its own took 0.43 s each time. One child that is kept for all clouds of the process costs the difference once
and then nothing, and isolates better than a thread: a test that freezes time, patches sockets or the environment, turns
warnings into errors, traces lines or uses Powertools itself does not do so to the server, and neither waits for the
other's interpreter lock.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import sosie
from sosie.domain.errors import SosieError

_PATIENCE = 5.0
"""Seconds for a child to end in order."""

_CODE = "import sys; sys.path.append(sys.argv[1]); from sosie.local.cloud.host import main; main()"
"""Appended: the child finds the package that its parent has, and nothing in that folder shadows anything else."""


class EmbeddedCloudError(SosieError):
    """An embedded cloud could not be started; the text says why."""


class Child:
    """The child process. It is started with its first cloud."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def open(self, **wanted: Any) -> dict[str, Any]:
        """Start a cloud and return its `url` and `token`. Raises EmbeddedCloudError."""
        return self._ask({"open": wanted})

    def close(self, url: str) -> None:
        """Stop the cloud at an address; one whose process is gone has stopped."""
        if self._process is not None and self._process.poll() is None:
            self._ask({"close": url})

    def end(self) -> None:
        """End the process, in order if it can."""
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _ask(self, command: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            process = self._running()
            assert process.stdin is not None
            assert process.stdout is not None
            line = b""
            with suppress(BrokenPipeError):
                process.stdin.write(json.dumps(command).encode() + b"\n")
                process.stdin.flush()
                line = process.stdout.readline()
            if not line:
                self.end()
                raise EmbeddedCloudError(f"the embedded server ended with exit code {process.returncode}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise EmbeddedCloudError(answer["error"])
        return answer

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is not None:
            self.end()
        if self._process is None:
            root = str(Path(sosie.__file__).parents[1])
            # -P: a file of the user's that is called like one of our libraries stays out of it.
            command = [sys.executable, "-P", "-c", _CODE, root]
            self._process = subprocess.Popen(  # noqa: S603  our own code, by our own interpreter
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        return self._process


_child: Child | None = None


def child() -> Child:
    """Return this process's own child; after a fork that is another one."""
    global _child  # noqa: PLW0603  one per process is the point
    if _child is None or _child.pid != os.getpid():
        _child = Child()
        atexit.register(_child.end)
    return _child
