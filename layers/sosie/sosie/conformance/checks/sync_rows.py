"""What a sync does with each row (docs/contract/api.md §2.8, second table and the remarks below it)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosie.conformance import expect
from sosie.conformance.registry import check
from sosie.conformance.selfhosted import SelfHosted, expect_count

if TYPE_CHECKING:
    from sosie.conformance.cloud import Cloud

_PAGE = "api.md §2.8"
_LONG_AGO = "2026-01-02T03:04:05Z"


@check("sync.rows.never-synced-deleted", _PAGE, "An unknown row to delete that was never synced is skipped.")
def never_synced_deleted(cloud: Cloud) -> None:
    server = SelfHosted(cloud)
    kept, dropped = server.row(), server.row(toDelete=True)
    (item,) = expect_count(server.synced(dropped, kept), 1)
    expect.same("answered row", item["friendlyName"], kept["friendlyName"])


@check(
    "sync.rows.purged-deleted",
    _PAGE,
    "An unknown row to delete that was synced before is said to be removed, and stays.",
)
def purged_deleted(cloud: Cloud) -> None:
    server = SelfHosted(cloud, cloud.organization())
    row, item = server.synced_row(toDelete=True, lastSyncDate=_LONG_AGO)
    expect.part("item", item, {"cloudSponsorshipRemoved": True, "toDelete": True})
    expect.same("lastSyncDate of the row that stays", server.organization.last_sync(), item["lastSyncDate"])
    server.synced(row)
    expect.same("lastSyncDate after deleting it again", server.organization.last_sync(), None)


@check("sync.rows.purged-deleted-mail", _PAGE, "For such a row a mail is sent, oddly.")
def purged_deleted_mail(cloud: Cloud) -> None:
    row, _ = SelfHosted(cloud).synced_row(toDelete=True, lastSyncDate=_LONG_AGO)
    expect.same("mails", len(cloud.offer_tokens(row["offeredToEmail"])), 1)


@check("sync.rows.offered-deleted", _PAGE, "A known open offer to delete is removed.")
def offered_deleted(cloud: Cloud) -> None:
    server = SelfHosted(cloud, cloud.organization())
    row, _ = server.synced_row()
    (item,) = expect_count(server.synced(row | {"toDelete": True}), 1)
    expect.part("item", item, {"cloudSponsorshipRemoved": True, "toDelete": True, "validUntil": None})
    expect.same("lastSyncDate", server.organization.last_sync(), None)


@check("sync.rows.back-again", _PAGE, "After that the same member may be offered for anew.")
def back_again(cloud: Cloud) -> None:
    server = SelfHosted(cloud)
    row, _ = server.synced_row()
    server.synced(row | {"toDelete": True})
    (item,) = expect_count(server.synced(row), 1)
    expect.part("item", item, {"cloudSponsorshipRemoved": False, "toDelete": False})


@check("sync.rows.redeemed", _PAGE, "A redeemed row is answered with its end date.")
def redeemed(cloud: Cloud) -> None:
    server = SelfHosted(cloud)
    row, _ = server.redeemed_row(cloud.friend)
    (item,) = expect_count(server.synced(row), 1)
    expect.matches("validUntil", item["validUntil"], expect.WIRE_DATE)
    expect.part("item", item, {"toDelete": False, "cloudSponsorshipRemoved": False})


@check("sync.rows.redeemed-deleted", _PAGE, "A redeemed row to delete is marked and not removed.")
def redeemed_deleted(cloud: Cloud) -> None:
    server = SelfHosted(cloud)
    row, _ = server.redeemed_row(cloud.friend)
    for _ in range(2):
        (item,) = expect_count(server.synced(row | {"toDelete": True}), 1)
        expect.part("item", item, {"toDelete": True, "cloudSponsorshipRemoved": False})
        expect.kind("validUntil", item["validUntil"], str)


@check("sync.rows.removed-there", _PAGE, "The cloud never tells that it marked a row itself.")
def removed_there(cloud: Cloud) -> None:
    server = SelfHosted(cloud)
    row, family = server.redeemed_row(cloud.friend)
    expect.done(family.remove())
    (item,) = expect_count(server.synced(row), 1)
    expect.part("item", item, {"toDelete": False, "cloudSponsorshipRemoved": False})


@check("sync.rows.known-echoed", _PAGE, "For a known row the request's names are echoed.")
def known_echoed(cloud: Cloud) -> None:
    server = SelfHosted(cloud)
    row, _ = server.synced_row()
    renamed = row | {"friendlyName": "cousin", "offeredToEmail": cloud.email()}
    (item,) = expect_count(server.synced(renamed), 1)
    expected = {name: renamed[name] for name in ("friendlyName", "offeredToEmail")}
    expect.part("item", item, expected)


@check("sync.rows.known-not-taken-over", _PAGE, "They are not taken over: the offer stays with the first address.")
def known_not_taken_over(cloud: Cloud) -> None:
    server = SelfHosted(cloud)
    row, _ = server.synced_row(offeredToEmail=cloud.friend.email)
    other = cloud.email()
    server.synced(row | {"offeredToEmail": other})
    expect.same("mails to the new address", len(cloud.offer_tokens(other)), 0)
    answer = cloud.friend.validate(cloud.offer_token(cloud.friend.email))
    expect.part("answer", expect.document(answer), {"isTokenValid": True})


@check("sync.rows.no-address", _PAGE, "A new row without an address is stored, and then the server fails.")
def no_address(cloud: Cloud) -> None:
    server = SelfHosted(cloud)
    row = server.row(offeredToEmail=None)
    expect.error(server.sync([row]), 500, expect.UNHANDLED)
    (item,) = expect_count(server.synced(row), 1)
    expect.same("offeredToEmail", item["offeredToEmail"], None)


@check("sync.rows.duplicate-known", _PAGE, "A known member twice in a batch is answered twice.")
def duplicate_known(cloud: Cloud) -> None:
    server = SelfHosted(cloud)
    row, _ = server.synced_row()
    expect_count(server.synced(row, row), 2)
    expect_count(server.synced(row), 1)


@check("sync.rows.duplicate-unknown", _PAGE, "An unknown member twice makes two rows, and every later sync fail.")
def duplicate_unknown(cloud: Cloud) -> None:
    server = SelfHosted(cloud, cloud.organization())
    row = server.row()
    expect_count(server.synced(row, row | {"friendlyName": "again"}), 2)
    expect.error(server.sync([row]), 500, expect.UNHANDLED)
    expect.error(server.sync([server.row()]), 500, expect.UNHANDLED)


@check("sync.rows.duplicate-empty-batch", _PAGE, "After that an empty batch is still answered.")
def duplicate_empty_batch(cloud: Cloud) -> None:
    server = SelfHosted(cloud, cloud.organization())
    row = server.row()
    server.synced(row, row)
    expect.same("items", server.synced(), [])


@check("sync.rows.two-sources", "api.md §2.2", "A row created in the cloud and one from a sync stand side by side.")
def two_sources(cloud: Cloud) -> None:
    server = SelfHosted(cloud, cloud.organization())
    friend = cloud.email()
    expect.done(server.organization.offer(friend))
    _, item = server.synced_row(friendlyName=friend, offeredToEmail=friend)
    expect.same("cloudSponsorshipRemoved", item["cloudSponsorshipRemoved"], expected=False)
    profile = server.organization.owner.profile(server.organization.id)
    expect.same("lastSyncDate of the cloud's own row", profile["familySponsorshipLastSyncDate"], None)


@check("sync.rows.admin-revokes", "api.md §2.10", "An administrator takes a synced offer back by its friendly name.")
def admin_revokes(cloud: Cloud) -> None:
    server = SelfHosted(cloud, cloud.organization())
    row, _ = server.synced_row()
    expect.done(server.organization.revoke_as_admin(row["friendlyName"]))
    expect.same("lastSyncDate", server.organization.last_sync(), None)
