"""Offering a sponsorship: create and resend, and whether an offer still holds (docs/contract/api.md §2.4 to §2.6)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sosie.domain.errors import BadRequestError, ForbiddenError, ServerFaultError, UnauthorizedError
from sosie.domain.html_text import decoded
from sosie.domain.members import MemberStatus
from sosie.domain.organizations import PolicyType
from sosie.domain.sponsorships import (
    Sponsorship,
    check_may_sponsor,
    is_offer_valid,
    require_sponsorship_type,
)
from sosie.services import repository as repo
from sosie.services.mail import open_offer, send_offer
from sosie.services.seats import taken_seats
from sosie.services.sponsorship_rows import (
    add_row,
    find_row,
    own_row_of_member,
    rows_named,
    save_row,
)

if TYPE_CHECKING:
    from sosie.domain.members import Caller, Member
    from sosie.domain.organizations import Organization
    from sosie.domain.sponsorships import OfferToken
    from sosie.ports import Keyring
    from sosie.services.unit_of_work import UnitOfWork

POLICY_FORBIDS = "Free Bitwarden Families sponsorship has been disabled by your organization administrator."
_TO_YOURSELF = "Cannot offer a Families Organization Sponsorship to yourself. Choose a different email."
_ONLY_CONFIRMED = "Only confirmed users can sponsor other organizations."
_NO_SUBSCRIPTION = "You do not have an active subscription. Reinstate your subscription to make changes"


@dataclass(frozen=True, slots=True)
class Offer:
    """What a caller offers to whom."""

    email: str
    friendly_name: str | None
    plan_sponsorship_type: int = 0
    admin_initiated: bool = False
    notes: str | None = None


@dataclass(frozen=True, slots=True)
class OfferState:
    """Whether a token is good for the caller, and whether the sponsor's policy forbids sponsorships."""

    valid: bool
    forbidden_by_policy: bool


def offer_sponsorship(uow: UnitOfWork, keyring: Keyring, caller: Caller, organization_id: str, offer: Offer) -> None:
    """Create an offer, or send the one with this friendly name again. The checks are §2.4's, in its order."""
    uow.expect([repo.users.key(uow, caller.user_id), repo.organizations.key(uow, organization_id)])
    if is_forbidden(uow, organization_id):
        raise BadRequestError(POLICY_FORBIDS).because("POLICY_FORBIDS", organization_id=organization_id)
    member = repo.member_of(uow, organization_id, caller.user_id or "")
    if member is None:
        text = "the caller is no member of the sponsoring organization"
        raise ServerFaultError(text).because("NOT_A_MEMBER", organization_id=organization_id)
    user = repo.users.get(uow, caller.user_id or "")
    if user is None or user.email.lower() == offer.email.lower():
        raise BadRequestError(_TO_YOURSELF).because("OFFER_TO_YOURSELF" if user else "ACCOUNT_GONE")
    require_sponsorship_type(offer.plan_sponsorship_type)
    organization = repo.organizations.get(uow, organization_id)
    check_may_sponsor(organization)
    if organization is None or member.status is not MemberStatus.CONFIRMED:
        refusal = BadRequestError(_ONLY_CONFIRMED)
        raise refusal.because("NOT_CONFIRMED", organization_id=organization_id, status=member.status)
    row = _row_with_name(uow, organization_id, offer.friendly_name)
    if row is None:
        _check_admin_initiated(caller, organization, offer)
        row = _store(uow, organization, member, offer)
    if row.offered_to_email is not None:
        send_offer(uow, keyring, row, organization_id, organization.name)


def resend_offer(
    uow: UnitOfWork, keyring: Keyring, caller: Caller, organization_id: str, friendly_name: str | None
) -> None:
    """Send an open offer again with a new token. No such offer is no error."""
    require_manage_users(caller, organization_id)
    if is_forbidden(uow, organization_id):
        raise BadRequestError(POLICY_FORBIDS).because("POLICY_FORBIDS", organization_id=organization_id)
    rows = rows_named(uow, organization_id, friendly_name) if friendly_name is not None else []
    if not rows:
        uow.remark("OFFER_NAME_UNKNOWN", organization_id=organization_id, consequence="nothing was sent")
        return
    organization = repo.organizations.get(uow, organization_id)
    if organization is None:
        raise BadRequestError("Cannot find the requested sponsoring organization.")
    member = repo.member_of(uow, organization_id, caller.user_id or "")
    if member is None:
        raise BadRequestError(_ONLY_CONFIRMED).because("NOT_A_MEMBER", organization=organization)
    if member.status is not MemberStatus.CONFIRMED:
        refusal = BadRequestError(_ONLY_CONFIRMED)
        raise refusal.because("NOT_CONFIRMED", organization=organization, status=member.status)
    if rows[0].offered_to_email is None:
        refusal = BadRequestError("Cannot find an outstanding sponsorship offer for this organization.")
        raise refusal.because("OFFER_ALREADY_REDEEMED", row=rows[0])
    send_offer(uow, keyring, rows[0], organization_id, decoded(organization.name) or "")


