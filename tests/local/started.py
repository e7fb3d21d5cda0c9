"""`sosie start` as a child process, and a client that sends bytes as they are."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Self
from urllib.parse import urlencode, urlsplit

READY_WITHIN_SECONDS = 60


def private_env(home: Path) -> dict[str, str]:
    """The environment without Sosie's and proxies' settings, and with a home of its own."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("SOSIE_") and not name.lower().endswith("_proxy")
    }
    xdg = {name: str(home / name.lower()) for name in ("XDG_DATA_HOME", "XDG_STATE_HOME")}
    return kept | xdg | {"HOME": str(home), "PYTHONUNBUFFERED": "1"}


def run(home: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run `sosie …` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "sosie", *arguments],
        env=private_env(home) | env,
        cwd=home,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


class Started:
    """A running `sosie start --port 0` with further options. `output` is what it printed so far."""

    def __init__(self, home: Path, *options: str, port: int = 0, **env: str) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.home = home
        self._out, self._err = home / "stdout", home / "stderr"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "sosie", "start", "--port", str(port), *options],
                env=private_env(home) | env,
                cwd=home,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )
        self._wait_for_output("Ctrl-C" if "--json" not in options else "\n")
        self.json = "--json" in options

    def _wait_for_output(self, text: str) -> None:
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while text not in self.output:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"exit code {self.process.poll()}: {self.output}{self.errors}")
            threading.Event().wait(0.02)

    @property
    def output(self) -> str:
        return self._out.read_text()

    @property
    def errors(self) -> str:
        return self._err.read_text()

    @property
    def summary(self) -> dict[str, Any]:
        return json.loads(self.output)

    @property
    def url(self) -> str:
        return self.summary["console"].rstrip("/")

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0

    def control(self, method: str, path: str, token: str | None = None) -> Any:
        request = urllib.request.Request(f"{self.url}/_sosie{path}", method=method)
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")

    def as_new(self) -> Self:
        """Take back what tests did to the default world; snapshots survive a reset."""
        for each in self.control("GET", "/worlds/default/snapshots")["items"]:
            self.control("DELETE", f"/worlds/default/snapshots/{each['name']}")
        self.control("POST", "/worlds/default/reset")
        return self

    def stop(self, how: int = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        return self.process.wait(timeout=15)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@dataclass(frozen=True)
class Received:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def hint(self) -> str | None:
        return self.headers.get("x-sosie-hint")


def talk(port: int, data: bytes, answers: int = 1, method: str = "GET") -> list[Received]:
    """Send bytes on one connection and read so many answers."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection, connection.makefile("rb") as stream:
        connection.sendall(data)
        return [_receive(stream, method) for _ in range(answers)]


def _receive(stream: IO[bytes], method: str) -> Received:
    status = int(stream.readline().split()[1])
    headers = {}
    while line := stream.readline().decode("latin-1").strip():
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    size = 0 if method == "HEAD" else int(headers.get("content-length", 0))
    return Received(status, headers, stream.read(size))


def request_token(running: Started, secret: str | None = None) -> Received:
    """Ask the US identity service for an installation's token for licences."""
    installation = running.summary["regions"]["us"]["installations"][0]
    form = urlencode(
        {
            "grant_type": "client_credentials",
            "scope": "api.licensing",
            "client_id": f"installation.{installation['id']}",
            "client_secret": secret or installation["key"],
        }
    ).encode()
    head = (
        "POST /us/identity/connect/token HTTP/1.1\r\nHost: localhost\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n\r\n"
    )
    (answer,) = talk(running.port, head.encode() + form, method="POST")
    return answer
