"""The odd corners of a sponsorship sync: skipped items, doubles, odd texts, the event (docs/contract/api.md §2.8)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.support.cloud import TestCloud
from tests.support.families import (
    ACME,
    ALICE,
    FAMILY,
    GLOBEX,
    INITECH,
    NOW,
    a_redeemed_row,
    a_row,
    answered,
    change_organization,
    events_of,
    give_sync_key,
    guid,
    mails,
    member,
    rows_of,
    store,
    sync,
    sync_row,
    synced,
    the_row,
)
from tests.support.refusals import assert_failed

EARLIER = "2026-02-03T04:05:06.1234567Z"
FAMILY_ENDS = "2027-02-02T05:06:07Z"


@pytest.fixture
def acme(cloud: TestCloud) -> TestCloud:
    """A cloud in which Acme has a billing sync key, and members who can hold rows made in the cloud."""
    give_sync_key(cloud, ACME)
    return cloud


def reported(cloud: TestCloud, email: str, **changes: Any) -> dict[str, Any]:
    """Return the row of one of Acme's cloud members as a self-hosted server would report it."""
    return sync_row("pat", sponsoringOrganizationUserId=member(cloud, email).id, **changes)


# Skipped items are absent.


def test_an_unknown_member_who_goes_without_having_been_synced_is_absent(cloud: TestCloud) -> None:
    kept = sync_row("zoe")

    assert synced(cloud, sync_row("pat", toDelete=True), kept) == [answered(kept)]
    assert [row.sponsoring_member_id for row in rows_of(cloud, GLOBEX)] == [guid("zoe")]


@pytest.mark.parametrize("expired", [None, timedelta(days=93, microseconds=1), timedelta(days=1000)])
def test_a_disabled_organization_beyond_its_grace_brings_no_new_rows(
    cloud: TestCloud, expired: timedelta | None
) -> None:
    known = sync_row("zoe")
    synced(cloud, known)
    expiration = None if expired is None else NOW - expired
    change_organization(cloud, GLOBEX, enabled=False, expiration_date=expiration)

    assert synced(cloud, sync_row("pat"), known, sync_row("kim", toDelete=True, lastSyncDate=EARLIER)) == [
        answered(known)
    ]
    assert len(mails(cloud)) == 1


@pytest.mark.parametrize("expired", [timedelta(days=-1), timedelta(), timedelta(days=93)])
def test_a_disabled_organization_within_its_grace_brings_new_rows(cloud: TestCloud, expired: timedelta) -> None:
    change_organization(cloud, GLOBEX, enabled=False, expiration_date=NOW - expired)
    row = sync_row("zoe")

    assert synced(cloud, row) == [answered(row)]


def test_an_expired_organization_that_is_enabled_brings_new_rows(cloud: TestCloud) -> None:
    change_organization(cloud, GLOBEX, expiration_date=NOW - timedelta(days=1000))
    row = sync_row("zoe")

    assert synced(cloud, row) == [answered(row)]


def test_an_organization_below_enterprise_has_every_item_skipped_known_ones_too(cloud: TestCloud) -> None:
    synced(cloud, sync_row("zoe"))
    before = rows_of(cloud, GLOBEX)
    change_organization(cloud, GLOBEX, plan_type=18)

    assert synced(cloud, sync_row("zoe", toDelete=True), sync_row("pat")) == []
    assert rows_of(cloud, GLOBEX) == before
    assert len(mails(cloud)) == 1


# One member several times in a batch.


def test_an_unknown_member_twice_gets_two_rows_and_no_sync_works_any_more(cloud: TestCloud) -> None:
    first, second = sync_row("zoe"), sync_row("zoe", offeredToEmail="zoe@else.test", friendlyName="again")

    assert synced(cloud, first, second) == [answered(first), answered(second)]
    assert {row.offered_to_email for row in rows_of(cloud, GLOBEX)} == {"zoe@mail.test", "zoe@else.test"}
    assert [mail["to"] for mail in mails(cloud)] == ["zoe@mail.test", "zoe@else.test"]

    before = rows_of(cloud, GLOBEX)
    for rows in ([sync_row("zoe")], [sync_row("pat")], [sync_row("zoe", toDelete=True)]):
        assert_failed(sync(cloud, rows))
    assert rows_of(cloud, GLOBEX) == before
    assert synced(cloud) == []
    assert len(events_of(cloud)) == 2


