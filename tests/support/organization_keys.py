"""Organization API keys as the web vault asks for them (docs/contract/api.md §3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.support.families import ACME, OWNER, key_request

if TYPE_CHECKING:
    from tests.support.cloud import TestCloud, WireAnswer

DEFAULT, BILLING_SYNC, SCIM = 0, 1, 2
VERBS = ["api-key", "rotate-api-key"]


def ask(cloud: TestCloud, verb: str, by: str, body: Any, organization_id: str | None = None) -> WireAnswer:
    """Send a key request to an organization, Acme unless its id is given."""
    path = f"/organizations/{organization_id or cloud.organization(ACME).id}/{verb}"
    return cloud.post(path, body, token=cloud.user_token(by))


def generate(cloud: TestCloud, by: str = OWNER, organization: str = ACME, key_type: int = BILLING_SYNC) -> WireAnswer:
    return ask(cloud, "api-key", by, key_request(by, key_type), cloud.organization(organization).id)


def rotate(cloud: TestCloud, by: str = OWNER, organization: str = ACME, key_type: int = BILLING_SYNC) -> WireAnswer:
    return ask(cloud, "rotate-api-key", by, key_request(by, key_type), cloud.organization(organization).id)


def information(cloud: TestCloud, by: str = OWNER, organization: str = ACME, key_type: str | None = None) -> WireAnswer:
    suffix = "" if key_type is None else f"/{key_type}"
    path = f"/organizations/{cloud.organization(organization).id}/api-key-information{suffix}"
    return cloud.get(path, token=cloud.user_token(by))


def key_types(cloud: TestCloud, by: str = OWNER, organization: str = ACME) -> list[int]:
    return [entry["keyType"] for entry in information(cloud, by, organization).json["data"]]
