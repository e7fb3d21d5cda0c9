"""Taking sponsorships back, and looking at them (docs/contract/api.md §2, §2.9, §2.10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosie.conformance import expect
from sosie.conformance.people import FAMILIES, SPONSORSHIPS, Organization
from sosie.conformance.registry import check
from sosie.conformance.selfhosted import SelfHosted

if TYPE_CHECKING:
    from sosie.conformance.cloud import Cloud

_PAGE = "api.md §2.10"
_STATUS = "api.md §2.9"
_NOT_SPONSORING = "You are not currently sponsoring an organization."


def _redeemed(cloud: Cloud) -> tuple[Organization, Organization]:
    mine, family = cloud.organization(), cloud.organization(FAMILIES, cloud.friend)
    expect.done(cloud.friend.redeem(mine.offered(cloud.friend.email), family.id))
    return mine, family


@check("sponsorships.revoke.offered", _PAGE, "Taking an open offer back deletes it.")
def revoke_offered(cloud: Cloud) -> None:
    mine = cloud.organization()
    expect.done(mine.offer(cloud.email()))
    expect.done(mine.revoke())
    expected = {"familySponsorshipFriendlyName": None, "familySponsorshipToDelete": None}
    expect.part("profile organization", mine.owner.profile(mine.id), expected)
    expect.error(mine.revoke(), 400, _NOT_SPONSORING)


@check("sponsorships.revoke.nothing", _PAGE, "A member without an offer has nothing to take back.")
def revoke_nothing(cloud: Cloud) -> None:
    expect.error(cloud.organization().revoke(), 400, _NOT_SPONSORING)


@check("sponsorships.revoke.no-member", _PAGE, "Who is no member did not grant it.")
def revoke_no_member(cloud: Cloud) -> None:
    text = "Can only revoke a sponsorship you granted."
    expect.error(cloud.shared.revoke(by=cloud.friend), 400, text)
    expect.error(Organization(cloud.guid(), cloud.owner).revoke(), 400, text)


@check("sponsorships.revoke.redeemed", _PAGE, "Taking a redeemed one back marks it, as often as asked.")
def revoke_redeemed(cloud: Cloud) -> None:
    mine, _ = _redeemed(cloud)
    for _ in range(2):
        expect.done(mine.revoke())
        expect.same(
            "familySponsorshipToDelete", mine.owner.profile(mine.id)["familySponsorshipToDelete"], expected=True
        )


@check("sponsorships.revoke.alias", "api.md §2", "The POST alias does the same.")
def revoke_alias(cloud: Cloud) -> None:
    mine = cloud.organization()
    expect.done(mine.offer(cloud.email()))
    expect.done(mine.owner.call("POST", f"{SPONSORSHIPS}/{mine.id}/delete"))
    expect.error(mine.revoke(), 400, _NOT_SPONSORING)


@check("sponsorships.admin-revoke.letter-case", _PAGE, "An administrator names it in any letter case, percent-encoded.")
def admin_revoke(cloud: Cloud) -> None:
    mine, friend = cloud.organization(), cloud.email()
    expect.done(mine.offer(friend))
    expect.done(mine.revoke_as_admin(friend.upper()))
    expect.same("friendly name", mine.owner.profile(mine.id)["familySponsorshipFriendlyName"], None)


@check("sponsorships.admin-revoke.nobody", _PAGE, "A name that nobody has is not found, with its own text.")
def admin_revoke_nobody(cloud: Cloud) -> None:
    text = "The specified sponsored organization could not be found under the given sponsoring organization."
    expect.error(cloud.shared.revoke_as_admin("nobody"), 400, text)


@check("sponsorships.admin-revoke.forbidden", _PAGE, "Who may not manage users is refused without a body.")
def admin_revoke_forbidden(cloud: Cloud) -> None:
    expect.empty(cloud.shared.revoke_as_admin("x", by=cloud.friend), 403)


@check("sponsorships.remove.done", _PAGE, "The sponsored owner gives it up; the row is marked, and stays.")
def remove(cloud: Cloud) -> None:
    mine, family = _redeemed(cloud)
    expect.done(family.remove())
    found = mine.owner.profile(mine.id)
    expect.part("profile organization", found, {"familySponsorshipToDelete": True})
    expect.kind("familySponsorshipValidUntil", found["familySponsorshipValidUntil"], str)


@check("sponsorships.remove.alias", "api.md §2", "The POST alias does the same.")
def remove_alias(cloud: Cloud) -> None:
    mine, family = _redeemed(cloud)
    expect.done(cloud.friend.call("POST", f"{SPONSORSHIPS}/sponsored/{family.id}/remove"))
    expect.same("familySponsorshipToDelete", mine.owner.profile(mine.id)["familySponsorshipToDelete"], expected=True)


@check("sponsorships.remove.not-owner", _PAGE, "Only its owner removes an organization's sponsorship.")
def remove_not_owner(cloud: Cloud) -> None:
    text = "Only the owner of an organization can remove sponsorship."
    expect.error(cloud.organization(FAMILIES).remove(by=cloud.friend), 400, text)


@check("sponsorships.remove.nothing", _PAGE, "Without a sponsorship there is nothing to remove.")
def remove_nothing(cloud: Cloud) -> None:
    text = "The requested organization is not currently being sponsored."
    expect.error(cloud.organization(FAMILIES).remove(), 400, text)


@check("sponsorships.list.empty", _PAGE, "The list has the organization's own offers, not its members'.")
def list_empty(cloud: Cloud) -> None:
    mine = cloud.organization()
    expect.done(mine.offer(cloud.email()))
    found = expect.document(mine.owner.call("GET", f"{SPONSORSHIPS}/{mine.id}/sponsored"))
    expect.same("list", found, {"object": "list", "continuationToken": None, "data": []})


@check("sponsorships.list.refused", _PAGE, "An unknown organization is not found; no claim for it fails the server.")
def list_refused(cloud: Cloud) -> None:
    answer = cloud.owner.call("GET", f"{SPONSORSHIPS}/{cloud.guid()}/sponsored")
    expect.error(answer, 404, expect.NOT_FOUND)
    answer = cloud.friend.call("GET", f"{SPONSORSHIPS}/{cloud.shared.id}/sponsored")
    expect.error(answer, 500, expect.UNHANDLED)


@check("sponsorships.status.never", _STATUS, "Before any sync there is no date, offers or not.")
def status_never(cloud: Cloud) -> None:
    mine = cloud.organization()
    expected = {"object": "syncStatus", "lastSyncDate": None}
    expect.same("status", expect.document(mine.sync_status()), expected)
    expect.done(mine.offer(cloud.email()))
    expect.same("status", expect.document(mine.sync_status()), expected)


@check("sponsorships.status.synced", _STATUS, "After a sync it is the date of its rows.")
def status_synced(cloud: Cloud) -> None:
    server = SelfHosted(cloud, cloud.organization())
    _, item = server.synced_row()
    expect.same("lastSyncDate", server.organization.last_sync(), item["lastSyncDate"])


@check("sponsorships.status.moves-back", _STATUS, "Deleting the newest row moves the date back.")
def status_moves_back(cloud: Cloud) -> None:
    server = SelfHosted(cloud, cloud.organization())
    _, older = server.synced_row()
    newer, _ = server.synced_row()
    server.synced(newer | {"toDelete": True})
    expect.same("lastSyncDate", server.organization.last_sync(), older["lastSyncDate"])


@check("sponsorships.status.not-owner", _STATUS, "For others, installations included, there is no status.")
def status_not_owner(cloud: Cloud) -> None:
    path = f"{SPONSORSHIPS}/{cloud.shared.id}/sync-status"
    for token in (cloud.friend.token, cloud.installation_token("api.installation")):
        expect.error(cloud.api("GET", path, token=token), 404, expect.NOT_FOUND)


@check("sponsorships.status.unknown", _STATUS, "An unknown organization fails the server.")
def status_unknown(cloud: Cloud) -> None:
    answer = Organization(cloud.guid(), cloud.owner).sync_status()
    expect.error(answer, 500, expect.UNHANDLED)


@check("sponsorships.status.anonymous", _STATUS, "Without a token it fails the server; 401 is acceptable.")
def status_anonymous(cloud: Cloud) -> None:
    answer = cloud.api("GET", f"{SPONSORSHIPS}/{cloud.organization().id}/sync-status")
    if answer.status != 401:
        expect.error(answer, 500, expect.UNHANDLED)


@check("sponsorships.status.not-a-guid", _STATUS, "An id that is no GUID is invalid.")
def status_not_a_guid(cloud: Cloud) -> None:
    expect.invalid_at(Organization("mine", cloud.owner).sync_status(), "sponsoringOrgId")


@check("sponsorships.self-hosted-only", "api.md §2", "What only self-hosted servers do is refused with that text.")
def self_hosted_only(cloud: Cloud) -> None:
    some = cloud.guid()
    for method, path in (
        ("POST", f"{SPONSORSHIPS}/self-hosted/{some}/families-for-enterprise"),
        ("DELETE", f"{SPONSORSHIPS}/self-hosted/{some}"),
        ("DELETE", f"{SPONSORSHIPS}/self-hosted/{some}/pat/revoke"),
        ("GET", f"{SPONSORSHIPS}/self-hosted/{some}/sponsored"),
        ("POST", f"/organizations/licenses/self-hosted/{some}/sync"),
    ):
        expect.error(cloud.owner.call(method, path), 400, "Only allowed when self hosted.")
