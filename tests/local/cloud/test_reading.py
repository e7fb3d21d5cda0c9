"""What `sosie.Cloud` tells: who lives there, the time, mail, and the journal. Each test runs embedded and connected."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

import sosie
from sosie.control.connection import RefusedByControlError
from sosie.local.cloud import NotThereError
from tests.local.cloud.asking import SPONSORSHIP, ask, grant, offer, unusable_sync
from tests.support.passwords import authentication_hash

MASTER_PASSWORD = "correct horse battery staple"
COUSIN = "cousin@family.test"
LATER = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)


# Who lives there.


def test_a_region_says_where_its_services_answer(cloud: sosie.Cloud) -> None:
    for region in (cloud.us, cloud.eu):
        assert ask("GET", f"{region.api_url}/alive").status_code == 200
        assert ask("GET", f"{region.identity_url}/.well-known/openid-configuration").status_code == 200
        assert region.push_url == f"{cloud.url}/{region.name}/push"


def test_the_personas_of_the_scenario_are_found_by_name(cloud: sosie.Cloud) -> None:
    acme = cloud.us.organization("acme")

    assert (acme.name, acme.tier, acme.owner) == ("Acme Corporation", "enterprise", "owner@acme.test")
    assert cloud.us.user("Alice@ACME.test").master_password == MASTER_PASSWORD
    assert [each.enabled for each in cloud.eu.installations] == [True, False]
    assert cloud.eu.installation(enabled=False) == cloud.eu.installations[1]


def test_an_unknown_name_lists_the_known_ones(cloud: sosie.Cloud) -> None:
    with pytest.raises(NotThereError, match=r"'Zorg'; there is Acme Corporation, Cousin Family, Globex, Initech$"):
        cloud.us.organization("Zorg")
    with pytest.raises(NotThereError, match=r"no user 'carl@acme.test'; there is alice@acme.test, bob@acme.test, "):
        cloud.us.user("carl@acme.test")
    with pytest.raises(NotThereError, match="no region 'uk'; there are us, eu"):
        cloud.region("uk")


def test_who_lives_in_the_other_region_is_found_there(cloud: sosie.Cloud) -> None:
    with pytest.raises(NotThereError, match=r"no user 'owner@dupont.test' \(it is in region eu\)"):
        cloud.us.user("owner@dupont.test")


def test_a_beginning_that_several_share_names_them(cloud: sosie.Cloud) -> None:
    cloud.seed(
        {"version": 1, "name": "more", "regions": {"us": {"organizations": [organization("Acme Bakery", "alice")]}}}
    )

    with pytest.raises(NotThereError, match="several organizations that begin with 'ac': Acme Bakery, Acme Corp"):
        cloud.us.organization("ac")
    assert cloud.us.organization("acme bakery").owner == "alice@acme.test"


def organization(name: str, owner: str) -> dict[str, object]:
    return {"name": name, "plan": "families-annually", "members": [{"email": f"{owner}@acme.test", "role": "owner"}]}


# The clock.


def test_the_clock_moves_on_and_tells_what_happened(cloud: sosie.Cloud) -> None:
    before = cloud.clock.now

    happened = cloud.clock.advance(days=366)

    assert timedelta(days=366) <= cloud.clock.now - before < timedelta(days=367)
    assert cloud.clock.mode == "shifted"
    assert ("us", "renewal", "Cousin Family") in [(each.region, each.kind, each.organization_name) for each in happened]
    assert happened == sorted(happened, key=lambda each: each.at)


@pytest.mark.parametrize("by", [timedelta(days=31), "P31D", "P1M"])
def test_it_takes_a_duration_or_its_text(cloud: sosie.Cloud, by: timedelta | str) -> None:
    cloud.clock.freeze(datetime(2027, 1, 10, tzinfo=UTC))

    cloud.clock.advance(by)

    assert cloud.clock.now == datetime(2027, 2, 10, tzinfo=UTC)


def test_parts_of_a_length_add_up(cloud: sosie.Cloud) -> None:
    cloud.clock.freeze(LATER)

    cloud.clock.advance(days=1, hours=2, minutes=3, seconds=4.25)

    assert cloud.clock.now == LATER + timedelta(days=1, hours=2, minutes=3, seconds=4.25)


def test_it_is_frozen_set_and_given_back(cloud: sosie.Cloud) -> None:
    assert cloud.clock.freeze(LATER) == LATER
    assert cloud.clock.now == cloud.clock.now == LATER
    assert LATER <= cloud.clock.set(LATER) < LATER + timedelta(hours=1)
    assert cloud.clock.mode == "shifted"
    assert cloud.clock.system() < LATER
    assert cloud.clock.mode == "system"


def test_it_moves_in_one_way_at_a_time_and_only_forward(cloud: sosie.Cloud) -> None:
    with pytest.raises(TypeError, match="say once how far"):
        cloud.clock.advance()
    with pytest.raises(TypeError, match="say once how far"):
        cloud.clock.advance("P1D", days=1)
    with pytest.raises(ValueError, match="only moves forward"):
        cloud.clock.advance(timedelta(days=-1))
    with pytest.raises(RefusedByControlError):
        cloud.clock.advance(to=datetime(2001, 1, 1, tzinfo=UTC))


# Mail.


def test_an_offer_is_mailed_with_its_token(cloud: sosie.Cloud) -> None:
    assert offer(cloud, COUSIN).status_code == 200

    mail = cloud.mail.wait(to=COUSIN)

    assert mail.sponsorship_token
    assert mail.sponsorship_token in mail.links[0]
    assert (mail.region, mail.subject, mail.code) == ("us", "Accept your Sponsored Families Plan", None)
    assert cloud.mail.list(to=COUSIN.upper()) == [mail] == cloud.mail.list(category=mail.category)
    assert cloud.mail.list(to="nobody@family.test") == []


def test_the_newest_mail_is_the_last(cloud: sosie.Cloud) -> None:
    assert cloud.mail.last() is None
    for by, to in (("alice@acme.test", COUSIN), ("bob@acme.test", "newcomer@family.test")):
        offer(cloud, to, by)
    first, second = cloud.mail.list()

    assert cloud.mail.last() == second
    assert cloud.mail.last(to=COUSIN) == first
    assert cloud.mail.list(after=first) == [second]

    cloud.mail.clear()

    assert cloud.mail.list() == []


def test_waiting_for_mail_in_vain_tells_what_there_is(cloud: sosie.Cloud) -> None:
    offer(cloud, COUSIN)

    with pytest.raises(TimeoutError, match=rf"to 'x@y.test'(.|\n)*to {COUSIN}: Accept your Sponsored Families Plan"):
        cloud.mail.wait(to="x@y.test", timeout=0)
    with pytest.raises(TimeoutError, match="no mail came"):
        cloud.mail.wait(timeout=0.1, after=cloud.mail.last())


def test_a_code_to_sign_in_is_read_from_its_mail(cloud: sosie.Cloud) -> None:
    person = {"email": "second@step.test", "name": "Second Step", "masterPassword": MASTER_PASSWORD}
    cloud.seed({"version": 1, "name": "more", "regions": {"us": {"users": [person | {"twoStep": {"email": True}}]}}})

    first = sign_in(cloud, "second@step.test")
    code = cloud.mail.wait(to="second@step.test").code
    second = sign_in(cloud, "second@step.test", twoFactorProvider="1", twoFactorToken=code or "")

    assert (first.status_code, second.status_code) == (400, 200)


def sign_in(cloud: sosie.Cloud, email: str, **more: str) -> httpx.Response:
    form = {"username": email, "password": authentication_hash(email), "client_id": "web", "grant_type": "password"}
    device = {"deviceType": "9", "deviceIdentifier": "7b7ec47c-63a3-4d67-a1ef-4e5ba1a11a11", "deviceName": "chrome"}
    return ask("POST", f"{cloud.us.identity_url}/connect/token", scope="api offline_access", **form, **device, **more)


# The journal.


def test_an_entry_says_what_came_and_why_it_was_refused(cloud: sosie.Cloud) -> None:
    grant(cloud, secret="wrong")

    entry = cloud.journal.last()

    assert entry is not None
    assert (entry.method, entry.path, entry.status) == ("POST", "/us/identity/connect/token", 400)
    assert entry.caller == f"installation.{cloud.us.installation().id}"
    assert entry.diagnosis is not None
    assert entry.diagnosis.code == "SECRET_WRONG"
    assert entry.diagnosis.remedy
    assert "wrong" not in entry.request.body
    assert cloud.journal.read(entry.id) == entry == cloud.journal.wait(status=400)
    assert cloud.journal.entries(status=200) == []


def test_requests_are_verified(cloud: sosie.Cloud) -> None:
    for _ in range(2):
        unusable_sync(cloud)

    ids = cloud.journal.verify(f"POST {SPONSORSHIP}/sync", times=2)

    assert [cloud.journal.read(each).route for each in ids] == [f"{SPONSORSHIP}/sync"] * 2
    cloud.journal.verify(f"POST {SPONSORSHIP}/sync")
    cloud.journal.verify({"route": f"{SPONSORSHIP}/sync", "status": 400}, at_least=1, at_most=2)
    cloud.journal.verify("DELETE /alive", times=0)


def test_what_did_not_arrive_fails_with_the_nearest_misses(cloud: sosie.Cloud) -> None:
    unusable_sync(cloud)

    with pytest.raises(AssertionError) as failed:
        cloud.journal.verify(f"PUT {SPONSORSHIP}/sync", times=1)

    assert str(failed.value).splitlines() == [
        f"PUT {SPONSORSHIP}/sync: expected once, it came never",
        "nearest misses:",
        f"  POST /us/api{SPONSORSHIP}/sync 400",
        "    method: wanted 'PUT', was 'POST'",
    ]
    with pytest.raises(AssertionError, match="expected at least twice and at most 3 times, it came once"):
        cloud.journal.verify(f"POST {SPONSORSHIP}/sync", at_least=2, at_most=3, within=0.05)


def test_waiting_for_a_request_in_vain_tells_what_came(cloud: sosie.Cloud) -> None:
    grant(cloud)

    with pytest.raises(TimeoutError, match="POST /us/identity/connect/token 200"):
        cloud.journal.wait(path="/sync", timeout=0)


def test_the_journal_is_an_archive_and_can_be_cleared(cloud: sosie.Cloud) -> None:
    grant(cloud)

    (archived,) = cloud.journal.har()["log"]["entries"]
    assert archived["response"]["status"] == 200

    cloud.journal.clear()

    assert cloud.journal.entries() == []
    assert cloud.journal.last() is None
