"""One run of `sosie selfhost`: whom it is for, the wire, what was told so far, and which exit code it ends with."""

from __future__ import annotations

import functools
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from sosie.domain.errors import SosieError
from sosie.local.options import Target, json_option, region_option, target_options, world_option
from sosie.local.output import (
    SaysNo,
    Unreachable,
    WrongUse,
    address,
    bad,
    emit_json,
    error_is_told,
    heading,
    say,
    status,
)
from sosie.local.selfhost.cloud import Cloud
from sosie.local.selfhost.story import NotAskedError, RefusedByCloudError, Step, Story
from sosie.local.selfhost.transport import Transport, WireFailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(slots=True)
class Walk:
    """What a verb of `sosie selfhost` works with. `results` is what `--json` prints besides the steps."""

    target: Target
    cloud: Cloud
    transport: Transport
    story: Story
    file: Path
    as_json: bool
    results: dict[str, Any] = field(default_factory=dict)

    def say(self, text: str = "") -> None:
        """Print a line for people."""
        if not self.as_json:
            say(text)

    def command(self, verb: str) -> str:
        """Return a verb of `sosie selfhost` for the same place, to be typed next."""
        options = [f"--region {self.cloud.region}"]
        if self.cloud.world != "default":
            options.append(f"--world {self.cloud.world}")
        if self.target.asked.url is not None:
            options.append(f"--url {self.target.url}")
        return " ".join(["sosie selfhost", verb, *options])


def walk_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add what every verb takes; the function gets a `walk` instead, and its refusals become exit codes."""

    @region_option
    @click.option("--organization", help="The organization's name, or its beginning.")
    @click.option(
        "--file",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Where the self-hosted server keeps its rows.  [default: .sosie/selfhost-{region}.json]",
    )
    @world_option
    @target_options
    @json_option
    @functools.wraps(function)
    def with_walk(*, target: Target, region: str, world: str, file: Path | None, as_json: bool, **options: Any) -> Any:
        walk = _prepared(target, region, world, file, as_json=as_json)
        with _told_at_the_end(walk), _with_exit_codes():
            function(walk=walk, **options)

    return with_walk


def _prepared(target: Target, region: str, world: str, file: Path | None, *, as_json: bool) -> Walk:
    with target.client() as control:
        summary = control.summary(world)
    name = f"selfhost-{region}.json" if world == "default" else f"selfhost-{world}-{region}.json"
    return Walk(
        target=target,
        cloud=Cloud(region, summary),
        transport=Transport(target.cacert),
        story=Story(None if as_json else _tell),
        file=file or Path(".sosie") / name,
        as_json=as_json,
    )


@contextmanager
def _told_at_the_end(walk: Walk) -> Iterator[None]:
    """Print the one line of `--json`, also when the cloud said no."""
    error = None
    try:
        yield
    except click.ClickException as failure:
        error = failure
    walk.transport.close()
    if walk.as_json:
        steps = [step.to_json() for step in walk.story.steps]
        emit_json({"steps": steps, **walk.results, "error": error.message if error else None})
        error_is_told()
    if error is not None:
        raise error


@contextmanager
def _with_exit_codes() -> Iterator[None]:
    try:
        yield
    except WireFailedError as error:
        raise Unreachable(str(error)) from None
    except NotAskedError as error:
        raise WrongUse(str(error)) from None
    except RefusedByCloudError as error:
        notes = getattr(error, "__notes__", [])
        raise SaysNo("\n".join(filter(None, [str(error), error.remedy, *notes]))) from None
    except SosieError as error:
        raise SaysNo(str(error)) from None


def _tell(step: Step) -> None:
    hint = f"  {bad(step.diagnosis)}" if step.diagnosis else ""
    say(f"{heading(step.method.ljust(5))} {address(urlsplit(step.url).path)}")
    say(f"      {status(step.status)}  {step.said}{hint}")
