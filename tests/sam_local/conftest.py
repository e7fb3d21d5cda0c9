"""SAM's emulator on one build of the functions, with the engines of `make sam-local` behind it.

CI runs these tests by themselves and `make test` leaves them out: a container takes seconds, and all share one build.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sam_local.containers import Engine, NoEngineError
from sam_local.emulator import Sam
from sam_local.engines import TABLE, Engines
from sam_local.template import write_local_template

from sam_local import engines as aws
from sosie.domain.clock import SystemClock
from sosie.settings import Settings
from sosie.store.dynamodb import DynamoDbStore
from sosie.store.secrets_manager import SecretsManagerKeyring
from sosie.wiring import Sosie
from tests.support import tools
from tests.support.shipped_events import CONTROL_TOKEN


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.sam)


@pytest.fixture(scope="session")
def sam() -> Sam:
    command = tools.sam()
    try:
        return Sam(Engine.find(), command)
    except NoEngineError as error:
        tools.missing(f"a container engine ({error})")


@pytest.fixture(scope="session")
def built(sam: Sam, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One build of the functions and their layer for all tests."""
    directory = tmp_path_factory.mktemp("sam") / "build"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", os.pathsep.join([str(tools.python_of_the_runtime().parent), os.environ["PATH"]]))
        sam.build("--no-cached", "--build-dir", str(directory))
    return directory


@pytest.fixture(scope="session")
def engines(sam: Sam) -> Iterator[Engines]:
    tools.dynamodb_local()
    with aws.started(sam.engine.reach(), CONTROL_TOKEN) as running:
        yield running
        sam.engine.remove_containers(running.mark)


@pytest.fixture(scope="session")
def shared(engines: Engines) -> Iterator[Sosie]:
    """A cloud of this process on the table and the keys of the functions."""
    clock = SystemClock()
    keys = SecretsManagerKeyring(clock, "/sosie/dev/keys/", engines.client("secretsmanager"))
    store = DynamoDbStore(engines.client("dynamodb"), TABLE)
    settings = Settings(store="dynamodb", guessable=True, control_token=CONTROL_TOKEN)
    sosie = Sosie(settings, store=store, clock=clock, keyring=keys, many_processes=True)
    yield sosie
    sosie.close()


@pytest.fixture(scope="session")
def template(sam: Sam, built: Path, engines: Engines) -> Path:
    return write_local_template(engines, sam.architecture, built, "tests.yaml")
