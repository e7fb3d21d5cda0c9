"""Every diagnosis, provoked over the wire: code, sentence and remedy, and the contract's answer (design: journal).

What provokes them stands in tests/support/provocations.
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest

from sosie.diagnosis.catalog import CATALOG
from sosie.domain.redaction import Redactor
from sosie.services import repository as repo
from sosie.wire import diagnosing
from tests.support.cloud import TestCloud, WireAnswer
from tests.support.effort import some
from tests.support.families import GLOBEX, sync, sync_row
from tests.support.journal import last_entry
from tests.support.provocations import clients, licences, people, requests, sponsorships, syncs, tokens
from tests.support.provocations.told import PROVOCATIONS, Provocation, Told
from tests.support.token_client import ask, cloud_headers, installation_form, share_one_rsa_pair

assert all((clients, licences, people, requests, sponsorships, syncs, tokens)), "importing them fills the list"
ALL = pytest.mark.parametrize("provocation", PROVOCATIONS, ids=[each.name for each in PROVOCATIONS])
# What holds for any diagnosis alike; CI takes all of them.
SOME = pytest.mark.parametrize("provocation", some(PROVOCATIONS, every=3), ids=lambda each: each.name)


@pytest.fixture(autouse=True)
def _quick_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    share_one_rsa_pair(monkeypatch)


def entry_of(cloud: TestCloud, told: Told) -> dict[str, Any]:
    entry = last_entry(cloud, told.world)
    assert entry["id"] == told.answer.headers["x-sosie-request"]
    return entry


@ALL
def test_a_diagnosis_says_why_and_what_to_change(cloud: TestCloud, provocation: Provocation) -> None:
    told = provocation.provoke(cloud)

    diagnosis = entry_of(cloud, told)["diagnosis"]
    assert told.answer.headers["x-sosie-hint"] == diagnosis["code"] == provocation.code
    assert diagnosis["message"] == told.message
    for part in told.remedy:
        assert part in diagnosis["remedy"]
    assert diagnosis.get("details") == told.details


@ALL
def test_the_answer_is_the_contracts(cloud: TestCloud, provocation: Provocation) -> None:
    told = provocation.provoke(cloud)

    answer, expected = told.answer, told.expected
    assert answer.status == expected.status
    if callable(expected.body):
        expected.body(answer.json)
    elif isinstance(expected.body, str):
        assert answer.body == expected.body
    else:
        assert answer.json == expected.body
    assert cloud_headers(answer) == expected.headers


def test_every_code_of_the_catalogue_is_provoked() -> None:
    assert {each.code for each in PROVOCATIONS} == set(CATALOG)


# What a diagnosis must never do.


def everybodys_secrets(cloud: TestCloud) -> set[str]:
    """Return every key and hash of both regions."""
    secrets: set[str] = set()
    for region in ("us", "eu"):
        uow = cloud.unit(region)
        organizations = repo.organizations.list(uow)
        secrets |= {each.key for each in repo.installations.list(uow)}
        secrets |= {each.license_key for each in organizations if each.license_key}
        secrets |= {key.api_key for each in organizations for key in repo.api_keys.list(uow, each.id)}
        for user in repo.users.list(uow):
            secrets |= {text for text in (user.api_key, user.password_hash, user.seed_password) if text}
    return secrets


@ALL
def test_no_diagnosis_holds_a_secret(
    cloud: TestCloud, provocation: Provocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What the journal would redact of requests and answers, and whatever the cloud keeps secret.
    seen: set[str] = set()
    fingerprint = Redactor.fingerprint

    def watched(self: Redactor, secret: str) -> str:
        seen.add(secret)
        return fingerprint(self, secret)

    monkeypatch.setattr(Redactor, "fingerprint", watched)
    own_id = cloud.installation().id

    told = provocation.provoke(cloud)

    text = json.dumps(entry_of(cloud, told)["diagnosis"], ensure_ascii=False)
    secrets = {secret.strip() for secret in seen | everybodys_secrets(cloud) if len(secret.strip()) > 4}
    # An id that was sent in a secret's place is none.
    secrets.discard(own_id)
    assert [secret for secret in secrets if secret in text] == []


def without_ours(answer: WireAnswer) -> tuple[int, str, dict[str, str], float]:
    return answer.status, answer.body, cloud_headers(answer), answer.delay


def state_of(cloud: TestCloud) -> dict[str, Any]:
    """Return everything that is stored, but for the journal, and the world's own record, which no two share."""
    worlds, store = cloud.sosie.worlds, cloud.sosie.store
    partitions = [each for world in worlds.names() for each in worlds.partitions(world)]
    kept = [each for each in partitions if not each.endswith(("/journal", "/world"))]
    return {str(item.key): item for partition in kept for item in store.query(partition)}


