"""`sosie doctor`: what is wrong with a self-hosted server's configuration towards the cloud."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from sosie.domain.regions import REGIONS
from sosie.local.doctor.keys import CLIENTS
from sosie.local.options import Target, json_option, target_options, world_option
from sosie.local.output import (
    Failure,
    SaysNo,
    Unreachable,
    WrongUse,
    emit_json,
    error_is_told,
    examples,
    say,
)

if TYPE_CHECKING:
    from sosie.domain.regions import Region
    from sosie.local.doctor.configuration import Configuration
    from sosie.local.doctor.keys import Client
    from sosie.local.doctor.report import Report
    from sosie.local.doctor.targets import Cloud
    from sosie.local.selfhost.transport import Reply

_MOST_BYTES = 4 * 1024 * 1024


@click.command(
    epilog=examples(
        "sosie doctor bwdata/env/global.override.env --region eu",
        "docker inspect vaultwarden | sosie doctor - --offline",
    )
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--region", type=click.Choice(REGIONS), help="The region the installation is one of.")
@click.option("--for", "client", type=click.Choice(CLIENTS), help="Whose configuration it is, if that cannot be told.")
@click.option("--offline", is_flag=True, help="Only read the file; contact nobody.")
@click.option(
    "--against",
    metavar="HOST",
    multiple=True,
    help="Allow the probes to contact this host too, for example api.bitwarden.eu; repeatable.",
)
@world_option
@target_options
@json_option
def doctor(
    file: Path,
    region: str | None,
    client: str | None,
    against: tuple[str, ...],
    target: Target,
    world: str,
    offline: bool,
    as_json: bool,
) -> None:
    """Examine a self-hosted server's configuration, and walk its way to the cloud.

    FILE is global.override.env or global.env of a Bitwarden server, its appsettings.json, vaultwarden's .env, or what
    `env` or `docker inspect` prints for a container; - is standard input. The probes ask the running Sosie in place of
    the cloud, loopback, and the hosts of --against: nobody else.
    """
    from sosie.local.doctor.report import Report
    from sosie.local.doctor.rules import examine
    from sosie.local.doctor.rules_region import wanted_region

    hosts = frozenset(_host(each) for each in against)
    folder = None if str(file) == "-" else file.parent
    configuration = _configuration(file, folder, cast("Region | None", region), cast("Client | None", client))
    shown = "standard input" if folder is None else str(file)
    report = Report(shown, configuration, wanted_region(configuration), examine(configuration))
    if not as_json:
        for line in report.lines_of_findings():
            say(line)
    failure = None if offline else _probe(report, Surroundings(target, world, hosts, folder))
    if as_json:
        emit_json(report.to_json())
        error_is_told()
    elif report.steps is not None:
        for line in report.lines_of_steps():
            say(line)
        say()
    if failure is not None:
        raise failure
    if not report.fine:
        raise SaysNo(report.summary())
    if not as_json:
        say(report.summary())


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a probe knows besides the configuration: the Sosie to ask, allowed hosts, the configuration's folder."""

    target: Target
    world: str
    hosts: frozenset[str] = field(default_factory=frozenset)
    folder: Path | None = None


def _host(text: str) -> str:
    host = text.strip().lower()
    if not host or any(mark in host for mark in "/ @?#") or host.count(":") == 1:
        raise WrongUse(f"--against {text!r} is no host name; it is one like api.bitwarden.eu")
    return host.strip("[]")


def _configuration(file: Path, folder: Path | None, region: Region | None, client: Client | None) -> Configuration:
    """Read the file. Raises WrongUse if it cannot be, or is nothing of ours."""
    from dataclasses import replace

    from sosie.domain.clock import SystemClock
    from sosie.local.doctor.configuration import Configuration
    from sosie.local.doctor.keys import recognized
    from sosie.local.doctor.parse import decoded, parse
    from sosie.local.doctor.surroundings import ca_files

    try:
        with click.open_file(str(file), "rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
    except OSError as error:
        raise WrongUse(f"{file}: {error.strerror or error}") from None
    if len(data) > _MOST_BYTES:
        raise WrongUse(f"{file} is larger than {_MOST_BYTES} bytes, which no configuration is")
    document = parse(decoded(data))
    found = client or recognized(document.entries, json=document.format == "json")
    if found is None or not document.entries:
        raise WrongUse(f"{file} has no setting of a Bitwarden server or of vaultwarden; --for says whose it is")
    name = "" if folder is None else file.name
    configuration = Configuration(found, document, name, region)
    return replace(configuration, ca_files=ca_files(configuration, folder, SystemClock().now()))


def _probe(report: Report, around: Surroundings) -> Failure | None:
    """Add the steps to a report; return how the command has to end if they could not be taken."""
    from sosie.local.doctor.targets import needs_sosie

    cloud = None
    try:
        cloud = _cloud(around)
    except Failure as failure:
        # Whoever names all hosts does not need a Sosie.
        if not isinstance(failure, Unreachable) or needs_sosie(report.configuration, around.hosts):
            report.unreachable = failure.message
            return failure
    _walk(report, around, cloud)
    return None


def _cloud(around: Surroundings) -> Cloud:
    from sosie.local.doctor.targets import Cloud

    with around.target.client(timeout=5.0) as control:
        return Cloud(around.target.url, control.summary(around.world))


def _walk(report: Report, around: Surroundings, cloud: Cloud | None) -> None:
    from sosie.domain.clock import SystemClock
    from sosie.local.doctor.probes import Walk
    from sosie.local.doctor.reach import TIMEOUT_SECONDS, trust_of
    from sosie.local.doctor.requests import Asker
    from sosie.local.doctor.surroundings import ca_paths
    from sosie.local.doctor.targets import targets
    from sosie.local.selfhost.transport import Transport

    configuration = report.configuration
    said = ca_paths(configuration, around.folder)
    # A CA on the command line is meant for both; one that was only found is for the Sosie that plays the cloud.
    said += [around.target.asked.cacert] if around.target.asked.cacert else []
    known = [*said, around.target.cacert] if around.target.cacert else said
    pem_only = configuration.client == "vaultwarden"
    trusts = {played: trust_of(known if played else said, pem_only=pem_only) for played in (False, True)}
    wires = {played: Transport(trust=trust, timeout=TIMEOUT_SECONDS) for played, trust in trusts.items()}
    askers = {played: Asker(configuration.client, wire) for played, wire in wires.items()}
    report.targets = targets(configuration, cloud, around.hosts)
    walk = Walk(
        configuration,
        report.targets,
        cloud,
        asker_for=lambda target: askers[target.plays_cloud],
        trust_for=lambda target: trusts[target.plays_cloud],
        now=SystemClock().now,
        explain=lambda reply: _diagnosis(reply, around),
    )
    try:
        report.steps = walk.run()
    finally:
        for wire in wires.values():
            wire.close()


def _diagnosis(reply: Reply, around: Surroundings) -> tuple[str, str] | None:
    """Return what the journal says about a refusal of the Sosie that is asked, and what to change."""
    entry_id = reply.headers.get("x-sosie-request")
    if entry_id is None or "x-sosie-hint" not in reply.headers:
        return None
    try:
        with around.target.client(timeout=5.0) as control:
            diagnosis = control.read_entry(entry_id, around.world)["diagnosis"]
    except Failure:  # another Sosie than the one that is asked, or another world of it
        return None
    return (diagnosis["message"], diagnosis["remedy"]) if diagnosis else None
