"""`sosie selfhost`: a reference self-hosted server's side, so that the loop can be walked without one."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sosie.local.output import SaysNo, address, bad, columns, dim, examples, good, heading, secret, warn
from sosie.local.selfhost.walk import Walk, walk_options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sosie.local.selfhost.cloud import Organization
    from sosie.local.selfhost.installation import InstallationClient
    from sosie.local.selfhost.licence import Finding
    from sosie.local.selfhost.rows import Connection, Row, ServerFile

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_LICENCE_SYNC_FAILED = "An error has occurred. Check your internet connection and ensure the billing token is correct."


@click.group(
    epilog=examples(
        "sosie selfhost sync --sponsor alice@acme.test --for cousin@family.test",
        "sosie selfhost redeem --email cousin@family.test",
    )
)
def selfhost() -> None:
    """Play a self-hosted server against Sosie.

    What goes over the wire is what a self-hosted Bitwarden server sends, byte for byte where it matters.
    """


@selfhost.command(epilog=examples("sosie selfhost sync --region us --sponsor alice@acme.test --for cousin@family.test"))
@click.option("--sponsor", metavar="EMAIL", help="A member who offers a Families plan, with --for.")
@click.option("--for", "friend", metavar="EMAIL", help="The person it is offered to, with --sponsor.")
@click.option("--revoke", metavar="EMAIL", help="A member who takes the offer back.")
@click.option("--billing-sync-key", help="The key, if the owner's part shall be skipped.")
@click.option("--fetch-key", is_flag=True, help="Play the owner's part again, even if a key is stored.")
@walk_options
def sync(
    walk: Walk,
    organization: str | None,
    sponsor: str | None,
    friend: str | None,
    revoke: str | None,
    billing_sync_key: str | None,
    *,
    fetch_key: bool,
) -> None:
    """Sync an organization's sponsorships with the cloud.

    Without a billing sync key, the owner signs in at the cloud first and generates one, which is then kept.
    """
    from sosie.local.selfhost.sync import sync_sponsorships

    _check_people(walk, sponsor, friend, revoke)
    file, connection, chosen = _connection(walk, organization, near=sponsor or revoke)
    key, stored = _key(walk, file, connection, chosen, billing_sync_key, again=fetch_key)
    if revoke is not None:
        connection.revoke(revoke)
    if sponsor is not None and friend is not None:
        row = connection.sponsor(sponsor, friend)
        if row.cloud_offer not in (None, friend):
            warn(f"the cloud keeps the offer to {row.cloud_offer!r}; revoke it first: --revoke {sponsor}")
    file.save()
    unseen = [row.member_id for row in connection.rows if row.cloud_offer is None]
    with _asking(walk, connection, key, "administrator", "Organization sync failed", stored=stored):
        skipped = sync_sponsorships(connection, _installation(walk, "api.installation"), walk.story)
    file.save()
    walk.results = {
        "organization": {"id": connection.organization_id, "name": connection.name},
        "rows": [{**row.to_wire(), "status": row.status} for row in connection.rows],
        "skipped": [row.member_id for row in skipped],
    }
    _show_rows(walk, connection, skipped, unseen)
    if skipped:
        raise SaysNo(_why_skipped(chosen, len(skipped)))


def _check_people(walk: Walk, sponsor: str | None, friend: str | None, revoke: str | None) -> None:
    """Refuse what cannot be meant, before anything is kept or sent. Raises UsageError, NotAskedError."""
    if (sponsor is None) != (friend is None):
        raise click.UsageError("--sponsor and --for belong together.")
    if sponsor is None or friend is None:
        return
    walk.cloud.require_login(sponsor)
    if not _EMAIL.fullmatch(friend):
        raise click.UsageError(f"--for {friend!r} is no e-mail address.")
    if revoke is not None and revoke.lower() == sponsor.lower():
        raise click.UsageError(f"--sponsor and --revoke contradict each other: both are {sponsor}.")


def _why_skipped(chosen: Organization, count: int) -> str:
    """Return what the cloud left out, and why, as far as its summary tells (docs/contract/api.md §2.8)."""
    rows = "1 row" if count == 1 else f"{count} rows"
    if chosen.tier != "enterprise":
        why = f"{chosen.name} is on {chosen.tier.capitalize()}; only Enterprise organizations sponsor"
    elif not chosen.enabled:
        why = f"{chosen.name} is disabled"
    else:
        why = "sosie journal latest shows what was sent and answered"
    return f"the cloud skipped {rows}: {why}"


def _show_rows(walk: Walk, connection: Connection, skipped: list[Row], unseen: list[str]) -> None:
    """Show the rows, and what comes next for an offer that the cloud had not seen before (`unseen` member ids)."""
    walk.say()
    if not connection.rows:
        walk.say("No sponsorship is left here, and without one a self-hosted server asks the cloud nothing.")
        walk.say("Add one: --sponsor MEMBER --for FRIEND")
        return
    rows = [
        [
            row.sponsor,
            dim("for"),
            row.offered_to_email,
            heading(row.status),
            bad("skipped by the cloud") * (row in skipped),
        ]
        for row in connection.rows
    ]
    for line in columns(rows):
        walk.say(line)
    waiting = next((row for row in connection.rows if row.member_id in unseen and row.status == "sent"), None)
    if waiting is not None:
        walk.say(f"\nNext: {walk.command('redeem')} --email {waiting.offered_to_email}")


@selfhost.command(
    "license", epilog=examples("sosie selfhost license --region eu --organization Dupont --output licence.json")
)
@click.option("--billing-sync-key", help="The key, if the owner's part shall be skipped.")
@click.option("--fetch-key", is_flag=True, help="Play the owner's part again, even if a key is stored.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the licence to this file.")
@walk_options
def sync_licence(
    walk: Walk, organization: str | None, billing_sync_key: str | None, output: Path | None, *, fetch_key: bool
) -> None:
    """Sync an organization's licence, and verify it with the certificate that the region publishes."""
    from sosie.domain.clock import SystemClock
    from sosie.local.files import write_private
    from sosie.local.selfhost.licence import fetch_licence

    file, connection, chosen = _connection(walk, organization)
    key, stored = _key(walk, file, connection, chosen, billing_sync_key, again=fetch_key)
    with _asking(walk, connection, key, "owner", _LICENCE_SYNC_FAILED, stored=stored):
        licence = fetch_licence(connection, chosen.licence_key, _installation(walk, "api.licensing"), walk.story)
    file.save()
    findings = _examined(walk, licence, chosen)
    walk.results = {
        "licence": licence,
        "findings": [{"right": each.right, "text": each.text} for each in findings],
        "verified": all(each.right for each in findings),
    }
    walk.say()
    for each in findings:
        walk.say(f"  {good('yes') if each.right else bad('no ')}  {each.text}")
    if not walk.results["verified"]:
        raise SaysNo("the licence does not pass")
    connection.last_licence_sync = SystemClock().now().isoformat()
    file.save()
    if output is not None:
        write_private(output, json.dumps(licence, indent=2, ensure_ascii=False) + "\n")
        walk.say(f"\n{good('written')}  {address(str(output))}")


