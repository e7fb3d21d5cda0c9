"""`sosie conformance`: hold an implementation of the cloud against the contract."""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sosie.local.options import Target, json_option, target_options
from sosie.local.output import (
    SaysNo,
    Unreachable,
    WrongUse,
    bad,
    columns,
    dim,
    emit_json,
    error_is_told,
    examples,
    good,
    heading,
    say,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sosie.conformance import target as tested
    from sosie.conformance.registry import Check
    from sosie.conformance.report import Count
    from sosie.conformance.runner import Outcome


@click.command(
    epilog=examples(
        "sosie conformance",
        "sosie conformance --only sync. --region eu",
        "sosie conformance --target ./my-cloud.json",
    )
)
@click.option(
    "--target",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file that describes what is tested, if it is no Sosie (docs/conformance.md).",
)
@click.option("--region", help="One region only.  [default: all that the target has]")
@click.option("--only", metavar="TEXT", help="Only checks whose id contains this text.")
@click.option("--list", "listed", is_flag=True, help="Print the checks and run none.")
@target_options
@json_option
def conformance(
    target: Target, file: Path | None, region: str | None, only: str | None, *, listed: bool, as_json: bool
) -> None:
    """Hold an implementation of the cloud against the wire contract.

    A Sosie is given a world of its own, which is dropped at the end. Another implementation is described by a file;
    what is created there stays there. Exit code 1 says that a check failed.
    """
    from sosie.conformance.registry import chosen_checks

    checks = chosen_checks(only)
    if not checks:
        raise WrongUse(f"no check's id contains {only!r}; see: sosie conformance --list")
    if listed:
        _show_checks(checks, as_json=as_json)
        return
    with _described(target, file) as described:
        outcomes = _run(described, target.cacert, checks, region, as_json=as_json)
    _conclude(outcomes, as_json=as_json)


@contextmanager
def _described(target: Target, file: Path | None) -> Iterator[tested.Target]:
    """Give what the file describes, or else a new world of the Sosie that is meant."""
    from sosie.conformance.target import TargetError, own_world, read_target

    label = new_label()
    if file is None:
        with target.client() as control, own_world(control, label) as described:
            yield described
        return
    try:
        described = read_target(json.loads(file.read_bytes()), label)
    except (OSError, ValueError, TargetError) as error:
        raise WrongUse(f"{file}: {error}") from None
    yield described


def new_label() -> str:
    """Return a text that makes the names of one run its own."""
    from sosie.domain.ids import Ids, unguessable_seed

    return Ids(unguessable_seed(), "conformance").guid()[:8]


def _run(
    described: tested.Target, cacert: Path | None, checks: Sequence[Check], region: str | None, *, as_json: bool
) -> list[Outcome]:
    from sosie.conformance.runner import Runner
    from sosie.conformance.wire import NoAnswerError

    regions = list(described.regions) if region is None else [region]
    if region is not None and region not in described.regions:
        raise WrongUse(f"the target has no region {region!r}; it has {', '.join(described.regions)}")
    outcomes = []
    with Runner(described, cacert) as runner:
        try:
            runner.probe(regions)
        except NoAnswerError as error:
            raise Unreachable(f"nobody answers: {error}") from None
        for outcome in runner.run(checks, regions):
            outcomes.append(outcome)
            if outcome.verdict == "failed" and not as_json:
                show_failure(outcome)
    return outcomes


def _conclude(outcomes: Sequence[Outcome], *, as_json: bool) -> None:
    """Print the result, and end with the exit code it has."""
    from sosie.conformance.report import count, report

    failed = count(outcomes).failed
    if as_json:
        emit_json(report(outcomes))
        error_is_told()
    else:
        show_table(outcomes)
    if failed:
        raise SaysNo("1 check failed" if failed == 1 else f"{failed} checks failed")


def _show_checks(checks: Sequence[Check], *, as_json: bool) -> None:
    if as_json:
        items = [{"id": each.id, "section": each.section, "title": each.title} for each in checks]
        emit_json({"items": items})
        return
    for line in columns([[heading(each.id), dim(each.section), each.title] for each in checks], indent=""):
        say(line)


def show_failure(outcome: Outcome) -> None:
    """Print what a check that failed expected and saw."""
    check = outcome.check
    say(f"{bad('failed')}  {outcome.region}  {heading(check.id)}  {check.title}")
    say(f"        {outcome.note}")
    say(dim(f"        {check.section}{' (inferred)' if check.inferred else ''}"))


def show_table(outcomes: Sequence[Outcome]) -> None:
    """Print how many checks of each area came to what."""
    from sosie.conformance.report import by_area, count

    header = [dim(name) for name in ("area", "passed", "failed", "skipped", "seconds")]
    rows = [_row(area, counted) for area, counted in by_area(outcomes).items()]
    for line in columns([header, *rows, _row(heading("total"), count(outcomes))], indent=""):
        say(line)
    reasons: dict[str, int] = {}
    for each in outcomes:
        if each.verdict == "skipped":
            reasons[each.note] = reasons.get(each.note, 0) + 1
    for reason, times in reasons.items():
        say(dim(f"{times} skipped: {reason}"))


def _row(name: str, counted: Count) -> list[str]:
    failed = bad(str(counted.failed)) if counted.failed else "0"
    return [name, good(str(counted.passed)), failed, str(counted.skipped), f"{counted.seconds:.1f}"]
