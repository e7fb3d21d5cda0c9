"""What happened on schedule, as the control plane tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sosie.services.records import time_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sosie.services.scheduled_jobs import Happening


def happenings_to_json(happened: Iterable[Happening]) -> dict[str, Any]:
    """Return `{"items": […]}`, in order. Every item has every member; what does not apply is null."""
    return {"items": [_to_json(each) for each in happened]}


def _to_json(happening: Happening) -> dict[str, Any]:
    return {
        "at": time_text(happening.at),
        "region": happening.region,
        "kind": happening.kind,
        "organizationId": happening.organization_id,
        "organizationName": happening.organization_name,
        "rowId": happening.row_id,
        "memberId": happening.member_id,
        "oldValidUntil": _time(happening.old_valid_until),
        "newValidUntil": _time(happening.new_valid_until),
        "oldExpirationDate": _time(happening.old_expiration_date),
        "newExpirationDate": _time(happening.new_expiration_date),
        "valid": happening.valid,
        "reasons": [reason.value for reason in happening.reasons],
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else time_text(moment)
