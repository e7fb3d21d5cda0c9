"""The layer as it is built, AWS as DynamoDB Local and moto play it, and each function under the emulator.

CI runs these tests by themselves and `make test` leaves them out: all share one layer, and starts are compared.
"""

from __future__ import annotations

import platform
import subprocess
from contextlib import ExitStack
from functools import cache
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from sosie.store.dynamodb import create_table
from tests.runtime.emulator import ROOT, Function, Runtime
from tests.runtime.gateway import ADDRESS, Gateway
from tests.support import tools
from tests.support.engines import NOBODY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.engines import Engine

TABLE = "sosie-runtime"
CONTROL_TOKEN = "a-control-token-of-this-test-alone"
CONTROL_SECRET = "/sosie/test/control-token"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(ROOT / "tests/runtime"):
            item.add_marker(pytest.mark.sam)


@pytest.fixture(scope="session")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Runtime:
    """What runs the functions. The layer is made as `sam build` makes it."""
    emulator, python = tools.runtime_interface_emulator(), tools.python_with_the_runtime_client()
    layer = tmp_path_factory.mktemp("layer")
    building = [
        *("make", "-C", ROOT / "layers/sosie", "build-SosieLayer"),
        *(f"PYTHON={tools.python_of_the_runtime()}", f"MACHINE={platform.machine()}", f"ARTIFACTS_DIR={layer}"),
    ]
    built = subprocess.run(building, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    return Runtime(emulator, python, layer)


@pytest.fixture(scope="session")
def aws(dynamodb_local: Engine, moto_server: Engine) -> dict[str, str]:
    """The environment that leads to the engines, and what the template gives all functions."""
    create_table(dynamodb_local.client(), TABLE)
    moto_server.client("secretsmanager").create_secret(Name=CONTROL_SECRET, SecretString=CONTROL_TOKEN)
    return {
        **NOBODY,
        "AWS_REGION": NOBODY["AWS_DEFAULT_REGION"],
        "AWS_ENDPOINT_URL_DYNAMODB": dynamodb_local.url,
        "AWS_ENDPOINT_URL_SECRETS_MANAGER": moto_server.url,
        "SOSIE_STORE": "dynamodb",
        "SOSIE_TABLE": TABLE,
        "SOSIE_SECRET_PREFIX": "/sosie/test/keys/",
        "SOSIE_CONTROL_ACCESS": "bearer",
        "SOSIE_CONTROL_SECRET": CONTROL_SECRET,
        "POWERTOOLS_METRICS_NAMESPACE": "Sosie",
    }


@pytest.fixture(scope="session")
def start(runtime: Runtime, aws: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Function]:
    """Starts a function of its own: `with start("api") as function:`."""
    home = tmp_path_factory.mktemp("functions")

    def started(name: str, *, handler: str = "app.handler", timeout: int = 29, **environment: str) -> Function:
        named = {"POWERTOOLS_SERVICE_NAME": name}
        folder = ROOT / "functions" / name
        return Function(runtime, folder, home, aws | named | environment, handler=handler, timeout=timeout)

    return started


@pytest.fixture(scope="session")
def function(start: Callable[..., Function]) -> Iterator[Callable[[str], Function]]:
    """The functions, each started once and shared by the tests: `function("identity")`."""
    with ExitStack() as stack:
        yield cache(lambda name: stack.enter_context(start(name)))


@pytest.fixture(scope="session")
def http(function: Callable[[str], Function]) -> Iterator[httpx.Client]:
    """A client of all functions behind one address."""
    with httpx.Client(transport=Gateway(function), base_url=ADDRESS) as client:
        yield client


@pytest.fixture(scope="session")
def control(http: httpx.Client) -> Callable[..., httpx.Response]:
    """Asks the control function: `control("GET", "/worlds")`."""
    bearer = {"Authorization": f"Bearer {CONTROL_TOKEN}"}

    def asked(method: str, path: str, *, headers: dict[str, str] | None = None, **more: Any) -> httpx.Response:
        return http.request(method, f"{ADDRESS}/_sosie{path}", headers=bearer | (headers or {}), **more)

    return asked


@pytest.fixture
def unlucky(tmp_path: Path) -> Path:
    """Where a plan for `handlers/unlucky.py` is written."""
    return tmp_path / "plan"
