"""Import of one Lambda function in a fresh interpreter, against the floor of the same run.

    .venv/bin/python bench/imports.py [rounds]

Floor: Powertools' resolver alone. boto3 is not in it: the Lambda runtime brings it, and the functions import it with
the first request. "and routed": with the resolver and the routes of the first request, which a function builds then.
Prints medians and ratios; the budget is 2 x floor. Says nothing about seconds on another machine.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from pathlib import Path

FUNCTIONS = Path(__file__).parents[1] / "functions"
FLOOR = "from aws_lambda_powertools.event_handler import APIGatewayHttpResolver; APIGatewayHttpResolver()"
ROUTED = {
    "identity": 'sosie.gate; sosie.app("identity", "/connect/token")',
    "api": 'sosie.gate; sosie.app("api", "/organization/sponsorship/sync")',
    "push": 'sosie.gate; sosie.app("push", "/push/register")',
    "control": "sosie.control",
}
MEASURED = """
import sys, time
started = time.perf_counter()
%s
seconds = time.perf_counter() - started
assert not {"boto3", "botocore.client"} & set(sys.modules), "boto3 is imported"
print(seconds)
"""


def seconds_to_import(code: str, folder: Path) -> float:
    """Run code in an interpreter of its own, in a folder as Lambda starts it in the function's; return its seconds."""
    ended = subprocess.run(
        [sys.executable, "-c", MEASURED % code], cwd=folder, capture_output=True, text=True, check=True, env=os.environ
    )
    return float(ended.stdout)


def main(rounds: int) -> None:
    functions = sorted(path.parent for path in FUNCTIONS.glob("*/app.py"))
    contenders = {"floor: Powertools' resolver": (FLOOR, FUNCTIONS)}
    contenders |= {folder.name: ("import app", folder) for folder in functions}
    for name, routed in ROUTED.items():
        code = f"import app; from sosie.wiring import Sosie; sosie = Sosie(); {routed}"
        contenders[f"{name} and routed"] = code, FUNCTIONS / name
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds + 1):
        for name, contender in contenders.items():
            seconds = seconds_to_import(*contender)
            if number:  # the first round compiles what nobody has imported before
                times[name].append(seconds)
    base = statistics.median(times["floor: Powertools' resolver"])
    for name, found in times.items():
        middle = statistics.median(found)
        print(f"{name:32} {middle * 1000:7.0f} ms   {middle / base:4.2f} x floor")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
