"""The AWS SAM CLI accepts and builds the template. `SOSIE_SAM` names the command if it is not on the path."""

from __future__ import annotations

import json
import os
import platform
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
ELF_MACHINES = {"x86_64": 62, "arm64": 183}

# Run by Python 3.13: only the version that compiled a module can tell whether it would take it as it is.
SOURCES_WITHOUT_A_MODULE_THAT_IS_TAKEN_UNCHECKED = """
import importlib.util, json, marshal, pathlib, sys

def is_right(source):
    compiled = pathlib.Path(importlib.util.cache_from_source(source))
    if not compiled.is_file():
        return False
    kept = compiled.read_bytes()
    unchecked = importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little")
    head = unchecked + importlib.util.source_hash(source.read_bytes())
    return kept.startswith(head) and marshal.loads(kept[16:]).co_filename.startswith("/opt/python/")

print(json.dumps([str(source) for source in pathlib.Path(sys.argv[1]).rglob("*.py") if not is_right(source)]))
"""
MODULES_THAT_CANNOT_BE_IMPORTED = """
import importlib, json, pkgutil, sys

sys.path.append(sys.argv[1])
import sosie

failed = []
for module in pkgutil.walk_packages(sosie.__path__, "sosie."):
    try:
        importlib.import_module(module.name)
    except ImportError as error:
        failed.append(f"{module.name}: {error}")
print(json.dumps(failed))
"""


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
def python_of_the_runtime() -> Path:
    """A Python 3.13, which SAM needs to build for it."""
    return tools.python_of_the_runtime()


def told_by(python: Path, code: str, libraries: Path) -> list[str]:
    """Return what code says about the layer in an interpreter that has nothing but its standard library."""
    ended = subprocess.run(
        [python, "-I", "-S", "-B", "-c", code, libraries], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def elf_machine(library: Path) -> int:
    head = library.read_bytes()[:20]
    assert head.startswith(b"\x7fELF"), library
    return int.from_bytes(head[18:20], "little")


def test_the_template_is_valid_and_clean(sam):
    sam("validate", "--lint")


@pytest.mark.parametrize("architecture", ["x86_64", "arm64"])
def test_functions_and_layer_are_built_without_a_container(architecture, sam, python_of_the_runtime, tmp_path):
    choice = ["--parameter-overrides", f"Architecture={architecture}"]
    sam("build", "--no-cached", "--build-dir", str(tmp_path), *choice, path=str(python_of_the_runtime.parent))

    # Every function and every library is there, and nothing that Lambda brings or nobody imports
    assert [name for name in FUNCTIONS if not (tmp_path / name / "app.py").is_file()] == []
    libraries = tmp_path / "SosieLayer" / "python"
    assert [name for name in IN_THE_LAYER if not (libraries / name / "__init__.py").is_file()] == []
    unwanted = ["botocore", "bin", "sosie/local", "sosie/conformance"]
    assert [name for name in unwanted if (libraries / name).exists()] == []
    assert sum(path.stat().st_size for path in libraries.rglob("*")) < LAMBDA_TAKES / 4

    # Native code is for the architecture that was asked for
    natives = list(libraries.rglob("*.so"))
    assert len(natives) >= 4
    assert {elf_machine(path) for path in natives} == {ELF_MACHINES[architecture]}

    # Nothing is left to be compiled where nothing can be kept, and what a cut layer has still works
    assert told_by(python_of_the_runtime, SOURCES_WITHOUT_A_MODULE_THAT_IS_TAKEN_UNCHECKED, libraries) == []
    if platform.system() == "Linux" and platform.machine() == architecture:
        assert told_by(python_of_the_runtime, MODULES_THAT_CANNOT_BE_IMPORTED, libraries) == []
