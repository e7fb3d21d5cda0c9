"""It does not matter where time is cut: Hypothesis looks for a world that ends up otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sosie.services import repository as repo
from sosie.services.sponsorship_rows import Sponsorship, add_row
from sosie.store.keyring import LocalKeyring
from tests.support.cloud import START, TestCloud
from tests.support.families import SPONSORED_PRICE, guid
from tests.support.schedule import after, everything

LONG = timedelta(days=1000)

subscriptions = st.fixed_dictionaries(
    {
        "plan_type": st.sampled_from([17, 20, 22]),
        "ends": st.integers(-40, 400),
        "length": st.integers(1, 366),
        "status": st.sampled_from(["active", "active", "trialing", "past_due"]),
        "cancel_at_period_end": st.booleans(),
        "sponsored": st.booleans(),
    }
)
sponsorships = st.fixed_dictionaries(
    {
        "sponsor": st.integers(0, 3),
        "member": st.integers(0, 1),
        "family": st.none() | st.integers(0, 3),
        "valid_for": st.none() | st.integers(-500, 500),
        "to_delete": st.booleans(),
        "synced_ago": st.none() | st.integers(0, 400),
    }
)


def a_world(keyring: LocalKeyring, paid: Sequence[dict[str, Any]], rows: Sequence[dict[str, Any]]) -> TestCloud:
    """Return a cloud whose four organizations of each region have these subscriptions, and sponsor one another."""
    cloud = TestCloud(keyring=keyring)
    for region, subscriptions_there in (("us", paid[:4]), ("eu", paid[4:])):
        uow = cloud.unit(region)
        found = sorted(repo.organizations.list(uow), key=lambda each: each.name)
        for organization, wanted in zip(found, subscriptions_there, strict=True):
            end = START + timedelta(days=wanted["ends"])
            subscription = replace(
                organization.subscription,
                status=wanted["status"],
                period_start=end - timedelta(days=wanted["length"]),
                period_end=end,
                cancel_at_period_end=wanted["cancel_at_period_end"],
                price_id=SPONSORED_PRICE if wanted["sponsored"] else None,
            )
            changed = replace(organization, plan_type=wanted["plan_type"], subscription=subscription)
            repo.organizations.save(uow, changed, changed.id)
        taken: set[int] = set()
        for number, wanted in enumerate(rows):
            family = None if wanted["family"] in taken else wanted["family"]
            taken |= {family} - {None}
            sponsor = found[wanted["sponsor"]]
            row = Sponsorship(
                id=guid(f"row {number}"),
                sponsoring_organization_id=sponsor.id,
                sponsoring_member_id=guid(f"member {wanted['member']}"),
                sponsored_organization_id=None if family is None else found[family].id,
                valid_until=_days(wanted["valid_for"], +1),
                last_sync_date=_days(wanted["synced_ago"], -1),
                to_delete=wanted["to_delete"],
            )
            add_row(uow, sponsor.id, row)
        uow.commit()
    return cloud


def _days(number: int | None, sign: int) -> Any:
    return None if number is None else START + sign * timedelta(days=number)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    paid=st.lists(subscriptions, min_size=8, max_size=8),
    rows=st.lists(sponsorships, max_size=5),
    stops=st.lists(st.floats(0, 1), max_size=6),
)
def test_it_does_not_matter_where_time_is_cut(
    keyring: LocalKeyring, paid: list[dict[str, Any]], rows: list[dict[str, Any]], stops: list[float]
) -> None:
    whole, pieces = a_world(keyring, paid, rows), a_world(keyring, paid, rows)

    happened = after(whole, START + LONG)

    assert [each for stop in [*sorted(stops), 1] for each in after(pieces, START + stop * LONG)] == happened
    assert everything(pieces) == everything(whole)
