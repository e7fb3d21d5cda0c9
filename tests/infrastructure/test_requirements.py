"""What the functions install is what the package asks for: one bound for each requirement, in both places."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def lines(path: str) -> list[str]:
    texts = ((ROOT / path).read_text()).splitlines()
    return [text for text in texts if text and not text.startswith("#")]


LAYER = lines("layers/sosie/requirements.in")


@pytest.mark.parametrize("requirement", LAYER)
def test_a_requirement_of_the_layer_has_the_same_bound_in_the_package(requirement):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert requirement in project["dependencies"]


@pytest.mark.parametrize("requirement", LAYER)
def test_a_requirement_of_the_layer_is_locked_with_its_hashes(requirement):
    name = re.split(r"[<>=~!\[]", requirement, maxsplit=1)[0]
    lock = (ROOT / "layers/sosie/requirements.txt").read_text()
    assert re.search(rf"^{re.escape(name)}==\S+ .*\\\n +--hash=sha256:", lock, re.MULTILINE)


def test_boto3_comes_with_the_lambda_runtime_and_not_with_the_layer():
    lock = (ROOT / "layers/sosie/requirements.txt").read_text()
    assert not re.search(r"^(boto3|botocore)==", lock, re.MULTILINE)
