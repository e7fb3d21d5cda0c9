"""A sync that is answered: its shape, its dates, its mails (docs/contract/api.md §2.8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosie.conformance import expect
from sosie.conformance.people import TEAMS
from sosie.conformance.registry import check
from sosie.conformance.selfhosted import ITEM_MEMBERS, SelfHosted, expect_count, send_sync, sync_body

if TYPE_CHECKING:
    from sosie.conformance.cloud import Cloud

_PAGE = "api.md §2.8"


@check("sync.answer.shape", _PAGE, "The answer has one member, and each item exactly nine.")
def shape(cloud: Cloud) -> None:
    _, item = SelfHosted(cloud).synced_row()
    expect.members("item", item, ITEM_MEMBERS)


@check("sync.answer.new-row", _PAGE, "A new row is echoed, with the cloud's date and nothing removed.")
def new_row(cloud: Cloud) -> None:
    row, item = SelfHosted(cloud).synced_row()
    date = item.pop("lastSyncDate")
    expect.matches("lastSyncDate", date, expect.WIRE_DATE)
    expected = row | {"cloudSponsorshipRemoved": False, "isAdminInitiated": False}
    del expected["lastSyncDate"]
    expect.same("item", item, expected)


@check("sync.answer.one-date", _PAGE, "All items of a batch have the same date.")
def one_date(cloud: Cloud) -> None:
    server = SelfHosted(cloud)
    items = server.synced(server.row(), server.row(), server.row())
    expect.same("different dates", len({each["lastSyncDate"] for each in items}), 1)


@check("sync.answer.order", _PAGE, "Items are answered in the order of the request.")
def order(cloud: Cloud) -> None:
    server = SelfHosted(cloud)
    rows = [server.row() for _ in range(12)]
    names = [each["sponsoringOrganizationUserId"] for each in rows]
    for batch in (rows, rows):
        answered = [each["sponsoringOrganizationUserId"] for each in server.synced(*batch)]
        expect.same("order of items", answered, names)


@check("sync.answer.many", "clients.md §1", "Hundreds of rows are answered at once.")
def many(cloud: Cloud) -> None:
    server = SelfHosted(cloud)
    rows = [server.row() for _ in range(250)]
    expect_count(server.synced(*rows), 250)


@check("sync.answer.empty-batch", _PAGE, "An empty batch is answered with one, and moves no date.")
def empty_batch(cloud: Cloud) -> None:
    server = SelfHosted(cloud, cloud.organization())
    _, item = server.synced_row()
    expect.same("items", server.synced(), [])
    expect.same("lastSyncDate", server.organization.last_sync(), item["lastSyncDate"])


@check("sync.answer.later-date", _PAGE, "A second sync has a later date.")
def later_date(cloud: Cloud) -> None:
    server = SelfHosted(cloud, cloud.organization())
    row, first = server.synced_row()
    (second,) = expect_count(server.synced(row), 1)
    later = second["lastSyncDate"] != first["lastSyncDate"]
    expect.holds("another date than the first sync's", later, second["lastSyncDate"])
    expect.same("lastSyncDate of the status", server.organization.last_sync(), second["lastSyncDate"])


@check("sync.answer.own-dates", _PAGE, "Dates that the request claims are not taken over.")
def own_dates(cloud: Cloud) -> None:
    claimed = "2020-01-02T03:04:05Z"
    _, item = SelfHosted(cloud).synced_row(lastSyncDate=claimed, validUntil=claimed)
    expect.holds("a lastSyncDate of the cloud's own", item["lastSyncDate"] != claimed, item["lastSyncDate"])
    expect.same("validUntil", item["validUntil"], None)


@check("sync.answer.unknown-members", "api.md §1.3", "Members that the request does not have are ignored.")
def unknown_members(cloud: Cloud) -> None:
    server = SelfHosted(cloud)
    row = server.row(isAdminInitiated=True, notes="x", planet="Mars")
    answer = server.sync([row], planet="Mars")
    (item,) = expect_count(expect.document(answer)["sponsorshipsBatch"], 1)
    expect.same("isAdminInitiated", item["isAdminInitiated"], expected=False)


@check("sync.answer.member-letter-case", "api.md §1.3", "Names of members match in any letter case.")
def member_letter_case(cloud: Cloud) -> None:
    server = SelfHosted(cloud)
    row = server.row()
    shouted = {name.upper(): value for name, value in row.items()}
    body = {name.upper(): value for name, value in sync_body(server.organization.id, server.key, [shouted]).items()}
    (item,) = expect_count(expect.document(send_sync(cloud, body))["sponsorshipsBatch"], 1)
    expect.same("friendlyName", item["friendlyName"], row["friendlyName"])


@check("sync.answer.id-letter-case", "api.md §1.3", "Ids match in any letter case and are answered in lower case.")
def id_letter_case(cloud: Cloud) -> None:
    server = SelfHosted(cloud)
    row = server.row()
    shouted = row | {"sponsoringOrganizationUserId": row["sponsoringOrganizationUserId"].upper()}
    answer = server.sync([shouted], sponsoringOrganizationCloudId=server.organization.id.upper())
    (item,) = expect_count(expect.document(answer)["sponsorshipsBatch"], 1)
    expect.same("member id", item["sponsoringOrganizationUserId"], row["sponsoringOrganizationUserId"])


@check("sync.answer.any-installation", "api.md §1.1", "Nothing ties an installation to an organization.")
def any_installation(cloud: Cloud) -> None:
    server = SelfHosted(cloud)
    made = expect.document(cloud.api("POST", "/installations", json={"email": cloud.email("ops")}))
    fields = cloud.credentials("api.installation", client_id=f"installation.{made['id']}", client_secret=made["key"])
    token = expect.document(cloud.grant(**fields))["access_token"]
    answer = send_sync(cloud, sync_body(server.organization.id, server.key, [server.row()]), token=token)
    expect_count(expect.document(answer)["sponsorshipsBatch"], 1)


@check("sync.answer.teams-skips", _PAGE, "A Teams organization's rows are skipped: absent from the answer.")
def teams_skips(cloud: Cloud) -> None:
    server = SelfHosted(cloud, cloud.organization(TEAMS))
    expect.same("items", server.synced(server.row(), server.row()), [])
    expect.same("lastSyncDate", server.organization.last_sync(), None)


@check("sync.answer.mail-once", _PAGE, "A new row is mailed once, a known one not again.")
def mail_once(cloud: Cloud) -> None:
    server = SelfHosted(cloud)
    row, _ = server.synced_row()
    server.synced(row)
    expect.same("mails", len(cloud.offer_tokens(row["offeredToEmail"])), 1)


@check("sync.answer.event", _PAGE, "A sync is logged as event 1608, an empty one too.")
def event(cloud: Cloud) -> None:
    server = SelfHosted(cloud, cloud.organization())
    server.synced()
    types = [row["type"] for row in cloud.stored("events") if row["organizationId"] == server.organization.id]
    expect.same("event types", types, [1608])
