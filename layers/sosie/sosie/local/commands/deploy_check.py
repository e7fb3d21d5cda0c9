"""`sosie deploy-check`: whether what stands before a deployed Sosie leaves the wire as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sosie.domain.regions import REGIONS
from sosie.local.commands.conformance import new_label, show_failure, show_table
from sosie.local.options import Target, json_option, region_filter, target_options
from sosie.local.output import (
    Failure,
    SaysNo,
    Unreachable,
    WrongUse,
    emit_json,
    error_is_told,
    examples,
    heading,
    say,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sosie.local.deployment.probe import Taken
    from sosie.local.deployment.report import Report


@click.command(
    epilog=examples(
        "sosie deploy-check --region us",
        "sosie deploy-check --url https://cloud.sosie.example --full",
    )
)
@region_filter
@click.option("--full", is_flag=True, help="Hold it against the whole contract too, as sosie conformance does.")
@target_options
@json_option
def deploy_check(target: Target, region: str | None, *, full: bool, as_json: bool) -> None:
    """Check a deployed Sosie, and what stands before it, step by step.

    It makes a world of its own, works in it and drops it, also when it fails; other worlds are only looked at.
    Each step says what was seen, and what to change. Exit code 1 says that a step failed.
    """
    from sosie.local.deployment.report import Report

    report = Report(target.url)
    failure = _check(report, target, [region] if region else list(REGIONS), full=full, as_json=as_json)
    if failure is not None:
        report.error = failure.message
    if as_json:
        emit_json(report.to_json())
        error_is_told()
    elif report.outcomes is not None:
        _show_suite(report)
    if failure is not None:
        raise failure
    if not report.fine:
        raise SaysNo(report.summary())
    if not as_json:
        say(report.summary())


def _check(report: Report, target: Target, regions: Sequence[str], *, full: bool, as_json: bool) -> Failure | None:
    """Take the steps; return how the command has to end if they could not be taken."""
    from sosie.conformance.runner import Runner
    from sosie.conformance.wire import Wire
    from sosie.local.deployment.control_plane import ControlPlane, reached
    from sosie.local.deployment.walk import Walk
    from sosie.local.doctor.uris import parse_uri

    def tell(title: str, taken: Sequence[Taken]) -> None:
        lines = report.add(title, taken)
        if not as_json:
            for line in lines:
                say(line)

    place = parse_uri(target.url)
    if place is None or place.query or place.credentials:
        raise WrongUse(f"--url {target.url!r} is no base URL")
    if not as_json:
        say(f"{heading(target.url)}\n")
    way = reached(place, target.cacert)
    tell("The way there", way)
    if way[-1].step.status == "failed" and way[-1].step.step != "tls":
        return Unreachable(f"no Sosie answers at {target.url}: {way[-1].step.detail}")
    open_here = place.loopback and target.asked.token is None
    with Wire(target.url, target.cacert) as wire:
        plane = ControlPlane(target.url, place, target.token, wire, open_here)
        plane.look()
    report.version = plane.version
    tell("The control plane", plane.steps)
    if plane.failure is not None:
        return plane.failure
    with target.client() as control:
        walk = Walk(target.url, control, lambda described: Runner(described, target.cacert), new_label(), tell)
        report.world = walk.world
        walk.run(regions, full=full)
    report.outcomes = walk.outcomes
    return None


def _show_suite(report: Report) -> None:
    outcomes = report.outcomes or ()
    for outcome in outcomes:
        if outcome.verdict == "failed":
            show_failure(outcome)
    show_table(outcomes)
    say()
