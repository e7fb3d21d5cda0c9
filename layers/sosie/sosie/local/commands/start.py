"""`sosie start`: both regions in one local process."""

from __future__ import annotations

import gc
import os
import signal
import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from sosie.local.output import Unreachable, WrongUse, emit_json, examples, say, warn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sosie.local.server import Listen, Place
    from sosie.settings import Settings, StoreKind
    from sosie.wiring import Sosie


@click.command(epilog=examples("sosie start --state ./sosie-state --tls"))
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8787, show_default=True, help="Port; 0 takes any free one."
)
@click.option(
    "--ports",
    type=click.IntRange(0, 65530),
    help="First of six further ports, one service each at the root: us identity, api, push, then eu. 0: any free.",
)
@click.option(
    "--state",
    envvar="SOSIE_STATE",
    type=click.Path(file_okay=False, path_type=Path),
    help="Directory to keep state and keys in; without one they are gone when it stops.",
)
@click.option(
    "--store",
    envvar="SOSIE_STORE",
    type=click.Choice(["sqlite", "dynamodb", "localstack"]),
    default="sqlite",
    show_default=True,
    help="Where state is kept; DynamoDB's endpoint is that of the AWS environment.",
)
@click.option(
    "--scenario",
    envvar="SOSIE_SCENARIO",
    default="families",
    show_default=True,
    help="A shipped scenario's name, or a YAML or JSON file.",
)
@click.option("--tls", is_flag=True, help="Serve HTTPS with a certificate of Sosie's own CA (see `sosie ca export`).")
@click.option(
    "--control-token",
    envvar="SOSIE_CONTROL_TOKEN",
    help="Token for the control plane. Off loopback one is drawn and printed if none is given.",
)
@click.option("--no-penalty-delays", is_flag=True, help="Answer wrong secrets at once instead of after 2 seconds.")
@click.option("--realistic-limits", is_flag=True, help="Keep the cloud's rate limits, by client address.")
@click.option("--json", "as_json", is_flag=True, help="Print the default world's summary as one line when ready.")
def start(host: str, port: int, ports: int | None, tls: bool, as_json: bool, **options: Any) -> None:
    """Serve both regions of the cloud until Ctrl-C.

    With --tls the certificate is for localhost, loopback, --host, *.sosie.test and the cloud's own names.
    """
    # Imports make objects by the hundred thousand, and they stay: collecting among them costs a fifth of a start.
    gc.disable()
    from sosie.local.banner import Circumstances, banner
    from sosie.local.running import Running, announce, withdraw
    from sosie.local.server import Listen, roots, serve

    settings = _settings(**options)
    listen = Listen(host, port, ports)
    drawn = _new_token() if not listen.loopback and settings.control_token is None else None
    if drawn is not None:
        settings = replace(settings, control_token=drawn)
    ca = None
    with _friendly(settings):
        if tls:
            listen, ca = _with_certificate(listen, settings.state)
        place, sosie, summary = _open(listen, settings)
    if place.prefixes:
        summary["roots"] = roots(place)
    summary["url"] = place.url
    context = click.get_current_context()
    if context.get_parameter_source("scenario") is not ParameterSource.DEFAULT:
        _note_another_scenario(summary["scenario"], settings.scenario)
    note: Path | None = None

    def ready() -> None:
        nonlocal note
        note = announce(Running(place.url, os.getpid(), settings.control_token, str(ca) if ca else None))
        if as_json:
            emit_json(summary | ({"controlToken": drawn} if drawn else {}))
        else:
            facts = Circumstances(place.url, settings.state, ca, drawn, everywhere=listen.everywhere)
            say(banner(summary, facts))
        sys.stdout.flush()
        gc.freeze()
        gc.enable()

    # uvicorn raises a signal again once it has shut down. Who sent SIGTERM wanted an orderly end and got it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        serve(sosie, listen, place, ready)
    finally:
        withdraw(note)
        sosie.close()


def _settings(
    *,
    state: Path | None,
    store: StoreKind,
    scenario: str,
    control_token: str | None,
    no_penalty_delays: bool,
    realistic_limits: bool,
) -> Settings:
    """Return the environment's settings with the command line's on top."""
    from sosie.settings import Settings

    settings = Settings.from_environment()
    return replace(
        settings,
        store=store,
        state=state,
        scenario=scenario,
        control_token=control_token or None,
        penalty_delays=settings.penalty_delays and not no_penalty_delays,
        realistic_limits=settings.realistic_limits or realistic_limits,
    )


def _open(listen: Listen, settings: Settings) -> tuple[Place, Sosie, dict[str, Any]]:
    """Take the port and the state, and seed the default world if there is none yet."""
    from sosie.control.summary import summarize
    from sosie.local.server import bind
    from sosie.wiring import Sosie

    place = bind(listen)
    sosie = Sosie(settings)
    return place, sosie, summarize(sosie.worlds, "default", place.url)


def _with_certificate(listen: Listen, state: Path | None) -> tuple[Listen, Path]:
    """Return the same with a certificate, and where the CA's is."""
    from sosie.domain.clock import SystemClock
    from sosie.local.tls import ensure_host_certificate, tls_files

    files = tls_files(state)
    ensure_host_certificate(files, listen.host, SystemClock().now())
    return replace(listen, certificate=files.host), files.ca.absolute()


def _note_another_scenario(held: str, asked: str) -> None:
    """Say that a state keeps the scenario it was made with, if another one is asked for."""
    from sosie.domain.errors import ScenarioError
    from sosie.services.scenarios import load_scenario

    try:
        name = load_scenario(asked).get("name", asked)
    except ScenarioError:
        name = asked
    if name != held:
        warn(
            f"the state holds scenario {held} and keeps it, `sosie reset` too; for {asked} take another --state, "
            f"or a world of its own: sosie worlds create NAME --scenario {asked}"
        )


def _unreadable(error: Exception, state: Path | None) -> str:
    import sqlite3

    file = "the state" if state is None else str(state / "sosie.sqlite")
    # A full disk or a missing permission is operational, and no reason to throw a state away.
    if isinstance(error, sqlite3.OperationalError):
        return f"{file}: {error}"
    return f"{file} cannot be read ({error}); remove it to start anew"


def _about_the_table(error: Exception, settings: Settings) -> str:
    if type(error).__name__ != "ResourceNotFoundException":
        return ""
    return (
        f"; table {settings.table} (SOSIE_TABLE) is made by `sam deploy`, and by a start only where "
        "AWS_ENDPOINT_URL_DYNAMODB names a local engine"
    )


def _new_token() -> str:
    from sosie.domain.ids import unguessable_token

    return unguessable_token()


@contextmanager
def _friendly(settings: Settings) -> Iterator[None]:
    """Turn what can go wrong at start into one line and an exit code."""
    from sosie.domain.errors import SosieError

    try:
        yield
    except SosieError as error:
        from sosie.services.scenario_lines import described

        raise WrongUse(described(error, settings.scenario)) from None
    except ImportError as error:
        if error.name not in ("boto3", "localstack_client"):
            raise
        raise WrongUse("this store needs boto3: pip install 'sosie[aws]'") from None
    except OSError as error:
        text = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        raise WrongUse(text) from None
    except Exception as error:
        # botocore's many errors have no common root, and importing it to look costs more than a start.
        module = type(error).__module__
        if module == "sqlite3":
            raise WrongUse(_unreadable(error, settings.state)) from None
        if not module.startswith("botocore."):
            raise
        raise Unreachable(f"DynamoDB: {error}{_about_the_table(error, settings)}") from None
