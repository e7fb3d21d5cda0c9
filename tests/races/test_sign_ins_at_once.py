"""Sign-ins, tokens, seats and fault counters at once: what counts is counted once for each request."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sosie.domain.members import Role
from tests.support.control import ask as ask_control
from tests.support.families import (
    ACME,
    ALICE,
    BOB,
    COUSIN,
    OWNER,
    STRANGER,
    change_member,
    change_organization,
    offer,
)
from tests.support.token_client import VERSION, ask, password_form, refresh_form, share_one_rsa_pair, sign_in

if TYPE_CHECKING:
    from tests.races.conftest import Race
    from tests.support.cloud import TestCloud

FAULT = {"effect": {"kind": "status", "status": 503}, "match": {"route": "/connect/token"}, "limit": {"times": 1}}


@pytest.fixture(autouse=True)
def _quick_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    share_one_rsa_pair(monkeypatch)


def test_a_refresh_token_that_is_used_twice_at_once_is_good_for_both(race: Race, cloud: TestCloud) -> None:
    handle = sign_in(cloud, OWNER)["refresh_token"]

    def send():
        return ask(cloud, refresh_form(handle))

    for outcome in race.run(cloud, send, send, collide=False):
        assert outcome.statuses == [200, 200]
        assert [answer.json["refresh_token"] for answer in outcome.answers] == [handle, handle]


def test_wrong_passwords_at_once_are_all_counted(race: Race, cloud: TestCloud) -> None:
    def send():
        return ask(cloud, password_form(OWNER, password="wrong"))

    for outcome in race.run(cloud, send, send, send):
        counts = [user["failed_login_count"] for user in outcome.bodies("default/us/users", "id#")]
        assert max(counts) == 3


def test_two_sign_ins_from_one_new_device_know_it_once(race: Race, cloud: TestCloud) -> None:
    sign_in(cloud, OWNER, deviceIdentifier="another one")  # the person's keys are there, and no others are drawn

    def send():
        return ask(cloud, password_form(OWNER), VERSION)

    for outcome in race.run(cloud, send, send):
        assert outcome.statuses == [200, 200]
        assert len(outcome.bodies("default/us/users", "device#")) == 2


def test_a_fault_that_happens_once_happens_to_one_of_two_requests(race: Race, cloud: TestCloud) -> None:
    assert ask_control(cloud, "POST", "/worlds/default/faults", FAULT).status == 200

    def send():
        return ask(cloud, password_form(OWNER, password="wrong"))

    for outcome in race.run(cloud, send, send):
        assert sorted(outcome.statuses) == [400, 503]


def test_of_two_admin_offers_for_the_last_seat_one_gets_it(race: Race, cloud: TestCloud) -> None:
    seats = 5  # four are taken by the members
    change_member(cloud, BOB, role=Role.ADMIN)
    change_organization(cloud, ACME, use_admin_sponsored_families=True, seats=seats, max_autoscale_seats=seats)

    outcomes = race.run(
        cloud,
        lambda: offer(cloud, OWNER, COUSIN, isAdminInitiated=True),
        lambda: offer(cloud, BOB, STRANGER, isAdminInitiated=True),
    )

    for outcome in outcomes:
        assert sorted(outcome.statuses) == [200, 400]


def test_two_members_who_offer_under_one_name_at_once_are_both_answered_and_mailed(
    race: Race, cloud: TestCloud
) -> None:
    """One after another, the second would send the first one's offer again; at once each may get a row of their own.

    So it is in the cloud, where nothing keeps names unique. It is the one race that may end as no order does.
    """
    outcomes = race.rounds(
        cloud,
        lambda: offer(cloud, ALICE, COUSIN, friendlyName="family"),
        lambda: offer(cloud, BOB, COUSIN, friendlyName="family"),
    )

    for outcome in outcomes:
        assert outcome.statuses == [200, 200]
        rows = [key for key in outcome.state if key.sort.startswith("sponsorship#")]
        assert len(rows) in (1, 2)
        assert len(outcome.mails_to(COUSIN)) == 2
