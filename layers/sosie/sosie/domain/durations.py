"""Lengths of time as ISO 8601 writes them, such as `P31D`, `P1Y` or `PT90M`."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import NamedTuple

from sosie.domain.licence_dates import months_after

_NUMBER = r"(\d{1,9}(?:[.,]\d{1,6})?)"
_PATTERN = re.compile(
    rf"P(?:(\d{{1,4}})Y)?(?:(\d{{1,5}})M)?(?:{_NUMBER}W)?(?:{_NUMBER}D)?"
    rf"(?:T(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?",
    re.ASCII,
)


class Duration(NamedTuple):
    """Whole calendar months and a fixed length: a month is as long as the calendar says where it is added."""

    months: int
    length: timedelta

    def after(self, moment: datetime) -> datetime:
        """Return the time this much later. Raises OverflowError beyond the year 9999."""
        try:
            return months_after(moment, self.months) + self.length
        except ValueError as error:  # a year that the calendar does not have
            raise OverflowError(str(error)) from None


def parse_duration(text: str) -> Duration:
    """Return a duration. Raises ValueError for anything that is none, or is without any length."""
    match = _PATTERN.fullmatch(text.strip().upper())
    if match is None or text.strip().upper().endswith("T"):
        raise ValueError(f"{text!r} is no ISO 8601 duration, such as P31D, P6M or PT90M")
    years, months, weeks, days, hours, minutes, seconds = (
        float((part or "0").replace(",", ".")) for part in match.groups()
    )
    length = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    found = Duration(int(years) * 12 + int(months), length)
    if not found.months and not found.length:
        raise ValueError(f"{text!r} has no length")
    return found
