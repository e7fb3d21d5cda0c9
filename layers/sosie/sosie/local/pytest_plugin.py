"""The pytest plugin: a fresh world for each test that asks for one, and the journal when such a test fails.

Having it installed changes nothing for tests that ask for none of its fixtures: this module imports pytest and the
standard library, everything else comes with the first fixture. A fixture of the same name in a test suite wins.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sosie.local.cloud import Cloud, Region

_MARK = "sosie(scenario=..., region=...): what the world of this test is made from, and the region it is about"
_ENTRIES = 10
_clouds = pytest.StashKey["Cloud"]()
_run = pytest.StashKey[str]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("sosie_scenario", "Scenario of each test's world: one that ships, or a file.", default="families")
    parser.addini("sosie_url", "A running Sosie to use instead of an embedded one; SOSIE_URL wins over it.")
    parser.addini("sosie_token", "Its control token; SOSIE_CONTROL_TOKEN wins over it.")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", _MARK)


@pytest.fixture(scope="session")
def sosie_server(pytestconfig: pytest.Config) -> Iterator[Cloud]:
    """One Sosie for the session, or for each worker of pytest-xdist: embedded, or the one that runs at `sosie_url`."""
    from sosie.local.cloud import Cloud

    url = os.environ.get("SOSIE_URL") or pytestconfig.getini("sosie_url")
    token = os.environ.get("SOSIE_CONTROL_TOKEN") or pytestconfig.getini("sosie_token")
    cacert = os.environ.get("SOSIE_CACERT")
    with Cloud.connect(url, token or None, cacert=cacert or None) if url else Cloud() as server:
        yield server


@pytest.fixture
def cloud(request: pytest.FixtureRequest, sosie_server: Cloud) -> Iterator[Cloud]:
    """A world of this test's own, dropped after it; `@pytest.mark.sosie(scenario=…)` says what it is made from.

    A scenario's file is looked for from the root directory.
    """
    scenario = _marked(request.node, "scenario") or request.config.getini("sosie_scenario")
    if isinstance(scenario, str) and scenario.endswith((".yaml", ".yml", ".json")):
        scenario = request.config.rootpath / scenario
    with sosie_server.world(_world_name(request.node), scenario) as world:
        request.node.stash[_clouds] = world
        yield world
        # Whoever looks for it later would find no world any more.
        del request.node.stash[_clouds]


@pytest.fixture
def sosie_region(request: pytest.FixtureRequest, cloud: Cloud) -> Region:
    """The region that `@pytest.mark.sosie(region=…)` names, or the US one."""
    return cloud.region(_marked(request.node, "region") or "us")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Add what the world of a failing test was asked last."""
    report: pytest.TestReport = yield  # type: ignore[assignment]  # what the hooks inside return
    world = item.stash.get(_clouds, None)
    if report.failed and world is not None:
        report.sections.append((f"Sosie journal (last {_ENTRIES} requests)", _last_requests(world)))
    return report  # type: ignore[return-value]  # as every wrapper does


def _marked(node: pytest.Item, name: str) -> Any:
    """Return what the nearest mark says, or None."""
    return next((mark.kwargs[name] for mark in node.iter_markers("sosie") if name in mark.kwargs), None)


def _world_name(node: pytest.Item) -> str:
    """Return a name that people recognize and that no other test, worker or run has."""
    from sosie.domain.ids import unguessable_token

    run = node.config.stash.setdefault(_run, unguessable_token())
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw")
    words = re.sub(r"[^a-z0-9]+", "-", node.name.lower())[:40].strip("-")
    digest = hashlib.sha256(f"{run}|{worker}|{node.nodeid}".encode()).hexdigest()
    return "-".join(filter(None, (worker, words, digest[:12])))


def _last_requests(world: Cloud) -> str:
    from sosie.domain.errors import SosieError

    try:
        entries = world.journal.entries(limit=_ENTRIES)
    except SosieError as error:
        return f"cannot be read: {error}"
    lines = []
    for entry in entries:
        fault = f" (fault {entry.fault['kind']})" if entry.fault else ""
        lines.append(f"{entry.method} {entry.path} {entry.status}{fault}")
        if entry.diagnosis is not None:
            lines.append(f"    {entry.diagnosis.code}: {entry.diagnosis.message} {entry.diagnosis.remedy}")
    return "\n".join(lines) or "No request came."
