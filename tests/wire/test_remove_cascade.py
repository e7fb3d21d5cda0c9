"""What becomes of sponsorships when an organization goes (docs/contract/api.md §2.1, §5.4).

The orphan states come from requests here: rows without a sponsoring organization, without a sponsored one, or both.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sosie.domain.sponsorships import Sponsorship
from sosie.services import repository as repo
from sosie.services.maintenance import run_now
from sosie.services.sponsorship_rows import homes_of_rows, rows_at_home
from tests.support import control
from tests.support.cloud import TestCloud
from tests.support.families import (
    ACME,
    ALICE,
    BOB,
    COUSIN,
    FAMILY,
    GLOBEX,
    GLOBEX_OWNER,
    NEWCOMER,
    OWNER,
    SPONSORED_PRICE,
    SPONSORSHIPS,
    STRANGER,
    a_row,
    change_row,
    guid,
    mails,
    offer,
    offer_token,
    redeem,
    rows_of,
    set_policy,
    store,
    sync_row,
    synced,
    the_row,
    validate,
)
from tests.support.refusals import NOT_FOUND, assert_done, assert_error, assert_failed
from tests.support.removals import delete_organization, revision_date
from tests.wire import organization_bodies

BAD_TOKEN = "Failed to parse sponsorship token."
ALREADY_SPONSORED = (
    "Cannot redeem a sponsorship offer for an organization that is already sponsored. "
    "Revoke existing sponsorship first."
)
NOT_SPONSORED = "The requested organization is not currently being sponsored."
HALF_A_YEAR = timedelta(days=182, hours=12)


@pytest.fixture
def offered(cloud: TestCloud) -> TestCloud:
    """A cloud in which Alice of Acme has made an offer to her cousin, who owns a Families organization."""
    assert_done(offer(cloud, ALICE, COUSIN))
    return cloud


@pytest.fixture
def redeemed(offered: TestCloud) -> TestCloud:
    """A cloud in which the cousin has redeemed the offer."""
    assert_done(redeem(offered, COUSIN, offer_token(offered, COUSIN)))
    return offered


def orphans(cloud: TestCloud) -> list[Sponsorship]:
    """Return every row that has no sponsoring organization."""
    uow = cloud.unit()
    homes = homes_of_rows(uow, [each.id for each in repo.organizations.list(uow)])
    rows = [row for home in homes for row in rows_at_home(uow, home)]
    return [row for row in rows if row.sponsoring_organization_id is None]


def remove(cloud: TestCloud, token: str, sponsored_id: str) -> Any:
    return cloud.request("DELETE", f"{SPONSORSHIPS}/sponsored/{sponsored_id}", token=token)


# The sponsoring organization goes.


def test_an_open_offer_stays_good_and_no_policy_forbids_it(offered: TestCloud) -> None:
    set_policy(offered, ACME)
    token = offer_token(offered, COUSIN)
    assert validate(offered, COUSIN, token).json == {"isTokenValid": True, "isFreeFamilyPolicyEnabled": True}

    delete_organization(offered, OWNER)

    assert validate(offered, COUSIN, token).json == {"isTokenValid": True, "isFreeFamilyPolicyEnabled": False}
    assert validate(offered, NEWCOMER, token).json["isTokenValid"] is False


def test_an_open_offer_can_be_redeemed(offered: TestCloud) -> None:
    (before,) = rows_of(offered)
    delete_organization(offered, OWNER)

    token = offer_token(offered, COUSIN)
    assert_done(redeem(offered, COUSIN, token))

    family = offered.organization(FAMILY)
    assert family.subscription.price_id == SPONSORED_PRICE
    (row,) = orphans(offered)
    assert (row.id, row.sponsored_organization_id) == (before.id, family.id)
    assert (row.offered_to_email, row.valid_until) == (None, family.subscription.period_end)
    assert_error(redeem(offered, COUSIN, token), 400, BAD_TOKEN)


def test_a_lapsed_one_is_deleted_by_the_attempt(cloud: TestCloud) -> None:
    synced(cloud, {**sync_row("zoe"), "offeredToEmail": COUSIN})
    token = offer_token(cloud, COUSIN)
    delete_organization(cloud, GLOBEX_OWNER, GLOBEX)
    cloud.clock.advance(HALF_A_YEAR + timedelta(seconds=1))

    text = "This sponsorship offer is more than 6 months old and has expired."
    assert_error(redeem(cloud, COUSIN, token), 400, text)
    assert orphans(cloud) == []
    assert_error(redeem(cloud, COUSIN, token), 400, BAD_TOKEN)


def test_the_family_stays_sponsored_and_its_owner_can_end_it(redeemed: TestCloud) -> None:
    before = the_row(redeemed)
    assert_done(offer(redeemed, "owner@globex.test", COUSIN, GLOBEX))
    delete_organization(redeemed, OWNER)

    assert_error(redeem(redeemed, COUSIN, offer_token(redeemed, COUSIN)), 400, ALREADY_SPONSORED)
    assert_done(remove(redeemed, redeemed.user_token(COUSIN), redeemed.organization(FAMILY).id))

    (row,) = orphans(redeemed)
    assert (row.to_delete, row.valid_until) == (True, before.valid_until)
    assert (row.id, row.sponsored_organization_id) == (before.id, redeemed.organization(FAMILY).id)


def test_nothing_of_the_organizations_own_finds_a_row(offered: TestCloud) -> None:
    store(offered, a_row(offered, BOB, friendly_name="by bob", is_admin_initiated=True))
    tokens = {email: offered.user_token(email) for email in (OWNER, ALICE)}
    base = f"{SPONSORSHIPS}/{offered.organization(ACME).id}"
    sent = len(mails(offered))
    delete_organization(offered, OWNER)

    def ask(method: str, path: str, by: str = OWNER, body: Any = None) -> Any:
        return offered.request(method, f"{base}{path}", token=tokens[by], json_body=body)

    assert_error(ask("GET", "/sponsored"), 404, NOT_FOUND)
    assert_failed(ask("GET", "/sync-status"))
    assert_error(ask("DELETE", "", ALICE), 400, "Can only revoke a sponsorship you granted.")
    unfound = "The specified sponsored organization could not be found under the given sponsoring organization."
    assert_error(ask("DELETE", f"/{COUSIN}/revoke"), 400, unfound)
    assert_done(ask("POST", f"/families-for-enterprise/resend?sponsoredFriendlyName={COUSIN}"))
    body = {"sponsoredEmail": STRANGER, "friendlyName": STRANGER}
    assert_failed(ask("POST", "/families-for-enterprise", ALICE, body))
    assert len(orphans(offered)) == 2
    assert len(mails(offered)) == sent


def test_nothing_but_the_sponsor_changes_in_a_row(redeemed: TestCloud) -> None:
    assert_done(offer(redeemed, BOB, STRANGER))
    change_them = [each.id for each in rows_of(redeemed)]
    before = {row.id: row for row in rows_of(redeemed)}

    delete_organization(redeemed, OWNER)

    after = {row.id: row for row in orphans(redeemed)}
    assert set(after) == set(change_them)
    for row_id, row in after.items():
        assert row.sponsoring_organization_id is None
        assert row.sponsoring_member_id == before[row_id].sponsoring_member_id
        assert (row.friendly_name, row.offered_to_email, row.valid_until, row.to_delete) == (
            before[row_id].friendly_name,
            before[row_id].offered_to_email,
            before[row_id].valid_until,
            before[row_id].to_delete,
        )


def test_the_familys_owner_notices_nothing(redeemed: TestCloud) -> None:
    family, date = redeemed.organization(FAMILY), revision_date(redeemed, COUSIN)

    delete_organization(redeemed, OWNER)

    assert redeemed.organization(FAMILY) == family
    assert revision_date(redeemed, COUSIN) == date


# The sponsored organization goes.


def test_the_row_loses_its_family_and_keeps_date_and_mark(redeemed: TestCloud) -> None:
    change_row(redeemed, to_delete=True)
    before = the_row(redeemed)
    delete_organization(redeemed, COUSIN, FAMILY)

    row = the_row(redeemed)
    assert (row.sponsored_organization_id, row.offered_to_email) == (None, None)
    assert (row.valid_until, row.to_delete) == (before.valid_until, True)
    assert row.sponsoring_organization_id == redeemed.organization(ACME).id


def test_what_is_not_sponsored_any_more_cannot_be_removed(redeemed: TestCloud) -> None:
    token, family = redeemed.user_token(COUSIN), redeemed.organization(FAMILY).id
    delete_organization(redeemed, COUSIN, FAMILY)

    assert_error(remove(redeemed, token, family), 400, NOT_SPONSORED)


def test_the_member_can_offer_again_and_the_row_is_overwritten(redeemed: TestCloud) -> None:
    before = the_row(redeemed)
    delete_organization(redeemed, COUSIN, FAMILY)

    assert_done(offer(redeemed, ALICE, STRANGER))

    row = the_row(redeemed)
    assert (row.id, row.offered_to_email, row.valid_until) == (before.id, STRANGER, None)


def test_the_member_can_revoke_and_the_row_is_gone(redeemed: TestCloud) -> None:
    delete_organization(redeemed, COUSIN, FAMILY)

    path = f"{SPONSORSHIPS}/{redeemed.organization(ACME).id}"
    assert_done(redeemed.request("DELETE", path, token=redeemed.user_token(ALICE)))
    assert rows_of(redeemed) == []


def test_the_sponsors_profile_still_shows_the_row(redeemed: TestCloud) -> None:
    delete_organization(redeemed, COUSIN, FAMILY)

    profile = redeemed.get("/accounts/profile", token=redeemed.user_token(ALICE)).json
    (acme,) = profile["organizations"]
    assert (acme["familySponsorshipFriendlyName"], acme["familySponsorshipAvailable"]) == (COUSIN, False)
    assert acme["familySponsorshipValidUntil"] is not None


def test_a_redemption_for_a_family_that_was_deleted_meanwhile_fails(offered: TestCloud) -> None:
    family, token = offered.organization(FAMILY).id, offered.user_token(COUSIN)
    offer_text = offer_token(offered, COUSIN)
    delete_organization(offered, COUSIN, FAMILY)

    body = {"planSponsorshipType": 0, "sponsoredOrganizationId": family}
    assert_failed(offered.post(f"{SPONSORSHIPS}/redeem?sponsorshipToken={offer_text}", body, token=token))
    assert the_row(offered).offered_to_email == COUSIN


def test_whoever_founds_a_new_family_can_redeem_the_offer(offered: TestCloud) -> None:
    delete_organization(offered, COUSIN, FAMILY)
    assert (
        offered.post(
            organization_bodies.FREE_OF_CHARGE,
            {**organization_bodies.FAMILY, "name": "New Family"},
            token=offered.user_token(COUSIN),
        ).status
        == 200
    )

    assert_done(redeem(offered, COUSIN, offer_token(offered, COUSIN), "New Family"))
    assert the_row(offered).sponsored_organization_id == offered.organization("New Family").id


# Both go.


@pytest.mark.parametrize("first", [ACME, FAMILY])
def test_when_both_are_gone_the_row_has_neither(redeemed: TestCloud, first: str) -> None:
    owners = {ACME: OWNER, FAMILY: COUSIN}
    second = next(name for name in owners if name != first)
    valid_until = the_row(redeemed).valid_until

    for name in (first, second):
        assert_done(delete_organization(redeemed, owners[name], name))

    (row,) = orphans(redeemed)
    assert (row.sponsoring_organization_id, row.sponsored_organization_id) == (None, None)
    assert (row.valid_until, row.offered_to_email) == (valid_until, None)


def test_the_purge_finds_a_row_whose_organizations_are_both_gone(redeemed: TestCloud) -> None:
    valid_until = the_row(redeemed).valid_until
    assert valid_until is not None
    delete_organization(redeemed, OWNER)
    delete_organization(redeemed, COUSIN, FAMILY)

    redeemed.clock.at = valid_until + timedelta(days=90)
    run_now(redeemed.sosie.worlds, "default")
    assert len(orphans(redeemed)) == 1
    redeemed.clock.advance(timedelta(seconds=1))
    run_now(redeemed.sosie.worlds, "default")
    assert orphans(redeemed) == []


def test_the_control_plane_shows_orphans(redeemed: TestCloud) -> None:
    delete_organization(redeemed, OWNER)

    (row,) = control.ask(redeemed, "GET", "/worlds/default/state?region=us&kind=sponsorships").json["regions"]["us"][
        "sponsorships"
    ]
    assert row["sponsoringOrganizationId"] is None
    assert row["sponsoredOrganizationId"] == redeemed.organization(FAMILY).id


def test_a_reset_brings_everything_back(redeemed: TestCloud) -> None:
    gone = redeemed.organization(ACME).id
    delete_organization(redeemed, OWNER)

    assert control.ask(redeemed, "POST", "/worlds/default/reset").status == 200

    assert redeemed.organization(ACME).id == gone
    assert orphans(redeemed) == []
    assert repo.gone_organizations.list(redeemed.unit()) == []


def test_a_scenario_on_top_cannot_use_the_id_of_a_deleted_organization(redeemed: TestCloud) -> None:
    delete_organization(redeemed, OWNER)
    again = {"name": ACME, "billingEmail": "billing@acme.test"}
    document = {"version": 1, "name": "again", "regions": {"us": {"organizations": [again]}}}

    answer = control.ask(redeemed, "POST", "/worlds/default/seed", {"scenario": document})

    assert answer.status == 409
    assert len(orphans(redeemed)) == 1


def test_rows_of_the_other_region_do_not_notice(redeemed: TestCloud) -> None:
    eu = TestCloud.__new__(TestCloud)
    eu.__dict__ = {**redeemed.__dict__, "region": "eu"}
    assert_done(offer(eu, "amelie@dupont.test", "tante@famille.test", "Dupont SA"))
    before = rows_of(eu, "Dupont SA")

    delete_organization(redeemed, OWNER)

    assert rows_of(eu, "Dupont SA") == before


def test_an_organization_with_thousands_of_rows_is_gone_at_once(cloud: TestCloud) -> None:
    synced(cloud, *({**sync_row(f"m{number}"), "offeredToEmail": COUSIN} for number in range(2_500)))
    token = offer_token(cloud, COUSIN)

    assert_done(delete_organization(cloud, GLOBEX_OWNER, GLOBEX))

    assert len(orphans(cloud)) == 2_500
    assert validate(cloud, COUSIN, token).json["isTokenValid"] is True
    assert_done(redeem(cloud, COUSIN, token))
    assert guid("m2499") in {row.sponsoring_member_id for row in orphans(cloud)}
