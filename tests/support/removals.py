"""Taking things away as the web vault does (docs/contract/api.md §4.13 to §4.15)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sosie.services import repository as repo
from tests.support.families import ACME, member
from tests.support.passwords import authentication_hash

if TYPE_CHECKING:
    from tests.support.cloud import TestCloud, WireAnswer

ORGANIZATION = [("DELETE", ""), ("POST", "/delete")]
MEMBER = [("DELETE", ""), ("POST", "/remove")]
ACCOUNT = [("DELETE", ""), ("POST", "/delete")]
NOT_VERIFIED = {"": ["User verification failed."]}
NO_SECRET = {"": ["MasterPasswordHash, OTP, or AccessCode must be supplied."]}


def secret(email: str, **changes: Any) -> dict[str, Any]:
    """Return the body that proves who deletes."""
    return {"masterPasswordHash": authentication_hash(email), **changes}


def delete_organization(
    cloud: TestCloud,
    by: str,
    name: str = ACME,
    *,
    method: str = "DELETE",
    suffix: str = "",
    body: Any = None,
    token: str | None = None,
    organization_id: str | None = None,
) -> WireAnswer:
    path = f"/organizations/{organization_id or cloud.organization(name).id}{suffix}"
    return cloud.request(method, path, json_body=body or secret(by), token=token or cloud.user_token(by))


def remove_member(
    cloud: TestCloud,
    by: str,
    email: str,
    name: str = ACME,
    *,
    method: str = "DELETE",
    suffix: str = "",
    token: str | None = None,
) -> WireAnswer:
    path = f"/organizations/{cloud.organization(name).id}/users/{member(cloud, email, name).id}{suffix}"
    return cloud.request(method, path, token=token or cloud.user_token(by))


def delete_account(
    cloud: TestCloud,
    email: str,
    *,
    method: str = "DELETE",
    suffix: str = "",
    body: Any = None,
    token: str | None = None,
) -> WireAnswer:
    return cloud.request(
        method, f"/accounts{suffix}", json_body=body or secret(email), token=token or cloud.user_token(email)
    )


def revision_date(cloud: TestCloud, email: str) -> Any:
    return cloud.get("/accounts/revision-date", token=cloud.user_token(email)).json


def organization_ids(cloud: TestCloud, email: str) -> list[str]:
    """Return which organizations a person sees."""
    return [each["id"] for each in cloud.get("/organizations", token=cloud.user_token(email)).json["data"]]


def stored_organizations(cloud: TestCloud, region: str | None = None) -> set[str]:
    return {each.name for each in repo.organizations.list(cloud.unit(region))}
