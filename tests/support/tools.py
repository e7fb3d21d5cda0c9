"""Tools that tests need and Python does not bring. What is not there is skipped by name; in CI it fails."""

from __future__ import annotations

import os
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


def python_of_the_runtime() -> Path:
    """Return a Python 3.13, which the functions run on: the one on the path, or one of pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    candidates = [shutil.which("python3.13"), *pyenv.glob("versions/3.13.*/bin/python3.13")]
    for candidate in filter(None, candidates):
        if subprocess.run([candidate, "-c", ""], capture_output=True, check=False).returncode == 0:
            return Path(candidate)
    return missing("Python 3.13")


def dynamodb_local() -> Path:
    """Return the directory of DynamoDBLocal.jar, which `SOSIE_DYNAMODB_LOCAL` names, once Java is there too."""
    named = os.environ.get("SOSIE_DYNAMODB_LOCAL")
    directory = Path(named) if named else ROOT / ".ci-tools/dynamodb-local"
    if not (directory / "DynamoDBLocal.jar").is_file():
        missing("DynamoDB Local (npm's amplify-dynamodb-simulator has it; SOSIE_DYNAMODB_LOCAL names its directory)")
    if shutil.which("java") is None:
        missing("Java, which DynamoDB Local runs on")
    return directory
