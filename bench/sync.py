"""A sync of 1,000 rows, first time and again, against the same work done by hand in the same run.

    .venv/bin/python bench/sync.py [rounds]

Floor: decode, validate with pydantic, upsert into SQLite in memory, encode. Prints medians and ratios.
"""

from __future__ import annotations

import json
import sqlite3
import statistics
import sys
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.support.cloud import TestCloud

ROWS = 1_000


class Plain(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)


class Row(Plain):
    sponsoring_organization_user_id: uuid.UUID
    friendly_name: str | None
    offered_to_email: str | None
    plan_sponsorship_type: int
    last_sync_date: datetime | None
    valid_until: datetime | None
    to_delete: bool


class Batch(Plain):
    billing_sync_key: str
    sponsoring_organization_cloud_id: uuid.UUID
    sponsorships_batch: list[Row]


def batch(organization_id: str, key: str) -> dict:
    rows = [
        {
            "sponsoringOrganizationUserId": str(uuid.UUID(int=number + 1)),
            "friendlyName": f"p{number}@family.test",
            "offeredToEmail": f"p{number}@family.test",
            "planSponsorshipType": 0,
            "lastSyncDate": None,
            "validUntil": None,
            "toDelete": False,
        }
        for number in range(ROWS)
    ]
    return {"billingSyncKey": key, "sponsoringOrganizationCloudId": organization_id, "sponsorshipsBatch": rows}


def by_hand(db: sqlite3.Connection, text: bytes) -> float:
    started = time.perf_counter()
    parsed = Batch.model_validate(json.loads(text))
    now = datetime.now(UTC).isoformat()
    with db:
        db.executemany(
            "INSERT INTO rows VALUES (?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET body = excluded.body, synced = excluded.synced",
            [
                (str(row.sponsoring_organization_user_id), json.dumps([row.friendly_name, row.offered_to_email]), now)
                for row in parsed.sponsorships_batch
            ],
        )
    json.dumps([row.model_dump(mode="json", by_alias=True) for row in parsed.sponsorships_batch]).encode()
    return time.perf_counter() - started


def main(rounds: int) -> None:
    first, again, floor_first, floor_again = [], [], [], []
    for _ in range(rounds):
        cloud = TestCloud()
        cloud.checks_answers = False
        cloud.installation_token("api.installation")
        globex = cloud.organization("Globex")
        from sosie.services import repository

        (key,) = [key.api_key for key in repository.api_keys.list(cloud.unit(), globex.id) if key.type == 1]
        body = batch(globex.id, key)
        token = cloud.installation_token("api.installation")
        cloud.post("/organization/sponsorship/sync", {**body, "sponsorshipsBatch": []}, token=token)
        for times in (first, again):
            started = time.perf_counter()
            answer = cloud.post("/organization/sponsorship/sync", body, token=token)
            times.append(time.perf_counter() - started)
            assert answer.status == 200
        db = sqlite3.connect(":memory:")
        db.execute("CREATE TABLE rows (id TEXT PRIMARY KEY, body TEXT, synced TEXT)")
        text = json.dumps(body).encode()
        floor_first.append(by_hand(db, text))
        floor_again.append(by_hand(db, text))
    for name, times, floor in (("first", first, floor_first), ("again", again, floor_again)):
        ours, hand = statistics.median(times), statistics.median(floor)
        print(
            f"sync of {ROWS:,} rows, {name} {ours * 1000:6.1f} ms, by hand {hand * 1000:5.1f} ms: {ours / hand:4.1f} x"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