@SOME
def test_nothing_but_sosies_own_headers_depends_on_diagnosing(
    keyring: Any, provocation: Provocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    explained = TestCloud(keyring=keyring)
    with_diagnosis = provocation.provoke(explained)

    monkeypatch.setattr(diagnosing, "diagnose", lambda _: None)
    silent = TestCloud(keyring=keyring)
    without = provocation.provoke(silent)

    assert "x-sosie-hint" in with_diagnosis.answer.headers
    assert "x-sosie-hint" not in without.answer.headers
    assert without_ours(with_diagnosis.answer) == without_ours(without.answer)
    assert state_of(explained) == state_of(silent)


@SOME
def test_a_diagnosis_that_fails_leaves_the_answer_as_it_is(
    cloud: TestCloud, provocation: Provocation, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(diagnosing, "_investigate", broken)
    with caplog.at_level(logging.ERROR, "sosie.wire"):
        told = provocation.provoke(cloud)

    assert told.answer.status == told.expected.status
    diagnosis = entry_of(cloud, told)["diagnosis"]
    assert diagnosis["code"] == told.answer.headers["x-sosie-hint"]
    entry = CATALOG[diagnosis["code"]]
    assert diagnosis["message"] in (entry.when, entry.message), "told without the facts of the case"
    assert "cannot be explained" in caplog.text


# What it costs.


class CountedStore:
    """A store that counts how often it is asked."""

    def __init__(self, store: Any) -> None:
        self._store, self.reads = store, 0

    def __getattr__(self, name: str) -> Any:
        if name in ("get_many", "query"):
            self.reads += 1
        return getattr(self._store, name)


def test_a_request_that_succeeds_is_not_investigated(cloud: TestCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    investigated: list[str] = []
    monkeypatch.setattr(diagnosing, "_investigate", lambda _, code, __: investigated.append(code))

    answers = [ask(cloud, installation_form(cloud.installation())), sync(cloud, [sync_row("ann")]), cloud.get("/alive")]

    assert [answer.status for answer in answers] == [200, 200, 200]
    assert investigated == []
    assert last_entry(cloud)["diagnosis"] is None


@SOME
def test_a_diagnosis_reads_little(keyring: Any, provocation: Provocation, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = TestCloud(keyring=keyring)
    calls: list[int] = []
    original = diagnosing._investigate

    def counted(call: Any, *more: Any) -> Any:
        store = CountedStore(call.uow._store)
        call.uow._store = store
        found = original(call, *more)
        calls.append(store.reads)
        call.uow._store = store._store
        return found

    monkeypatch.setattr(diagnosing, "_investigate", counted)

    provocation.provoke(cloud)

    assert calls[-1] <= 4


# Tokens, rows and keys.


def test_tokens_are_counted_anew_every_minute(cloud: TestCloud) -> None:
    hints = []
    for _ in range(25):
        hints.append(ask(cloud, installation_form(cloud.installation())).headers.get("x-sosie-hint"))
        cloud.clock.advance(timedelta(seconds=5))

    # Twelve tokens fit into a minute: the eleventh and twelfth are too many, the next one begins a new count.
    assert [at for at, hint in enumerate(hints) if hint] == [10, 11, 22, 23]
    assert set(hints) == {None, "TOKEN_STORM"}


def test_a_hundred_rows_are_told_and_the_others_counted(cloud: TestCloud) -> None:
    answer = sync(cloud, [sync_row(f"member {number}", toDelete=True) for number in range(150)])

    assert (answer.status, answer.json) == (200, {"sponsorshipsBatch": []})
    details = last_entry(cloud)["diagnosis"]["details"]
    assert (details["reported"], details["skipped"], len(details["rows"])) == (150, 150, 100)


def test_a_rotated_key_is_remembered_by_its_hash_alone(cloud: TestCloud) -> None:
    old = syncs.rotated(cloud)

    stored = [
        key for each in repo.organizations.list(cloud.unit()) for key in repo.api_keys.list(cloud.unit(), each.id)
    ]

    assert old not in json.dumps([asdict(key) for key in stored], default=str)
    assert [len(key.retired) for key in stored if key.retired] == [1]
    assert sync(cloud, [], GLOBEX).status == 200
