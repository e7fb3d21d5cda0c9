"""The journal is bounded per world (design: journal and diagnosis)."""

from __future__ import annotations

import pytest

from sosie.services import journal
from tests.support.cloud import TestCloud


def test_the_oldest_entries_go_when_the_journal_is_full(cloud: TestCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "ENTRIES_LIMIT", 10)
    monkeypatch.setattr(journal, "TRIM_EVERY", 5)

    for _ in range(25):
        cloud.get("/alive")

    kept = [entry["id"] for entry in journal.list_entries(cloud.sosie.store, "default", {}, limit=100)]
    assert kept == [f"{number:010d}" for number in range(16, 26)]


def test_a_full_journal_does_not_repeat_request_ids(cloud: TestCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "ENTRIES_LIMIT", 10)
    monkeypatch.setattr(journal, "TRIM_EVERY", 5)

    ids = [cloud.get("/alive").headers["x-sosie-request"] for _ in range(25)]

    assert len(set(ids)) == 25
