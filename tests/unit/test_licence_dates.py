"""How long a licence lasts (A.5, A.8): docs/contract/licensing-push-installations.md, as a specification."""

from calendar import monthrange
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosie.domain.licence_dates import (
    LicenceDates,
    SubscriptionPeriod,
    UserLicenceDates,
    dates_of,
    months_after,
    user_dates_of,
)
from tests.support.licences import (
    ACME,
    NOW,
)


def utc(year, month, day):
    return datetime(year, month, day, tzinfo=UTC)


ANNUAL = SubscriptionPeriod(utc(2026, 1, 1), utc(2027, 1, 1))
ANNUAL_AFTER_TRIAL = replace(ANNUAL, trial_end=utc(2025, 12, 31))
MONTHLY = SubscriptionPeriod(utc(2026, 1, 1), utc(2026, 2, 1))
IN_30_DAYS = NOW + timedelta(days=30)


class TestOrganizationDates:
    """A.8: the first row that fits."""

    @pytest.mark.parametrize(
        ("expiration_date", "subscription", "expected"),
        [
            pytest.param(
                None,
                None,
                LicenceDates(NOW + timedelta(days=7), NOW + timedelta(days=7), None, trial=True),
                id="no subscription and no expiration: a week, as a trial",
            ),
            pytest.param(
                utc(2026, 9, 1),
                None,
                LicenceDates(utc(2026, 9, 1), utc(2026, 9, 1), None, trial=False),
                id="no subscription: the expiration",
            ),
            pytest.param(
                utc(2025, 9, 1),
                None,
                LicenceDates(utc(2025, 9, 1), utc(2025, 9, 1), None, trial=False),
                id="no subscription: the expiration even if past",
            ),
            pytest.param(
                utc(2027, 1, 1),
                replace(ANNUAL, trial_end=utc(2026, 1, 9)),
                LicenceDates(utc(2026, 1, 9), utc(2026, 1, 9), None, trial=True),
                id="in trial: the end of the trial",
            ),
            pytest.param(
                utc(2025, 12, 1),
                replace(MONTHLY, trial_end=utc(2026, 1, 9)),
                LicenceDates(utc(2026, 1, 9), utc(2026, 1, 9), None, trial=True),
                id="in trial: the end of the trial even if expired",
            ),
            pytest.param(
                utc(2026, 1, 1),
                ANNUAL,
                LicenceDates(utc(2026, 1, 1), utc(2026, 1, 1), None, trial=False),
                id="expired: the expiration",
            ),
            pytest.param(
                utc(2026, 1, 1),
                ANNUAL_AFTER_TRIAL,
                LicenceDates(utc(2026, 1, 1), utc(2026, 1, 1), None, trial=False),
                id="expired: no date without grace",
            ),
            pytest.param(
                utc(2027, 1, 1),
                ANNUAL,
                LicenceDates(utc(2027, 3, 2), IN_30_DAYS, None, trial=False),
                id="annual: 60 days of grace",
            ),
            pytest.param(
                utc(2027, 1, 1),
                ANNUAL_AFTER_TRIAL,
                LicenceDates(utc(2027, 3, 2), IN_30_DAYS, utc(2027, 1, 1), trial=False),
                id="annual after a trial: names the end without grace",
            ),
            pytest.param(
                None,
                ANNUAL_AFTER_TRIAL,
                LicenceDates(utc(2027, 3, 2), IN_30_DAYS, None, trial=False),
                id="annual without expiration: no date without grace",
            ),
            pytest.param(
                utc(2026, 2, 1),
                MONTHLY,
                LicenceDates(utc(2027, 1, 1), utc(2027, 1, 1), None, trial=False),
                id="monthly: eleven months after the expiration",
            ),
            pytest.param(
                utc(2026, 2, 1),
                replace(MONTHLY, trial_end=utc(2025, 12, 31)),
                LicenceDates(utc(2027, 1, 1), utc(2027, 1, 1), None, trial=False),
                id="monthly after a trial: no date without grace",
            ),
            pytest.param(
                None,
                MONTHLY,
                LicenceDates(NOW.replace(year=2027), NOW.replace(year=2027), None, trial=False),
                id="monthly without expiration: a year after issue",
            ),
        ],
    )
    def test_the_dates_follow_the_table(self, expiration_date, subscription, expected):
        assert dates_of(NOW, expiration_date, subscription) == expected

    def test_the_worked_example_is_an_annual_subscription_that_had_a_trial(self):
        dates = dates_of(NOW, utc(2027, 1, 1), ANNUAL_AFTER_TRIAL)
        dated = replace(ACME, **{field.name: getattr(dates, field.name) for field in fields(dates)})
        assert dated == ACME

    def test_a_period_is_annual_beyond_180_days(self):
        longest_month = SubscriptionPeriod(utc(2026, 1, 1), utc(2026, 6, 30))
        shortest_year = replace(longest_month, end=longest_month.end + timedelta(microseconds=1))
        assert dates_of(NOW, utc(2026, 2, 1), longest_month).expires == utc(2027, 1, 1)
        assert dates_of(NOW, utc(2026, 2, 1), shortest_year).expires == utc(2026, 8, 29) + timedelta(microseconds=1)

    def test_a_trial_that_ends_now_has_passed(self):
        dates = dates_of(NOW, utc(2027, 1, 1), replace(ANNUAL, trial_end=NOW))
        assert dates == LicenceDates(utc(2027, 3, 2), IN_30_DAYS, utc(2027, 1, 1), trial=False)

    def test_an_expiration_of_now_is_not_yet_past(self):
        assert dates_of(NOW, NOW, ANNUAL_AFTER_TRIAL).expiration_without_grace_period == utc(2027, 1, 1)

    @pytest.mark.parametrize(
        ("date", "months", "expected"),
        [
            (utc(2026, 3, 31), 11, utc(2027, 2, 28)),
            (utc(2027, 3, 31), 11, utc(2028, 2, 29)),
            (utc(2026, 1, 31), 11, utc(2026, 12, 31)),
            (utc(2028, 2, 29), 12, utc(2029, 2, 28)),
        ],
    )
    def test_a_day_the_month_lacks_becomes_its_last(self, date, months, expected):
        assert months_after(date, months) == expected

    @given(
        st.datetimes(datetime(1970, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
        st.integers(0, 240),
    )
    def test_months_later_is_the_same_time_on_the_same_day_or_the_months_last(self, date, months):
        later = months_after(date, months)
        assert (later.year - date.year) * 12 + later.month - date.month == months
        assert later.timetz() == date.timetz()
        assert later.day == date.day or (later.day < date.day and later.day == monthrange(later.year, later.month)[1])

    # So the rule for a refresh date that is 30 days overdue has nothing to move.
    @given(
        runs_for=st.none() | st.timedeltas(timedelta(0), timedelta(days=800)),
        trial_ended_before=st.none() | st.timedeltas(timedelta(0), timedelta(days=800)),
        length=st.timedeltas(timedelta(days=1), timedelta(days=400)),
    )
    def test_the_refresh_date_of_a_running_subscription_lies_ahead(self, runs_for, trial_ended_before, length):
        expiration_date = None if runs_for is None else NOW + runs_for
        trial_end = None if trial_ended_before is None else NOW - trial_ended_before
        assert dates_of(NOW, expiration_date, SubscriptionPeriod(NOW, NOW + length, trial_end)).refresh > NOW


class TestUserDates:
    """A.5: a person's licence."""

    @pytest.mark.parametrize(
        ("premium_expiration", "upcoming_invoice", "has_gateway", "expected"),
        [
            pytest.param(
                utc(2027, 1, 1) + timedelta(hours=15),
                utc(2026, 12, 1),
                True,
                UserLicenceDates(utc(2026, 12, 8), utc(2026, 12, 1)),
                id="an invoice is due: a week after it, and refresh with it",
            ),
            pytest.param(
                utc(2027, 1, 1) + timedelta(hours=15),
                None,
                True,
                UserLicenceDates(utc(2027, 1, 8) + timedelta(hours=15), None),
                id="no invoice is due: a week after premium ends, no refresh",
            ),
            pytest.param(
                utc(2027, 1, 1) + timedelta(hours=15),
                None,
                False,
                UserLicenceDates(utc(2027, 1, 8) + timedelta(hours=15), utc(2027, 1, 1)),
                id="no gateway: refresh at the midnight before premium ends",
            ),
            pytest.param(None, None, True, UserLicenceDates(None, None), id="nothing known, gateway"),
            pytest.param(None, None, False, UserLicenceDates(None, None), id="nothing known, no gateway"),
        ],
    )
    def test_the_dates_follow_the_invoice_or_the_end_of_premium(
        self, premium_expiration, upcoming_invoice, has_gateway, expected
    ):
        assert user_dates_of(premium_expiration, upcoming_invoice, has_gateway=has_gateway) == expected
