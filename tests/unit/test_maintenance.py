"""What falls due in the cloud without a request, and what it does (docs/contract/api.md §2.11)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosie.domain.maintenance import (
    Job,
    Reason,
    end_period,
    is_checked,
    is_purged,
    next_job,
    next_purge,
    purge_of,
    renewal_problems,
)
from sosie.domain.organizations import Organization, Subscription
from sosie.domain.sponsorships import Sponsorship

ENTERPRISE_ANNUALLY, TEAMS_MONTHLY, FAMILIES_ANNUALLY = 20, 17, 22
SPONSORED_PRICE = "2021-family-for-enterprise-annually"
NEW_YORK = ZoneInfo("America/New_York")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
times = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  Hypothesis adds it


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def organization(plan_type: int = ENTERPRISE_ANNUALLY, **changes: Any) -> Organization:
    return Organization(
        **{
            "id": "an organization",
            "name": "Acme",
            "billing_email": "billing@acme.test",
            "plan_type": plan_type,
            "enabled": True,
            "license_key": None,
            "creation_date": LONG_AGO,
            "revision_date": LONG_AGO,
            **changes,
        }
    )


def paying(start: str, end: str, plan_type: int = ENTERPRISE_ANNUALLY, **changes: Any) -> Organization:
    paid = Subscription("active", utc(start), utc(end))
    return organization(plan_type, subscription=replace(paid, **changes), expiration_date=utc(end))


def sponsored(start: str = "2026-01-10", end: str = "2027-01-10", **changes: Any) -> Organization:
    return paying(start, end, FAMILIES_ANNUALLY, price_id=SPONSORED_PRICE, **changes)


def period(of: Organization) -> tuple[datetime, datetime]:
    assert of.subscription is not None
    return of.subscription.period_start, of.subscription.period_end


# The purge.


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("2026-03-04 05:06:07", "2026-03-09 04:00"),  # summer time began the day before
        ("2026-03-01 23:00:00", "2026-03-02 05:00"),
        ("2026-03-02 04:59:59", "2026-03-02 05:00"),
        ("2026-03-02 05:00:00", "2026-03-09 04:00"),
        ("2026-11-01 12:00:00", "2026-11-02 05:00"),  # summer time ended this day
        ("2026-12-28 05:00:01", "2027-01-04 05:00"),
    ],
)
def test_the_purge_is_at_the_next_monday_midnight_of_new_york(after: str, expected: str) -> None:
    assert next_purge(utc(after)) == utc(expected)


@given(times)
def test_between_now_and_the_next_purge_there_is_no_monday_midnight(moment: datetime) -> None:
    purge = next_purge(moment)

    local = purge.astimezone(NEW_YORK)
    assert (local.weekday(), local.time().isoformat()) == (0, "00:00:00")
    assert timedelta() < purge - moment <= timedelta(days=7, hours=1)


def test_a_row_is_purged_when_it_was_valid_until_more_than_90_days_ago() -> None:
    now = utc("2026-06-08 04:00")

    assert not is_purged(now - timedelta(days=90), now)
    assert is_purged(now - timedelta(days=90, microseconds=1), now)


def test_a_row_without_a_date_is_never_purged() -> None:
    assert not is_purged(None, utc("2100-01-01"))
    assert purge_of(None, utc("2026-01-01")) is None


@given(times, times)
def test_the_purge_of_a_row_is_the_first_one_that_deletes_it(valid_until: datetime, after: datetime) -> None:
    found = purge_of(valid_until, after)

    purge = next_purge(after)
    while not is_purged(valid_until, purge):
        purge = next_purge(purge)
    assert found == purge


# How subscriptions go on.


def test_an_annual_subscription_goes_on_for_a_year() -> None:
    renewed = end_period(paying("2026-03-04 05:06:07", "2027-03-04 05:06:07"))

    assert period(renewed) == (utc("2027-03-04 05:06:07"), utc("2028-03-04 05:06:07"))
    assert renewed.expiration_date == utc("2028-03-04 05:06:07")
    assert renewed.revision_date == utc("2027-03-04 05:06:07")
    assert renewed.enabled


def test_a_monthly_one_ends_on_the_same_day_of_each_month_that_has_it() -> None:
    ends, current = [], paying("2025-12-31", "2026-01-31", TEAMS_MONTHLY)
    for _ in range(5):
        current = end_period(current)
        ends.append(period(current)[1])

    assert ends == [utc(f"2026-{day}") for day in ("02-28", "03-31", "04-30", "05-31", "06-30")]


def test_a_year_from_29_february_is_28_february() -> None:
    assert period(end_period(paying("2027-02-28", "2028-02-29")))[1] == utc("2029-02-28")


def test_a_trial_becomes_active_and_counts_from_its_end() -> None:
    trial = paying("2026-01-31", "2026-02-28", TEAMS_MONTHLY, status="trialing", trial_end=utc("2026-02-28"))

    renewed = end_period(trial)

    assert renewed.subscription is not None
    assert (renewed.subscription.status, renewed.subscription.trial_end) == ("active", utc("2026-02-28"))
    assert period(renewed) == (utc("2026-02-28"), utc("2026-03-28"))


def test_a_disabled_organization_stays_disabled_when_its_subscription_goes_on() -> None:
    renewed = end_period(replace(paying("2026-01-10", "2027-01-10"), enabled=False))

    assert (renewed.enabled, renewed.expiration_date) == (False, utc("2028-01-10"))


def test_a_subscription_that_was_to_end_is_cancelled_and_the_organization_disabled() -> None:
    over = end_period(paying("2026-01-10", "2027-01-10", cancel_at_period_end=True))

    assert over.subscription is not None
    assert (over.subscription.status, over.subscription.cancelled_at) == ("canceled", utc("2027-01-10"))
    assert period(over) == (utc("2026-01-10"), utc("2027-01-10"))
    assert (over.enabled, over.expiration_date, over.revision_date) == (False, utc("2027-01-10"), utc("2027-01-10"))


def test_when_it_was_cancelled_is_when_somebody_did_that() -> None:
    asked = utc("2026-05-05")

    over = end_period(paying("2026-01-10", "2027-01-10", cancel_at_period_end=True, cancelled_at=asked))

    assert over.subscription is not None
    assert over.subscription.cancelled_at == asked


def test_a_cancellation_leaves_the_date_of_an_organization_that_was_disabled_before() -> None:
    before = replace(
        paying("2026-01-10", "2027-01-10", cancel_at_period_end=True), enabled=False, expiration_date=utc("2026-06-01")
    )

    over = end_period(before)

    assert over.subscription is not None
    assert (over.subscription.status, over.expiration_date) == ("canceled", utc("2026-06-01"))


@pytest.mark.parametrize("status", ["past_due", "unpaid", "canceled", "incomplete", "incomplete_expired", "paused"])
def test_other_subscriptions_do_not_go_on(status: str) -> None:
    assert next_job(paying("2026-01-10", "2027-01-10", status=status), LONG_AGO) is None


@pytest.mark.parametrize("nothing_to_do", [organization(), paying("2026-01-10", "2027-01-10", plan_type=99)])
def test_without_a_subscription_or_a_known_plan_nothing_falls_due(nothing_to_do: Organization) -> None:
    assert next_job(nothing_to_do, LONG_AGO) is None


# What falls due when.


def test_an_ordinary_subscription_is_due_when_its_period_ends() -> None:
    assert next_job(paying("2026-01-10", "2027-01-10"), utc("2026-02-01")) == (utc("2027-01-10"), Job.PERIOD_END)


def test_what_is_due_at_a_moment_is_not_due_behind_it() -> None:
    assert next_job(paying("2026-01-10", "2027-01-10"), utc("2027-01-10")) is None


def test_the_renewal_check_of_a_sponsored_subscription_comes_seven_days_before_its_periods_end() -> None:
    assert next_job(sponsored(), utc("2026-02-01")) == (utc("2027-01-03"), Job.RENEWAL_CHECK)
    assert next_job(sponsored(), utc("2027-01-03")) == (utc("2027-01-10"), Job.PERIOD_END)


def test_no_invoice_is_announced_for_a_subscription_that_ends_with_its_period() -> None:
    job = next_job(sponsored(cancel_at_period_end=True), utc("2026-02-01"))

    assert job == (utc("2027-01-10"), Job.PERIOD_END)


def test_a_trial_of_a_week_leaves_no_time_to_announce_its_invoice() -> None:
    trial = sponsored("2026-03-04", "2026-03-11", status="trialing")

    assert next_job(trial, LONG_AGO) == (utc("2026-03-11"), Job.PERIOD_END)


def test_what_lies_before_an_organization_was_created_did_not_happen() -> None:
    expired = replace(paying("2025-01-10", "2026-01-10"), creation_date=utc("2026-03-04"))

    assert next_job(expired, LONG_AGO) is None


def test_the_renewal_check_is_for_sponsored_annual_subscriptions() -> None:
    assert is_checked(sponsored())
    assert not is_checked(paying("2026-01-10", "2027-01-10", FAMILIES_ANNUALLY))
    assert not is_checked(paying("2026-01-10", "2026-02-10", TEAMS_MONTHLY, price_id=SPONSORED_PRICE))
    assert not is_checked(organization())


@pytest.mark.parametrize(
    "over", [{"status": "canceled"}, {"status": "incomplete_expired"}, {"cancel_at_period_end": True}]
)
def test_without_an_invoice_to_come_there_is_no_renewal_check(over: dict[str, Any]) -> None:
    assert not is_checked(sponsored(**over))


# The renewal check's verdict.

NOW = utc("2027-01-03")
GOOD_ROW = Sponsorship(
    id="a row",
    sponsoring_organization_id="an organization",
    sponsoring_member_id="a member",
    sponsored_organization_id="a family",
    valid_until=utc("2027-01-10"),
)


def problems(sponsor: Organization | None = None, **changes: Any) -> tuple[Reason, ...]:
    return renewal_problems(replace(GOOD_ROW, **changes), sponsor or organization(), NOW)


def test_a_sponsorship_nothing_is_wrong_with_is_valid() -> None:
    assert problems() == ()


def test_without_a_row_there_is_nothing_else_to_say() -> None:
    assert renewal_problems(None, None, NOW) == (Reason.NO_ROW,)


def test_a_sponsor_that_is_gone_is_a_reason() -> None:
    assert renewal_problems(GOOD_ROW, None, NOW) == (Reason.SPONSOR_MISSING,)


@pytest.mark.parametrize(
    ("expiration", "expected"),
    [
        (NOW - timedelta(days=93), ()),
        (NOW - timedelta(days=93, microseconds=1), (Reason.SPONSOR_DISABLED,)),
        (None, (Reason.SPONSOR_DISABLED,)),
    ],
)
def test_a_disabled_sponsor_has_93_days(expiration: datetime | None, expected: tuple[Reason, ...]) -> None:
    assert problems(organization(enabled=False, expiration_date=expiration)) == expected


def test_a_sponsor_that_expired_and_is_not_disabled_is_no_reason() -> None:
    assert problems(organization(expiration_date=NOW - timedelta(days=200))) == ()


@pytest.mark.parametrize(
    ("initiated", "allowed", "expected"),
    [(True, False, (Reason.ADMIN_SPONSORSHIPS_OFF,)), (True, True, ()), (False, False, ())],
)
def test_a_row_of_an_admins_needs_a_sponsor_that_may_have_such(
    initiated: bool, allowed: bool, expected: tuple[Reason, ...]
) -> None:
    sponsor = organization(use_admin_sponsored_families=allowed)

    assert problems(sponsor, is_admin_initiated=initiated) == expected


@pytest.mark.parametrize("plan_type", [0, 17, 18, 21, 22, 99])
def test_a_sponsor_that_is_not_enterprise_is_a_reason(plan_type: int) -> None:
    assert problems(organization(plan_type)) == (Reason.SPONSOR_NOT_ENTERPRISE,)


def test_a_marked_row_is_a_reason() -> None:
    assert problems(to_delete=True) == (Reason.MARKED,)


@pytest.mark.parametrize(
    ("last_sync", "expected"),
    [
        (NOW - timedelta(days=182, hours=12), ()),
        (NOW - timedelta(days=182, hours=12, microseconds=1), (Reason.NOT_SYNCED,)),
        (None, ()),  # offered in the cloud itself
    ],
)
def test_a_row_that_came_by_sync_must_go_on_being_synced(
    last_sync: datetime | None, expected: tuple[Reason, ...]
) -> None:
    assert problems(last_sync_date=last_sync) == expected


def test_every_reason_is_told_and_not_the_first_alone() -> None:
    sponsor = organization(TEAMS_MONTHLY, enabled=False)
    found = problems(sponsor, is_admin_initiated=True, to_delete=True, last_sync_date=LONG_AGO)

    assert set(found) == set(Reason) - {Reason.NO_ROW, Reason.SPONSOR_MISSING}
