"""What moves a sponsorship from state to state, and what does not (docs/contract/api.md §2.1 to §2.8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sosie.domain import mail
from sosie.domain.errors import BadRequestError, ServerFaultError
from sosie.domain.organizations import Organization
from sosie.domain.sponsorships import (
    OfferToken,
    Sponsorship,
    SyncItem,
    SyncOutcome,
    check_may_sponsor,
    is_beyond_grace,
    is_offer_valid,
    may_still_redeem,
    occupies_seat,
    redeem,
    require_sponsorship_type,
    sync_item,
    withdraw,
)

NOW = datetime(2026, 3, 4, 5, 6, 7, 123_456, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
EARLIER, LATER = NOW - timedelta(days=30), NOW + timedelta(days=300)
ENTERPRISE_PLANS = (4, 5, 10, 11, 14, 15, 19, 20)

# The states of §2.1.
OFFERED = Sponsorship("row", "org", "member", friendly_name="Pat", offered_to_email="pat@mail.test")
OFFERED_MARKED = replace(OFFERED, to_delete=True)
REDEEMED = replace(OFFERED, offered_to_email=None, sponsored_organization_id="family", valid_until=LATER)
REDEEMED_MARKED = replace(REDEEMED, to_delete=True)
ORPHAN = replace(REDEEMED, sponsored_organization_id=None)
ORPHAN_MARKED = replace(ORPHAN, to_delete=True)
STATES = [OFFERED, OFFERED_MARKED, REDEEMED, REDEEMED_MARKED, ORPHAN, ORPHAN_MARKED]
UNREDEEMED = [OFFERED, OFFERED_MARKED, ORPHAN, ORPHAN_MARKED]


def organization(**changes: Any) -> Organization:
    basics: dict[str, Any] = {
        "id": "org",
        "name": "Acme",
        "billing_email": "billing@acme.test",
        "plan_type": 20,
        "enabled": True,
        "license_key": None,
        "creation_date": EARLIER,
        "revision_date": EARLIER,
    }
    return Organization(**(basics | changes))


FAMILIES = organization(id="family", plan_type=22)
ITEM = SyncItem(
    sponsoring_member_id="member",
    friendly_name="another name",
    offered_to_email="another@mail.test",
    plan_sponsorship_type=0,
    last_sync_date=None,
    valid_until=EARLIER,
    to_delete=False,
)
NEW_ROW = Sponsorship(
    "new id", "org", "member", "another name", "another@mail.test", plan_sponsorship_type=0, last_sync_date=NOW
)


def reported(row: Sponsorship | None, sponsor: Organization | None = None, **changes: Any) -> SyncOutcome | None:
    """Apply a reported row to the cloud's row."""
    return sync_item(replace(ITEM, **changes), row, sponsor or organization(), lambda: "new id", NOW)


# Redeem.


@pytest.mark.parametrize(("before", "after"), [(OFFERED, REDEEMED), (OFFERED_MARKED, REDEEMED_MARKED)])
def test_a_redeemed_row_names_the_family_and_the_end_and_forgets_the_email(before: Any, after: Any) -> None:
    assert redeem(before, FAMILIES, LATER) == after


@pytest.mark.parametrize("state", STATES)
def test_a_row_is_redeemed_as_long_as_it_names_a_family(state: Sponsorship) -> None:
    assert state.redeemed is (state in (REDEEMED, REDEEMED_MARKED))


@pytest.mark.parametrize(
    ("age", "alive"),
    [
        (timedelta(), True),
        (timedelta(days=182, hours=12), True),
        (timedelta(days=182, hours=12) + MOMENT, False),
        (timedelta(days=400), False),
    ],
)
def test_an_offer_lapses_when_it_was_not_synced_for_more_than_182_and_a_half_days(age: timedelta, alive: bool) -> None:
    assert may_still_redeem(replace(OFFERED, last_sync_date=NOW - age), NOW) is alive


def test_an_offer_that_was_never_synced_does_not_lapse() -> None:
    assert may_still_redeem(OFFERED, NOW + timedelta(days=10_000))


# Withdraw: revoke, admin revoke.


@pytest.mark.parametrize("state", UNREDEEMED)
def test_an_unredeemed_row_disappears_when_it_is_withdrawn(state: Sponsorship) -> None:
    assert withdraw(state) is None


@pytest.mark.parametrize("state", [REDEEMED, REDEEMED_MARKED])
def test_a_redeemed_row_is_marked_when_it_is_withdrawn_and_can_be_again(state: Sponsorship) -> None:
    assert withdraw(state) == REDEEMED_MARKED


# The offer token.

TOKEN = OfferToken("row", "org", "member", 0, "Pat@Mail.test")


