"""What a request wrote is committed with its journal entry, decided again after a conflict, dropped after a failure."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from sosie.domain.errors import StoreUnavailableError
from sosie.services import repository as repo
from tests.support.cloud import START, TestCloud
from tests.support.journal import entries
from tests.support.stores import WatchedStore
from tests.support.token_client import ask, cloud_headers, installation_form, password_form


@pytest.fixture
def store() -> WatchedStore:
    return WatchedStore()


@pytest.fixture
def cloud(keyring: Any, store: WatchedStore) -> TestCloud:
    cloud = TestCloud(keyring=keyring, store=store)
    store.written.clear()
    return cloud


def test_a_request_and_its_entry_are_written_together(cloud: TestCloud, store: WatchedStore) -> None:
    cloud.post("/installations", {"email": "ops@acme.test"})

    (group,) = store.places()
    assert [partition for partition, _ in group] == ["default/us/installations", "default/journal"]


def test_a_request_that_only_reads_writes_its_entry_only(cloud: TestCloud, store: WatchedStore) -> None:
    cloud.get("/alive")

    (group,) = store.places()
    assert [partition for partition, _ in group] == ["default/journal"]


def test_a_request_that_met_a_conflict_is_decided_again_and_answered_once(
    cloud: TestCloud, store: WatchedStore
) -> None:
    store.refuse_next_write()

    answer = ask(cloud, password_form("owner@acme.test", password="wrong"))

    assert (answer.status, answer.json["error"]) == (400, "invalid_grant")
    assert store.refused == 1
    assert len(store.written) == 1
    assert cloud.user("owner@acme.test").failed_login_count == 1
    (entry,) = entries(cloud)
    assert entry["id"] == answer.headers["x-sosie-request"]


def test_a_conflict_is_decided_again_on_what_the_other_request_left(cloud: TestCloud, store: WatchedStore) -> None:
    form = password_form("owner@acme.test", password="wrong")
    ask(cloud, form)
    store.before_next_write(lambda: ask(cloud, form))

    ask(cloud, form)

    assert store.refused == 1
    assert cloud.user("owner@acme.test").failed_login_count == 3
    assert len(entries(cloud)) == 3


def test_many_tokens_at_once_do_not_hinder_each_other(cloud: TestCloud, store: WatchedStore) -> None:
    form = installation_form(cloud.installation())
    store.before_next_write(lambda: ask(cloud, form))

    assert ask(cloud, form).status == 200

    assert store.refused == 0
    assert len(entries(cloud)) == 2


def test_a_conflict_without_end_is_a_failure_that_leaves_nothing(cloud: TestCloud, store: WatchedStore) -> None:
    before = len(repo.installations.list(cloud.unit()))
    cloud.checks_answers = False
    store.refuse_writes()

    answer = cloud.post("/installations", {"email": "ops@acme.test"})

    assert (answer.status, answer.message) == (503, "An unhandled server error has occurred.")
    assert answer.headers["retry-after"] == "1"
    assert answer.headers["x-sosie"].endswith("world=default")
    assert answer.headers["x-sosie-hint"] == "SOSIE_BUSY"
    assert "x-sosie-request" not in answer.headers
    assert store.refused > 1
    assert len(repo.installations.list(cloud.unit())) == before


def test_a_store_that_does_not_answer_is_a_failure_to_come_back_from(
    cloud: TestCloud, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, "sosie.wire")
    token = cloud.user_token("owner@acme.test")
    cloud.checks_answers = False
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cloud.sosie.store, "get_many", _unanswered)
        answer = cloud.get("/accounts/profile", token=token)

    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert answer.headers["x-sosie-hint"] == "SOSIE_BUSY"
    assert cloud.get("/accounts/profile", token=token).status == 200


def _unanswered(*_: Any) -> Any:
    raise StoreUnavailableError("nobody answers")


class NoKeys:
    """A keyring that fails when it is asked, after the use case has written what it had to."""

    def signer(self, *_: Any) -> Any:
        raise RuntimeError("the key store is on fire")


def test_a_request_that_fails_unexpectedly_leaves_nothing_but_its_entry(
    store: WatchedStore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, "sosie.wire")
    cloud = TestCloud(keyring=NoKeys(), store=store)
    cloud.checks_answers = False
    store.written.clear()

    answer = ask(cloud, installation_form(cloud.installation()))

    assert answer.status == 500
    assert answer.message == "An unhandled server error has occurred."
    assert cloud_headers(answer)["content-type"] == "application/json; charset=utf-8"
    assert answer.headers["x-sosie-hint"] == "SOSIE_FAILED"
    (group,) = store.places()
    assert [partition for partition, _ in group] == ["default/journal"]
    assert cloud.installation().last_activity_date is None
    (entry,) = entries(cloud)
    assert (entry["status"], entry["diagnosis"]["code"]) == (500, "SOSIE_FAILED")
    assert "fire" not in str(entry)


def test_a_refused_request_keeps_what_the_cloud_keeps(cloud: TestCloud) -> None:
    ask(cloud, password_form("owner@acme.test", password="wrong"))

    user = cloud.user("owner@acme.test")
    assert (user.failed_login_count, user.last_failed_login_date) == (1, START)
