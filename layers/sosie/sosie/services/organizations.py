"""Organizations: read by their owner, create, switch policies (docs/contract/api.md §4.6 to §4.11, §2.11)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sosie.domain.errors import BadRequestError, ForbiddenError, NotFoundError, ServerFaultError, UnauthorizedError
from sosie.domain.ids import parse_guid
from sosie.domain.members import Member, MemberStatus, Role
from sosie.domain.organization_flags import organization_flags
from sosie.domain.organizations import (
    API_KEY_LENGTH,
    EVENT_POLICY_UPDATED,
    KeyType,
    Organization,
    OrganizationApiKey,
    OrganizationEvent,
    Policy,
    PolicyType,
)
from sosie.domain.sign_up import (
    ActivePolicy,
    check_only_free_organization,
    check_plan,
    check_policies,
    found_organization,
)
from sosie.services import repository as repo
from sosie.services.mail import send_removed_from_family
from sosie.services.seats import taken_seats
from sosie.services.sponsorship_rows import rows_of_organization

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sosie.domain.members import Caller
    from sosie.domain.sign_up import SignUp
    from sosie.domain.users import User
    from sosie.services.unit_of_work import UnitOfWork


def read_organization(uow: UnitOfWork, caller: Caller, organization_id: str) -> Organization:
    """Return an organization to its owner, by the token. Raises ServerFaultError for an id that is no GUID."""
    guid = parse_guid(organization_id)
    if guid is None:
        text = "the id is parsed by the action, and it is no GUID"
        raise ServerFaultError(text).because("ID_NOT_GUID", id=organization_id)
    return owned_organization(uow, caller, guid)


def owned_organization(uow: UnitOfWork, caller: Caller, organization_id: str) -> Organization:
    """Return an organization the token says the caller owns. Raises NotFoundError for any other, known or not."""
    if not caller.owns(organization_id):
        raise NotFoundError().because("NOT_OWNER", organization_id=organization_id)
    organization = repo.organizations.get(uow, organization_id)
    if organization is None:
        raise NotFoundError().because("ORGANIZATION_UNKNOWN", organization_id=organization_id)
    return organization


def create_organization(uow: UnitOfWork, caller: Caller, sign_up: SignUp) -> Organization:
    """Create an organization with the caller as its confirmed owner. The checks are §4.10's, in its order.

    The caller's token does not say so before it is refreshed. Raises UnauthorizedError, NotFoundError, BadRequestError.
    """
    user = repo.users.get(uow, caller.user_id or "")
    if user is None:
        raise UnauthorizedError().because("ACCOUNT_GONE")
    plan = check_plan(sign_up)
    memberships = list(_memberships(uow, user))
    check_only_free_organization(plan, memberships)
    check_policies(_active_policies(uow, memberships))
    organization = found_organization(sign_up, plan, uow.ids, uow.now)
    repo.organizations.save(uow, organization, organization.id)
    key = OrganizationApiKey(organization.id, KeyType.DEFAULT, uow.ids.alphanumeric(API_KEY_LENGTH), uow.now)
    repo.api_keys.save(uow, key, organization.id, key.type)
    repo.add_member(uow, _owner(uow, organization, user, sign_up.key))
    repo.save_user(uow, replace(user, account_revision_date=uow.now))
    return organization


def require_manage_policies(caller: Caller, organization_id: str) -> None:
    """Raise ForbiddenError unless the token says owner, admin, or custom with `managePolicies`."""
    if not caller.may("managePolicies", organization_id):
        raise ForbiddenError().because("ROLE_MISSING", organization_id=organization_id, permission="managePolicies")


def save_policy(
    uow: UnitOfWork,
    caller: Caller,
    organization_id: str,
    policy_type: int,
    *,
    enabled: bool,
    data: Mapping[str, Any] | None,
) -> Policy:
    """Switch a policy. Switching 13 on tells each family that is sponsored (§2.11); an event is logged either way."""
    organization = repo.organizations.get(uow, organization_id)
    if organization is None:
        refusal = BadRequestError("Organization not found")
        raise refusal.because("ORGANIZATION_UNKNOWN", organization_id=organization_id)
    if not organization_flags(organization).use_policies:
        raise BadRequestError("This organization cannot use policies.")
    before = repo.policies.get(uow, organization_id, policy_type)
    was_on = before is not None and before.enabled
    if policy_type == PolicyType.FREE_FAMILIES_SPONSORSHIP and enabled and not was_on:
        _tell_sponsored_families(uow, organization_id)
    policy = Policy(
        id=uow.ids.guid() if before is None else before.id,
        organization_id=organization_id,
        type=policy_type,
        enabled=enabled,
        revision_date=uow.now,
        data=json.dumps(data, ensure_ascii=False) if data else None,
    )
    repo.policies.save(uow, policy, organization_id, policy_type)
    if organization.enabled and organization.events_enabled:
        event_id = uow.ids.guid()
        event = OrganizationEvent(
            event_id, organization_id, EVENT_POLICY_UPDATED, uow.now, acting_user_id=caller.user_id
        )
        repo.log_event(uow, event)
    return policy


def count_occupied_seats(uow: UnitOfWork, caller: Caller, organization_id: str) -> int:
    """Return how many seats are taken (§2.4). Raises ForbiddenError for strangers, NotFoundError."""
    require_member(caller, organization_id)
    if repo.organizations.get(uow, organization_id) is None:
        raise NotFoundError().because("ORGANIZATION_UNKNOWN", organization_id=organization_id)
    return taken_seats(uow, organization_id)


def require_member(caller: Caller, organization_id: str) -> None:
    """Raise ForbiddenError unless the token has some role for the organization."""
    if not caller.belongs_to(organization_id):
        raise ForbiddenError().because("ROLE_MISSING", organization_id=organization_id, permission="")


def _owner(uow: UnitOfWork, organization: Organization, user: User, key: str) -> Member:
    return Member(
        id=uow.ids.guid(),
        organization_id=organization.id,
        user_id=user.id,
        email=None,
        status=MemberStatus.CONFIRMED,
        role=Role.OWNER,
        creation_date=organization.creation_date,
        revision_date=organization.creation_date,
        key=key,
        access_secrets_manager=organization.use_secrets_manager,
    )


def _memberships(uow: UnitOfWork, user: User) -> Iterator[tuple[Member, Organization]]:
    members = repo.memberships_of(uow, user.id)
    found = repo.organizations.get_many(uow, ((member.organization_id,) for member in members))
    for member in members:
        organization = found.get((member.organization_id,))
        if organization is not None:
            yield member, organization


def _active_policies(uow: UnitOfWork, memberships: list[tuple[Member, Organization]]) -> Iterator[ActivePolicy]:
    for member, organization in memberships:
        if not organization.enabled or not organization_flags(organization).use_policies:
            continue
        for policy in repo.policies.list(uow, organization.id):
            if policy.enabled:
                yield ActivePolicy(policy.type, member)


def _tell_sponsored_families(uow: UnitOfWork, organization_id: str) -> None:
    for row in rows_of_organization(uow, organization_id):
        # The friendly name is where the cloud writes to, because official clients put the e-mail there.
        if row.sponsored_organization_id is not None and row.friendly_name is not None:
            send_removed_from_family(uow, row.friendly_name, row.sponsored_organization_id, row.valid_until)
