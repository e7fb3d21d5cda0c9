"""One question to a deployment: who is asked, what is to be seen, what to change where it is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sosie.conformance.expect import DeviationError, NotCheckableError
from sosie.conformance.registry import Check
from sosie.control.client import ControlClient
from sosie.control.connection import ControlClientError
from sosie.local.doctor.reach import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sosie.conformance.cloud import Cloud
    from sosie.conformance.runner import Runner
    from sosie.conformance.wire import Answer
    from sosie.local.doctor.reach import Status

_STATUSES: Mapping[str, Status] = {"passed": "ok", "failed": "failed", "skipped": "skipped"}


@dataclass(frozen=True, slots=True)
class Probe:
    """`run` returns what was seen, or raises the suite's DeviationError and NotCheckableError; `step` is stable."""

    step: str
    service: str
    remedy: str
    run: Callable[[Cloud], str]


@dataclass(frozen=True, slots=True)
class Taken:
    """A step that was taken, and the seconds it took."""

    step: Step
    seconds: float = 0.0


def take(probe: Probe, runner: Runner, region: str) -> Taken:
    """Ask one question in one region."""
    seen: list[str] = []

    def run(cloud: Cloud) -> None:
        try:
            seen.append(probe.run(cloud))
        except ControlClientError as error:
            raise DeviationError(f"the control plane: {error}") from None

    outcome = runner.run_one(Check(probe.step, "", "", run), region)
    status = _STATUSES[outcome.verdict]
    remedy = probe.remedy if status == "failed" else ""
    place = str(getattr(runner.clouds[region].region, probe.service))
    step = Step(probe.step, f"{region} {probe.service}", status, outcome.note or "".join(seen), remedy, place)
    return Taken(step, outcome.seconds)


def control_of(cloud: Cloud) -> ControlClient:
    """Return the control plane of the Sosie that is checked."""
    control = cloud.target.control
    if not isinstance(control, ControlClient):
        raise NotCheckableError("the control plane is not known")
    return control


def arrived(cloud: Cloud, answer: Answer) -> dict[str, Any]:
    """Return the journal entry of a request: what the handler saw of it, and what it answered."""
    entry_id = answer.headers.get("x-sosie-request")
    if entry_id is None:
        raise NotCheckableError("the answer does not name its journal entry (see the step marks)")
    return control_of(cloud).read_entry(entry_id, cloud.target.world)


def hinted(answer: Answer, code: str) -> None:
    """Expect that it was a handler that refused, and for this reason."""
    seen = answer.headers.get("x-sosie-hint")
    if seen != code:
        told = answer.body[:80].decode("utf-8", "replace")
        raise DeviationError(
            f"{answer.request}: expected Sosie's refusal with x-sosie-hint {code}, "
            f"saw {answer.status} {told or 'without a body'} with {seen or 'no hint'}"
        )
