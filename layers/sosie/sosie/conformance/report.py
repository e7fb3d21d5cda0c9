"""Outcomes, counted: per area for people, one by one for programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sosie.conformance.runner import Outcome, Verdict

VERDICTS: tuple[Verdict, ...] = ("passed", "failed", "skipped")


@dataclass(slots=True)
class Count:
    """How many checks of an area came to what, and how long they took."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0

    def add(self, outcome: Outcome) -> None:
        """Count one."""
        setattr(self, outcome.verdict, getattr(self, outcome.verdict) + 1)
        self.seconds += outcome.seconds

    def document(self) -> dict[str, Any]:
        """Return the counts as JSON."""
        counts: dict[str, Any] = {verdict: getattr(self, verdict) for verdict in VERDICTS}
        return counts | {"seconds": round(self.seconds, 3)}


def count(outcomes: Iterable[Outcome]) -> Count:
    """Return the counts of all."""
    total = Count()
    for each in outcomes:
        total.add(each)
    return total


def by_area(outcomes: Iterable[Outcome]) -> dict[str, Count]:
    """Return the counts of each area, in order of appearance."""
    areas: dict[str, Count] = {}
    for each in outcomes:
        areas.setdefault(each.check.area, Count()).add(each)
    return areas


def report(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return everything as JSON."""
    return {
        "total": count(outcomes).document(),
        "areas": {area: counted.document() for area, counted in by_area(outcomes).items()},
        "checks": [_document(each) for each in outcomes],
    }


def _document(outcome: Outcome) -> dict[str, Any]:
    check = outcome.check
    return {
        "id": check.id,
        "region": outcome.region,
        "verdict": outcome.verdict,
        "note": outcome.note or None,
        "section": check.section,
        "title": check.title,
        "inferred": check.inferred,
        "seconds": round(outcome.seconds, 3),
    }
