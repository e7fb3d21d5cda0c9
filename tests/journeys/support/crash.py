"""Writers that never stop by themselves, and the record of what was acknowledged to them before the kill."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.journeys.support.region import Installation
from tests.journeys.support.self_hosted import new_id
from tests.journeys.support.server import pause

ROWS_PER_SYNC = 40


@dataclass
class Record:
    """Everything the server said yes to, and the one batch per writer that it had not answered yet."""

    installations: list[Installation] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    in_flight: list[list[dict[str, Any]]] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)


@dataclass
class Writers:
    """A few threads with a connection each; they end when their connection breaks, or when told to."""

    record: Record = field(default_factory=Record)
    _threads: list[threading.Thread] = field(default_factory=list)
    _told_to_stop: threading.Event = field(default_factory=threading.Event)

    def register_installations(self, api: str) -> None:
        def once(http: httpx.Client) -> None:
            answer = http.post(f"{api}/installations", json={"email": "crash@else.test"})
            if self._expected(answer):
                body = answer.json()
                self.record.installations.append(Installation(body["id"], body["key"]))

        self._run(once)

    def sync_sponsorships(self, api: str, token: str, organization_id: str, key: str) -> None:
        def once(http: httpx.Client) -> None:
            batch = [fresh_row() for _ in range(ROWS_PER_SYNC)]
            self.record.in_flight.append(batch)
            answer = post_batch(http, api, token, organization_id, key, batch)
            if self._expected(answer):
                self.record.rows += answer.json()["sponsorshipsBatch"]
            self.record.in_flight.remove(batch)

        self._run(once)

    def _expected(self, answer: httpx.Response) -> bool:
        if answer.status_code == 200:
            return True
        self.record.unexpected.append(f"{answer.request.url} {answer.status_code} {answer.text[:200]}")
        return False

    def _run(self, once: Callable[[httpx.Client], None]) -> None:
        def work() -> None:
            with httpx.Client(trust_env=False, timeout=20) as http:
                try:
                    while not self._told_to_stop.is_set():
                        once(http)
                except httpx.TransportError:
                    return  # the kill: what was under way was never acknowledged

        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def wait_until_both_kinds_were_acknowledged(self, seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while not (self.record.installations and self.record.rows) and time.monotonic() < deadline:
            pause(0.01)
        assert self.record.installations, f"no installation acknowledged in {seconds} s"
        assert self.record.rows, f"no sync acknowledged in {seconds} s"

    def join(self) -> Record:
        self._told_to_stop.set()
        for thread in self._threads:
            thread.join(timeout=30)
            assert not thread.is_alive(), "a writer hangs although the server was killed"
        return self.record


def fresh_row() -> dict[str, Any]:
    member = new_id()
    return {
        "sponsoringOrganizationUserId": member,
        "friendlyName": f"{member}@crash.test",
        "offeredToEmail": f"{member}@crash.test",
        "planSponsorshipType": 0,
        "lastSyncDate": None,
        "validUntil": None,
        "toDelete": False,
    }


def post_batch(
    http: httpx.Client, api: str, token: str, organization_id: str, key: str, batch: list[dict[str, Any]]
) -> httpx.Response:
    body = {
        "billingSyncKey": key,
        "sponsoringOrganizationCloudId": organization_id,
        "sponsorshipsBatch": batch,
    }
    headers = {"Authorization": f"Bearer {token}"}
    return http.post(f"{api}/organization/sponsorship/sync", json=body, headers=headers)
