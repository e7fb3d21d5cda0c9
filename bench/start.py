"""Start to first answered wire request, against floors of the same run.

    .venv/bin/python bench/start.py [rounds]

Floor: the bare interpreter running uvicorn around an application that answers a constant. Peer: moto_server.
Prints medians and ratios; says nothing about seconds on another machine.
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request

CONSTANT = """
import uvicorn
async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})
uvicorn.run(app, port=%d, log_config=None, access_log=False, lifespan="off")
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def seconds_to_answer(command: list[str], url: str) -> float:
    """Start a process, ask until it answers anything at all, stop it."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                urllib.request.urlopen(url, timeout=5).read()
                return time.perf_counter() - started
            except urllib.error.HTTPError:
                return time.perf_counter() - started
            except OSError:
                if process.poll() is not None:
                    raise SystemExit(f"{command[0]} ended") from None
                time.sleep(0.002)
    finally:
        process.terminate()
        process.wait()


def main(rounds: int) -> None:
    python, here = sys.executable, os.path.dirname(sys.executable)

    def floor() -> float:
        port = free_port()
        return seconds_to_answer([python, "-c", CONSTANT % port], f"http://127.0.0.1:{port}/")

    def sosie() -> float:
        port = free_port()
        url = f"http://127.0.0.1:{port}/us/api/installations/00000000-0000-0000-0000-000000000000"
        return seconds_to_answer([f"{here}/sosie", "start", "--port", str(port), "--json"], url)

    def moto() -> float:
        port = free_port()
        return seconds_to_answer([f"{here}/moto_server", "-p", str(port)], f"http://127.0.0.1:{port}/moto-api/")

    contenders = {"floor: uvicorn with a constant": floor, "sosie start, seeded": sosie}
    try:
        moto()
        contenders["peer: moto_server"] = moto
    except SystemExit:
        print("moto_server does not run here (pip install 'moto[server]'), so there is no peer in this run")
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            times[name].append(run())
    base = statistics.median(times["floor: uvicorn with a constant"])
    for name, found in times.items():
        middle = statistics.median(found)
        print(f"{name:32} {middle * 1000:7.0f} ms   {middle / base:4.2f} x floor")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
