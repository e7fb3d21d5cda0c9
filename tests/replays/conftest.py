"""One Sosie for all replays of a worker; a test that counts what it did starts from the scenario."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.replays.places import Place, Stage


@pytest.fixture(scope="session")
def shared_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    stage = Stage(tmp_path_factory.mktemp("replays"))
    with stage.running:
        yield stage


@pytest.fixture
def stage(shared_stage: Stage) -> Stage:
    return shared_stage


@pytest.fixture(params=["prefix", "ports"])
def form(request: pytest.FixtureRequest) -> str:
    """How a client addresses the services."""
    return str(request.param)


@pytest.fixture
def place(stage: Stage, region: str, form: str) -> Place:
    return stage.place(region, form)


@pytest.fixture
def fresh(stage: Stage) -> Stage:
    """The scenario as it is, with nothing sent yet."""
    stage.reset()
    return stage
