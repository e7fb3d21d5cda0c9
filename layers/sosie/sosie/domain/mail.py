"""The mails the cloud sends: to whom, with which subject and link.

About sponsorships (docs/contract/api.md §2.11) and sign-ins (identity.md §4.6). Recipients, subjects, categories and
links are the contract's; the texts are Sosie's own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
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
    code: str | None = None


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


def verification_code(to: str, code: str) -> Message:
    """Return the mail with the code of a second step or of a new device; the code has a line of its own."""
    text = f"Your code to sign in, good for five minutes:\n\n{code}"
    return replace(_notice(to, "Your Bitwarden Verification Code", "TwoFactorEmail", text), code=code)


def new_device(to: str, device: str, at: datetime) -> Message:
    """Return the notice that somebody signed in from a device that was not known."""
    text = f"Your account was used on a new device: {device}, {_moment(at)}."
    return _notice(to, f"New Device Logged In From {device}", "NewDeviceLoggedIn", text)


def failed_two_step(to: str, at: datetime) -> Message:
    """Return the notice that the master password was right and the second step was not."""
    text = f"Somebody who knows your master password failed at the second step, {_moment(at)}."
    return _notice(to, "Failed two-step login attempt detected", "FailedTwoFactorAttempt", text)


def recovered_two_step(to: str, at: datetime) -> Message:
    """Return the notice that a recovery code switched two-step login off; Sosie knows no address to name."""
    text = f"Two-step login was switched off with your recovery code, {_moment(at)}."
    return _notice(to, "Recover 2FA From unknown", "RecoverTwoFactor", text)


def _notice(to: str, subject: str, category: str, text: str) -> Message:
    return Message(to=to, subject=subject, category=category, text=f"{text}\n", html=f"<p>{escape(text)}</p>")


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M UTC")
