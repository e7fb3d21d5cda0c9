"""How a self-hosted server sends its rows and applies the answers (docs/contract/api.md §2.12)."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from sosie.local.selfhost.rows import Connection, Row, ServerFile
from sosie.local.selfhost.story import NotAskedError, RefusedByCloudError, Step, Story
from sosie.local.selfhost.sync import UnusableAnswerError, sync_sponsorships
from sosie.local.selfhost.transport import Reply

ORGANIZATION = "6f0c1d7e-1a2b-4c3d-8e9f-0a1b2c3d4e5f"
SYNCED = "2026-03-04T05:06:07.1234567Z"


class Cloud:
    """Stands for the installation's client: answers each batch with what `answer` makes of it."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.calls: list[tuple[str, str, Any]] = []

    def call(self, method: str, path: str, payload: Any) -> Reply:
        self.calls.append((method, path, payload))
        answer = self.answers.pop(0)
        status, document = answer(payload) if callable(answer) else answer
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        return Reply(method, f"https://sim.test/{path}", status, "Said", body=body)


def echo(payload: Any, **changed: Any) -> tuple[int, Any]:
    """Every row known and synced."""
    items = [
        {**item, "lastSyncDate": SYNCED, "cloudSponsorshipRemoved": False, "isAdminInitiated": False, **changed}
        for item in payload["sponsorshipsBatch"]
    ]
    return 200, {"sponsorshipsBatch": items}


@pytest.fixture
def connection() -> Connection:
    made = Connection(ORGANIZATION, "Acme Corporation", billing_sync_key="k3YwTz0aQpLmXr81vBnC5dEfGhJ2s7")
    made.sponsor("alice@acme.test", "cousin@mail.test")
    return made


def sync(connection: Connection, cloud: Cloud, story: Story | None = None) -> list[Row]:
    return sync_sponsorships(connection, cloud, story or Story())  # type: ignore[arg-type]  # stands for it


def many(connection: Connection, count: int) -> None:
    for number in range(count - len(connection.rows)):
        connection.sponsor(f"member{number}@acme.test", f"friend{number}@mail.test")


# Sending.


def test_a_request_has_exactly_the_contracts_members(connection: Connection) -> None:
    cloud = Cloud(echo)

    sync(connection, cloud)

    assert cloud.calls == [
        (
            "POST",
            "organization/sponsorship/sync",
            {
                "billingSyncKey": "k3YwTz0aQpLmXr81vBnC5dEfGhJ2s7",
                "sponsoringOrganizationCloudId": ORGANIZATION,
                "sponsorshipsBatch": [
                    {
                        "sponsoringOrganizationUserId": connection.rows[0].member_id,
                        "friendlyName": "cousin@mail.test",
                        "offeredToEmail": "cousin@mail.test",
                        "planSponsorshipType": 0,
                        "lastSyncDate": None,
                        "validUntil": None,
                        "toDelete": False,
                    }
                ],
            },
        )
    ]


def test_without_rows_nothing_is_sent() -> None:
    assert sync(Connection(ORGANIZATION, "Acme", billing_sync_key="key"), Cloud()) == []


def test_without_a_key_nothing_is_sent(connection: Connection) -> None:
    connection.billing_sync_key = None

    with pytest.raises(NotAskedError):
        sync(connection, Cloud())


@pytest.mark.parametrize(("count", "batches"), [(1000, [1000]), (1001, [1000, 1]), (2500, [1000, 1000, 500])])
def test_rows_go_in_batches_of_a_thousand_one_after_the_other(
    connection: Connection, count: int, batches: list[int]
) -> None:
    many(connection, count)
    cloud = Cloud(*[echo] * len(batches))

    sync(connection, cloud)

    assert [len(payload["sponsorshipsBatch"]) for _, _, payload in cloud.calls] == batches
    assert {row.last_sync_date for row in connection.rows} == {SYNCED}


# Applying.


def test_an_answered_row_takes_over_dates_and_mark(connection: Connection) -> None:
    sync(connection, Cloud(lambda sent: echo(sent, validUntil="2027-01-01T00:00:00Z", toDelete=True)))

    (row,) = connection.rows
    assert (row.last_sync_date, row.valid_until, row.to_delete) == (SYNCED, "2027-01-01T00:00:00Z", True)


def test_a_removed_row_is_deleted(connection: Connection) -> None:
    sync(connection, Cloud(lambda sent: echo(sent, cloudSponsorshipRemoved=True)))

    assert connection.rows == []


def test_a_row_the_cloud_skipped_stays_as_it_is(connection: Connection) -> None:
    before = connection.rows[0].to_wire()

    skipped = sync(connection, Cloud((200, {"sponsorshipsBatch": []})))

    assert [row.to_wire() for row in connection.rows] == [before]
    assert skipped == connection.rows


@pytest.mark.parametrize(
    "answer",
    [(500, b""), (400, {"message": "Invalid Billing Sync Key"}), (200, b""), (200, b"<html>"), (204, b""), (302, b"")],
)
def test_a_failure_leaves_every_row_as_it_was_also_those_of_earlier_batches(
    connection: Connection, answer: Any
) -> None:
    many(connection, 1001)
    before = [row.to_wire() for row in connection.rows]

    with pytest.raises(RefusedByCloudError):
        sync(connection, Cloud(echo, answer))

    assert [row.to_wire() for row in connection.rows] == before


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"sponsorshipsBatch": None},
        {"sponsorshipsBatch": [{"sponsoringOrganizationUserId": "22222222-2222-4333-8444-555566667777"}]},
        {"sponsorshipsBatch": [None]},
    ],
)
def test_an_answer_that_crashes_a_real_server_is_called_that(connection: Connection, document: Any) -> None:
    story = Story()

    with pytest.raises(UnusableAnswerError):
        sync(connection, Cloud((200, document)), story)

    assert "crashes a self-hosted server" in story.steps[-1].said


