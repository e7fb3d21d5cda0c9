"""What a running `sosie start` leaves for the other verbs on this machine: a note per port, private to the user.

So after `sosie start --tls`, or with a control token, `sosie state` in another terminal needs no options.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sosie.control.connection import LOOPBACK
from sosie.local.files import user_directory, write_private

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Running:
    """Where a Sosie of this machine answers, and what its control plane and its certificate ask for."""

    url: str
    pid: int
    control_token: str | None = None
    cacert: str | None = None


def announce(running: Running) -> Path | None:
    """Leave the note; return where it is, or None if it cannot be written, which only costs convenience."""
    path = _path(_port(running.url))
    try:
        write_private(path, json.dumps(asdict(running)))
    except OSError:
        return None
    return path


def withdraw(path: Path | None) -> None:
    """Take the note back."""
    if path is not None:
        with suppress(OSError):
            path.unlink()


def find(url: str) -> Running | None:
    """Return the note for a loopback address, if the process that left it still runs."""
    try:
        if urlsplit(url).hostname not in LOOPBACK:
            return None
        running = Running(**json.loads(_path(_port(url)).read_text()))
        os.kill(running.pid, 0)
    except (OSError, ValueError, TypeError):
        return None
    return running


def _path(port: int) -> Path:
    return user_directory("XDG_STATE_HOME", ".local/state") / "running" / f"{port}.json"


def _port(url: str) -> int:
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)
