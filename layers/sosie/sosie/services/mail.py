"""Captures the mail the cloud would send, in the transaction of the request that sends it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sosie.domain import mail
from sosie.domain.regions import FACTS
from sosie.domain.sponsorships import OfferToken, Sponsorship
from sosie.ports import Item, Key
from sosie.services.records import time_text, to_body
from sosie.services.repository import email_key

if TYPE_CHECKING:
    from datetime import datetime

    from sosie.domain.mail import Message
    from sosie.ports import Keyring
    from sosie.services.unit_of_work import UnitOfWork

TOKEN_PREFIX = "BWOrganizationSponsorship_"  # noqa: S105  what every offer token starts with
_TOKEN_IDENTIFIER = "OrganizationSponsorshipOfferToken"  # noqa: S105  a name
_LIFETIME = 30 * 24 * 3600


def capture(uow: UnitOfWork, message: Message, *, tied: bool = False) -> None:
    """Put a mail into the world's mailbox; `tied`: never without what is written next."""
    mail_id = uow.next_name()
    body = {
        "id": mail_id,
        "at": time_text(uow.now),
        "region": uow.region,
        "to": message.to,
        "subject": message.subject,
        "category": message.category,
        "text": message.text,
        "html": message.html,
        "links": list(message.links),
        "sponsorshipToken": message.sponsorship_token,
        "code": message.code,
    }
    expires = int(uow.wall_now.timestamp()) + _LIFETIME
    uow.put(Item(Key(f"{uow.world}/mail", mail_id), body, expires=expires), always=True, tied=tied)


def send_offer(
    uow: UnitOfWork,
    keyring: Keyring,
    row: Sponsorship,
    organization_id: str,
    organization_name: str,
    *,
    tied: bool = False,
) -> None:
    """Send the offer of a row that has an e-mail address, with a new token (docs/contract/api.md §2.3).

    `tied`: the mail is never there without what is written next, nor the other way round.
    """
    to = row.offered_to_email
    if to is None:
        raise ValueError("a redeemed sponsorship is offered to nobody")
    token = OfferToken(row.id, organization_id, row.sponsoring_member_id, row.plan_sponsorship_type, to)
    message = mail.offer(
        to,
        organization_name,
        seal_offer(uow, keyring, token),
        FACTS[uow.region].vault,
        has_account=uow.get(email_key(uow, to)) is not None,
    )
    capture(uow, message, tied=tied)


def send_removed_from_family(
    uow: UnitOfWork, to: str, sponsored_organization_id: str, valid_until: datetime | None
) -> None:
    """Tell a family that their sponsor's organization switched sponsorships off."""
    vault = FACTS[uow.region].vault
    capture(uow, mail.removal_of_free_plan(to, sponsored_organization_id, valid_until, vault))


def seal_offer(uow: UnitOfWork, keyring: Keyring, token: OfferToken) -> str:
    """Return an offer token as text."""
    content = json.dumps({"Identifier": _TOKEN_IDENTIFIER, **to_body(token)}, separators=(",", ":"))
    nonce = uow.ids.bytes(12)
    return TOKEN_PREFIX + keyring.seal(uow.keyring_name, uow.region, "offers", content.encode(), nonce)


def open_offer(uow: UnitOfWork, keyring: Keyring, text: str) -> OfferToken | None:
    """Return what an offer token carries; None for anything this region of this world did not send."""
    if not text.startswith(TOKEN_PREFIX):
        return None
    content = keyring.unseal(uow.keyring_name, uow.region, "offers", text.removeprefix(TOKEN_PREFIX))
    if content is None:
        return None
    body = json.loads(content)
    if body.pop("Identifier", None) != _TOKEN_IDENTIFIER:
        return None
    return OfferToken(**body)
