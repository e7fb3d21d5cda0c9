"""Whatever was there and whatever is reported, a sync does what docs/contract/api.md §2.8 says: answer, rows, mails, event.

The model is §2.8 once more, over plain dictionaries; Hypothesis looks for a state and batches on which the two differ.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sosie.domain.sponsorships import Sponsorship
from tests.support.cloud import TestCloud
from tests.support.families import (
    GLOBEX,
    GLOBEX_OWNER,
    NOW,
    SPONSORSHIPS,
    change_organization,
    events_of,
    guid,
    mails,
    rows_of,
    store,
    sync,
)
from tests.support.refusals import assert_failed

MEMBERS = ["ann", "bea", "cem", "dan"]
EARLIER = "2026-02-03T04:05:06Z"
DAY = timedelta(days=1)
MIXED = st.sampled_from


@dataclass
class Model:
    """What the cloud knows about one organization. `rows` are dictionaries; a sync either fails or answers."""

    enterprise: bool
    enabled: bool
    uses_events: bool
    expiration: datetime | None
    rows: list[dict[str, Any]]
    events: int = 0
    mailed: list[str] = field(default_factory=list)

    def sync(self, items: list[dict[str, Any]], now: datetime) -> list[dict[str, Any]] | None:
        """Return the answer's items, or None for a 500. `mailed` is None-free: a failing sync mails nobody we know of."""
        members = [row["member"] for row in self.rows]
        if items and len(set(members)) < len(members):
            return None
        known = {row["member"]: row for row in deepcopy(self.rows)}
        kept, fresh, doomed, answer = list(known.values()) if items else self.rows, [], [], []
        for item in items:
            if item["planSponsorshipType"] != 0:
                return None
            if not self.enterprise:
                continue
            row = known.get(item["sponsoringOrganizationUserId"])
            if row is None:
                if self._is_skipped(item, now):
                    continue
                row = self._new_row(item)
                fresh.append(row)
            row["last_sync"] = now
            removed = item["toDelete"] and row["family"] is None
            if removed:
                doomed.append(row)
            elif item["toDelete"]:
                row["marked"] = True
            answer.append(self._answer(item, row, now, removed))
        texts = [row[name] or "" for row in fresh for name in ("name", "email")]
        if any(len(text) > 256 for text in texts):
            return None
        self.rows = [row for row in kept if not any(row is each for each in doomed)] + fresh
        self.events += self.enabled and self.uses_events
        if any(row["email"] is None for row in fresh):
            return None
        self.mailed += [row["email"] for row in fresh]
        return answer

    def last_sync(self) -> datetime | None:
        return max((row["last_sync"] for row in self.rows if row["last_sync"]), default=None)

    def _is_skipped(self, item: dict[str, Any], now: datetime) -> bool:
        if item["toDelete"] and item["lastSyncDate"] is None:
            return True
        return not self.enabled and (self.expiration is None or now - self.expiration > timedelta(days=93))

    def _new_row(self, item: dict[str, Any]) -> dict[str, Any]:
        return {
            "member": item["sponsoringOrganizationUserId"],
            "name": item["friendlyName"],
            "email": item["offeredToEmail"],
            "family": None,
            "last_sync": None,
            "valid_until": None,
            "marked": False,
            "admin": False,
        }

    def _answer(self, item: dict[str, Any], row: dict[str, Any], now: datetime, removed: bool) -> dict[str, Any]:
        echoed = ("sponsoringOrganizationUserId", "friendlyName", "offeredToEmail", "planSponsorshipType", "toDelete")
        return {name: item[name] for name in echoed} | {
            "lastSyncDate": wire(now),
            "validUntil": wire(row["valid_until"]),
            "cloudSponsorshipRemoved": removed,
            "isAdminInitiated": False,
        }


def wire(moment: datetime | None) -> str | None:
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


# What there may be before, and what may be reported.

open_offers = st.fixed_dictionaries(
    {
        "email": MIXED(["there@mail.test", None]),
        "family": st.none(),
        "valid_until": MIXED([None, None, NOW + DAY]),
        "marked": st.booleans(),
        "admin": st.booleans(),
        "last_sync": MIXED([None, NOW - DAY]),
    }
)
redeemed = st.fixed_dictionaries(
    {
        "email": st.none(),
        "family": st.just("a family"),
        "valid_until": MIXED([NOW + 300 * DAY, NOW - DAY, None]),
        "marked": st.booleans(),
        "admin": st.booleans(),
        "last_sync": MIXED([None, NOW - DAY]),
    }
)
rows_of_a_member = st.lists(open_offers | redeemed, max_size=1) | st.lists(open_offers | redeemed, max_size=2)
priors = st.tuples(*[rows_of_a_member] * len(MEMBERS))

