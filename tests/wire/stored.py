"""Puts things into the store, or changes what is there, the way other routes or time would have done."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sosie.domain.organizations import Policy
from sosie.domain.sponsorships import Sponsorship
from sosie.services import repository as repo
from sosie.services.sponsorship_rows import add_row, save_row
from tests.support.cloud import START

if TYPE_CHECKING:
    from sosie.domain.members import Member
    from tests.support.cloud import TestCloud


def membership_of(cloud: TestCloud, name: str, email: str) -> Member:
    """Return a person's membership of the organization with this name."""
    return repo.member_of(cloud.unit(), cloud.organization(name).id, cloud.user(email).id)


def change_member(cloud: TestCloud, name: str, email: str, **changes: Any) -> None:
    uow, organization = cloud.unit(), cloud.organization(name)
    member = repo.member_of(uow, organization.id, cloud.user(email).id)
    repo.members.save(uow, replace(member, **changes), organization.id, member.id)
    uow.commit()


def change_organization(cloud: TestCloud, name: str, /, **changes: Any) -> None:
    uow = cloud.unit()
    organization = repo.organizations.get(uow, cloud.organization(name).id)
    repo.organizations.save(uow, replace(organization, **changes), organization.id)
    uow.commit()


def change_subscription(cloud: TestCloud, name: str, **changes: Any) -> None:
    before = cloud.organization(name).subscription
    change_organization(cloud, name, subscription=replace(before, **changes))


def set_policy(
    cloud: TestCloud, name: str, policy_type: int, *, enabled: bool = True, data: str | None = None
) -> Policy:
    uow, organization = cloud.unit(), cloud.organization(name)
    repo.policies.get(uow, organization.id, policy_type)
    policy_id = f"5f0c1d7e-1a2b-4c3d-8e9f-0000000000{policy_type:02}"
    policy = Policy(policy_id, organization.id, policy_type, enabled, START, data)
    repo.policies.save(uow, policy, organization.id, policy_type)
    uow.commit()
    return policy


def add_sponsorship(cloud: TestCloud, name: str, member_id: str, row_id: str, **more: Any) -> None:
    """Add a row of the organization with this name, for one of its members or for somebody the cloud does not know."""
    uow, organization = cloud.unit(), cloud.organization(name)
    row = Sponsorship(row_id, organization.id, member_id, **more)
    add_row(uow, organization.id, row)
    save_row(uow, organization.id, row)
    uow.commit()


def delete_user(cloud: TestCloud, email: str) -> None:
    uow = cloud.unit()
    repo.users.delete(uow, cloud.user(email).id)
    uow.commit()


def delete_organization(cloud: TestCloud, organization_id: str) -> None:
    uow = cloud.unit()
    repo.organizations.delete(uow, organization_id)
    uow.commit()
