"""Dates as texts: the cloud's wire form, for the wire surface and the control plane alike."""

from __future__ import annotations

from datetime import UTC, datetime


def wire_date(moment: datetime) -> str:
    """Return UTC ISO 8601 with `Z`, the fraction's trailing zeros trimmed, no fraction when it is zero.

    docs/contract/api.md §1.3.
    """
    moment = moment.astimezone(UTC)
    text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    if moment.microsecond:
        text += f".{moment.microsecond:06d}".rstrip("0")
    return text + "Z"


def optional_date(moment: datetime | None) -> str | None:
    """Return the wire form of a date, or None."""
    return None if moment is None else wire_date(moment)
