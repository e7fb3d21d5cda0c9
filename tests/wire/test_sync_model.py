"""Whatever was there and whatever is reported, a sync does what docs/contract/api.md §2.8 says.

The model is §2.8 once more, over plain dictionaries; Hypothesis looks for a state and batches on which the two differ
in the answer, the rows, the mails, the event or the sync status.
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
from tests.support.effort import examples
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


@dataclass
class Model:
    """What the cloud knows about one organization. `rows` are dictionaries, `mailed` whom the last sync wrote to."""

    enterprise: bool
    enabled: bool
    uses_events: bool
    expiration: datetime | None
    rows: list[dict[str, Any]]
    events: int = 0
    mailed: list[str] = field(default_factory=list)

    def sync(self, items: list[dict[str, Any]], now: datetime) -> list[dict[str, Any]] | None:
        """Return the answer's items, or None where the cloud fails."""
        members = [row["member"] for row in self.rows]
        if items and (len(set(members)) < len(members) or any(item["planSponsorshipType"] for item in items)):
            return None
        rows = deepcopy(self.rows)
        known = {row["member"]: row for row in rows}
        fresh, doomed, answer = [], [], []
        for item in items if self.enterprise else []:
            row = known.get(item["sponsoringOrganizationUserId"])
            if row is None:
                if self._is_skipped(item, now):
                    continue
                row = self._new_row(item)
                fresh.append(row)
            row["last_sync"] = now
            removed = item["toDelete"] and row["family"] is None
            if removed:
                doomed.append(id(row))
            elif item["toDelete"]:
                row["marked"] = True
            answer.append(self._answer(item, row, now, removed))
        if any(len(row[name] or "") > 256 for row in fresh for name in ("name", "email")):
            return None
        self.rows = [row for row in rows if id(row) not in doomed] + fresh
        self.events += self.enabled and self.uses_events
        self.mailed = [row["email"] for row in fresh]
        return None if None in self.mailed else answer

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
        "email": st.sampled_from(["there@mail.test", None]),
        "family": st.none(),
        "valid_until": st.sampled_from([None, None, NOW + DAY]),
        "marked": st.booleans(),
        "admin": st.booleans(),
        "last_sync": st.sampled_from([None, NOW - DAY]),
    }
)
redeemed = st.fixed_dictionaries(
    {
        "email": st.none(),
        "family": st.just("a family"),
        "valid_until": st.sampled_from([NOW + 300 * DAY, NOW - DAY, None]),
        "marked": st.booleans(),
        "admin": st.booleans(),
        "last_sync": st.sampled_from([None, NOW - DAY]),
    }
)
rows_of_a_member = st.lists(open_offers | redeemed, max_size=1) | st.lists(open_offers | redeemed, max_size=2)
priors = st.tuples(*[rows_of_a_member] * len(MEMBERS))

ordinary = st.fixed_dictionaries(
    {
        "sponsoringOrganizationUserId": st.sampled_from([guid(member) for member in MEMBERS]),
        "friendlyName": st.sampled_from(["a name", "A NAME", "x" * 256, None]),
        "offeredToEmail": st.sampled_from(["one@mail.test", "two@mail.test"]),
        "planSponsorshipType": st.just(0),
        "lastSyncDate": st.sampled_from([None, EARLIER]),
        "validUntil": st.sampled_from([None, EARLIER]),
        "toDelete": st.booleans(),
    }
)
oddities: list[dict[str, Any]] = [
    {"friendlyName": "x" * 257},
    {"offeredToEmail": "y" * 257},
    {"offeredToEmail": None},
    {"planSponsorshipType": 1},
]
odd = st.tuples(ordinary, st.sampled_from(oddities)).map(lambda pair: pair[0] | pair[1])
plain_batches = st.lists(ordinary, max_size=6)
batches = plain_batches | plain_batches | st.lists(ordinary | odd, max_size=6)

expirations = st.sampled_from([NOW + 300 * DAY, NOW - 93 * DAY, NOW - 94 * DAY, None])
organizations = st.fixed_dictionaries(
    {
        "plan_type": st.sampled_from([20, 20, 20, 18]),
        "enabled": st.sampled_from([True, True, False]),
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


def rows_as_dictionaries(cloud: TestCloud, organization: str = GLOBEX) -> list[dict[str, Any]]:
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
        for row in rows_of(cloud, organization)
    ]


def in_any_order(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(repr(sorted(row.items())) for row in rows)


@given(organization=organizations, prior=priors, batches=st.lists(batches, min_size=1, max_size=3))
@settings(
    max_examples=examples(75), deadline=None, report_multiple_bugs=False, suppress_health_check=[HealthCheck.too_slow]
)
def test_a_sync_does_what_the_contract_says(keyring: Any, organization: Any, prior: Any, batches: Any) -> None:
    cloud = TestCloud(keyring=keyring)
    model = start(cloud, organization, prior)
    for batch in batches:
        cloud.clock.advance(DAY)
        mailed_before = len(mails(cloud))

        answer = sync(cloud, batch)

        expected = model.sync(batch, cloud.clock.now())
        if expected is None:
            assert_failed(answer)
        else:
            assert (answer.status, answer.json) == (200, {"sponsorshipsBatch": expected})
            assert [mail["to"] for mail in mails(cloud)[mailed_before:]] == model.mailed
        assert in_any_order(rows_as_dictionaries(cloud)) == in_any_order(model.rows)
        assert len(events_of(cloud)) == model.events
        status = cloud.get(
            f"{SPONSORSHIPS}/{cloud.organization(GLOBEX).id}/sync-status", token=cloud.user_token(GLOBEX_OWNER)
        )
        assert status.json["lastSyncDate"] == wire(model.last_sync())
