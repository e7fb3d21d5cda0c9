"""`sosie mail`: what the cloud would have sent."""

from __future__ import annotations

import shlex
from typing import Any

import click

from sosie.local.options import Target, json_option, region_filter, target_options, world_option
from sosie.local.output import SaysNo, address, columns, command, dim, emit_json, examples, good, heading, say, secret


@click.command(epilog=examples("sosie mail latest --to cousin@family.test"))
@click.argument("mail_id", metavar="[ID|latest]", required=False)
@click.option("--to", help="One recipient only.")
@region_filter
@click.option("--wait", type=click.FloatRange(0, 25), help="Seconds to wait until there is one.")
@click.option("--clear", is_flag=True, help="Forget all mail.")
@world_option
@target_options
@json_option
def mail(
    target: Target,
    mail_id: str | None,
    to: str | None,
    region: str | None,
    wait: float | None,
    clear: bool,
    world: str,
    as_json: bool,
) -> None:
    """List the captured mails, or show one.

    The newest stands last; `latest` shows it with its text, its link and its sponsorship token.
    """
    if clear and mail_id is not None:
        raise click.UsageError("A mail, or --clear: one at a time.")
    with target.client() as control:
        if clear:
            control.clear_mail(world)
            emit_json({"cleared": world}) if as_json else say(f"{good('cleared')}  the mailbox of world {world}")
            return
        if mail_id is not None and mail_id != "latest":
            found = [control.read_mail(mail_id, world)]
        else:
            found = control.mail(world, to=to, region=region, wait=wait)
    if mail_id == "latest" and not found:
        raise SaysNo("there is no such mail yet")
    if as_json:
        emit_json(found[-1] if mail_id is not None else {"items": found})
    elif mail_id is not None:
        _show(found[-1], _redeem(found[-1], target, world))
    elif not found:
        say(dim("no mail"))
    else:
        for line in columns([_row(each) for each in found], indent=""):
            say(line)
        say(dim("sosie mail latest shows the newest, with its link"))


def _redeem(mail: dict[str, Any], target: Target, world: str) -> str:
    options = [f"--region {mail['region']}", f"--email {shlex.quote(mail['to'])}"]
    if world != "default":
        options.append(f"--world {world}")
    if target.asked.url is not None:
        options.append(f"--url {target.url}")
    return " ".join(["sosie selfhost redeem", *options])


def _row(mail: dict[str, Any]) -> list[str]:
    return [heading(mail["id"]), dim(mail["at"]), mail["region"], mail["to"], mail["subject"]]


def _show(mail: dict[str, Any], redeem: str) -> None:
    facts = [[dim(name), str(mail[name])] for name in ("id", "at", "region", "to", "subject", "category")]
    if mail.get("sponsorshipToken"):
        facts.append([dim("token"), secret(mail["sponsorshipToken"])])
    if mail.get("code"):
        facts.append([dim("code"), secret(mail["code"])])
    facts += [[dim("link"), address(link)] for link in mail.get("links") or ()]
    for line in columns(facts, indent=""):
        say(line)
    if mail.get("sponsorshipToken"):
        say(f"this link leads to the real vault; here it is redeemed with: {command(redeem)}")
    say()
    say(mail["text"])
