"""A cloud spoken to as each region in turn, its people, and the contract's pages."""

from __future__ import annotations

import pytest

from sosie.store.keyring import LocalKeyring
from tests.contract.cast import CASTS, Cast
from tests.contract.pages import Page, read_pages
from tests.support.cloud import TestCloud
from tests.support.token_client import share_one_rsa_pair


@pytest.fixture(scope="session")
def pages() -> dict[str, Page]:
    return read_pages()


@pytest.fixture
def cloud(keyring: LocalKeyring, region: str, monkeypatch: pytest.MonkeyPatch) -> TestCloud:
    share_one_rsa_pair(monkeypatch)
    return TestCloud(region, keyring)


@pytest.fixture
def cast(region: str) -> Cast:
    return CASTS[region]