@selfhost.command(
    epilog=examples(
        "sosie selfhost redeem --email cousin@family.test",
        'sosie selfhost redeem --email newcomer@family.test --new --organization "Newcomers"',
    )
)
@click.option("--email", required=True, help="The person the offer was made to.")
@click.option("--new", is_flag=True, help="Redeem for a new Families organization.")
@walk_options
def redeem(walk: Walk, organization: str | None, email: str, *, new: bool) -> None:
    """Redeem the newest offer that was mailed to somebody, for an existing or a new Families organization.

    Without --new it is the organization of that name, or the first Families organization the person owns.
    """
    from sosie.local.selfhost.redeem import Chosen, redeem_offer, token_of
    from sosie.local.selfhost.story import NotAskedError

    person = walk.cloud.person(email, walk.transport, walk.story)
    if new:
        chosen = Chosen(organization or "Family of " + person.email.partition("@")[0])
    else:
        owned = [each for each in walk.cloud.organizations if each.owner == person.email and each.tier == "families"]
        if organization is None and not owned:
            raise NotAskedError(f"{person.email} owns no Families organization; add --new to create one")
        found = walk.cloud.organization(organization, "families") if organization else owned[0]
        chosen = Chosen(found.name, found.id)
    with walk.target.client() as control:
        mails = control.mail(walk.cloud.world, to=person.email, region=walk.cloud.region)
    token = token_of(mails, person.email)
    organization_id = redeem_offer(person, token, chosen, walk.story)
    walk.results = {"organization": {"id": organization_id, "name": chosen.name}}
    walk.say(f"\n{heading(chosen.name)} is sponsored. The next sync shows it: {walk.command('sync')}")


# What the verbs share.


