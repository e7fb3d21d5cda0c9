"""Syncs at once with other syncs, with a new key, and with the deletion of their organization."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.support.families import (
    ACME,
    ALICE,
    COUSIN,
    GLOBEX,
    GLOBEX_OWNER,
    OWNER,
    give_sync_key,
    guid,
    key_request,
    member,
    offer,
    redeem_newest,
    sync,
    sync_row,
    synced,
)
from tests.support.refusals import assert_done
from tests.support.removals import delete_organization
from tests.support.withdrawals import revoke

if TYPE_CHECKING:
    from tests.races.conftest import Race
    from tests.support.cloud import TestCloud
    from tests.support.races import Outcome


def rotate(cloud: TestCloud, verb: str = "rotate-api-key"):
    path = f"/organizations/{cloud.organization(GLOBEX).id}/{verb}"
    return cloud.post(path, key_request(GLOBEX_OWNER), token=cloud.user_token(GLOBEX_OWNER))


def rows(outcome: Outcome) -> Counter[str]:
    """Return how many rows each member has in the end."""
    return Counter(
        kept[-1]["sponsoring_member_id"] for (_, sort), kept in outcome.state.items() if sort.startswith("sponsorship#")
    )


def test_a_batch_that_is_sent_twice_at_once_makes_each_row_and_mail_once(race: Race, cloud: TestCloud) -> None:
    batch = [sync_row(name) for name in ("zoe", "pat", "kim")]

    def send():
        return sync(cloud, batch)

    for outcome in race.run(cloud, send, send):
        assert outcome.statuses == [200, 200]
        assert rows(outcome) == {guid(name): 1 for name in ("zoe", "pat", "kim")}
        assert len(outcome.mails_to("zoe@mail.test")) == 1


def test_batches_that_overlap_add_up(race: Race, cloud: TestCloud) -> None:
    first = [sync_row("zoe"), sync_row("pat")]
    second = [sync_row("pat", toDelete=True), sync_row("zoe"), sync_row("kim")]

    race.run(cloud, lambda: sync(cloud, first), lambda: sync(cloud, second))


def test_a_member_who_is_twice_in_one_batch_and_once_in_another_has_the_rows_of_some_order(
    race: Race, cloud: TestCloud
) -> None:
    twice = [sync_row("zoe", friendlyName="one"), sync_row("zoe", friendlyName="two")]

    outcomes = race.run(cloud, lambda: sync(cloud, twice), lambda: sync(cloud, [sync_row("zoe")]))

    assert {tuple(outcome.statuses) for outcome in outcomes} <= {(200, 500), (200, 200)}


def test_three_batches_of_one_member_leave_one_row(race: Race, cloud: TestCloud) -> None:
    sends = [
        lambda to=to: sync(cloud, [sync_row("zoe", offeredToEmail=to)]) for to in ("a@b.test", "c@d.test", "e@f.test")
    ]

    for outcome in race.run(cloud, *sends):
        assert rows(outcome) == {guid("zoe"): 1}


def test_a_row_is_marked_by_a_sync_while_it_is_revoked_and_redeemed(race: Race, cloud: TestCloud) -> None:
    give_sync_key(cloud, ACME)
    assert_done(offer(cloud, ALICE, COUSIN))
    row = sync_row("alice", sponsoringOrganizationUserId=member(cloud, ALICE).id, toDelete=True, lastSyncDate=None)

    race.run(
        cloud,
        lambda: sync(cloud, [row], ACME),
        lambda: revoke(cloud, ALICE),
        lambda: redeem_newest(cloud),
    )


def test_a_sync_while_its_key_is_rotated_is_done_with_the_old_key_or_refused(race: Race, cloud: TestCloud) -> None:
    outcomes = race.run(cloud, lambda: sync(cloud, [sync_row("zoe")]), lambda: rotate(cloud), collide=False)

    assert {tuple(outcome.statuses) for outcome in outcomes} <= {(200, 200), (400, 200)}


def test_of_two_rotations_at_once_the_later_ones_key_is_the_key(race: Race, cloud: TestCloud) -> None:
    for outcome in race.run(cloud, lambda: rotate(cloud), lambda: rotate(cloud)):
        assert outcome.answers[0].json["apiKey"] != outcome.answers[1].json["apiKey"]


def test_a_key_that_is_asked_for_twice_at_once_for_the_first_time_is_one_key(race: Race, cloud: TestCloud) -> None:
    path = f"/organizations/{cloud.organization(ACME).id}/api-key"

    def send():
        return cloud.post(path, key_request(OWNER), token=cloud.user_token(OWNER))

    for outcome in race.run(cloud, send, send):
        assert outcome.answers[0].json["apiKey"] == outcome.answers[1].json["apiKey"]


@pytest.mark.parametrize("known", [False, True], ids=["new rows", "known rows"])
def test_a_sync_while_its_organization_is_deleted(race: Race, cloud: TestCloud, known: bool) -> None:
    if known:
        synced(cloud, sync_row("zoe"), sync_row("pat"))

    race.run(
        cloud,
        lambda: sync(cloud, [sync_row("zoe"), sync_row("pat")]),
        lambda: delete_organization(cloud, GLOBEX_OWNER, GLOBEX),
        collide=False,
    )
