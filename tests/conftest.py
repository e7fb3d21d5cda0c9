"""Fixtures that every tier may use."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sosie.domain.clock import SettableClock
from sosie.store.keyring import LocalKeyring
from tests.support.cloud import TestCloud


@pytest.fixture(scope="session")
def keyring() -> LocalKeyring:
    """Signing keys for the whole session: making RSA keys is the slow part of a test."""
    return LocalKeyring(SettableClock(datetime(2026, 1, 1, tzinfo=UTC)))


@pytest.fixture(params=["us", "eu"])
def region(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def cloud(keyring: LocalKeyring) -> TestCloud:
    """A fresh cloud, spoken to as the US region."""
    return TestCloud(keyring=keyring)
