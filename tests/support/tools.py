"""Tools that tests need and Python does not bring. What is not there is skipped by name; in CI it fails."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).parents[2]


def missing(what: str) -> NoReturn:
    """End a test that cannot run: skipped on somebody's machine, a failure in CI."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is not there")
    pytest.skip(f"{what} is not there")


def command(variable: str, name: str, what: str) -> str:
    """Return the path of a command, which an environment variable may name."""
    found = shutil.which(os.environ.get(variable, name))
    return found or missing(f"{what} ({name} on the path, or {variable})")


def sam() -> str:
    """Return the AWS SAM CLI."""
    return command("SOSIE_SAM", "sam", "the AWS SAM CLI, pip install aws-sam-cli")


def python_of_sam() -> Path:
    """Return the interpreter that the AWS SAM CLI runs on; its environment has the translator and cfn-lint."""
    first, _, _ = Path(sam()).read_bytes()[:200].partition(b"\n")
    interpreter = Path(first.removeprefix(b"#!").decode("utf-8", "replace").strip())
    if not first.startswith(b"#!") or "python" not in interpreter.name:
        missing("an AWS SAM CLI that pip installed (another one hides its translator)")
    return interpreter


def checkov() -> str:
    """Return checkov, which holds templates against rules of security."""
    return command("SOSIE_CHECKOV", "checkov", "checkov, pip install checkov")


def python_of_the_runtime() -> Path:
    """Return a Python 3.13, which the functions run on: the one on the path, or one of pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    candidates = [shutil.which("python3.13"), *pyenv.glob("versions/3.13.*/bin/python3.13")]
    for candidate in filter(None, candidates):
        if subprocess.run([candidate, "-c", ""], capture_output=True, check=False).returncode == 0:
            return Path(candidate)
    return missing("Python 3.13")


def runtime_interface_emulator() -> Path:
    """Return Lambda's runtime interface emulator for this machine, which the SAM CLI brings along."""
    if platform.system() != "Linux":
        missing("Linux, which Lambda's runtime interface emulator runs on")
    interpreter = Path(sam()).read_text(encoding="utf-8").splitlines()[0].removeprefix("#!").strip()
    where = [interpreter, "-c", "import samcli; print(samcli.__file__)"]
    package = Path(subprocess.run(where, capture_output=True, text=True, check=True).stdout.strip()).parent
    machine = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
    emulator = package / f"local/rapid/aws-lambda-rie-{machine}"
    return emulator if os.access(emulator, os.X_OK) else missing(f"{emulator.name} in the SAM CLI's package")


def python_with_the_runtime_client() -> Path:
    """Return a Python 3.13 that has what Lambda's has: its runtime client, and boto3."""
    named = os.environ.get("SOSIE_RUNTIME_PYTHON")
    if not named:
        missing("Lambda's runtime client (SOSIE_RUNTIME_PYTHON names a Python 3.13 with awslambdaric and boto3)")
    return Path(named)


def dynamodb_local() -> Path:
    """Return the directory of DynamoDBLocal.jar, which `SOSIE_DYNAMODB_LOCAL` names, once Java is there too."""
    directory = Path(os.environ.get("SOSIE_DYNAMODB_LOCAL", ""))
    if not (directory / "DynamoDBLocal.jar").is_file():
        missing("DynamoDB Local (npm's amplify-dynamodb-simulator has it; SOSIE_DYNAMODB_LOCAL names its directory)")
    if shutil.which("java") is None:
        missing("Java, which DynamoDB Local runs on")
    return directory
