"""Offers, redemptions and revocations at once: of each race comes what some order of the requests leads to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.families import (
    ALICE,
    BOB,
    COUSIN,
    FAMILY,
    OWNER,
    STRANGER,
    offer,
    offer_token,
    redeem,
    redeem_newest,
    resend,
)
from tests.support.refusals import assert_done
from tests.support.withdrawals import remove, revoke

if TYPE_CHECKING:
    from tests.races.conftest import Race
    from tests.support.cloud import TestCloud


@pytest.fixture
def offered(cloud: TestCloud) -> TestCloud:
    """A cloud in which Alice of Acme has made an offer to her cousin, who owns a Families organization."""
    assert_done(offer(cloud, ALICE, COUSIN))
    return cloud


def test_an_offer_that_is_redeemed_twice_at_once_is_redeemed_once(race: Race, offered: TestCloud) -> None:
    def send():
        return redeem_newest(offered)

    for outcome in race.run(offered, send, send):
        assert sorted(outcome.statuses) == [200, 400]


def test_of_two_offers_redeemed_at_once_for_one_family_one_sponsors_it(race: Race, offered: TestCloud) -> None:
    first = offer_token(offered, COUSIN)
    assert_done(offer(offered, BOB, COUSIN, friendlyName="from Bob"))
    second = offer_token(offered, COUSIN)

    outcomes = race.run(offered, lambda: redeem(offered, COUSIN, first), lambda: redeem(offered, COUSIN, second))

    for outcome in outcomes:
        assert sorted(outcome.statuses) == [200, 400]


def test_an_offer_that_is_revoked_while_it_is_redeemed_is_gone_or_marked(race: Race, offered: TestCloud) -> None:
    for outcome in race.run(offered, lambda: redeem_newest(offered), lambda: revoke(offered, ALICE)):
        assert outcome.statuses in ([200, 200], [400, 200])


def test_a_sponsorship_is_removed_by_the_family_and_revoked_by_the_sponsor_at_once(
    race: Race, offered: TestCloud
) -> None:
    assert_done(redeem_newest(offered))

    race.run(offered, lambda: remove(offered, COUSIN, FAMILY), lambda: revoke(offered, ALICE))


def test_a_member_who_offers_twice_at_once_has_one_row(race: Race, cloud: TestCloud) -> None:
    for outcome in race.run(cloud, lambda: offer(cloud, ALICE, COUSIN), lambda: offer(cloud, ALICE, STRANGER)):
        assert outcome.statuses == [200, 200]
        assert len(outcome.mails_to(COUSIN)) == len(outcome.mails_to(STRANGER)) == 1


def test_the_same_offer_sent_twice_at_once_is_one_row_and_two_mails(race: Race, cloud: TestCloud) -> None:
    def send():
        return offer(cloud, ALICE, COUSIN)

    for outcome in race.run(cloud, send, send):
        assert len(outcome.mails_to(COUSIN)) == 2


def test_an_offer_is_sent_again_while_it_is_redeemed(race: Race, offered: TestCloud) -> None:
    race.run(offered, lambda: resend(offered, OWNER, COUSIN), lambda: redeem_newest(offered), collide=False)