def test_a_known_member_twice_is_answered_twice(cloud: TestCloud) -> None:
    synced(cloud, sync_row("zoe"))
    first, second = sync_row("zoe", friendlyName="first"), sync_row("zoe", friendlyName="second")

    assert synced(cloud, first, second) == [answered(first), answered(second)]
    assert the_row(cloud, GLOBEX).friendly_name == "zoe@mail.test"


@pytest.mark.parametrize("goes", [(True, False), (False, True), (True, True)])
def test_a_known_open_offer_that_goes_in_one_of_two_items_is_deleted(cloud: TestCloud, goes: tuple[bool, bool]) -> None:
    synced(cloud, sync_row("zoe"))
    items = [sync_row("zoe", toDelete=each) for each in goes]

    assert synced(cloud, *items) == [
        answered(item, cloudSponsorshipRemoved=each) for item, each in zip(items, goes, strict=True)
    ]
    assert rows_of(cloud, GLOBEX) == []


@pytest.mark.parametrize("goes", [(True, False), (False, True), (True, True)])
def test_a_redeemed_row_that_goes_in_one_of_two_items_stays_marked(acme: TestCloud, goes: tuple[bool, bool]) -> None:
    store(acme, a_redeemed_row(acme, ALICE))

    synced(acme, *[reported(acme, ALICE, toDelete=each) for each in goes], organization=ACME)

    assert the_row(acme).to_delete


def test_two_admin_initiated_rows_of_one_admin_stop_the_sync(acme: TestCloud) -> None:
    twins = [a_row(acme, ALICE, id=guid(name), friendly_name=name, is_admin_initiated=True) for name in ("one", "two")]
    store(acme, *twins)

    assert_failed(sync(acme, [sync_row("zoe")], ACME))
    assert synced(acme, organization=ACME) == []


def test_an_own_and_an_admin_initiated_row_of_one_member_stop_it_too_until_one_goes(acme: TestCloud) -> None:
    store(acme, a_row(acme, ALICE), a_row(acme, ALICE, id=guid("two"), friendly_name="two", is_admin_initiated=True))
    assert_failed(sync(acme, [sync_row("zoe")], ACME))

    path = f"/organization/sponsorship/{acme.organization(ACME).id}"
    acme.request("DELETE", path, token=acme.user_token(ALICE))

    zoe = sync_row("zoe")
    assert synced(acme, zoe, organization=ACME) == [answered(zoe)]


def test_rows_of_two_organizations_are_no_doubles(cloud: TestCloud) -> None:
    give_sync_key(cloud, ACME)
    synced(cloud, sync_row("zoe"))
    synced(cloud, sync_row("zoe"), organization=ACME)

    for organization in (ACME, GLOBEX):
        assert synced(cloud, sync_row("zoe"), organization=organization) == [answered(sync_row("zoe"))]


# Rows without an e-mail.


def test_a_new_row_without_an_email_is_stored_and_logged_before_the_cloud_fails(cloud: TestCloud) -> None:
    row = sync_row("zoe", offeredToEmail=None)

    assert_failed(sync(cloud, [row]))

    assert (the_row(cloud, GLOBEX).offered_to_email, the_row(cloud, GLOBEX).last_sync_date) == (None, NOW)
    assert len(events_of(cloud)) == 1
    assert synced(cloud, row) == [answered(row)]


def test_a_known_row_reported_without_an_email_is_no_failure(cloud: TestCloud) -> None:
    synced(cloud, sync_row("zoe"))
    row = sync_row("zoe", offeredToEmail=None)

    assert synced(cloud, row) == [answered(row)]