def test_an_offer_is_good_for_the_person_with_its_email_in_any_letter_case() -> None:
    assert is_offer_valid(TOKEN, OFFERED, "PAT@mail.TEST")
    assert is_offer_valid(TOKEN, OFFERED_MARKED, "pat@mail.test")


@pytest.mark.parametrize(
    ("token", "row", "email"),
    [
        (None, OFFERED, "pat@mail.test"),
        (TOKEN, None, "pat@mail.test"),
        (TOKEN, OFFERED, None),
        (TOKEN, OFFERED, "somebody@mail.test"),
        (TOKEN, replace(OFFERED, offered_to_email="somebody@mail.test"), "pat@mail.test"),
        (TOKEN, replace(OFFERED, offered_to_email="somebody@mail.test"), "somebody@mail.test"),
        (replace(TOKEN, email="somebody@mail.test"), OFFERED, "pat@mail.test"),
        (TOKEN, replace(OFFERED, id="another row"), "pat@mail.test"),
        (TOKEN, replace(OFFERED, plan_sponsorship_type=None), "pat@mail.test"),
        (TOKEN, replace(OFFERED, offered_to_email=""), "pat@mail.test"),
        (replace(TOKEN, email=""), replace(OFFERED, offered_to_email=""), ""),
        (TOKEN, REDEEMED, "pat@mail.test"),
        (TOKEN, ORPHAN, "pat@mail.test"),
    ],
)
def test_an_offer_is_good_for_nothing_when_token_row_and_person_do_not_all_fit(
    token: Any, row: Any, email: Any
) -> None:
    assert not is_offer_valid(token, row, email)


# Sync, steps 1 to 5.


@pytest.mark.parametrize("plan_type", [number for number in range(23) if number not in ENTERPRISE_PLANS])
@pytest.mark.parametrize("row", [None, OFFERED, REDEEMED])
@pytest.mark.parametrize("to_delete", [False, True])
def test_only_enterprise_organizations_sync(plan_type: int, row: Sponsorship | None, to_delete: bool) -> None:
    assert reported(row, organization(plan_type=plan_type), to_delete=to_delete) is None


@pytest.mark.parametrize("plan_type", ENTERPRISE_PLANS)
def test_enterprise_organizations_of_any_year_sync(plan_type: int) -> None:
    assert reported(None, organization(plan_type=plan_type)) is not None


@pytest.mark.parametrize("row", [None, OFFERED])
@pytest.mark.parametrize("plan_type", [20, 22])
def test_an_unknown_sponsorship_type_fails_whatever_the_organization_is(row: Any, plan_type: int) -> None:
    with pytest.raises(ServerFaultError):
        reported(row, organization(plan_type=plan_type), plan_sponsorship_type=1)


def test_a_plan_that_does_not_exist_fails() -> None:
    with pytest.raises(ServerFaultError):
        reported(None, organization(plan_type=23))


def test_an_unknown_member_gets_a_new_row_with_what_was_reported() -> None:
    outcome = reported(None)

    assert outcome is not None
    assert (outcome.row, outcome.valid_until, outcome.removed) == (NEW_ROW, None, False)


def test_an_unknown_member_who_was_never_synced_and_goes_is_skipped() -> None:
    assert reported(None, to_delete=True, last_sync_date=None) is None


def test_an_unknown_member_who_was_synced_and_goes_gets_a_row_that_stays_and_is_said_to_be_removed() -> None:
    outcome = reported(None, to_delete=True, last_sync_date=EARLIER)

    assert outcome is not None
    assert (outcome.row, outcome.valid_until, outcome.removed) == (NEW_ROW, None, True)


@pytest.mark.parametrize(
    ("enabled", "expiration", "beyond"),
    [
        (True, None, False),
        (True, NOW - timedelta(days=1000), False),
        (False, None, True),
        (False, NOW + timedelta(days=1), False),
        (False, NOW - timedelta(days=93), False),
        (False, NOW - timedelta(days=93) - MOMENT, True),
    ],
)
def test_a_disabled_organization_brings_no_new_rows_without_expiration_or_93_days_after_it(
    enabled: bool, expiration: datetime | None, beyond: bool
) -> None:
    sponsor = organization(enabled=enabled, expiration_date=expiration)

    assert is_beyond_grace(sponsor, NOW) is beyond
    assert (reported(None, sponsor) is None) is beyond
    assert (reported(None, sponsor, to_delete=True, last_sync_date=EARLIER) is None) is beyond
    for row in STATES:
        assert reported(row, sponsor) is not None


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("last_sync", [None, EARLIER])
def test_of_a_known_row_only_the_last_sync_changes_and_no_mark_goes_away(state: Sponsorship, last_sync: Any) -> None:
    outcome = reported(replace(state, last_sync_date=EARLIER), last_sync_date=last_sync)

    assert outcome is not None
    assert outcome.row == replace(state, last_sync_date=NOW)
    assert (outcome.valid_until, outcome.removed) == (state.valid_until, False)