def test_a_step_says_how_many_rows_were_sent_answered_and_skipped(connection: Connection) -> None:
    heard: list[Step] = []
    many(connection, 3)

    def two_of_three(payload: Any) -> tuple[int, Any]:
        status, document = echo(payload)
        return status, {"sponsorshipsBatch": document["sponsorshipsBatch"][:2]}

    sync(connection, Cloud(two_of_three), Story(heard.append))

    assert [step.said for step in heard] == ["3 rows sent, 2 answered, 1 skipped"]


# Local rows.


def test_the_same_offer_again_changes_nothing(connection: Connection) -> None:
    connection.rows[0].last_sync_date = SYNCED

    connection.sponsor("Alice@acme.test", "cousin@mail.test")

    assert [row.last_sync_date for row in connection.rows] == [SYNCED]


def test_another_friend_replaces_the_members_offer(connection: Connection) -> None:
    connection.rows[0].last_sync_date = SYNCED

    connection.sponsor("alice@acme.test", "other@mail.test")

    (row,) = connection.rows
    assert (row.offered_to_email, row.friendly_name, row.last_sync_date) == ("other@mail.test", "other@mail.test", None)


def test_a_corrected_offer_remembers_what_the_cloud_keeps(connection: Connection) -> None:
    sync(connection, Cloud(echo))

    connection.sponsor("alice@acme.test", "other@mail.test")
    sync(connection, Cloud(echo))

    (row,) = connection.rows
    assert (row.offered_to_email, row.cloud_offer) == ("other@mail.test", "cousin@mail.test")


def test_an_offer_that_was_corrected_before_the_cloud_saw_it_is_a_new_one(connection: Connection) -> None:
    connection.sponsor("alice@acme.test", "other@mail.test")

    assert [row.cloud_offer for row in connection.rows] == [None]


def test_revoking_what_the_cloud_never_saw_deletes_it_at_once(connection: Connection) -> None:
    connection.revoke("alice@acme.test")

    assert connection.rows == []


def test_revoking_what_was_synced_marks_it_for_the_next_sync(connection: Connection) -> None:
    connection.rows[0].last_sync_date = SYNCED

    connection.revoke("alice@acme.test")

    assert [row.to_delete for row in connection.rows] == [True]


def test_who_sponsors_nobody_has_nothing_to_revoke(connection: Connection) -> None:
    with pytest.raises(NotAskedError, match=r"bob@acme\.test"):
        connection.revoke("bob@acme.test")


@pytest.mark.parametrize(
    ("to_delete", "valid_until", "last_sync", "status"),
    [
        (True, SYNCED, SYNCED, "revoke when expired"),
        (True, None, SYNCED, "request removed"),
        (False, SYNCED, SYNCED, "active"),
        (False, None, SYNCED, "sent"),
        (False, None, None, "requested"),
    ],
)
def test_a_rows_status_is_what_the_web_vault_shows(
    to_delete: bool, valid_until: str | None, last_sync: str | None, status: str
) -> None:
    row = Row("id", "a@b.test", "c@d.test", "c@d.test", last_sync, valid_until, to_delete)

    assert row.status == status


def test_the_file_keeps_everything_and_is_for_its_user_alone(connection: Connection, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "selfhost.json"
    file = ServerFile(path)
    kept = file.connection(ORGANIZATION, "Acme Corporation")
    kept.rows, kept.billing_sync_key = connection.rows, connection.billing_sync_key
    file.save()

    again = ServerFile(path)

    assert again.connection(ORGANIZATION, "ignored") == connection
    assert again.known() == [ORGANIZATION]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def kept(path: Path, incarnation: str | None) -> Path:
    file = ServerFile(path, incarnation)
    file.connection(ORGANIZATION, "Acme Corporation").billing_sync_key = "key"
    file.save()
    return path


@pytest.mark.parametrize(("before", "now"), [("first", "first"), (None, "first"), ("first", None), (None, None)])
def test_the_same_life_of_the_cloud_or_an_unknown_one_keeps_everything(
    tmp_path: Path, before: str | None, now: str | None
) -> None:
    file = ServerFile(kept(tmp_path / "selfhost.json", before), now)

    assert not file.afresh
    assert file.known() == [ORGANIZATION]


def test_another_life_of_the_cloud_keeps_nothing_also_after_one_that_did_not_say(tmp_path: Path) -> None:
    path = kept(tmp_path / "selfhost.json", "first")
    ServerFile(path).save()

    file = ServerFile(path, "second")

    assert file.afresh
    assert file.known() == []
    file.save()
    assert not ServerFile(path, "second").afresh


@pytest.mark.parametrize("text", ["", "[]", '{"version": 2, "organizations": []}', '{"version": 1}', "\xff"])
def test_a_file_of_somebody_elses_is_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(text, encoding="latin-1")

    with pytest.raises(NotAskedError, match=r"other\.json"):
        ServerFile(path)
    assert path.read_text(encoding="latin-1") == text
