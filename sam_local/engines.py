"""What AWS is to the functions: DynamoDB and Secrets Manager on this machine, with nothing kept when they end.

DynamoDB is AWS's own engine where Java and its jar are there, and moto's otherwise. Secrets Manager is moto's.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sam_local.containers import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sam_local.containers import Reach

ROOT = Path(__file__).parents[1]
TABLE = "sosie"
CONTROL_SECRET = "sosie-control-token"  # noqa: S105  the secret's name
READY_WITHIN_SECONDS = 60
NOBODY = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "",
    "AWS_REGION": "eu-central-1",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""Credentials that open nothing, whoever's are in the environment."""
_IP_FREEBIND = 15  # Linux; Python has no name for it


@dataclass(frozen=True, slots=True)
class Engines:
    """URLs by service: `seen` from this machine, and `inside` containers."""

    seen: dict[str, str]
    inside: dict[str, str]

    @property
    def mark(self) -> str:
        """Return a variable, with its value, that only containers of these engines have."""
        return f"AWS_ENDPOINT_URL_SECRETS_MANAGER={self.inside['secretsmanager']}"

    def client(self, service: str) -> Any:
        """Return a boto3 client of this machine."""
        import boto3  # late: seconds, and printing an event does without

        session: Any = boto3.Session("testing", "testing", region_name=NOBODY["AWS_REGION"])
        return session.client(service, endpoint_url=self.seen[service])


@contextmanager
def started(reach: Reach, control_token: str, *, aws_engine: bool = True) -> Iterator[Engines]:
    """Run both, with an empty table and the control token as a secret. `aws_engine`: DynamoDB Local if it is there."""
    with ExitStack() as stack:
        moto, moto_inside = stack.enter_context(_moto(reach))
        seen = dict.fromkeys(("dynamodb", "secretsmanager"), moto)
        inside = dict.fromkeys(("dynamodb", "secretsmanager"), moto_inside)
        if aws_engine and (directory := dynamodb_local()) is not None:
            port = stack.enter_context(_dynamodb_local(directory))
            seen["dynamodb"], inside["dynamodb"] = f"http://{LOOPBACK}:{port}", f"http://{reach.name}:{port}"
        engines = Engines(seen, inside)
        from sosie.store.dynamodb import create_table  # late, as boto3

        create_table(engines.client("dynamodb"), TABLE)
        engines.client("secretsmanager").create_secret(Name=CONTROL_SECRET, SecretString=control_token)
        yield engines


def dynamodb_local() -> Path | None:
    """Return the directory of DynamoDBLocal.jar, which SOSIE_DYNAMODB_LOCAL names, if Java can run it."""
    directory = Path(os.environ.get("SOSIE_DYNAMODB_LOCAL", ""))
    return directory if (directory / "DynamoDBLocal.jar").is_file() and shutil.which("java") else None


@contextmanager
def _dynamodb_local(directory: Path) -> Iterator[int]:
    """Yield the port. This engine listens on all addresses of the machine and cannot be told otherwise."""
    with socket.socket() as free:
        free.bind((LOOPBACK, 0))
        port = int(free.getsockname()[1])
    java = ["java", "-Djava.library.path=DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar"]
    command = [*java, "-inMemory", "-sharedDb", "-disableTelemetry", "-port", str(port)]
    # A group of its own: a Ctrl-C is for SAM first, whose functions still use the engine.
    process = subprocess.Popen(command, cwd=directory, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        _wait_for(port, process)
        yield port
    finally:
        process.kill()
        process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while True:
        try:
            socket.create_connection((LOOPBACK, port), timeout=5).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"DynamoDB Local does not answer (exit code {process.poll()})") from None
            threading.Event().wait(0.05)
        else:
            return


@contextmanager
def _moto(reach: Reach) -> Iterator[tuple[str, str]]:
    """Yield moto's URL on this machine and in containers: one moto, with a listener on loopback and one for them."""
    listeners = [_listening(address) for address in dict.fromkeys((LOOPBACK, reach.bind))]
    descriptors = [listener.fileno() for listener in listeners]
    command = [sys.executable, "-m", "sam_local.moto_child", *map(str, descriptors)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, pass_fds=descriptors, start_new_session=True)
    ports = [int(listener.getsockname()[1]) for listener in listeners]
    for listener in listeners:
        listener.close()
    try:
        # The sockets take calls from the start; who calls waits for the answer.
        yield f"http://{LOOPBACK}:{ports[0]}", f"http://{reach.name}:{ports[-1]}"
    finally:
        process.kill()
        process.communicate()


def _listening(address: str) -> socket.socket:
    listener = socket.socket()
    if sys.platform == "linux":
        # Podman makes its bridge with the first container, which is yet to come.
        listener.setsockopt(socket.IPPROTO_IP, _IP_FREEBIND, 1)
    listener.bind((address, 0))
    listener.listen(128)
    return listener
