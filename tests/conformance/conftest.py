"""One target for the whole session: an embedded server, or the Sosie at SOSIE_CONFORMANCE_URL.

The latter wants its control token in SOSIE_CONTROL_TOKEN if it is not on loopback, its CA in SOSIE_CACERT for https,
and --no-penalty-delays if nobody is to wait.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sosie.conformance.target import Target, own_world
from sosie.control.client import ControlClient
from tests.conformance.other_answers import Conformance
from tests.local.started import Started

URL = os.environ.get("SOSIE_CONFORMANCE_URL")
CACERT = Path(os.environ["SOSIE_CACERT"]) if "SOSIE_CACERT" in os.environ else None


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if URL is not None:
        yield URL
        return
    with Started(tmp_path_factory.mktemp("conformance"), "--no-penalty-delays", "--json") as started:
        yield started.url


@pytest.fixture(scope="session")
def target(server: str) -> Iterator[Target]:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    with (
        ControlClient(server, os.environ.get("SOSIE_CONTROL_TOKEN"), cacert=CACERT) as control,
        own_world(control, f"{worker}-{os.getpid()}") as found,
    ):
        yield found


@pytest.fixture(scope="session")
def conformance(target: Target) -> Iterator[Conformance]:
    with Conformance(target, CACERT) as found:
        yield found
