"""What the doctor prints: for people in colours, for programs as one object."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sosie.local.doctor.model import SEVERITIES
from sosie.local.output import address, bad, columns, command, dim, good, heading, secret

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sosie.domain.regions import Region
    from sosie.local.doctor.configuration import Configuration
    from sosie.local.doctor.model import Change, Finding
    from sosie.local.doctor.reach import Step
    from sosie.local.doctor.targets import Target

FORMATS = {
    "env": "an env file",
    "dump": "a dump of an environment",
    "inspect": "what docker inspect prints",
    "json": "a JSON file",
}
CLIENT_NAMES = {"bitwarden": "a Bitwarden server", "vaultwarden": "vaultwarden"}


@dataclass
class Report:
    """Findings, and steps if there were any. `steps` is None when nothing was probed, `unreachable` says why not."""

    file: str
    configuration: Configuration
    region: Region | None
    findings: list[Finding]
    steps: list[Step] | None = None
    targets: list[Target] = field(default_factory=list)
    unreachable: str | None = None

    def count(self, severity: str) -> int:
        """Return how many findings are of a severity."""
        return sum(each.severity == severity for each in self.findings)

    @property
    def failures(self) -> int:
        """How many steps failed."""
        return sum(each.status == "failed" for each in self.steps or ())

    @property
    def fine(self) -> bool:
        """Whether there is neither an error nor a failed step."""
        return not self.count("error") and not self.failures

    def to_json(self) -> dict[str, Any]:
        """Return the object of `--json` (docs/doctor.md)."""
        probed = self.steps is not None
        return {
            "file": self.file,
            "format": self.configuration.document.format,
            "client": self.configuration.client,
            "region": self.region,
            "ok": self.fine and self.unreachable is None,
            "findings": [_finding(each) for each in self.findings],
            "probes": [step_document(each) for each in self.steps or ()] if probed else None,
            "hosts": [_target(each) for each in self.targets] if probed else None,
            **({"error": self.unreachable} if self.unreachable else {}),
        }

    def lines_of_findings(self) -> list[str]:
        """Return the findings as lines for people."""
        region = f", {self.region.upper()}" if self.region else ""
        kind = f"{CLIENT_NAMES[self.configuration.client]}{region}: {FORMATS[self.configuration.document.format]}"
        lines = [f"{heading(self.file)}  {dim(kind)}", ""]
        for each in self.findings:
            lines += _told(each, self.configuration)
        if not self.findings:
            lines += [f"{good('nothing to find fault with')}", ""]
        return lines

    def lines_of_steps(self) -> list[str]:
        """Return hosts and steps as lines for people."""
        lines = [heading("The way to the cloud")]
        for target in self.targets:
            if target.why:
                shown = address(target.base) if target.way != "not contacted" else bad("not contacted")
                lines.append(f"  {target.role}: {target.configured.text()} → {shown}  {dim(target.why)}")
        return [*lines, "", *told_steps(self.steps or ())]

    def summary(self) -> str:
        """Return the last line: how many of what."""
        parts = [_many(self.count(severity), severity) for severity in SEVERITIES]
        if self.steps is not None:
            parts.append(_many(self.failures, "failed step"))
        return ", ".join(parts)


def told_steps(steps: Sequence[Step]) -> list[str]:
    """Return steps as lines for people: the verdict, what was seen, and below it what to change."""
    shades = {"ok": good("ok"), "failed": bad("failed"), "skipped": dim("skipped")}
    rows = [[shades[each.status], each.step, each.service, each.detail] for each in steps]
    lines = []
    for row, each in zip(columns(rows) if rows else [], steps, strict=True):
        lines.append(row)
        if each.remedy:
            lines.append(f"          {command(each.remedy)}")
    return lines


def step_document(step: Step) -> dict[str, Any]:
    """Return a step for programs."""
    return {
        "step": step.step,
        "service": step.service,
        "status": step.status,
        "detail": step.detail,
        "remedy": step.remedy or None,
        "asked": step.asked,
    }


def _told(finding: Finding, configuration: Configuration) -> list[str]:
    shade = {"error": bad, "warning": secret, "hint": dim}[finding.severity]
    where = f"line {finding.line}: " if finding.line else ""
    lines = [
        f"{shade(finding.severity)}  {heading(finding.code)}",
        f"  {where}{finding.message}",
        f"  {finding.remedy}",
    ]
    lines += [f"    {command(each.text)}  {dim(_place(each, configuration))}" for each in finding.changes]
    return [*lines, ""]


def _place(change: Change, configuration: Configuration) -> str:
    if configuration.document.format in ("dump", "inspect"):
        return "where the container gets its environment from"
    if change.at is not None:
        return f"instead of line {change.at}" if not configuration.json else f"in line {change.at}"
    return "a new line" if not configuration.json else "a new member of the outermost object"


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity,
        "message": finding.message,
        "remedy": finding.remedy,
        "line": finding.line,
        "write": [{"line": each.at, "text": each.text} for each in finding.changes],
    }


def _target(target: Target) -> dict[str, Any]:
    contacted = target.way != "not contacted"
    return {
        "service": target.role,
        "configured": target.configured.text(),
        "way": target.way,
        "asked": target.base if contacted else None,
        "why": target.why or None,
    }
