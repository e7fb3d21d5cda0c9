"""The dates a licence runs to, decided when it is issued.

The rules are docs/contract/licensing-push-installations.md, A.8, and A.5 for a person's licence.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

GRACE_PERIOD = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class SubscriptionPeriod:
    """The paid period of a subscription, and when its trial ends or ended if it ever had one (A.8)."""

    start: datetime
    end: datetime
    trial_end: datetime | None = None

    @property
    def is_annual(self) -> bool:
        """Longer than 180 days; anything shorter counts as monthly."""
        return self.end - self.start > timedelta(days=180)


@dataclass(frozen=True, slots=True)
class LicenceDates:
    """The four fields of an organization's licence that depend on the time of issue (A.8)."""

    expires: datetime
    refresh: datetime
    expiration_without_grace_period: datetime | None
    trial: bool


@dataclass(frozen=True, slots=True)
class UserLicenceDates:
    """The two dates of a person's licence (A.5)."""

    expires: datetime | None
    refresh: datetime | None


def dates_of(now: datetime, expiration_date: datetime | None, subscription: SubscriptionPeriod | None) -> LicenceDates:
    """The dates of an organization's licence issued `now`; `expiration_date` is the organization's (A.8)."""
    if subscription is None:
        until = expiration_date or now + timedelta(days=7)
        return LicenceDates(until, until, None, trial=expiration_date is None)
    trial_end = subscription.trial_end
    if trial_end is not None and trial_end > now:
        return LicenceDates(trial_end, trial_end, None, trial=True)
    if expiration_date is not None and expiration_date < now:
        return LicenceDates(expiration_date, expiration_date, None, trial=False)
    if subscription.is_annual:
        names_end = trial_end is not None and expiration_date is not None
        return LicenceDates(
            expires=subscription.end + GRACE_PERIOD,
            refresh=now + timedelta(days=30),
            expiration_without_grace_period=subscription.end if names_end else None,
            trial=False,
        )
    # A.8 moves a refresh date that is 30 days overdue; from here it lies eleven months ahead at least.
    until = months_after(now, 12) if expiration_date is None else months_after(expiration_date, 11)
    return LicenceDates(until, until, None, trial=False)


def user_dates_of(
    premium_expiration: datetime | None, upcoming_invoice: datetime | None, *, has_gateway: bool
) -> UserLicenceDates:
    """The dates of a person's licence; without a payment gateway there is no invoice to refresh at (A.5)."""
    paid_until = upcoming_invoice or premium_expiration
    refresh = upcoming_invoice
    if not has_gateway and premium_expiration is not None:
        refresh = premium_expiration.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return UserLicenceDates(paid_until + timedelta(days=7) if paid_until else None, refresh)


def months_after(date: datetime, months: int) -> datetime:
    """The same day and time, months later; a day which that month lacks becomes its last."""
    years, month = divmod(date.month - 1 + months, 12)
    year, month = date.year + years, month + 1
    return date.replace(year=year, month=month, day=min(date.day, monthrange(year, month)[1]))
