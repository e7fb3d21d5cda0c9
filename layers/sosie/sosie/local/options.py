"""Options that many verbs share, and how they find the Sosie they are for."""

from __future__ import annotations

import functools
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sosie.control.connection import DEFAULT_URL
from sosie.domain.regions import REGIONS
from sosie.local.output import SaysNo, Unreachable, WrongUse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sosie.control.client import ControlClient

_UNAUTHORIZED = 401
HOW_TO_ASK = "the control token is missing or wrong; give it with --control-token or SOSIE_CONTROL_TOKEN"
_WRONG_USE_STATUSES = frozenset({400, 401, 403})

json_option = click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
world_option = click.option("--world", default="default", show_default=True, help="The world that is meant.")
region_option = click.option(
    "--region", type=click.Choice(REGIONS), default="us", show_default=True, help="The region that is meant."
)
region_filter = click.option("--region", type=click.Choice(REGIONS), help="One region only.")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line and the environment say about the Sosie that is meant."""

    url: str | None = None
    token: str | None = None
    cacert: Path | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """The Sosie a verb is for: what was asked for, filled in with what a running `sosie start` left."""

    url: str
    token: str | None = None
    cacert: Path | None = None
    asked: Asked = Asked()

    @classmethod
    def find(cls, asked: Asked) -> Target:
        """Return the target as things are now."""
        from sosie.local import running

        found = running.find(asked.url or DEFAULT_URL)
        if found is None:
            return cls(asked.url or DEFAULT_URL, asked.token, asked.cacert, asked)
        known_ca = Path(found.cacert) if found.cacert else None
        return cls(asked.url or found.url, asked.token or found.control_token, asked.cacert or known_ca, asked)

    @contextmanager
    def client(self, timeout: float = 30.0) -> Iterator[ControlClient]:
        """Give a control client; what goes wrong with it ends the command with the right exit code."""
        from sosie.control.client import ControlClient
        from sosie.control.connection import NotReachableError, RefusedByControlError

        with ControlClient(self.url, self.token, cacert=self.cacert, timeout=timeout) as client:
            try:
                yield client
            except NotReachableError as error:
                hint = "; start one with: sosie start" if self.url == DEFAULT_URL else ""
                raise Unreachable(f"{error}{hint}") from None
            except RefusedByControlError as error:
                failure = WrongUse if error.status in _WRONG_USE_STATUSES else SaysNo
                text = HOW_TO_ASK if error.status == _UNAUTHORIZED else str(error)
                raise failure(text) from None


def target_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--url`, `--control-token` and `--cacert`; the function gets one `target` instead."""

    @click.option(
        "--url", envvar="SOSIE_URL", callback=http_url, help=f"Where Sosie answers.  [default: {DEFAULT_URL}]"
    )
    @click.option("--control-token", envvar="SOSIE_CONTROL_TOKEN", help="Needed where Sosie is not on loopback.")
    @click.option(
        "--cacert",
        envvar="SOSIE_CACERT",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="PEM file of the CA to trust for https (see `sosie ca export`).",
    )
    @functools.wraps(function)
    def with_target(
        *arguments: Any, url: str | None, control_token: str | None, cacert: Path | None, **options: Any
    ) -> Any:
        return function(*arguments, target=Target.find(Asked(url, control_token, cacert)), **options)

    return with_target


def http_url(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    """Return an option's URL without a final slash. Raises BadParameter if it is none of HTTP's."""
    if value and not value.startswith(("http://", "https://")):
        raise click.BadParameter("begins with http:// or https://")
    return value.rstrip("/") if value else None
