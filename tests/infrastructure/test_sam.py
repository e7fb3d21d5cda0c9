"""The AWS SAM CLI accepts and builds the template. `SOSIE_SAM` names the command if it is not on the path."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.support import tools

pytestmark = pytest.mark.sam

ROOT = Path(__file__).parents[2]
FUNCTIONS = ["IdentityFunction", "ApiFunction", "PushFunction", "ControlFunction", "MaintenanceFunction"]
IN_THE_LAYER = [
    "sosie", "aws_lambda_powertools", "pydantic", "pydantic_core", "cryptography", "jwt", "argon2", "yaml",
    "tzdata",
]  # fmt: skip
LAMBDA_TAKES = 250_000_000


@pytest.fixture
def sam():
    """How to call `sam` with some arguments."""
    command = tools.sam()

    def call(*arguments: str, path: str = "") -> None:
        environment = {
            **os.environ,
            "SAM_CLI_TELEMETRY": "0",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "PATH": os.pathsep.join([path, os.environ["PATH"]]),
        }
        ended = subprocess.run(
            [command, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr

    return call


@pytest.fixture
def python_of_the_runtime() -> str:
    """The folder of a Python 3.13, which SAM needs to build for it."""
    return str(tools.python_of_the_runtime().parent)


def test_the_template_is_valid_and_clean(sam):
    sam("validate", "--lint")


@pytest.mark.parametrize("architecture", ["x86_64", "arm64"])
def test_functions_and_layer_are_built_without_a_container(architecture, sam, python_of_the_runtime, tmp_path):
    choice = ["--parameter-overrides", f"Architecture={architecture}"]
    sam("build", "--no-cached", "--build-dir", str(tmp_path), *choice, path=python_of_the_runtime)

    assert [name for name in FUNCTIONS if not (tmp_path / name / "app.py").is_file()] == []
    libraries = tmp_path / "SosieLayer" / "python"
    assert [name for name in IN_THE_LAYER if not (libraries / name / "__init__.py").is_file()] == []
    assert not (libraries / "botocore").exists()
    assert sum(path.stat().st_size for path in libraries.rglob("*")) < LAMBDA_TAKES / 4
