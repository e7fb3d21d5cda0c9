"""Ending a sponsorship as the web vault does (docs/contract/api.md §2.10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.families import ACME, FAMILY, SPONSORSHIPS

if TYPE_CHECKING:
    from tests.support.cloud import TestCloud, WireAnswer


def revoke(cloud: TestCloud, by: str, organization: str = ACME) -> WireAnswer:
    """Withdraw what somebody granted."""
    return cloud.request("DELETE", f"{SPONSORSHIPS}/{cloud.organization(organization).id}", token=cloud.user_token(by))


def remove(cloud: TestCloud, by: str, organization: str = FAMILY) -> WireAnswer:
    """Take the sponsorship off one's own organization."""
    path = f"{SPONSORSHIPS}/sponsored/{cloud.organization(organization).id}"
    return cloud.request("DELETE", path, token=cloud.user_token(by))
