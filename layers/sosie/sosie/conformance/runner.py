"""Runs checks against a target, one after the other, and tells what came of each."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

from sosie.conformance.cloud import Cloud
from sosie.conformance.expect import DeviationError, NotCheckableError, shown
from sosie.conformance.wire import NoAnswerError, Wire

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sosie.conformance.registry import Check
    from sosie.conformance.target import Target

Verdict = Literal["passed", "failed", "skipped"]
# What reading an answer of another shape raises, where a check trusted the shape.
_MISREAD = (LookupError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one check in one region. `note` says why it did not pass; `seconds` it took."""

    check: Check
    region: str
    verdict: Verdict
    note: str
    seconds: float


class Runner:
    """A target with open connections. `cacert` is a PEM file to trust; `wire` replaces how requests travel."""

    def __init__(self, target: Target, cacert: Path | None = None, wire: Wire | None = None) -> None:
        first = next(iter(target.regions.values()))
        self._wire = wire or Wire(first.api, cacert)
        self.clouds = {name: Cloud(self._wire, target, region) for name, region in target.regions.items()}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._wire.close()

    def probe(self, regions: Sequence[str]) -> None:
        """Make sure that somebody answers at each region's services. Raises NoAnswerError."""
        for name in regions:
            cloud = self.clouds[name]
            cloud.identity("GET", "/alive")
            cloud.api("GET", "/alive")

    def run(self, checks: Sequence[Check], regions: Sequence[str]) -> Iterator[Outcome]:
        """Run checks in each region, in order."""
        for name in regions:
            for check in checks:
                yield self.run_one(check, name)

    def run_one(self, check: Check, region: str) -> Outcome:
        """Run one check in one region."""
        started = time.perf_counter()
        verdict, note = _judge(check, self.clouds[region])
        return Outcome(check, region, verdict, note, time.perf_counter() - started)


def _judge(check: Check, cloud: Cloud) -> tuple[Verdict, str]:
    try:
        check.run(cloud)
    except NotCheckableError as reason:
        return "skipped", str(reason)
    except DeviationError as deviation:
        return "failed", str(deviation)
    except NoAnswerError as error:
        return "failed", f"expected an answer, saw none: {error}"
    except _MISREAD as error:
        return (
            "failed",
            f"expected an answer of the contract's shape, saw another: {type(error).__name__} {shown(str(error))}",
        )
    return "passed", ""
