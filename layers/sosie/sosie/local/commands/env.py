"""`sosie env`: the lines that point a client at one region."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import click

from sosie.local.env_lines import CLIENTS, place_of
from sosie.local.options import Target, http_url, json_option, region_option, target_options, world_option
from sosie.local.output import SaysNo, emit_json, examples, say, warn

if TYPE_CHECKING:
    from sosie.domain.regions import Region


@click.command(
    epilog=examples(
        "sosie env --for bitwarden --region eu >> bwdata/env/global.override.env",
        "sosie env --for vaultwarden --region us --as https://sosie.test:8787",
    )
)
@click.option("--for", "client", type=click.Choice(tuple(CLIENTS)), required=True, help="Whom the lines are for.")
@region_option
@world_option
@click.option(
    "--as",
    "reached_as",
    metavar="URL",
    callback=http_url,
    help="How the client reaches Sosie, if not as --url says: from a container, 127.0.0.1 is the container.",
)
@target_options
@json_option
def env(target: Target, client: str, region: str, world: str, reached_as: str | None, as_json: bool) -> None:
    """Print the lines that point a client at Sosie.

    They are ready to paste: each client wants its base URIs with or without a final slash.
    """
    with target.client() as control:
        summary = control.summary(world)
    ca = str(target.cacert.absolute()) if target.cacert else "sosie-ca.pem"
    try:
        place = place_of(summary, cast("Region", region), target.url, reached_as, ca)
    except LookupError as error:
        raise SaysNo(str(error.args[0])) from None
    lines = CLIENTS[client](place)
    if place.https and target.cacert is None:
        warn("sosie-ca.pem stands for the CA's file; write it with: sosie ca export DIR")
    for warning in lines.warnings:
        warn(warning)
    if as_json:
        emit_json({"variables": dict(lines.variables), "commands": list(lines.commands)})
        return
    for line in lines.text():
        say(line)
