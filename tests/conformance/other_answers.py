"""Checks run against a target, with one answer replaced by another on request."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

from sosie.conformance.registry import Check
from sosie.conformance.runner import Outcome, Runner
from sosie.conformance.target import Target
from sosie.conformance.wire import Answer, RawRequest, Wire

TEAPOT = Answer("a teapot", 418, {"content-type": "application/json"}, b'{"object":"teapot"}')


class CountingWire(Wire):
    """Counts the answers, and replaces the one that it is told to."""

    answered = 0
    replaced: int | None = None

    def send(self, *arguments: Any, **request: Any) -> Answer:
        return self._counted(super().send(*arguments, **request))

    def exchange(self, url: str, *requests: RawRequest) -> list[Answer]:
        return [self._counted(answer) for answer in super().exchange(url, *requests)]

    def _counted(self, answer: Answer) -> Answer:
        self.answered += 1
        return TEAPOT if self.answered == self.replaced else answer


class Conformance:
    """The runner of a session, and how many answers each check got so far."""

    def __init__(self, target: Target, cacert: Path | None) -> None:
        self.regions = list(target.regions)
        self._wire = CountingWire(next(iter(target.regions.values())).api, cacert)
        self._runner = Runner(target, wire=self._wire)
        self._answers: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.__exit__()

    def run(self, check: Check, region: str) -> Outcome:
        outcome = self._run(check, region, replaced=None)
        self._answers[check.id] = self._wire.answered
        return outcome

    def run_with_another_last_answer(self, check: Check, region: str) -> Outcome:
        """Run a check with a teapot's answer for its last one.

        How many there are is known from an earlier run, which may have had more, because it was the first to sign
        somebody in. Then none was replaced, and the number is known now.
        """
        outcome = self._run(check, region, replaced=self._answers.get(check.id, 0))
        while self._wire.answered != self._wire.replaced:
            outcome = self._run(check, region, replaced=self._wire.answered)
        return outcome

    def _run(self, check: Check, region: str, replaced: int | None) -> Outcome:
        self._wire.answered, self._wire.replaced = 0, replaced
        return self._runner.run_one(check, region)
