"""`sosie mail`: what the cloud would have sent."""

from __future__ import annotations

from typing import Any

import click

from sosie.local.options import Target, json_option, region_filter, target_options, world_option
from sosie.local.output import SaysNo, address, columns, dim, emit_json, examples, heading, say, secret


@click.command(epilog=examples("sosie mail latest --to cousin@family.test"))
@click.argument("mail_id", metavar="[ID|latest]", required=False)
@click.option("--to", help="One recipient only.")
@region_filter
@world_option
@target_options
@json_option
def mail(target: Target, mail_id: str | None, to: str | None, region: str | None, world: str, as_json: bool) -> None:
    """List the captured mails, or show one.

    The newest stands last; `latest` shows it with its text, its link and its sponsorship token.
    """
    with target.client() as control:
        if mail_id is not None and mail_id != "latest":
            found = [control.read_mail(mail_id, world)]
        else:
            found = control.mail(world, to=to, region=region)
    if mail_id == "latest" and not found:
        raise SaysNo("there is no such mail yet")
    if as_json:
        emit_json(found[-1] if mail_id is not None else {"items": found})
    elif mail_id is not None:
        _show(found[-1])
    elif not found:
        say(dim("no mail"))
    else:
        for line in columns([_row(each) for each in found], indent=""):
            say(line)


def _row(mail: dict[str, Any]) -> list[str]:
    return [heading(mail["id"]), dim(mail["at"]), mail["region"], mail["to"], mail["subject"]]


def _show(mail: dict[str, Any]) -> None:
    facts = [[dim(name), str(mail[name])] for name in ("id", "at", "region", "to", "subject", "category")]
    if mail.get("sponsorshipToken"):
        facts.append([dim("token"), secret(mail["sponsorshipToken"])])
    facts += [[dim("link"), address(link)] for link in mail.get("links") or ()]
    for line in columns(facts, indent=""):
        say(line)
    say()
    say(mail["text"])