@pytest.mark.parametrize("state", UNREDEEMED)
@pytest.mark.parametrize("last_sync", [None, EARLIER])
def test_a_known_unredeemed_row_goes_when_it_is_reported_as_going(state: Sponsorship, last_sync: Any) -> None:
    outcome = reported(state, to_delete=True, last_sync_date=last_sync)

    assert outcome is not None
    assert (outcome.row, outcome.valid_until, outcome.removed) == (None, state.valid_until, True)


@pytest.mark.parametrize("state", [REDEEMED, REDEEMED_MARKED])
def test_a_redeemed_row_is_marked_when_it_is_reported_as_going(state: Sponsorship) -> None:
    outcome = reported(state, to_delete=True)

    assert outcome is not None
    assert outcome.row == replace(REDEEMED_MARKED, last_sync_date=NOW)
    assert (outcome.valid_until, outcome.removed) == (LATER, False)


# Who may sponsor what, and what takes a seat.


def test_only_families_for_enterprise_exists() -> None:
    require_sponsorship_type(0)
    for number in (None, 1, 255):
        with pytest.raises(ServerFaultError):
            require_sponsorship_type(number)


@pytest.mark.parametrize("plan_type", range(23))
def test_only_the_enterprise_tier_may_sponsor(plan_type: int) -> None:
    if plan_type in ENTERPRISE_PLANS:
        check_may_sponsor(organization(plan_type=plan_type))
        return
    with pytest.raises(BadRequestError, match=r"^Specified Organization cannot sponsor other organizations\.$"):
        check_may_sponsor(organization(plan_type=plan_type))


PAST, FUTURE = NOW - MOMENT, NOW + MOMENT


@pytest.mark.parametrize(
    ("state", "ends", "seat"),
    [
        *[(OFFERED, ends, True) for ends in (None, PAST, NOW, FUTURE)],
        *[(REDEEMED, ends, True) for ends in (None, FUTURE)],
        *[(REDEEMED, ends, False) for ends in (PAST, NOW)],
        *[(OFFERED_MARKED, ends, False) for ends in (None, PAST, NOW)],
        (OFFERED_MARKED, FUTURE, True),
        *[(REDEEMED_MARKED, ends, False) for ends in (None, PAST, NOW)],
        (REDEEMED_MARKED, FUTURE, True),
    ],
)
def test_an_admin_initiated_row_takes_a_seat_while_it_lasts_and_others_take_none(
    state: Any, ends: Any, seat: bool
) -> None:
    row = replace(state, valid_until=ends)

    assert occupies_seat(replace(row, is_admin_initiated=True), NOW) is seat
    assert not occupies_seat(row, NOW)


# Mails (§2.11).

VAULT = "https://vault.bitwarden.eu"


def test_an_offer_links_to_the_page_that_accepts_it() -> None:
    message = mail.offer("pat+x@mail.test", "R&amp;D", "TOKEN", VAULT, has_account=True)

    link = f"{VAULT}/#/accept-families-for-enterprise?token=TOKEN&email=pat%2Bx%40mail.test"
    assert (message.to, message.links) == ("pat+x@mail.test", (link,))
    assert (message.subject, message.category) == ("Accept your Sponsored Families Plan", "FamiliesForEnterpriseOffer")
    assert message.sponsorship_token == "TOKEN"
    assert "R&amp;D" in message.text
    assert link in message.text
    assert link.replace("&", "&amp;") in message.html


def test_an_offer_to_somebody_without_an_account_asks_to_register_first() -> None:
    message = mail.offer("pat@mail.test", "Acme", "TOKEN", VAULT, has_account=False)

    link = f"{VAULT}/#/accept-families-for-enterprise?token=TOKEN&email=pat%40mail.test&register=true"
    assert message.links == (link,)


def test_the_end_of_the_free_plan_is_told_with_a_date_a_week_before_it() -> None:
    until = datetime(2026, 3, 4, tzinfo=UTC)

    message = mail.removal_of_free_plan("pat@mail.test", "family", until, VAULT)

    assert (message.to, message.links) == (
        "pat@mail.test",
        (f"{VAULT}/#/organizations/family/billing/subscription",),
    )
    assert message.subject == "Removal of Free Bitwarden Families plan"
    assert message.category == "FamiliesForEnterpriseRemovedFromFamilyUser"
    assert "02/25/2026" in message.text
    assert message.sponsorship_token is None
