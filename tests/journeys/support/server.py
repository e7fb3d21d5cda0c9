"""`sosie start` as a subprocess, or a Sosie that already runs: what the journeys start, kill and reset."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import httpx

READY_WITHIN_SECONDS = 60
WORLD = "_sosie/worlds/default"


class NotReadyError(Exception):
    """The server ended, or said nothing, before it printed its summary."""


class Sosie:
    """One running Sosie. The summary is the only thing a journey learns its addresses and personas from."""

    def __init__(self, summary: dict[str, Any], url: str, process: "subprocess.Popen[bytes] | None" = None):
        self.summary = summary
        self.url = url
        self.process = process
        self._control = httpx.Client(headers=_control_headers(), trust_env=False, timeout=60)

    @classmethod
    def connect(cls, url: str) -> "Sosie":
        url = url.rstrip("/")
        summary = httpx.get(f"{url}/{WORLD}", headers=_control_headers(), trust_env=False).raise_for_status()
        return cls(summary.json(), url)

    @classmethod
    def start(cls, home: Path, *options: str, **env: str) -> "Sosie":
        """Everything the server may write to disk goes below `home`, so parallel workers never meet."""
        home.mkdir(parents=True, exist_ok=True)
        out, log = home / f"stdout-{time.monotonic_ns()}", home / "stderr.log"
        command = [sys.executable, "-m", "sosie", "start", "--port", "0", "--no-penalty-delays", "--json"]
        with out.open("wb") as stdout, log.open("ab") as stderr:
            process = subprocess.Popen(
                [*command, *options],
                stdout=stdout,
                stderr=stderr,
                stdin=subprocess.DEVNULL,
                env=private_env(home) | env,
            )
        try:
            summary = json.loads(_first_line(process, out, log))
        except BaseException:
            process.kill()
            process.wait()
            raise
        return cls(summary, summary["console"].rstrip("/"), process)

    def control(self, method: str, path: str = "", **arguments: Any) -> Any:
        """A verb of the control plane on the default world; its JSON, or None where it says nothing."""
        answer = self._control.request(method, f"{self.url}/{WORLD}{path}", **arguments).raise_for_status()
        return answer.json() if answer.content else None

    def reset(self) -> None:
        """Back to the scenario. The summary is read again: nobody promises that ids survive in every host."""
        self.control("POST", "/reset")
        self.summary = self.control("GET")

    def stop(self) -> None:
        self._control.close()
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """SIGKILL: no handler runs, nothing is flushed."""
        self._control.close()
        if self.process is None:
            return
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def private_env(home: Path) -> dict[str, str]:
    """The caller's environment without its Sosie and proxy settings, and with data folders of its own."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("SOSIE_") and not name.lower().endswith("_proxy")
    }
    own = ("XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")
    return kept | {name: str(home / name.lower()) for name in own} | {"PYTHONUNBUFFERED": "1"}


def pause(seconds: float) -> None:
    threading.Event().wait(seconds)


def _control_headers() -> dict[str, str]:
    token = os.environ.get("SOSIE_CONTROL_TOKEN")
    return {"Authorization": f"Bearer {token}"} if token else {}


def _first_line(process: "subprocess.Popen[bytes]", out: Path, log: Path) -> bytes:
    # A file and not a pipe: a server that goes on printing could fill a pipe nobody reads.
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while time.monotonic() < deadline:
        line, newline, _ = out.read_bytes().partition(b"\n")
        if newline:
            return line
        if process.poll() is not None:
            break
        pause(0.01)
    tail = log.read_text(errors="replace")[-2000:]
    raise NotReadyError(f"sosie start printed no summary (exit code {process.poll()}). Its stderr:\n{tail}")
