"""`sosie maintenance`, and the scheduled jobs of a server that runs."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sosie import wiring
from sosie.domain.clock import SettableClock, SystemClock
from sosie.local import upkeep
from sosie.local.upkeep import EVERY, FIRST_AFTER, keep_up
from sosie.settings import Settings
from sosie.store.keyring import LocalKeyring
from tests.local.conftest import Sosie
from tests.local.started import Started
from tests.support.cloud import TestCloud
from tests.support.families import ACME
from tests.support.schedule import PERIOD_END

ReadJson = Callable[..., Any]
OVERDUE = """
version: 1
name: overdue
seed: overdue
regions:
  eu:
    users:
      - {email: owner@late.test, masterPassword: a b c d}
    organizations:
      - {name: Late GmbH, plan: enterprise-annually, members: [{email: owner@late.test, role: owner}]}
      - {name: Late Family, plan: families-annually, members: [{email: owner@late.test, role: owner}]}
    sponsorships:
      - {organization: Late GmbH, member: owner@late.test, friendlyName: a, offeredTo: a@late.test, validForDays: -91}
      - {organization: Late GmbH, member: owner@late.test, friendlyName: b, redeemedBy: Late Family, validForDays: 30,
         toDelete: true}
"""


@pytest.fixture
def overdue(sosie: Sosie, home: Path) -> None:
    """Something to do."""
    (home / "overdue.yaml").write_text(OVERDUE)
    assert sosie("seed", "overdue.yaml").exit_code == 0


def test_where_nothing_is_due_it_says_so(sosie: Sosie) -> None:
    done = sosie("maintenance")

    assert (done.exit_code, done.stdout) == (0, "nothing was due\n")


@pytest.mark.usefixtures("overdue")
def test_it_tells_what_happened_line_by_line(sosie: Sosie) -> None:
    done = sosie("maintenance")

    assert done.exit_code == 0
    purge, check = (line.split("  ") for line in done.stdout.splitlines())
    assert [cell.strip() for cell in purge if cell][1:4] == ["eu", "purge", "Late GmbH"]
    assert [cell.strip() for cell in check if cell][1:] == ["eu", "renewal-check", "Late Family", "marked"]
    assert sosie("maintenance").stdout.count("\n") == 1


@pytest.mark.usefixtures("overdue")
def test_as_json_it_is_what_the_control_plane_says(read_json: ReadJson) -> None:
    items = read_json("maintenance")["items"]

    assert [(each["kind"], each["organizationName"]) for each in items] == [
        ("purge", "Late GmbH"),
        ("renewal-check", "Late Family"),
    ]
    rows = read_json("state", "--region", "eu", "--kind", "sponsorships")["regions"]["eu"]["sponsorships"]
    assert [row["friendlyName"] for row in rows] == ["b"]


def test_another_world_is_named(sosie: Sosie) -> None:
    assert sosie("maintenance", "--world", "nowhere").exit_code == 1
    assert sosie("worlds", "create", "team-m").exit_code == 0
    assert sosie("maintenance", "--world", "team-m").exit_code == 0


# While the server runs.


def run_for(cloud: TestCloud, hours: int, meanwhile: Callable[[], object] = lambda: None) -> list[float]:
    """Let the server's own loop run for some hours of its time; return for how long it stood still."""
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        if seconds:
            pauses.append(seconds)
        if len(pauses) > hours:
            raise asyncio.CancelledError
        if seconds:
            cloud.clock.advance(timedelta(seconds=seconds))
        else:
            meanwhile()

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(_as_coroutine(keep_up(cloud.sosie, pause)))
    return pauses


async def _as_coroutine(awaitable: Awaitable[None]) -> None:
    await awaitable


def test_a_server_catches_up_soon_after_its_start_and_then_every_hour(cloud: TestCloud) -> None:
    cloud.clock.at = PERIOD_END - timedelta(minutes=30)

    assert run_for(cloud, 1) == [FIRST_AFTER, EVERY]
    assert cloud.organization(ACME).expiration_date == PERIOD_END

    assert run_for(cloud, 2) == [FIRST_AFTER, EVERY, EVERY]
    assert cloud.organization(ACME).expiration_date > PERIOD_END


def test_a_state_that_lay_still_for_years_is_caught_up_with(tmp_path: Path, keyring: LocalKeyring) -> None:
    long_ago, today = datetime(2020, 3, 4, tzinfo=UTC), SystemClock().now().isoformat()
    before = wiring.Sosie(Settings(state=tmp_path / "state"), clock=SettableClock(long_ago), keyring=keyring)
    before.worlds.open("default")
    before.close()

    with Started(tmp_path, "--state", str(tmp_path / "state"), "--json") as started:
        deadline = time.monotonic() + 30
        while min(expirations(started)) < today and time.monotonic() < deadline:
            threading.Event().wait(0.2)

        assert min(expirations(started)) > today
        assert started.errors == ""


def expirations(started: Started) -> list[str]:
    regions = started.control("GET", "/worlds/default/state?kind=organizations")["regions"]
    return [each["expirationDate"] for region in regions.values() for each in region["organizations"]]


def test_between_two_steps_requests_have_their_turn(cloud: TestCloud) -> None:
    cloud.clock.at = PERIOD_END
    answers: list[int] = []

    run_for(cloud, 1, lambda: answers.append(cloud.get("/alive").status))

    assert len(answers) >= 8  # eight organizations are renewed
    assert set(answers) == {200}


def test_what_fails_is_logged_and_tried_again(
    cloud: TestCloud, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def no_names() -> list[str]:
        raise OSError("the disk is full")

    monkeypatch.setattr(cloud.sosie.worlds, "names", no_names)

    with caplog.at_level(logging.ERROR, logger=upkeep.logger.name):
        pauses = run_for(cloud, 3)

    assert pauses == [FIRST_AFTER, EVERY, EVERY, EVERY]
    assert [record.exc_info[1].args for record in caplog.records if record.exc_info] == [("the disk is full",)] * 3
