"""A scenario on top is applied as a whole or not at all, on every store."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from sosie.domain.errors import ConflictError, ScenarioError
from sosie.ports import MAX_ATOMIC_CHANGES
from tests.support.cloud import TestCloud
from tests.support.snapshots import everything

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sosie.store.keyring import LocalKeyring


@pytest.fixture
def cloud(open_store: Callable[[], Any], keyring: LocalKeyring) -> Iterator[TestCloud]:
    with closing(open_store()) as store:
        yield TestCloud(keyring=keyring, store=store, scenario="empty")


def people(*emails: str) -> dict[str, Any]:
    users = [{"email": email, "masterPassword": "half way there"} for email in emails]
    return {"version": 1, "name": "more", "regions": {"eu": {"users": users}}}


MANY = tuple(f"p{number}@more.test" for number in range(MAX_ATOMIC_CHANGES))


def test_all_of_it_is_there_however_much_it_is(cloud: TestCloud) -> None:
    cloud.sosie.worlds.seed("default", people(*MANY))

    users = everything(cloud)["state"]["regions"]["eu"]["users"]
    assert sorted(user["email"] for user in users) == sorted(MANY)


def test_somebody_who_is_there_already_keeps_everybody_out(cloud: TestCloud) -> None:
    cloud.sosie.worlds.seed("default", people("last@more.test"))
    before = everything(cloud)

    with pytest.raises(ConflictError):
        cloud.sosie.worlds.seed("default", people(*MANY, "last@more.test"))

    assert everything(cloud) == before


def test_a_mistake_at_the_end_keeps_everybody_out(cloud: TestCloud) -> None:
    before = everything(cloud)

    with pytest.raises(ScenarioError):
        cloud.sosie.worlds.seed("default", people(*MANY, "nobody"))

    assert everything(cloud) == before
