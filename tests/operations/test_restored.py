"""Processes restored from one snapshot (SnapStart), or thawed after a while, are not each other's doubles."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from tests.operations.conftest import Printed
from tests.operations.deployment import FUNCTIONS, ROOT, Deployment, make_what_the_template_makes
from tests.support.effort import some
from tests.support.engines import NOBODY

if TYPE_CHECKING:
    from tests.support.engines import Engine

DRAWING = (
    "boto3", "botocore.session", "urllib3", "cryptography", "jwt", "argon2",
    "secrets", "sosie.domain.ids", "sosie.store.dynamodb",
)  # fmt: skip
"""Modules without which nothing can be drawn by chance and no connection be opened."""

LOAD_ALL = f"""
import json, os, runpy, sys
for name in {FUNCTIONS!r}:
    os.environ["POWERTOOLS_SERVICE_NAME"] = name
    runpy.run_path(f"functions/{{name}}/app.py")
print(json.dumps([name for name in {DRAWING!r} if name in sys.modules]))
"""


def in_a_process(*arguments: str) -> str:
    environment = {**os.environ, **NOBODY}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_before_the_first_event_nothing_is_loaded_that_could_draw_or_connect() -> None:
    # cryptography brings an OpenSSL of its own, which would not know that its machine was copied.
    assert json.loads(in_a_process("-c", LOAD_ALL)) == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot copy a process")
@pytest.mark.parametrize("how", some(["warm", "cold"], 2))
def test_what_is_drawn_by_chance_is_another_in_each(how: str, tmp_path: Path) -> None:
    file = tmp_path / "drawn.json"
    in_a_process("-m", "tests.operations.restored", how, str(file))

    drawn: list[dict[str, Any]] = json.loads(file.read_text())

    assert len(drawn) > 1
    assert [name for name in drawn[0] if len({json.dumps(each[name]) for each in drawn}) < len(drawn)] == []


@pytest.fixture
def deployment_with_sockets(
    environment: None, dynamodb_local: Engine, moto_server: Engine, monkeypatch: pytest.MonkeyPatch
) -> Deployment:
    """The functions on an engine that keeps connections open, as AWS does."""
    del environment
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", dynamodb_local.url)
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", moto_server.url)
    monkeypatch.setenv("SOSIE_TABLE", f"sosie-restored-{os.getpid()}")
    make_what_the_template_makes(boto3.client, f"sosie-restored-{os.getpid()}")
    return Deployment()


def break_connections(port: int) -> int:
    """Break every connection of this process to a port, as time in a snapshot does, and return how many there were."""
    broken = 0
    for entry in Path("/proc/self/fd").iterdir():
        try:
            held = socket.socket(fileno=os.dup(int(entry.name)))
        except OSError:
            continue
        with held:
            try:
                if held.getpeername()[1] == port:
                    held.shutdown(socket.SHUT_RDWR)
                    broken += 1
            except (OSError, IndexError, TypeError):
                continue
    return broken


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="this system does not tell which connections there are")
def test_connections_that_died_meanwhile_are_opened_again(
    deployment_with_sockets: Deployment, dynamodb_local: Engine, printed: Printed
) -> None:
    with deployment_with_sockets.client() as client:
        assert client.get("/us/api/alive").status_code == 200
        printed()

        assert break_connections(dynamodb_local.port) > 0
        answer = client.post("/us/api/installations", json={"email": "ops@acme.test"})
        assert break_connections(dynamodb_local.port) > 0
        again = client.get(f"/us/api/installations/{answer.json()['id']}")

    assert (answer.status_code, again.status_code) == (200, 200)
    assert [line["status"] for line in printed() if "_aws" not in line] == [200, 200]
