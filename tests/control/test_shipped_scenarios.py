"""What the shipped scenarios promise is really there, and what time does to them (docs/scenarios.md)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sosie.domain.members import MemberStatus
from sosie.domain.organizations import SPONSORED_PRICE
from sosie.services import repository as repo
from sosie.services.sponsorship_rows import Sponsorship, homes_of_rows, rows_at_home
from sosie.store.keyring import LocalKeyring
from tests.support.cloud import START, TestCloud, WireAnswer
from tests.support.control import ask
from tests.support.families import offer, sync, sync_row, synced
from tests.support.licence_checks import sync_licence
from tests.support.snapshots import everything
from tests.support.token_client import ask as ask_for_token
from tests.support.token_client import installation_form

DAY = timedelta(days=1)


@pytest.fixture
def renewals(keyring: LocalKeyring, region: str) -> TestCloud:
    return TestCloud(region=region, keyring=keyring, scenario="renewals")


@pytest.fixture
def misconfigured(keyring: LocalKeyring, region: str) -> TestCloud:
    return TestCloud(region=region, keyring=keyring, scenario="misconfigured")


# empty.


def test_empty_holds_nothing(keyring: LocalKeyring) -> None:
    regions = ask(TestCloud(keyring=keyring, scenario="empty"), "GET", "/worlds/default").json["regions"]

    for region in regions.values():
        assert (region["installations"], region["users"], region["organizations"]) == ([], [], [])


# renewals: what is there.


def rows(cloud: TestCloud) -> dict[str, Sponsorship]:
    """Return every row of the region, orphans too, by friendly name."""
    uow = cloud.unit()
    homes = homes_of_rows(uow, (each.id for each in repo.organizations.list(uow)))
    return {str(row.friendly_name): row for home in homes for row in rows_at_home(uow, home)}


def test_renewals_has_a_row_in_every_state(renewals: TestCloud) -> None:
    found = rows(renewals)
    families = {name: renewals.organization(name).id for name in ("Redeemed Family", "Marked Family")}

    def state(name: str) -> tuple[Any, ...]:
        row = found[name]
        sponsored = next((name for name, id_ in families.items() if id_ == row.sponsored_organization_id), None)
        return sponsored, row.offered_to_email, row.valid_until, row.to_delete

    # The six states of docs/contract/api.md §2.1.
    assert state("owner@kin.test") == (None, "owner@kin.test", None, False)
    assert state("marked@kin.test") == (None, "marked@kin.test", None, True)
    assert state("redeemed@kin.test") == ("Redeemed Family", None, START + 100 * DAY, False)
    assert state("redeemed.marked@kin.test") == ("Marked Family", None, START + 100 * DAY, True)
    assert state("orphan@kin.test") == (None, None, START + 50 * DAY, False)
    assert state("orphan.marked@kin.test") == (None, None, START + 50 * DAY, True)
    for name in ("left@kin.test", "left.family@kin.test"):
        assert found[name].sponsoring_organization_id is None
    assert found["left@kin.test"].offered_to_email == "left@kin.test"
    assert found["left.family@kin.test"].sponsored_organization_id


def test_a_redeemed_rows_date_is_its_subscriptions_end(renewals: TestCloud) -> None:
    uow = renewals.unit()
    redeemed = [row for row in rows(renewals).values() if row.redeemed]

    assert len(redeemed) >= 8
    for row in redeemed:
        family = repo.organizations.get(uow, row.sponsored_organization_id or "")
        assert family is not None
        assert family.subscription is not None
        assert family.subscription.price_id == SPONSORED_PRICE
        if row.friendly_name != "forgotten@kin.test":  # the one that the purge takes although it is paid on
            assert family.subscription.period_end == row.valid_until


def test_a_subscription_is_there_in_every_status(renewals: TestCloud) -> None:
    statuses = {
        (each.subscription.status if each.subscription else None) for each in repo.organizations.list(renewals.unit())
    }

    assert statuses == {
        "active", "trialing", "past_due", "canceled", "unpaid", "incomplete", "incomplete_expired", "paused", None,
    }  # fmt: skip


def test_an_offer_lapses_182_and_a_half_days_after_its_last_sync(renewals: TestCloud) -> None:
    """Redeem (§2.7 #6) tells the two sides of the edge apart."""
    found = rows(renewals)
    ages = {name: START - found[name].last_sync_date for name in ("inside@kin.test", "outside@kin.test")}  # type: ignore[operator]

    assert ages["inside@kin.test"] < timedelta(days=182.5) < ages["outside@kin.test"]


def test_a_disabled_sponsor_has_93_days_of_grace(renewals: TestCloud) -> None:
    inside = sync_in(renewals, "Sponsor disabled for 92 days")
    outside = sync_in(renewals, "Sponsor disabled for 94 days")
    dateless = sync_in(renewals, "Sponsor disabled without a date")

    # A new row of a sponsor that is disabled for good is skipped (§2.8 2b).
    assert [len(batch) for batch in (inside, outside, dateless)] == [1, 0, 0]


def sync_in(cloud: TestCloud, organization: str) -> list[dict[str, Any]]:
    return synced(cloud, sync_row("new"), organization=organization)


def test_the_purge_takes_what_ended_more_than_90_days_ago(renewals: TestCloud) -> None:
    ask(renewals, "POST", "/worlds/default/maintenance")

    left = rows(renewals)
    assert "late@kin.test" in left
    assert "forgotten@kin.test" not in left


# renewals: what time does.


def advance(cloud: TestCloud, by: str) -> list[dict[str, Any]]:
    answer = ask(cloud, "POST", "/worlds/default/clock/advance", {"by": by})
    assert answer.status == 200, answer.body
    items: list[dict[str, Any]] = answer.json["items"]
    return items


def test_200_days_show_every_kind_of_change_and_every_reason(keyring: LocalKeyring) -> None:
    items = advance(TestCloud(keyring=keyring, scenario="renewals"), "P200D")

    for region in ("us", "eu"):
        mine = [item for item in items if item["region"] == region]
        assert {item["kind"] for item in mine} == {"renewal", "cancellation", "renewal-check", "purge"}
        assert {reason for item in mine for reason in item["reasons"]} == {
            "no-row", "sponsor-missing", "sponsor-disabled", "admin-sponsorships-off", "sponsor-not-enterprise",
            "marked", "not-synced",
        }  # fmt: skip
        assert any(item["valid"] for item in mine)


def test_200_days_are_the_same_twice(keyring: LocalKeyring) -> None:
    first, second = (TestCloud(keyring=keyring, scenario="renewals") for _ in range(2))

    assert advance(first, "P200D") == advance(second, "P200D")
    assert everything(first) == everything(second)


def test_200_days_are_200_times_one_day(keyring: LocalKeyring) -> None:
    whole, stepped = (TestCloud(keyring=keyring, scenario="renewals") for _ in range(2))

    items = [item for _ in range(200) for item in advance(stepped, "P1D")]

    assert items == advance(whole, "P200D")
    assert everything(stepped) == everything(whole)


def test_an_advance_lists_every_change_and_no_other(renewals: TestCloud) -> None:
    before = region_state(renewals)

    items = [item for item in advance(renewals, "P200D") if item["region"] == renewals.region]

    assert region_state(renewals) == applied(before, items)


State = dict[str, dict[str, Any]]


def region_state(cloud: TestCloud) -> tuple[State, State]:
    """Return rows by id with their date, and organizations by id with theirs and whether they are enabled."""
    found = ask(cloud, "GET", f"/worlds/default/state?region={cloud.region}").json["regions"][cloud.region]
    return (
        {row["id"]: row for row in found["sponsorships"]},
        {
            each["id"]: {"expirationDate": each["expirationDate"], "enabled": each["enabled"]}
            for each in found["organizations"]
        },
    )


def applied(state: tuple[State, State], items: list[dict[str, Any]]) -> tuple[State, State]:
    """Return a state as what happened says it is then."""
    rows_then, organizations = ({name: dict(value) for name, value in part.items()} for part in state)
    for item in items:
        if item["kind"] == "purge":
            assert rows_then.pop(item["rowId"])["validUntil"] == item["oldValidUntil"]
        elif item["kind"] in ("renewal", "cancellation"):
            organization = organizations[item["organizationId"]]
            assert organization["expirationDate"] == item["oldExpirationDate"]
            organization["expirationDate"] = item["newExpirationDate"]
            organization["enabled"] = organization["enabled"] and item["kind"] == "renewal"
            if item["rowId"] is not None:
                rows_then[item["rowId"]]["validUntil"] = item["newValidUntil"]
    return rows_then, organizations


def test_an_advance_of_a_world_that_lists_nothing_changes_nothing(keyring: LocalKeyring) -> None:
    cloud = TestCloud(keyring=keyring, scenario="empty")

    assert advance(cloud, "P200D") == []


# misconfigured: each organization is refused in its own way, with the contract's words.

OWNER, MEMBER, ACCEPTED = "owner@wrong.test", "member@wrong.test", "accepted@wrong.test"
PAYMENT = (
    "Unable to generate license due to a payment issue. Please update your billing information or contact support for "
    "assistance."
)


def refusal(answer: WireAnswer) -> tuple[int, str]:
    return answer.status, answer.message


def test_a_disabled_installation_gets_no_token(misconfigured: TestCloud) -> None:
    answer = ask_for_token(misconfigured, installation_form(misconfigured.installation(enabled=False)))

    assert (answer.status, answer.json["error"]) == (400, "invalid_client")


def test_the_right_organization_is_refused_nothing(misconfigured: TestCloud) -> None:
    assert len(sync_in(misconfigured, "Right Inc")) == 1
    assert sync_licence(misconfigured, "Right Inc").status == 200
    assert offer(misconfigured, MEMBER, "cousin@kin.test", "Right Inc").status == 200


def test_an_expired_organization_syncs_in_its_grace_and_gets_no_licence(misconfigured: TestCloud) -> None:
    organization = misconfigured.organization("Expired for 10 days")

    assert (organization.enabled, organization.expiration_date) == (False, START - 10 * DAY)
    assert len(sync_in(misconfigured, "Expired for 10 days")) == 1
    assert refusal(sync_licence(misconfigured, "Expired for 10 days")) == (400, PAYMENT)


def test_new_rows_of_one_that_is_disabled_beyond_grace_are_skipped(misconfigured: TestCloud) -> None:
    assert sync_in(misconfigured, "Disabled beyond grace") == []


def test_a_licence_of_one_without_a_licence_key_fails(misconfigured: TestCloud) -> None:
    answer = sync_licence(misconfigured, "Without licence key", licenseKey="any")

    assert refusal(answer) == (500, "An unhandled server error has occurred.")


def test_a_sync_of_one_without_a_billing_sync_key_fails(misconfigured: TestCloud) -> None:
    answer = sync(misconfigured, [], "Without billing sync key", billingSyncKey="any")

    assert refusal(answer) == (500, "An unhandled server error has occurred.")


def test_rows_of_the_wrong_plan_are_skipped_and_offers_refused(misconfigured: TestCloud) -> None:
    assert sync_in(misconfigured, "Wrong plan") == []
    assert refusal(offer(misconfigured, MEMBER, "cousin@kin.test", "Wrong plan")) == (
        400,
        "Specified Organization cannot sponsor other organizations.",
    )


def test_policy_13_refuses_offers(misconfigured: TestCloud) -> None:
    assert refusal(offer(misconfigured, MEMBER, "cousin@kin.test", "Policy 13")) == (
        400,
        "Free Bitwarden Families sponsorship has been disabled by your organization administrator.",
    )


def test_who_was_never_confirmed_sponsors_nobody(misconfigured: TestCloud) -> None:
    organization = misconfigured.organization("Never confirmed")
    members = repo.members.list(misconfigured.unit(), organization.id)

    assert sorted(member.status for member in members) == [
        MemberStatus.INVITED,
        MemberStatus.ACCEPTED,
        MemberStatus.CONFIRMED,
    ]
    assert refusal(offer(misconfigured, ACCEPTED, "cousin@kin.test", "Never confirmed")) == (
        400,
        "Only confirmed users can sponsor other organizations.",
    )
