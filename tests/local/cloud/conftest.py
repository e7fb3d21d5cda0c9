"""`sosie.Cloud` in both ways: embedded, and connected to a Sosie that runs already."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import sosie
from tests.local.started import Started


@pytest.fixture(scope="session")
def embedded() -> Iterator[sosie.Cloud]:
    with sosie.Cloud() as cloud:
        yield cloud


@pytest.fixture(params=["embedded", "connected"])
def cloud(request: pytest.FixtureRequest) -> Iterator[sosie.Cloud]:
    """The scenario as it ships, spoken to in both ways."""
    if request.param == "embedded":
        found: sosie.Cloud = request.getfixturevalue("embedded")
        found.reset()
        yield found
        return
    shared: Started = request.getfixturevalue("shared").as_new()
    with sosie.Cloud.connect(shared.url) as found:
        found.reset()
        yield found