def _connection(
    walk: Walk, organization: str | None, near: str | None = None
) -> tuple[ServerFile, Connection, Organization]:
    from sosie.local.selfhost.rows import ServerFile

    file = ServerFile(walk.file, walk.cloud.incarnation)
    if file.afresh:
        file = ServerFile(walk.file, walk.cloud.incarnation, _current_keys(walk))
    if file.afresh:
        warn(
            f"this cloud is not the one that {walk.file} was written with, or was reset since: begun afresh; "
            f"what was there is in {walk.file}.before"
        )
    chosen = walk.cloud.organization(organization, "enterprise", near, file.known())
    walk.say(f"{heading(chosen.name)}  {dim(f'region {walk.cloud.region}, rows in {walk.file}')}\n")
    return file, file.connection(chosen.id, chosen.name), chosen


def _current_keys(walk: Walk) -> set[str]:
    """Return the keys the cloud knows now: a snapshot that was gone back to has those of then."""
    with walk.target.client() as control:
        state = control.state(walk.cloud.world, region=walk.cloud.region, kind="keys")
    return {each["apiKey"] for each in state["regions"][walk.cloud.region]["keys"]}


def _key(
    walk: Walk, file: ServerFile, connection: Connection, chosen: Organization, given: str | None, *, again: bool
) -> tuple[str, bool | None]:
    """Return the key to use, and whether it was stored before; None for one of the command line."""
    if given is None:
        key, stored = _ensure_key(walk, connection, chosen, again=again)
        file.save()
        return key, stored
    if again:
        raise click.UsageError("--billing-sync-key and --fetch-key contradict each other.")
    return given, None


def _ensure_key(walk: Walk, connection: Connection, chosen: Organization, *, again: bool) -> tuple[str, bool]:
    """Return a key, the owner's new one if none is stored, and whether it was there before."""
    from sosie.local.selfhost.story import NotAskedError
    from sosie.local.selfhost.sync import generate_billing_sync_key

    if connection.billing_sync_key and not again:
        return connection.billing_sync_key, True
    if chosen.owner is None:
        raise NotAskedError(f"{chosen.name} has no owner who could generate the key; give --billing-sync-key")
    owner = walk.cloud.person(chosen.owner, walk.transport, walk.story)
    connection.billing_sync_key = generate_billing_sync_key(owner, chosen.id, walk.story)
    walk.say(f"      {secret(connection.billing_sync_key)}")
    return connection.billing_sync_key, False


def _installation(walk: Walk, scope: str) -> InstallationClient:
    from sosie.local.selfhost.installation import InstallationClient

    installation_id, installation_key = walk.cloud.installation()
    return InstallationClient(
        walk.transport,
        walk.story,
        identity_uri=walk.cloud.identity_uri,
        api_uri=walk.cloud.api_uri,
        installation_id=installation_id,
        installation_key=installation_key,
        scope=scope,
    )


def _examined(walk: Walk, licence: dict[str, Any], chosen: Organization) -> list[Finding]:
    from datetime import datetime

    from sosie.local.selfhost.licence import Expected, examine

    with walk.target.client() as control:
        certificate = control.certificates(walk.cloud.world)[walk.cloud.region]["licence"]
        # The world's clock, read after the answer: this server's clock is right.
        now = datetime.fromisoformat(control.summary(walk.cloud.world)["clock"]["now"])
    return examine(licence, Expected(chosen.id, walk.cloud.installation()[0], certificate, now))


@contextmanager
def _asking(
    walk: Walk, connection: Connection, key: str, reader: str, text: str, *, stored: bool | None
) -> Iterator[None]:
    """Use a key while the cloud is asked. One of the command line (`stored` None) is kept only if it was accepted.

    Adds to a refusal what people at the self-hosted server get to read, and which key it was.
    """
    from sosie.local.selfhost.story import RefusedByCloudError

    before, connection.billing_sync_key = connection.billing_sync_key, key
    accepted = False
    try:
        yield
        accepted = bool(walk.story.steps)  # without rows nobody was asked
    except RefusedByCloudError as error:
        error.add_note(f"The {reader} of a self-hosted server reads: {text}")
        if error.about_key and stored is None:
            error.add_note("The key you gave was refused, and is not kept.")
        elif error.about_key and stored:
            error.add_note("The key was stored by an earlier run; --fetch-key plays the owner's part again.")
        raise
    finally:
        if not accepted:
            connection.billing_sync_key = before
