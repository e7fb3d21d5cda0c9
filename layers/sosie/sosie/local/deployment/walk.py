"""Takes all steps in their order, most of them in a world of its own that is dropped at the end."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sosie.conformance.registry import chosen_checks
from sosie.conformance.report import count
from sosie.conformance.runner import Runner
from sosie.conformance.target import own_world
from sosie.control.client import ControlClient
from sosie.control.connection import ControlClientError
from sosie.local.deployment import answers, licence_sync, requests
from sosie.local.deployment.article import Article
from sosie.local.deployment.probe import Taken, take
from sosie.local.doctor.reach import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sosie.conformance.runner import Outcome
    from sosie.conformance.target import Target
    from sosie.local.deployment.probe import Probe
    from sosie.local.doctor.reach import Status

KIND = "deploy-check"
"""What the names of its worlds begin with."""
_PAGE = 1000
_UNLIKE = (
    "Let the control plane see the Host and X-Forwarded-Proto that clients use; or ask by the address that it knows."
)


class Walk:
    """One check of the deployment at `url`, whose control plane answers. `tell` hears of each group of steps."""

    def __init__(
        self,
        url: str,
        control: ControlClient,
        make_runner: Callable[[Target], Runner],
        label: str,
        tell: Callable[[str, Sequence[Taken]], None],
    ) -> None:
        self.url = url
        self.world = f"{KIND}-{label}"
        self.outcomes: list[Outcome] | None = None
        self._control = control
        self._make_runner = make_runner
        self._label = label
        self._tell = tell
        self._seen_before: str | None = None

    def run(self, regions: Sequence[str], *, full: bool) -> None:
        """Take the steps in a world of their own, in these regions; then the whole suite, if `full`."""
        started = time.perf_counter()
        context = own_world(self._control, self._label, KIND)
        try:
            self._seen_before = self._newest_of_default()
            described = context.__enter__()
        except ControlClientError as error:
            remedy = "See the logs of the control function: it makes the world, and keys for it."
            self._tell("A world of its own", [self._step("world", "failed", str(error), started, remedy)])
            # A gateway that gave up waiting may have left the function at it.
            with suppress(ControlClientError):
                self._control.drop_world(self.world)
            return
        try:
            self._tell("A world of its own", [self._step("world", "ok", self.world, started), self._compare(described)])
            with self._make_runner(self._by_asked_url(described)) as runner:
                self._ask_all(runner, regions, full=full)
        finally:
            self._leave(context)

    def _leave(self, context: Any) -> None:
        started = time.perf_counter()
        try:
            context.__exit__(None, None, None)
        except ControlClientError as error:
            remedy = f"sosie worlds drop {self.world} --url {self.url}"
            self._tell(
                "At the end", [self._step("clean up", "failed", f"{self.world} is left: {error}", started, remedy)]
            )
        else:
            self._tell("At the end", [self._step("clean up", "ok", f"{self.world} is dropped", started)])

    def _ask_all(self, runner: Runner, regions: Sequence[str], *, full: bool) -> None:
        self._control.put_settings({"penaltyDelays": False}, self.world)
        first = regions[0]
        for region in regions:
            self._take_group(f"The licence sync, {region.upper()}", licence_sync.PROBES, runner, region)
        wire = (answers.MARKS, *requests.PROBES, *answers.PROBES)
        self._take_group("What gateways break", wire, runner, first)
        for region in regions:
            self._take_group(f"The article, {region.upper()}", Article().probes, runner, region)
        self._tell("Other worlds", [self._isolation()])
        if full:
            self._run_suite(runner, regions)

    def _take_group(self, title: str, probes: Sequence[Probe], runner: Runner, region: str) -> None:
        self._tell(title, [take(probe, runner, region) for probe in probes])

    def _run_suite(self, runner: Runner, regions: Sequence[str]) -> None:
        self.outcomes, steps = [], []
        for region in regions:
            started = time.perf_counter()
            found = list(runner.run(chosen_checks(None), [region]))
            self.outcomes += found
            counted = count(found)
            detail = f"{region}: {counted.passed} passed, {counted.failed} failed, {counted.skipped} skipped"
            remedy = "Mend what the steps above name first; then see docs/conformance.md." if counted.failed else ""
            steps.append(self._step("conformance", "failed" if counted.failed else "ok", detail, started, remedy))
        self._tell("The contract", steps)

    # The world's address.

    def _compare(self, described: Target) -> Taken:
        """Expect the base URIs that clients are told to be below the address that was asked."""
        wanted = f"{self.url}/w/{self.world}/"
        told = [getattr(region, each) for region in described.regions.values() for each in ("identity", "api", "push")]
        odd = [uri for uri in told if not uri.startswith(wanted)]
        started = time.perf_counter()
        if odd:
            return self._step("base URIs", "failed", f"clients are told {odd[0]}, not {wanted}…", started, _UNLIKE)
        return self._step("base URIs", "ok", f"{wanted}…", started)

    def _by_asked_url(self, described: Target) -> Target:
        regions = {}
        for name, region in described.regions.items():
            base = f"{self.url}/w/{self.world}/{name}"
            regions[name] = replace(region, identity=f"{base}/identity", api=f"{base}/api", push=f"{base}/push")
        return replace(described, regions=regions)

    # Other worlds.

    def _newest_of_default(self) -> str | None:
        newest = self._control.journal("default", limit=1)
        return newest[-1]["id"] if newest else None

    def _isolation(self) -> Taken:
        """Expect no request of this check in the default world's journal."""
        started = time.perf_counter()
        try:
            entries, after = [], self._seen_before
            while page := self._control.journal("default", after=after, limit=_PAGE):
                entries += page
                after = page[-1]["id"]
                if len(page) < _PAGE:
                    break
        except ControlClientError as error:
            return self._step("isolation", "failed", f"the control plane: {error}", started, "See its logs.")
        ours = [each for each in entries if self._label in json.dumps(each) or _is_of_suite(each)]
        if not ours:
            return self._step("isolation", "ok", "the default world's journal has no request of this check", started)
        detail = f"{len(ours)} requests of this check are in the default world's journal, first {ours[0]['path']}"
        return self._step("isolation", "failed", detail, started, "Let paths arrive as they are sent, /w/… included.")

    def _step(self, step: str, status: Status, detail: str, started: float, remedy: str = "") -> Taken:
        asked = f"{self.url}/_sosie"
        return Taken(Step(step, "control", status, detail, remedy, asked), time.perf_counter() - started)


def _is_of_suite(entry: dict[str, Any]) -> bool:
    return any(value == "sosie-conformance" for value in entry["request"]["headers"].values())
