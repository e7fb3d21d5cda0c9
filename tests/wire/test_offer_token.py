"""Whether an offer token still holds, and for whom (docs/contract/api.md §2.3, §2.6, §5.4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sosie.services.sponsorship_rows import save_row
from tests.support.cloud import TestCloud
from tests.support.families import (
    ACME,
    ALICE,
    COUSIN,
    FAMILY,
    NEWCOMER,
    OWNER,
    SPONSORSHIPS,
    change_email,
    mails,
    offer,
    offer_token,
    prepared,
    redeem,
    resend,
    rows_of,
    set_policy,
    the_row,
    validate,
)
from tests.support.refusals import (
    assert_done,
    assert_no_body,
)


@pytest.fixture
def offered(cloud: TestCloud) -> TestCloud:
    """A cloud in which Alice of Acme has made an offer to her cousin."""
    assert_done(offer(cloud, ALICE, COUSIN, friendlyName="My Cousin"))
    return cloud


GOOD = {"isTokenValid": True, "isFreeFamilyPolicyEnabled": False}
BAD = {"isTokenValid": False, "isFreeFamilyPolicyEnabled": False}


def assert_offer_is(cloud: TestCloud, by: str, token: str | None, expected: dict[str, bool]) -> None:
    answer = validate(cloud, by, token)
    assert (answer.status, answer.json) == (200, expected)


def test_the_person_with_the_offered_email_holds_a_good_offer_and_nobody_else(offered: TestCloud) -> None:
    token = offer_token(offered, COUSIN)

    assert_offer_is(offered, COUSIN, token, GOOD)
    assert_offer_is(offered, NEWCOMER, token, BAD)
    assert_offer_is(offered, ALICE, token, BAD)


def test_validating_changes_nothing(offered: TestCloud) -> None:
    before = rows_of(offered), mails(offered)

    for _ in range(2):
        assert_offer_is(offered, COUSIN, offer_token(offered, COUSIN), GOOD)

    assert (rows_of(offered), mails(offered)) == before


@pytest.mark.parametrize("token", [None, "", "garbage", "BWOrganizationSponsorship_", "BWOrganizationSponsorship_%00é"])
def test_garbage_is_no_good_offer_and_no_error(offered: TestCloud, token: str | None) -> None:
    assert_offer_is(offered, COUSIN, token, BAD)


def test_a_changed_token_is_no_good_offer(offered: TestCloud) -> None:
    token = offer_token(offered, COUSIN)
    other = "A" if token[40] != "A" else "B"

    assert_offer_is(offered, COUSIN, token[:40] + other + token[41:], BAD)
    assert_offer_is(offered, COUSIN, token.removeprefix("BWOrganizationSponsorship_"), BAD)
    assert_offer_is(offered, COUSIN, token[:-8], BAD)


def test_letter_case_of_an_email_does_not_count(cloud: TestCloud) -> None:
    offer(cloud, ALICE, "COUSIN@family.TEST")

    assert_offer_is(cloud, COUSIN, offer_token(cloud, "COUSIN@family.TEST"), GOOD)


def test_older_tokens_stay_good(offered: TestCloud) -> None:
    older = offer_token(offered, COUSIN)
    resend(offered, OWNER, "My Cousin")
    offered.clock.advance(timedelta(days=5000))

    assert_offer_is(offered, COUSIN, older, GOOD)
    assert_offer_is(offered, COUSIN, offer_token(offered, COUSIN), GOOD)


def test_an_offer_to_another_address_ends_the_first(offered: TestCloud) -> None:
    token = offer_token(offered, COUSIN)
    offer(offered, ALICE, NEWCOMER)

    assert_offer_is(offered, COUSIN, token, BAD)
    assert_offer_is(offered, NEWCOMER, offer_token(offered, NEWCOMER), GOOD)


def test_a_revoked_offer_is_no_good(offered: TestCloud) -> None:
    token = offer_token(offered, COUSIN)
    path = f"{SPONSORSHIPS}/{offered.organization(ACME).id}"
    assert_done(offered.request("DELETE", path, token=offered.user_token(ALICE)))

    assert_offer_is(offered, COUSIN, token, BAD)


def test_a_redeemed_offer_is_no_good(offered: TestCloud) -> None:
    token = offer_token(offered, COUSIN)
    assert_done(redeem(offered, COUSIN, token))

    assert_offer_is(offered, COUSIN, token, BAD)


def test_who_changes_their_email_loses_the_offer(offered: TestCloud) -> None:
    path = f"{SPONSORSHIPS}/validate-token?sponsorshipToken={offer_token(offered, COUSIN)}"
    token = offered.user_token(COUSIN)
    assert offered.request("POST", path, token=token).json == GOOD

    change_email(offered, COUSIN, "cousin@elsewhere.test")

    assert offered.request("POST", path, token=token).json == BAD


def test_another_regions_offer_is_no_good(offered: TestCloud, keyring: Any) -> None:
    token = offer_token(offered, COUSIN)
    europe = TestCloud("eu", keyring=keyring)

    assert_offer_is(europe, "tante@famille.test", token, BAD)


def test_the_sponsors_policy_is_told_of_a_good_offer_only(offered: TestCloud) -> None:
    set_policy(offered, ACME)
    token = offer_token(offered, COUSIN)

    assert_offer_is(offered, COUSIN, token, {"isTokenValid": True, "isFreeFamilyPolicyEnabled": True})
    assert_offer_is(offered, NEWCOMER, token, BAD)


def test_the_policy_of_another_organization_is_not_told(offered: TestCloud) -> None:
    set_policy(offered, FAMILY)

    assert_offer_is(offered, COUSIN, offer_token(offered, COUSIN), GOOD)


def test_an_offer_without_a_sponsor_knows_no_policy(offered: TestCloud) -> None:
    token = offer_token(offered, COUSIN)
    set_policy(offered, ACME)
    row = the_row(offered)
    with prepared(offered) as uow:
        save_row(uow, offered.organization(ACME).id, replace(row, sponsoring_organization_id=None))

    assert_offer_is(offered, COUSIN, token, GOOD)


def test_validating_needs_a_persons_token(cloud: TestCloud) -> None:
    path = f"{SPONSORSHIPS}/validate-token?sponsorshipToken=x"

    assert_no_body(cloud.request("POST", path), 401)
    assert_no_body(cloud.request("POST", path, token=cloud.installation_token("api.installation")), 403)