# Over-long texts fail where they would be stored, and nowhere else.


@pytest.mark.parametrize("name", ["friendlyName", "offeredToEmail"])
def test_a_text_too_long_to_be_stored_makes_the_cloud_fail_and_leaves_nothing(cloud: TestCloud, name: str) -> None:
    synced(cloud, sync_row("pat"))
    cloud.clock.advance(timedelta(days=1))
    before = rows_of(cloud, GLOBEX)

    assert_failed(sync(cloud, [sync_row("pat"), sync_row("zoe", **{name: "x" * 257})]))

    assert rows_of(cloud, GLOBEX) == before
    assert (len(mails(cloud)), len(events_of(cloud))) == (1, 1)


def test_the_longest_texts_are_stored(cloud: TestCloud) -> None:
    row = sync_row("zoe", friendlyName="x" * 256, offeredToEmail="y" * 246 + "@mail.test")

    assert synced(cloud, row) == [answered(row)]


def test_length_is_counted_in_utf16_units(cloud: TestCloud) -> None:
    assert_failed(sync(cloud, [sync_row("zoe", friendlyName="🦊" * 129)]))
    row = sync_row("zoe", friendlyName="🦊" * 128)
    assert synced(cloud, row) == [answered(row)]


def test_a_long_text_that_nobody_stores_is_echoed(cloud: TestCloud) -> None:
    synced(cloud, sync_row("zoe"))
    row = sync_row("zoe", friendlyName="x" * 1000, offeredToEmail="y" * 1000)
    skipped = sync_row("pat", toDelete=True, friendlyName="x" * 1000)

    assert synced(cloud, row, skipped) == [answered(row)]


# The empty batch, and the event.


def test_an_empty_batch_is_answered_and_logged_and_touches_no_row(cloud: TestCloud) -> None:
    synced(cloud, sync_row("zoe"))
    before = rows_of(cloud, GLOBEX)
    cloud.clock.advance(timedelta(days=1))

    assert synced(cloud) == []

    assert rows_of(cloud, GLOBEX) == before
    assert len(events_of(cloud)) == 2


def test_every_sync_is_logged_with_the_installation_even_if_all_items_are_skipped(cloud: TestCloud) -> None:
    synced(cloud, sync_row("zoe", toDelete=True))

    (event,) = events_of(cloud)
    assert (event.type, event.organization_id, event.date) == (1608, cloud.organization(GLOBEX).id, NOW)
    assert (event.installation_id, event.acting_user_id) == (cloud.installation().id, None)


@pytest.mark.parametrize(
    ("enabled", "use_events", "plan_type", "events"),
    [
        (True, True, 20, 1),
        (True, None, 20, 1),
        (True, False, 20, 0),
        (False, True, 20, 0),
        (True, True, 18, 1),
    ],
)
def test_only_an_enabled_organization_that_uses_events_logs(
    cloud: TestCloud, enabled: bool, use_events: Any, plan_type: int, events: int
) -> None:
    change_organization(cloud, GLOBEX, enabled=enabled, use_events=use_events, plan_type=plan_type)

    synced(cloud)

    assert len(events_of(cloud)) == events


def test_a_family_organization_with_a_key_can_sync_nothing(cloud: TestCloud) -> None:
    give_sync_key(cloud, FAMILY)

    assert synced(cloud, sync_row("zoe"), organization=FAMILY) == []


def test_a_thousand_rows_fit_into_a_batch(cloud: TestCloud) -> None:
    rows = [sync_row(f"member{number}") for number in range(1000)]

    assert synced(cloud, *rows) == [answered(row) for row in rows]
    assert len(rows_of(cloud, GLOBEX)) == len(mails(cloud)) == 1000


def test_another_teams_organization_is_not_touched(cloud: TestCloud) -> None:
    give_sync_key(cloud, INITECH)

    assert synced(cloud, sync_row("zoe"), organization=INITECH) == []
    assert rows_of(cloud, INITECH) == rows_of(cloud, GLOBEX) == []