def read_offer(uow: UnitOfWork, keyring: Keyring, caller: Caller, token: str) -> OfferState:
    """Tell whether an offer token is good for the caller. The policy is looked at only if it is (§2.6)."""
    row = valid_row(uow, keyring, caller, token)
    if row is None:
        uow.remark("OFFER_UNREADABLE", token=token)
        return OfferState(valid=False, forbidden_by_policy=False)
    sponsor = row.sponsoring_organization_id
    return OfferState(valid=True, forbidden_by_policy=sponsor is not None and is_forbidden(uow, sponsor))


def valid_row(uow: UnitOfWork, keyring: Keyring, caller: Caller, token: str) -> Sponsorship | None:
    """Return the row an offer token is good for, for this caller (§2.3)."""
    offer, row = offered_row(uow, keyring, token)
    user = repo.users.get(uow, caller.user_id or "")
    return row if is_offer_valid(offer, row, user.email if user else None) else None


def offered_row(uow: UnitOfWork, keyring: Keyring, token: str) -> tuple[OfferToken | None, Sponsorship | None]:
    """Return what an offer token carries and the row it is about, as far as they exist."""
    offer = open_offer(uow, keyring, token)
    if offer is None:
        return None, None
    return offer, find_row(uow, offer.organization_id, offer.member_id, offer.sponsorship_id)


def is_forbidden(uow: UnitOfWork, organization_id: str) -> bool:
    """Tell whether policy 13 of an organization is on; a missing policy is off."""
    policy = repo.policies.get(uow, organization_id, PolicyType.FREE_FAMILIES_SPONSORSHIP)
    return policy is not None and policy.enabled


def require_manage_users(caller: Caller, organization_id: str) -> None:
    """Raise ForbiddenError unless the token says owner, admin, or custom with `manageUsers` (§1.2)."""
    if not caller.may("manageUsers", organization_id):
        raise ForbiddenError().because("ROLE_MISSING", organization_id=organization_id, permission="manageUsers")


def _row_with_name(uow: UnitOfWork, organization_id: str, friendly_name: str | None) -> Sponsorship | None:
    rows = rows_named(uow, organization_id, friendly_name)
    return next((row for row in rows if row.friendly_name == friendly_name), None)


def _check_admin_initiated(caller: Caller, organization: Organization, offer: Offer) -> None:
    if not offer.admin_initiated:
        return
    if not caller.belongs_to(organization.id):
        text = "the token has no claim for the organization"
        raise ServerFaultError(text).because("ROLE_MISSING", organization_id=organization.id, permission="manageUsers")
    if not caller.may("manageUsers", organization.id):
        refusal = UnauthorizedError()
        raise refusal.because("ROLE_MISSING", organization_id=organization.id, permission="manageUsers")
    if not organization.use_admin_sponsored_families:
        text = "Sponsoring organization cannot send admin-initiated sponsorship invitations"
        raise BadRequestError(text).because("ADMIN_OFFERS_OFF", organization=organization)


def _store(uow: UnitOfWork, organization: Organization, member: Member, offer: Offer) -> Sponsorship:
    row = Sponsorship(
        id=uow.ids.guid(),
        sponsoring_organization_id=organization.id,
        sponsoring_member_id=member.id,
        friendly_name=offer.friendly_name,
        offered_to_email=offer.email,
        plan_sponsorship_type=offer.plan_sponsorship_type,
        is_admin_initiated=offer.admin_initiated,
        notes=offer.notes,
    )
    if offer.admin_initiated:
        _take_seat(uow, organization)
        add_row(uow, organization.id, row)
        return row
    before = own_row_of_member(uow, organization.id, member.id)
    if before is None:
        add_row(uow, organization.id, row)
        return row
    if before.redeemed:
        refusal = BadRequestError("Can only sponsor one organization per Organization User.")
        raise refusal.because("ALREADY_SPONSORING", organization=organization, row=before)
    row = replace(row, id=before.id)
    save_row(uow, organization.id, row)
    return row


def _take_seat(uow: UnitOfWork, organization: Organization) -> None:
    """Raise unless a seat is free or can be added; an admin-initiated sponsorship takes one (§2.4 #12)."""
    if organization.seats is None:
        return
    if taken_seats(uow, organization.id) < organization.seats:
        # Written as it is: of two offers at once that see the same free seat, one has to count again.
        repo.organizations.save(uow, organization, organization.id)
        return
    if organization.subscription is None or organization.subscription.status == "canceled":
        status = organization.subscription.status if organization.subscription else "missing"
        raise BadRequestError(_NO_SUBSCRIPTION).because("SUBSCRIPTION_STATE", organization=organization, status=status)
    if organization.max_autoscale_seats is not None and organization.seats >= organization.max_autoscale_seats:
        refusal = BadRequestError("Seat limit has been reached.")
        raise refusal.because("SEATS_FULL", organization=organization, seats=organization.seats)
    repo.organizations.save(uow, replace(organization, seats=organization.seats + 1), organization.id)
