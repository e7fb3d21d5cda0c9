"""What the check prints: groups of steps for people as they are taken, one object for programs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sosie.conformance.report import report as report_of_suite
from sosie.local.doctor.report import step_document, told_steps
from sosie.local.output import heading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sosie.conformance.runner import Outcome
    from sosie.local.deployment.probe import Taken


@dataclass
class Report:
    """The steps so far. `error` says why there are no more; `outcomes` are the whole suite's, if it ran."""

    url: str
    taken: list[Taken] = field(default_factory=list)
    version: str | None = None
    world: str | None = None
    outcomes: Sequence[Outcome] | None = None
    error: str | None = None

    def count(self, status: str) -> int:
        """Return how many steps came to this."""
        return sum(each.step.status == status for each in self.taken)

    @property
    def fine(self) -> bool:
        """Whether nothing failed."""
        return self.error is None and not self.count("failed")

    def add(self, title: str, taken: Sequence[Taken]) -> list[str]:
        """Add a group of steps; return its lines for people."""
        self.taken += taken
        seconds = sum(each.seconds for each in taken)
        shown = f"{heading(title)}  {seconds:.1f} s" if seconds >= 0.05 else heading(title)
        return [shown, *told_steps([each.step for each in taken]), ""]

    def summary(self) -> str:
        """Return the last line: how many of what, in which time."""
        seconds = sum(each.seconds for each in self.taken)
        return (
            f"{len(self.taken)} steps, {self.count('failed')} failed, {self.count('skipped')} skipped, {seconds:.1f} s"
        )

    def to_json(self) -> dict[str, Any]:
        """Return the object of `--json` (docs/deploy.md)."""
        return {
            "url": self.url,
            "version": self.version,
            "world": self.world,
            "ok": self.fine,
            "steps": [step_document(each.step) | {"seconds": round(each.seconds, 3)} for each in self.taken],
            "conformance": None if self.outcomes is None else report_of_suite(self.outcomes),
            **({"error": self.error} if self.error else {}),
        }
