"""Purge, renewal, cancellation and renewal check: what they change, and when (docs/contract/api.md §2.11)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from sosie.services import repository as repo
from sosie.services import sponsorship_rows
from sosie.services.remove_organization import erase_organization
from tests.support import families
from tests.support.cloud import START, TestCloud
from tests.support.families import (
    ACME,
    ALICE,
    BOB,
    COUSIN,
    FAMILY,
    GLOBEX,
    GLOBEX_OWNER,
    SPONSORED_PRICE,
    a_redeemed_row,
    a_row,
    change_organization,
    change_row,
    change_subscription,
    guid,
    prepared,
    rows_of,
    store,
    the_row,
)
from tests.support.schedule import FIRST_PURGE, PERIOD_END, after, names, of_kind

DAY, INSTANT = timedelta(days=1), timedelta(microseconds=1)
YEARS = timedelta(days=3 * 365)
EDGE = FIRST_PURGE - timedelta(days=90)
NEXT_END = datetime.fromisoformat("2028-02-02T05:06:07+00:00")


def sponsor_family(cloud: TestCloud, **changes: object) -> None:
    """Let Alice of Acme sponsor the cousins, as after a redemption."""
    store(cloud, a_redeemed_row(cloud, ALICE, **changes))
    change_subscription(cloud, FAMILY, price_id=SPONSORED_PRICE)


def delete(cloud: TestCloud, organization: str) -> None:
    with prepared(cloud) as uow:
        erase_organization(uow, cloud.organization(organization))


# The purge.


def test_a_row_that_was_valid_until_90_days_ago_exactly_is_kept_for_another_week(cloud: TestCloud) -> None:
    store(cloud, a_row(cloud, ALICE, valid_until=EDGE))

    assert after(cloud, FIRST_PURGE) == []
    assert rows_of(cloud) != []

    (purge,) = after(cloud, FIRST_PURGE + 7 * DAY)
    assert (purge.kind, purge.at) == ("purge", FIRST_PURGE + 7 * DAY)
    assert rows_of(cloud) == []


def test_a_row_that_was_valid_until_a_little_earlier_is_deleted(cloud: TestCloud) -> None:
    row = a_row(cloud, ALICE, valid_until=EDGE - INSTANT)
    store(cloud, row)

    (purge,) = after(cloud, FIRST_PURGE)

    assert rows_of(cloud) == []
    assert (purge.region, purge.organization_name, purge.row_id, purge.member_id) == (
        "us", ACME, row.id, row.sponsoring_member_id,
    )  # fmt: skip
    assert (purge.old_valid_until, purge.new_valid_until) == (EDGE - INSTANT, None)


def test_it_is_kept_until_the_monday(cloud: TestCloud) -> None:
    store(cloud, a_row(cloud, ALICE, valid_until=START - YEARS))

    assert after(cloud, FIRST_PURGE - INSTANT) == []
    assert rows_of(cloud) != []


def test_a_row_without_a_date_is_never_purged(cloud: TestCloud) -> None:
    store(cloud, a_row(cloud, ALICE, last_sync_date=START - YEARS, to_delete=True))

    assert of_kind(after(cloud, YEARS), "purge") == []
    assert rows_of(cloud) != []


def test_the_other_rows_of_a_member_are_still_found_by_a_sync(cloud: TestCloud) -> None:
    owner = families.member(cloud, GLOBEX_OWNER, GLOBEX)
    gone = a_row(cloud, GLOBEX_OWNER, GLOBEX, id=guid("gone"), valid_until=EDGE - DAY)
    kept = a_row(cloud, GLOBEX_OWNER, GLOBEX, id=guid("kept"), is_admin_initiated=True)
    store(cloud, gone, kept, organization=GLOBEX)
    assert families.sync(cloud, [families.sync_row("owner")]).status == 500  # two rows of one member: §2.8 #7

    after(cloud, FIRST_PURGE)

    reported = families.sync_row("owner", sponsoringOrganizationUserId=owner.id)
    (answered,) = families.synced(cloud, reported)
    assert answered["cloudSponsorshipRemoved"] is False
    assert [row.id for row in rows_of(cloud, GLOBEX)] == [kept.id]


def test_more_rows_than_one_commit_takes_are_all_purged(cloud: TestCloud) -> None:
    members = [guid(f"member {number}") for number in range(45)]
    store(
        cloud,
        *(
            a_row(cloud, ALICE, id=guid(f"row of {each}"), sponsoring_member_id=each, valid_until=EDGE - DAY)
            for each in members
        ),
        a_row(cloud, BOB),
    )

    happened = after(cloud, FIRST_PURGE)

    assert sorted(each.member_id for each in happened if each.member_id) == sorted(members)
    assert [row.id for row in rows_of(cloud)] == [guid(f"row of {BOB}")]


def test_a_purged_family_can_be_sponsored_again(cloud: TestCloud) -> None:
    store(cloud, a_redeemed_row(cloud, ALICE, valid_until=EDGE - DAY))

    after(cloud, FIRST_PURGE)

    families.offer(cloud, BOB, COUSIN)
    assert families.redeem_newest(cloud).status == 200


def test_a_row_whose_family_was_deleted_is_purged(cloud: TestCloud) -> None:
    store(cloud, a_redeemed_row(cloud, ALICE, valid_until=EDGE - DAY))
    delete(cloud, FAMILY)

    assert names(after(cloud, FIRST_PURGE)) == [ACME]
    assert rows_of(cloud) == []


@pytest.mark.parametrize("family_too", [False, True])
def test_a_row_whose_sponsor_was_deleted_is_purged(cloud: TestCloud, family_too: bool) -> None:
    store(cloud, a_redeemed_row(cloud, ALICE, valid_until=EDGE - DAY))
    acme = cloud.organization(ACME).id
    delete(cloud, ACME)
    if family_too:
        delete(cloud, FAMILY)

    (purge,) = after(cloud, FIRST_PURGE)

    assert (purge.kind, purge.organization_id, purge.organization_name) == ("purge", acme, None)
    assert sponsorship_rows.rows_at_home(cloud.unit(), acme) == []


def test_rows_are_purged_in_both_regions(cloud: TestCloud) -> None:
    for region in ("us", "eu"):
        uow = cloud.unit(region)
        organization = repo.organizations.list(uow)[0]
        member_id = guid("member")
        row = sponsorship_rows.Sponsorship(guid("row"), organization.id, member_id, valid_until=EDGE - DAY)
        sponsorship_rows.add_row(uow, organization.id, row)
        uow.commit()

    assert {each.region for each in after(cloud, FIRST_PURGE)} == {"us", "eu"}


# Renewal.


def test_a_subscription_goes_on_and_the_organization_with_it(cloud: TestCloud) -> None:
    assert after(cloud, PERIOD_END - INSTANT) == []

    happened = after(cloud, PERIOD_END)

    (of_acme,) = [each for each in happened if each.organization_name == ACME]
    assert (of_acme.kind, of_acme.at, of_acme.region) == ("renewal", PERIOD_END, "us")
    assert (of_acme.old_expiration_date, of_acme.new_expiration_date) == (PERIOD_END, NEXT_END)
    acme = cloud.organization(ACME)
    assert (acme.expiration_date, acme.revision_date) == (NEXT_END, PERIOD_END)
    assert (acme.subscription.period_start, acme.subscription.period_end) == (PERIOD_END, NEXT_END)
    assert {(each.region, each.kind) for each in happened} == {("us", "renewal"), ("eu", "renewal")}


@pytest.mark.parametrize("marked", [False, True])
def test_a_sponsorship_runs_as_long_as_its_subscription_marked_or_not(cloud: TestCloud, marked: bool) -> None:
    sponsor_family(cloud, to_delete=marked)

    happened = after(cloud, PERIOD_END)

    (renewal,) = [each for each in of_kind(happened, "renewal") if each.organization_name == FAMILY]
    assert (renewal.old_valid_until, renewal.new_valid_until) == (PERIOD_END, NEXT_END)
    row = the_row(cloud)
    assert (renewal.row_id, renewal.member_id) == (row.id, row.sponsoring_member_id)
    assert (row.valid_until, row.to_delete) == (NEXT_END, marked)
    assert cloud.organization(FAMILY).expiration_date == NEXT_END
    assert cloud.organization(FAMILY).subscription.sponsored


def test_the_next_sync_tells_the_new_date(cloud: TestCloud) -> None:
    families.synced(cloud, families.sync_row("cousin", offeredToEmail=COUSIN))
    assert families.redeem_newest(cloud).status == 200

    after(cloud, PERIOD_END)

    (item,) = families.synced(cloud, families.sync_row("cousin"))
    assert item["validUntil"] == "2028-02-02T05:06:07Z"


def test_a_family_that_pays_for_itself_has_no_sponsorship_to_renew(cloud: TestCloud) -> None:
    store(cloud, a_redeemed_row(cloud, ALICE))

    after(cloud, PERIOD_END)

    assert the_row(cloud).valid_until == PERIOD_END


def test_a_sponsorship_that_goes_on_is_not_purged_in_years(cloud: TestCloud) -> None:
    sponsor_family(cloud)

    assert of_kind(after(cloud, YEARS), "purge") == []
    assert the_row(cloud).valid_until == cloud.organization(FAMILY).expiration_date


def test_a_sponsorship_of_a_deleted_sponsor_runs_on(cloud: TestCloud) -> None:
    sponsor_family(cloud)
    acme = cloud.organization(ACME).id
    delete(cloud, ACME)

    check, *_ = after(cloud, PERIOD_END)

    (row,) = sponsorship_rows.rows_at_home(cloud.unit(), acme)
    assert row.valid_until == NEXT_END
    assert (check.kind, check.reasons) == ("renewal-check", ("sponsor-missing",))


def test_a_monthly_subscription_goes_on_month_by_month(cloud: TestCloud) -> None:
    begun, ends = (datetime.fromisoformat(f"2026-{day}T00:00:00+00:00") for day in ("02-28", "03-31"))
    change_organization(cloud, "Initech", plan_type=17)
    change_subscription(cloud, "Initech", period_start=begun, period_end=ends)

    happened = after(cloud, 100 * DAY)

    assert [each.at.date().isoformat() for each in happened if each.organization_name == "Initech"] == [
        "2026-03-31", "2026-04-30", "2026-05-31",
    ]  # fmt: skip


# Cancellation, and what does not go on.


def test_a_subscription_that_was_to_end_disables_its_organization(cloud: TestCloud) -> None:
    change_subscription(cloud, ACME, cancel_at_period_end=True)

    happened = after(cloud, PERIOD_END + DAY)

    (cancellation,) = of_kind(happened, "cancellation")
    assert (cancellation.organization_name, cancellation.at) == (ACME, PERIOD_END)
    acme = cloud.organization(ACME)
    assert (acme.enabled, acme.expiration_date, acme.subscription.status) == (False, PERIOD_END, "canceled")
    assert acme.subscription.cancelled_at == PERIOD_END


def test_a_row_of_a_subscription_that_ended_keeps_its_date_and_is_purged_90_days_later(cloud: TestCloud) -> None:
    sponsor_family(cloud)
    change_subscription(cloud, FAMILY, cancel_at_period_end=True)

    happened = after(cloud, YEARS)

    (purge,) = of_kind(happened, "purge")
    assert purge.old_valid_until == PERIOD_END
    assert timedelta(days=90) < purge.at - PERIOD_END < timedelta(days=98)
    assert of_kind(happened, "renewal-check") == []


@pytest.mark.parametrize("status", ["past_due", "unpaid", "canceled", "incomplete", "incomplete_expired", "paused"])
def test_a_subscription_with_trouble_does_not_go_on(cloud: TestCloud, status: str) -> None:
    change_subscription(cloud, ACME, status=status)
    before = cloud.organization(ACME)

    after(cloud, YEARS)

    assert cloud.organization(ACME) == before


# The renewal check.


def test_the_check_comes_seven_days_before_the_periods_end_and_changes_nothing(cloud: TestCloud) -> None:
    sponsor_family(cloud)
    row, family = the_row(cloud), cloud.organization(FAMILY)
    assert after(cloud, PERIOD_END - 7 * DAY - INSTANT) == []

    (check,) = after(cloud, PERIOD_END - 7 * DAY)

    assert (check.kind, check.organization_name, check.row_id) == ("renewal-check", FAMILY, row.id)
    assert (check.at, check.valid, check.reasons) == (PERIOD_END - 7 * DAY, True, ())
    assert (the_row(cloud), cloud.organization(FAMILY)) == (row, family)


def test_a_sponsorship_that_is_not_valid_is_told_and_still_renewed(cloud: TestCloud) -> None:
    sponsor_family(cloud, last_sync_date=START)
    change_row(cloud, to_delete=True)
    change_subscription(cloud, ACME, cancel_at_period_end=True, period_end=START + DAY)

    happened = after(cloud, PERIOD_END)

    (check,) = of_kind(happened, "renewal-check")
    assert (check.valid, check.reasons) == (False, ("sponsor-disabled", "marked", "not-synced"))
    assert the_row(cloud).valid_until == NEXT_END


def test_a_sponsored_subscription_without_a_row_is_not_valid(cloud: TestCloud) -> None:
    change_subscription(cloud, FAMILY, price_id=SPONSORED_PRICE)

    (check,) = after(cloud, PERIOD_END - DAY)

    assert (check.valid, check.reasons, check.row_id) == (False, ("no-row",), None)
