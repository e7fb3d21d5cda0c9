"""Redeeming an offer for a Families organization (docs/contract/api.md §2.7)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sosie.domain.errors import BadRequestError, ServerFaultError
from sosie.domain.organizations import SPONSORED_PRICE, PolicyType
from sosie.domain.plans import Tier
from sosie.domain.sponsorships import may_still_redeem, redeem, require_sponsorship_type
from sosie.services import repository as repo
from sosie.services.offer_sponsorship import POLICY_FORBIDS, is_forbidden, offered_row, valid_row
from sosie.services.sponsorship_rows import remove_row, row_sponsoring, save_row, sponsored_key

if TYPE_CHECKING:
    from sosie.domain.members import Caller
    from sosie.domain.organizations import Organization, Subscription
    from sosie.ports import Keyring
    from sosie.services.unit_of_work import UnitOfWork

_ENDED = frozenset({"canceled", "incomplete_expired"})


def redeem_offer(uow: UnitOfWork, keyring: Keyring, caller: Caller, token: str, sponsored_id: str) -> None:
    """Let a Families organization profit from an offer. The checks are §2.7's, in its order."""
    uow.expect(
        [
            repo.users.key(uow, caller.user_id),
            repo.organizations.key(uow, sponsored_id),
            repo.policies.key(uow, sponsored_id, PolicyType.FREE_FAMILIES_SPONSORSHIP),
            sponsored_key(uow, sponsored_id),
        ]
    )
    row = valid_row(uow, keyring, caller, token)
    if row is None:
        raise BadRequestError("Failed to parse sponsorship token.").because("OFFER_UNREADABLE", token=token)
    if not caller.owns(sponsored_id):
        refusal = BadRequestError("Can only redeem sponsorship for an organization you own.")
        raise refusal.because("NOT_OWNER", organization_id=sponsored_id)
    if is_forbidden(uow, sponsored_id):
        raise BadRequestError(POLICY_FORBIDS).because("POLICY_FORBIDS", organization_id=sponsored_id)
    sponsored = repo.organizations.get(uow, sponsored_id)
    if sponsored is None:
        gone = ServerFaultError("the organization was deleted after the token was issued")
        raise gone.because("ORGANIZATION_UNKNOWN", organization_id=sponsored_id)
    if (before := row_sponsoring(uow, sponsored_id)) is not None:
        raise BadRequestError(
            "Cannot redeem a sponsorship offer for an organization that is already sponsored. "
            "Revoke existing sponsorship first."
        ).because("ALREADY_SPONSORED", organization=sponsored, sponsor_id=before[0], row=before[1])
    if row.plan_sponsorship_type is None:
        raise BadRequestError("Cannot set up sponsorship without a known sponsorship type.")
    require_sponsorship_type(row.plan_sponsorship_type)
    home = row.sponsoring_organization_id or _home_of(uow, keyring, token)
    if not may_still_redeem(row, uow.now):
        remove_row(uow, home, row)
        refusal = BadRequestError("This sponsorship offer is more than 6 months old and has expired.")
        raise refusal.because("OFFER_EXPIRED", synced=row.last_sync_date)
    if sponsored.tier is not Tier.FAMILIES:
        refusal = BadRequestError("Can only redeem sponsorship offer on families organizations.")
        raise refusal.because("TIER_NOT_FAMILIES", organization=sponsored, plan=sponsored.plan)
    paid = _sponsored_subscription(sponsored)
    changed = replace(sponsored, subscription=paid, expiration_date=paid.period_end, revision_date=uow.now)
    repo.organizations.save(uow, changed, sponsored_id)
    save_row(uow, home, redeem(row, sponsored, paid.period_end))


def _sponsored_subscription(sponsored: Organization) -> Subscription:
    if sponsored.subscription is None:
        raise BadRequestError("Subscription not found.").because(
            "SUBSCRIPTION_NONE", organization=sponsored, expired=""
        )
    if sponsored.subscription.status in _ENDED:
        text = "You do not have an active subscription. Reinstate your subscription to make changes."
        status = sponsored.subscription.status
        raise BadRequestError(text).because("SUBSCRIPTION_STATE", organization=sponsored, status=status)
    return replace(sponsored.subscription, price_id=SPONSORED_PRICE)


def _home_of(uow: UnitOfWork, keyring: Keyring, token: str) -> str:
    offer, _ = offered_row(uow, keyring, token)
    return offer.organization_id if offer else ""
