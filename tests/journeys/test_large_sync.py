"""An organization with thousands of sponsorships: every row comes back, in as many requests as it takes."""

import pytest

from tests.journeys.support.answers import assert_json
from tests.journeys.support.licence import instant


def offered_rows(server, count):
    return [server.offer(f"relative{number:04}@large.test") for number in range(count)]


@pytest.mark.parametrize(("count", "requests"), [(1000, 1), (1001, 2), (2500, 3)])
def test_all_rows_come_back_and_a_second_sync_keeps_them(region, server, owner, mailbox, count, requests):
    # Given that many offers on the self-hosted side
    rows = offered_rows(server, count)

    # When they are synced
    items = server.sync()

    # Then every row is answered once, in the order it was sent, and nothing is active or removed
    assert server.requests == requests
    assert [item["sponsoringOrganizationUserId"] for item in items] == [row.member_id for row in rows]
    assert {row.status for row in rows} == {"sent"}
    assert not any(item["cloudSponsorshipRemoved"] or item["toDelete"] for item in items)
    # and those at both ends of each request, and some between, have one mail each
    looked_at = {0, count - 1, *range(0, count, 250), *range(999, count, 1000)}
    for index in sorted(looked_at):
        mailbox.offer_token(region, rows[index].offered_to, new_account=True)

    # When they are synced again
    first = {row.member_id: row.last_sync for row in rows}
    again = server.sync()

    # Then the same rows are there with a newer date, and nobody gets a second mail
    assert server.requests == 2 * requests
    assert {item["sponsoringOrganizationUserId"] for item in again} == first.keys()
    assert all(instant(row.last_sync) > instant(first[row.member_id]) for row in rows)
    for index in sorted(looked_at):
        assert len(mailbox.received(region, rows[index].offered_to)) == 1, rows[index]
    newest = max((row.last_sync for row in rows), key=instant)
    assert assert_json(owner.sync_status(region.enterprise["id"]))["lastSyncDate"] == newest


def test_a_thousand_offers_are_withdrawn_in_one_sync(region, server, owner):
    rows = offered_rows(server, 1000)
    server.sync()
    for row in rows:
        server.revoke(row)
    items = server.sync()
    assert all(item["cloudSponsorshipRemoved"] for item in items)
    assert server.rows == {}
    assert assert_json(owner.sync_status(region.enterprise["id"]))["lastSyncDate"] is None


def test_one_request_may_hold_more_than_the_official_client_sends(region, server):
    # The cloud sets no limit of its own.
    rows = [row.to_wire() for row in offered_rows(server, 1500)]
    assert len(assert_json(server.send_batch(rows))["sponsorshipsBatch"]) == 1500


def test_active_rows_stay_active_among_a_thousand_others(region, server, family_owner, mailbox):
    rows = offered_rows(server, 999)
    family = server.offer(family_owner.email)
    server.sync()
    token = mailbox.offer_token(region, family_owner.email)
    assert family_owner.redeem(token, region.families["id"]).status_code == 200
    server.sync()
    assert family.status == "active"
    assert {row.status for row in rows} == {"sent"}
    assert server.requests == 2
