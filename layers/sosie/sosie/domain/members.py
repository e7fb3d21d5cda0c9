"""Membership of organizations, and what a role may do (docs/contract/api.md §1.2, §5.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any


class Role(IntEnum):
    """OrganizationUserType. 3 is retired."""

    OWNER = 0
    ADMIN = 1
    USER = 2
    CUSTOM = 4


class MemberStatus(IntEnum):
    """OrganizationUserStatusType."""

    REVOKED = -1
    INVITED = 0
    ACCEPTED = 1
    CONFIRMED = 2
    STAGED = 3


# Wire name of a custom permission; the token claim is the same in lower case.
PERMISSIONS: tuple[str, ...] = (
    "accessEventLogs",
    "accessImportExport",
    "accessReports",
    "createNewCollections",
    "editAnyCollection",
    "deleteAnyCollection",
    "manageGroups",
    "managePolicies",
    "manageSso",
    "manageUsers",
    "manageResetPassword",
    "manageScim",
    "manageAccessRules",
)

ROLE_CLAIMS: dict[Role, str] = {
    Role.OWNER: "orgowner",
    Role.ADMIN: "orgadmin",
    Role.USER: "orguser",
    Role.CUSTOM: "orgcustom",
}


@dataclass(frozen=True, slots=True)
class Member:
    """One person's place in one organization. `user_id` is None while only invited; `key` as wrapped for them."""

    id: str
    organization_id: str
    user_id: str | None
    email: str | None
    status: MemberStatus
    role: Role
    creation_date: datetime
    revision_date: datetime
    key: str | None = None
    permissions: tuple[str, ...] = ()
    access_secrets_manager: bool = False
    access_pam: bool = False
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, by the claims of the access token alone: roles are as old as the token."""

    claims: Mapping[str, Any]

    @property
    def user_id(self) -> str | None:
        """The account, if a person calls."""
        subject = self.claims.get("sub")
        return subject if isinstance(subject, str) else None

    @property
    def client_id(self) -> str:
        """The OAuth client, such as `web` or `installation.<guid>`."""
        return str(self.claims.get("client_id", ""))

    @property
    def installation_id(self) -> str | None:
        """The self-hosted server, if one calls: `client_sub`, honoured only for `installation.` clients."""
        if not self.client_id.startswith("installation."):
            return None
        subject = self.claims.get("client_sub")
        return subject if isinstance(subject, str) else None

    def values(self, claim: str) -> tuple[str, ...]:
        """Return a claim's values, whether the token holds one or several."""
        value = self.claims.get(claim)
        if value is None:
            return ()
        return tuple(map(str, value)) if isinstance(value, list) else (str(value),)

    def has_scope(self, scope: str) -> bool:
        """Tell whether the token carries the scope; it must be an array (docs/contract/api.md §1.1)."""
        scopes = self.claims.get("scope")
        return isinstance(scopes, list) and scope in scopes

    def owns(self, organization_id: str) -> bool:
        """Tell whether the token says owner."""
        return organization_id in self.values("orgowner")

    def administers(self, organization_id: str) -> bool:
        """Tell whether the token says owner or admin."""
        return self.owns(organization_id) or organization_id in self.values("orgadmin")

    def may(self, permission: str, organization_id: str) -> bool:
        """Tell whether the token says owner, admin, or a custom role with this permission (its wire name)."""
        return self.administers(organization_id) or organization_id in self.values(permission.lower())

    def belongs_to(self, organization_id: str) -> bool:
        """Tell whether the token has any claim for the organization."""
        return any(organization_id in self.values(claim) for claim in ROLE_CLAIMS.values())


def membership_claims(members: list[Member]) -> dict[str, list[str]]:
    """Return the organization claims of a token: confirmed memberships only (docs/contract/identity.md §4.3)."""
    claims: dict[str, list[str]] = {}
    for member in members:
        if member.status is not MemberStatus.CONFIRMED:
            continue
        claims.setdefault(ROLE_CLAIMS[member.role], []).append(member.organization_id)
        if member.access_secrets_manager:
            claims.setdefault("accesssecretsmanager", []).append(member.organization_id)
        if member.access_pam:
            claims.setdefault("accesspam", []).append(member.organization_id)
        if member.role is Role.CUSTOM:
            for permission in member.permissions:
                claims.setdefault(permission.lower(), []).append(member.organization_id)
    return claims
