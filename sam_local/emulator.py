"""`sam build`, and `sam local start-api` with the engines behind it."""

from __future__ import annotations

import os
import platform
import shutil
import signal
import subprocess
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from sam_local import engines as aws
from sam_local.containers import LOOPBACK, Engine, Reach
from sam_local.engines import NOBODY, ROOT
from sam_local.template import BUILT, write_local_template

if TYPE_CHECKING:
    from collections.abc import Iterator

READY_WITHIN_SECONDS = 300
"""The first time an image is pulled and one made for each function."""
STOPS_WITHIN_SECONDS = 60
NO_ACCOUNT = {
    "AWS_DEFAULT_REGION": NOBODY["AWS_REGION"],
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""Without credentials SAM asks AWS nothing, not even whose account it is."""


class SamError(Exception):
    """SAM is not there, or what it was asked for went wrong. What SAM said is on the terminal."""


def find_command() -> str:
    """Return the SAM CLI: SOSIE_SAM, or `sam` on the path."""
    found = shutil.which(os.environ.get("SOSIE_SAM") or "sam")
    if found is None:
        raise SamError("the AWS SAM CLI is not there: pip install aws-sam-cli, or name it with SOSIE_SAM")
    return found


def own_architecture() -> str:
    """Return what the functions are to be built for: emulating another machine's processor is slow."""
    return "arm64" if platform.machine().lower() in ("arm64", "aarch64") else "x86_64"


@dataclass(frozen=True, slots=True)
class Sam:
    """The SAM CLI, the container engine it uses, and the architecture of this machine."""

    engine: Engine
    command: str = field(default_factory=find_command)
    architecture: str = field(default_factory=own_architecture)

    def build(self, *options: str) -> None:
        """Build the functions and their layer."""
        self._run("build", "--parameter-overrides", f"Architecture={self.architecture}", *options)

    def invoke(
        self, function: str, event: str, template: Path, *options: str, capture: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """Send one event (JSON) to one function, in a container of its own. The answer is what SAM prints."""
        return subprocess.run(
            [*self.arguments("invoke", template), function, "--event", "-", *options],
            input=event,
            cwd=ROOT,
            env=self.environment(),
            capture_output=capture,
            text=True,
            check=False,
        )

    def arguments(self, verb: str, template: Path) -> list[str]:
        """Return the command line of `sam local {verb}` for a template, to which more can be added."""
        image = f"public.ecr.aws/lambda/python:3.13-{self.architecture}"
        own = ["--skip-pull-image"] if self.engine.has_image(image) else []
        return [self.command, "local", verb, "--template-file", str(template), *own]

    def environment(self) -> dict[str, str]:
        """Return the environment of SAM: nothing that leads to AWS. What functions get stands in their template."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SOSIE_"))}
        return kept | NO_ACCOUNT | {"DOCKER_HOST": self.engine.host}

    def _run(self, *arguments: str) -> None:
        ended = subprocess.run([self.command, *arguments], cwd=ROOT, env=self.environment(), check=False)
        if ended.returncode:
            raise SamError(f"sam {arguments[0]} ended with {ended.returncode}")


@dataclass(frozen=True, slots=True)
class Served:
    """A Sosie that answers at `url`, from functions in containers."""

    url: str
    template: Path
    process: subprocess.Popen[bytes]


@contextmanager
def served(
    sam: Sam,
    control_token: str,
    *,
    port: int = 3000,
    address: str | None = None,
    aws_engine: bool = True,
    built: Path = BUILT,
    warm: str = "EAGER",
) -> Iterator[Served]:
    """Run engines and API until the block ends. The five functions share one table and one set of signing keys.

    `address` is where containers reach this machine, if somebody knows better. `warm` says when containers start.
    """
    reach = Reach(address, address) if address else sam.engine.reach()
    with ExitStack() as stack:
        engines = stack.enter_context(aws.started(reach, control_token, aws_engine=aws_engine))
        template = write_local_template(engines, sam.architecture, built)
        stack.callback(sam.engine.remove_containers, engines.mark)
        url = f"http://{LOOPBACK}:{port}"
        process = stack.enter_context(emulating(sam, "start-api", template, port, warm))
        _wait_until_ready(url, control_token, process)
        yield Served(url, template, process)


@contextmanager
def emulating(sam: Sam, verb: str, template: Path, port: int, warm: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run `sam local {verb}` on loopback until the block ends. `warm` says when containers start that then stay."""
    command = [*sam.arguments(verb, template), "--host", LOOPBACK, "--port", str(port), "--warm-containers", warm]
    # A group of its own: whoever presses Ctrl-C ends this program, and this program ends SAM, once.
    process = subprocess.Popen(command, cwd=ROOT, env=sam.environment(), start_new_session=True)
    try:
        yield process
    finally:
        _stop(process)


def _wait_until_ready(url: str, control_token: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    headers = {"authorization": f"Bearer {control_token}"}
    while process.poll() is None and time.monotonic() < deadline:
        try:
            answer = httpx.get(f"{url}/_sosie/health", headers=headers, timeout=60, trust_env=False)
        except httpx.HTTPError:
            threading.Event().wait(0.2)
            continue
        if answer.status_code == httpx.codes.OK:
            return
        raise SamError(f"the control plane answers {answer.status_code}: {answer.text[:500]}")
    raise SamError(f"sam local start-api does not answer (exit code {process.poll()})")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Let SAM remove its containers; it takes a termination for Ctrl-C."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOPS_WITHIN_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
