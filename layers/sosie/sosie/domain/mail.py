"""The mails the cloud sends about sponsorships: to whom, with which subject and link (docs/contract/api.md §2.11).

Recipients, subjects, categories and links are the contract's; the texts are Sosie's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from urllib.parse import quote_plus

_SAFE = "-_.!*()"


@dataclass(frozen=True, slots=True)
class Message:
    """A mail before it is captured."""

    to: str
    subject: str
    category: str
    text: str
    html: str
    links: tuple[str, ...] = ()
    sponsorship_token: str | None = None


def offer(to: str, organization_name: str, token: str, vault: str, *, has_account: bool) -> Message:
    """Return the offer of a sponsorship; the link tells whether to register first."""
    link = f"{vault}/#/accept-families-for-enterprise?token={token}&email={quote_plus(to, safe=_SAFE)}"
    if not has_account:
        link += "&register=true"
    text = f"{organization_name} offers to pay for your Families organization. Follow the link to accept:"
    return Message(
        to=to,
        subject="Accept your Sponsored Families Plan",
        category="FamiliesForEnterpriseOffer",
        text=f"{text}\n\n{link}\n",
        html=f'<p>{escape(text)}</p><p><a href="{escape(link)}">Accept</a></p>',
        links=(link,),
        sponsorship_token=token,
    )


def removal_of_free_plan(to: str, sponsored_organization_id: str, valid_until: datetime | None, vault: str) -> Message:
    """Return the notice that the sponsor's policy ends the free plan; the date shown is a week before the end."""
    link = f"{vault}/#/organizations/{sponsored_organization_id}/billing/subscription"
    date = "" if valid_until is None else (valid_until - timedelta(days=7)).strftime("%m/%d/%Y")
    text = f"Your Families plan is no longer paid for by your sponsor. Add a way to pay before {date}:"
    return Message(
        to=to,
        subject="Removal of Free Bitwarden Families plan",
        category="FamiliesForEnterpriseRemovedFromFamilyUser",
        text=f"{text}\n\n{link}\n",
        html=f'<p>{escape(text)}</p><p><a href="{escape(link)}">Billing</a></p>',
        links=(link,),
    )
