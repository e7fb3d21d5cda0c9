"""Investigations of offers: what a sponsorship token was good for, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sosie.domain.organizations import PolicyType
from sosie.services import repository as repo
from sosie.services.cases import words
from sosie.services.mail import TOKEN_PREFIX
from sosie.services.offer_sponsorship import offered_row

if TYPE_CHECKING:
    from sosie.diagnosis.model import Finding
    from sosie.domain.sponsorships import Sponsorship
    from sosie.services.cases import Case


def unreadable(case: Case) -> Finding:
    """Tell why an offer token is not good for the caller."""
    token = str(case.clues["token"])
    offer, row = offered_row(case.uow, case.keyring, token)
    if offer is None:
        return _not_ours(case, token)
    if row is None or row.id != offer.sponsorship_id:
        return case.found("OFFER_GONE", first=offer.email)
    if row.offered_to_email is None:
        return redeemed(case, "OFFER_ALREADY_REDEEMED", row)
    if row.offered_to_email.lower() != offer.email.lower():
        return case.found("OFFER_REPLACED", first=offer.email, offered_to=row.offered_to_email)
    return case.found("OFFER_FOR_OTHER_EMAIL", offered_to=offer.email)


def redeemed(case: Case, code: str | None = None, row: Sponsorship | None = None) -> Finding:
    """Tell for whom a row was redeemed, and until when that lasts."""
    row = row or case.clues["row"]
    if row.sponsored_organization_id is None:
        sponsored: Any = "an organization that was deleted"
    else:
        sponsored = case.organization(row.sponsored_organization_id)
    return case.found(code, sponsored=sponsored, until=_until(row))


def already_sponsored(case: Case) -> Finding:
    """Tell who sponsors a Families organization already."""
    return case.found(sponsor=case.organization(case.clues["sponsor_id"]), until=_until(case.clues["row"]))


def policy(case: Case) -> Finding:
    """Tell since when a policy is on."""
    organization_id = case.clues["organization_id"]
    found = repo.policies.get(case.uow, organization_id, PolicyType.FREE_FAMILIES_SPONSORSHIP)
    return case.found(since=found.revision_date if found else "no time that is known")


def _not_ours(case: Case, token: str) -> Finding:
    if not token:
        return case.found(how=": none arrived; the query parameter is sponsorshipToken")
    if not token.startswith(TOKEN_PREFIX):
        return case.found(how=f": it does not begin with {TOKEN_PREFIX}")
    if case.keyring.unseal(case.uow.keyring_name, case.other, "offers", token.removeprefix(TOKEN_PREFIX)) is not None:
        return case.found("OFFER_OTHER_REGION")
    return case.found(how=": it was changed or cut, or is of another world")


def _until(row: Sponsorship) -> str:
    return f", until {words(row.valid_until)}" if row.valid_until else ""
