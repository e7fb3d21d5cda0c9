"""People of a test's cloud: what is stored about them, and changes that no request can make."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sosie.domain.members import Member, MemberStatus, Role
from sosie.services import repository as repo
from tests.support import jwt
from tests.support.cloud import START

if TYPE_CHECKING:
    from tests.support.cloud import TestCloud


def change_user(cloud: TestCloud, email: str, **changes: Any) -> None:
    uow, user = cloud.unit(), cloud.user(email)
    repo.users.get(uow, user.id)
    repo.save_user(uow, replace(user, **changes))
    uow.commit()


def add_membership(cloud: TestCloud, email: str, organization: str, **more: Any) -> str:
    uow = cloud.unit()
    member = Member(
        id=uow.ids.guid(),
        organization_id=cloud.organization(organization).id,
        user_id=cloud.user(email).id,
        email=None,
        **{
            "status": MemberStatus.CONFIRMED,
            "role": Role.OWNER,
            "creation_date": START,
            "revision_date": START,
            **more,
        },
    )
    repo.add_member(uow, member)
    uow.commit()
    return member.organization_id


def devices_of(cloud: TestCloud, email: str) -> list[Any]:
    return repo.devices.list(cloud.unit(), cloud.user(email).id)


def claims_of(answer: dict[str, Any]) -> dict[str, Any]:
    return jwt.decode(answer["access_token"]).claims
