"""`sosie token`: access tokens that are wrong in one way."""

from __future__ import annotations

from typing import Any

import click

from sosie.local.options import Target, json_option, region_option, target_options, world_option
from sosie.local.output import columns, dim, emit_json, examples, say, secret


@click.command(
    epilog=examples("sosie token user.owner@acme.test --odd expired", "sosie token installation.ID --odd wrong-scope")
)
@click.argument("client")
@click.option("--odd", default="none", show_default=True, help="What is wrong with it, such as expired or wrong-key.")
@click.option("--scope", help="The scopes, instead of the client's own.")
@click.option("--expires-in", type=int, help="Seconds until it expires.")
@region_option
@world_option
@target_options
@json_option
def token(
    target: Target,
    client: str,
    odd: str,
    scope: str | None,
    expires_in: int | None,
    region: str,
    world: str,
    as_json: bool,
) -> None:
    """Make an access token for `installation.{id}` or `user.{e-mail or id}`, odd on purpose or none.

    The token stands alone on the last line.
    """
    more: dict[str, Any] = {"scope": scope, "expiresIn": expires_in}
    given = {name: value for name, value in more.items() if value is not None}
    with target.client() as control:
        made = control.odd_token(region, client, odd, world=world, **given)
    if as_json:
        emit_json(made)
        return
    for line in columns([[dim(name), str(value)] for name, value in made["claims"].items()], indent=""):
        say(line)
    if made["why"]:
        say(str(made["why"]))
    say(secret(made["accessToken"]))
