"""The offered person's side: from the mail to a sponsored Families organization (docs/contract/api.md §2.6, §2.7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from sosie.domain.errors import SosieError
from sosie.local.selfhost.story import RefusedByCloudError

if TYPE_CHECKING:
    from sosie.local.selfhost.person import Person
    from sosie.local.selfhost.story import Story

_BASE = "/organization/sponsorship"


class OfferGoneError(RefusedByCloudError):
    """The cloud answers that the offer is not valid for this person, or forbidden by policy."""

    def __str__(self) -> str:
        return "the offer is not valid any more: it was redeemed, withdrawn, made to somebody else, or is forbidden"


class NoOfferError(SosieError):
    """Nobody has offered anything to this person."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The organization to be sponsored: an existing one, or a new one of this name (`id` is None)."""

    name: str
    id: str | None = None


def redeem_offer(person: Person, token: str, chosen: Chosen, story: Story) -> str:
    """Sign in, have the token looked at, create the organization if it is new, redeem; return its id.

    Stops as the web vault does when the offer is no longer valid. Raises RefusedByCloudError, WireFailedError.
    """
    person.sign_in()
    parameter = f"sponsorshipToken={quote(token, safe='')}"
    reply = person.call("POST", f"{_BASE}/validate-token?{parameter}")
    state = reply.document()
    if reply.status != 200:
        raise story.refused(reply)
    if state.get("isFreeFamilyPolicyEnabled") or not state.get("isTokenValid"):
        forbidden = "the sponsoring organization forbids it by policy"
        story.tell(reply, forbidden if state.get("isFreeFamilyPolicyEnabled") else f"no offer for {person.email}")
        raise OfferGoneError(reply)
    story.tell(reply, f"the offer is for {person.email} and still open")
    organization_id = chosen.id
    if organization_id is None:
        organization_id = person.create_families_organization(chosen.name)
        person.refresh()
    payload = {"planSponsorshipType": 0, "sponsoredOrganizationId": organization_id}
    reply = person.call("POST", f"{_BASE}/redeem?{parameter}", payload)
    if reply.status != 200:
        raise story.refused(reply)
    story.tell(reply, f"redeemed: {chosen.name} is sponsored now")
    return organization_id


def token_of(mails: list[dict[str, object]], email: str) -> str:
    """Return the newest offer's token. Raises NoOfferError if none was sent."""
    for mail in reversed(mails):
        if token := mail.get("sponsorshipToken"):
            return str(token)
    raise NoOfferError(f"no offer was mailed to {email} yet; see: sosie mail")