ordinary = st.fixed_dictionaries(
    {
        "sponsoringOrganizationUserId": MIXED([guid(member) for member in MEMBERS]),
        "friendlyName": MIXED(["a name", "A NAME", "x" * 256, None]),
        "offeredToEmail": MIXED(["one@mail.test", "two@mail.test"]),
        "planSponsorshipType": st.just(0),
        "lastSyncDate": MIXED([None, EARLIER]),
        "validUntil": MIXED([None, EARLIER]),
        "toDelete": st.booleans(),
    }
)
odd = st.tuples(
    ordinary,
    MIXED(
        [
            {"friendlyName": "x" * 257},
            {"offeredToEmail": "y" * 257},
            {"offeredToEmail": None},
            {"planSponsorshipType": 1},
        ]
    ),
).map(lambda pair: pair[0] | pair[1])
plain_batches = st.lists(ordinary, max_size=6)
batches = plain_batches | plain_batches | st.lists(ordinary | odd, max_size=6)

expirations = MIXED([NOW + 300 * DAY, NOW - 93 * DAY, NOW - 94 * DAY, None])
organizations = st.fixed_dictionaries(
    {
        "plan_type": MIXED([20, 20, 20, 18]),
        "enabled": MIXED([True, True, False]),
        "use_events": st.booleans(),
        "expiration_date": expirations,
    }
)


def start(cloud: TestCloud, organization: dict[str, Any], prior: tuple[list[dict[str, Any]], ...]) -> Model:
    """Put the state into the cloud and into a model of it."""
    change_organization(cloud, GLOBEX, **organization)
    globex = cloud.organization(GLOBEX).id
    rows = []
    for name, several in zip(MEMBERS, prior, strict=True):
        for number, each in enumerate(several):
            label = f"{name} {number}"
            family = guid(f"family of {label}") if each["family"] else None
            rows.append({**each, "member": guid(name), "name": label, "family": family})
    stored = [
        Sponsorship(
            id=guid(f"row {at}"),
            sponsoring_organization_id=globex,
            sponsoring_member_id=row["member"],
            friendly_name=row["name"],
            offered_to_email=row["email"],
            sponsored_organization_id=row["family"],
            last_sync_date=row["last_sync"],
            valid_until=row["valid_until"],
            to_delete=row["marked"],
            is_admin_initiated=row["admin"],
        )
        for at, row in enumerate(rows)
    ]
    store(cloud, *stored, organization=GLOBEX)
    return Model(
        enterprise=organization["plan_type"] == 20,
        enabled=organization["enabled"],
        uses_events=organization["use_events"],
        expiration=organization["expiration_date"],
        rows=rows,
    )


def in_the_cloud(cloud: TestCloud) -> list[dict[str, Any]]:
    return [
        {
            "member": row.sponsoring_member_id,
            "name": row.friendly_name,
            "email": row.offered_to_email,
            "family": row.sponsored_organization_id,
            "last_sync": row.last_sync_date,
            "valid_until": row.valid_until,
            "marked": row.to_delete,
            "admin": row.is_admin_initiated,
        }
        for row in rows_of(cloud, GLOBEX)
    ]


def in_any_order(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(repr(sorted(row.items())) for row in rows)


@given(organization=organizations, prior=priors, batches=st.lists(batches, min_size=1, max_size=3))
@settings(max_examples=75, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_sync_does_what_the_contract_says(keyring: Any, organization, prior, batches) -> None:
    cloud = TestCloud(keyring=keyring)
    model = start(cloud, organization, prior)
    for batch in batches:
        cloud.clock.advance(DAY)
        mailed_before, model.mailed = len(mails(cloud)), []

        answer = sync(cloud, batch)

        expected = model.sync(batch, cloud.clock.now())
        if expected is None:
            assert_failed(answer)
        else:
            assert (answer.status, answer.json) == (200, {"sponsorshipsBatch": expected})
            assert [mail["to"] for mail in mails(cloud)[mailed_before:]] == model.mailed
        assert in_any_order(in_the_cloud(cloud)) == in_any_order(model.rows)
        assert len(events_of(cloud)) == model.events
        status = cloud.get(
            f"{SPONSORSHIPS}/{cloud.organization(GLOBEX).id}/sync-status", token=cloud.user_token(GLOBEX_OWNER)
        )
        assert status.json["lastSyncDate"] == wire(model.last_sync())
