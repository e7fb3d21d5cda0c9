"""What a signed-in person sees of themselves: profile, sync, organizations (docs/contract/api.md §4.2 to §4.4).

Memberships and sponsorships are read from the store, so they are current whatever the token says. Seeded people get
their key material here if nothing before needed it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sosie.domain.errors import BadRequestError, ServerFaultError, UnauthorizedError
from sosie.domain.members import MemberStatus
from sosie.domain.organization_flags import organization_flags
from sosie.services import repository as repo
from sosie.services.credentials import with_keys, with_organization_key
from sosie.services.sponsorship_rows import rows_of_member

if TYPE_CHECKING:
    from datetime import datetime

    from sosie.domain.members import Caller, Member
    from sosie.domain.organizations import Organization, Policy
    from sosie.domain.sponsorships import Sponsorship
    from sosie.domain.users import User
    from sosie.services.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class ProfileOrganization:
    """A person's view of one organization. With several sponsorship rows there is one view for each row."""

    organization: Organization
    member: Member
    sponsorship: Sponsorship | None = None

    @property
    def confirmed(self) -> bool:
        """Whether the person is a full member."""
        return _is_confirmed(self.member)


@dataclass(frozen=True, slots=True)
class Account:
    """A person, and their accepted and confirmed memberships."""

    user: User
    memberships: tuple[ProfileOrganization, ...]

    @property
    def organizations(self) -> tuple[ProfileOrganization, ...]:
        """The confirmed memberships."""
        return tuple(view for view in self.memberships if view.confirmed)

    @property
    def has_premium_from_organization(self) -> bool:
        """Whether an enabled organization lends its members premium."""
        return any(
            view.organization.enabled and organization_flags(view.organization).users_get_premium
            for view in self.organizations
        )


@dataclass(frozen=True, slots=True)
class Sync:
    """All that a client keeps: the account, and policies of confirmed, and of accepted or confirmed memberships."""

    account: Account
    policies: tuple[Policy, ...]
    policies_new: tuple[Policy, ...]


def read_profile(uow: UnitOfWork, caller: Caller) -> Account:
    """Return the caller's account. Raises UnauthorizedError if it was deleted, ServerFaultError without a key pair."""
    user = _user(uow, caller)
    if user is None:
        raise UnauthorizedError().because("ACCOUNT_GONE")
    if user.keys is None:
        raise ServerFaultError("a profile needs a key pair")
    return Account(user, _memberships(uow, user))


def read_sync(uow: UnitOfWork, caller: Caller) -> Sync:
    """Return what the caller's clients keep. Raises BadRequestError if the account was deleted."""
    user = _user(uow, caller)
    if user is None:
        raise BadRequestError("User not found.").because("ACCOUNT_GONE")
    memberships = _memberships(uow, user)
    enabled = {view.organization.id: view for view in memberships if view.organization.enabled}
    policies = [policy for organization_id in enabled for policy in repo.policies.list(uow, organization_id)]
    return Sync(
        Account(user, memberships),
        policies=tuple(policy for policy in policies if enabled[policy.organization_id].confirmed),
        policies_new=tuple(policies),
    )


def list_organizations(uow: UnitOfWork, caller: Caller) -> tuple[ProfileOrganization, ...]:
    """Return the caller's confirmed memberships; none if the account was deleted."""
    user = _user(uow, caller)
    return () if user is None else Account(user, _memberships(uow, user)).organizations


def read_revision_date(uow: UnitOfWork, caller: Caller) -> datetime | None:
    """Return when something about the account last changed; None if it was deleted."""
    user = repo.users.get(uow, caller.user_id or "")
    return None if user is None else user.account_revision_date


def save_user_key_id(uow: UnitOfWork, caller: Caller, user_key_id: str) -> None:
    """Remember how the caller's clients name their user key, once (§4.12)."""
    user = repo.users.get(uow, caller.user_id or "")
    if user is None:
        raise UnauthorizedError().because("ACCOUNT_GONE")
    if user.user_key_id is not None:
        raise BadRequestError("User key id is already set.")
    repo.save_user(uow, replace(user, user_key_id=user_key_id))


def _user(uow: UnitOfWork, caller: Caller) -> User | None:
    user = repo.users.get(uow, caller.user_id or "")
    return None if user is None else with_keys(uow, user)


def _is_confirmed(member: Member) -> bool:
    return member.status is MemberStatus.CONFIRMED


def _memberships(uow: UnitOfWork, user: User) -> tuple[ProfileOrganization, ...]:
    joined = (MemberStatus.ACCEPTED, MemberStatus.CONFIRMED)
    members = [member for member in repo.memberships_of(uow, user.id) if member.status in joined]
    organizations = repo.organizations.get_many(uow, ((member.organization_id,) for member in members))
    views: list[ProfileOrganization] = []
    for member in members:
        organization = organizations.get((member.organization_id,))
        if organization is None:
            continue
        holder = with_organization_key(uow, member, organization, user) if _is_confirmed(member) else member
        rows: list[Sponsorship | None] = [row for _, row in rows_of_member(uow, organization.id, member.id)]
        views += [ProfileOrganization(organization, holder, row) for row in rows or [None]]
    return tuple(views)
