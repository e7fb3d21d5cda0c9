"""Mail, journal and state, read through the control plane."""

from __future__ import annotations

import pytest

from tests.support.cloud import TestCloud
from tests.support.control import ask
from tests.support.second_step import CAREFUL, add_careful, mailed_code, try_step

WORLD = "/worlds/default"


@pytest.fixture
def offered(cloud: TestCloud) -> TestCloud:
    """Two offers in us, so that there is mail and a journal."""
    acme = cloud.organization("Acme Corporation").id
    for member, to in (("alice@acme.test", "cousin@family.test"), ("bob@acme.test", "stranger@else.test")):
        body = {"sponsoredEmail": to, "friendlyName": to}
        path = f"/organization/sponsorship/{acme}/families-for-enterprise"
        assert cloud.post(path, body, token=cloud.user_token(member)).status == 200
    cloud.get("/installations/nonsense")
    return cloud


def test_a_mail_has_the_offers_link_and_token(offered: TestCloud) -> None:
    (mail,) = ask(offered, "GET", f"{WORLD}/mail?to=COUSIN@family.test").json["items"]

    assert set(mail) == {
        "id", "at", "region", "to", "subject", "category", "text", "html", "links", "sponsorshipToken", "code",
    }  # fmt: skip
    token = mail["sponsorshipToken"]
    assert mail["links"] == [
        f"https://vault.bitwarden.com/#/accept-families-for-enterprise?token={token}&email=cousin%40family.test"
    ]
    assert mail["links"][0] in mail["text"]
    assert ask(offered, "GET", f"{WORLD}/mail/{mail['id']}").json == mail


def test_a_mail_with_a_code_has_it_as_a_member(cloud: TestCloud) -> None:
    add_careful(cloud, email=True)
    try_step(cloud)

    (mail,) = ask(cloud, "GET", f"{WORLD}/mail?to={CAREFUL}&category=TwoFactorEmail").json["items"]

    assert mail["code"] == mailed_code(cloud)
    assert try_step(cloud, mail["code"], "1").status == 200


def test_a_mail_without_a_code_says_so(offered: TestCloud) -> None:
    assert [mail["code"] for mail in ask(offered, "GET", f"{WORLD}/mail").json["items"]] == [None, None]


def test_somebody_without_an_account_is_asked_to_register(offered: TestCloud) -> None:
    (mail,) = ask(offered, "GET", f"{WORLD}/mail?to=stranger@else.test").json["items"]

    assert mail["links"][0].endswith("&email=stranger%40else.test&register=true")


def test_mail_is_in_order_and_filtered_by_region(offered: TestCloud) -> None:
    mails = ask(offered, "GET", f"{WORLD}/mail").json["items"]

    assert [mail["to"] for mail in mails] == ["cousin@family.test", "stranger@else.test"]
    assert ask(offered, "GET", f"{WORLD}/mail?region=eu").json == {"items": []}


def test_an_entry_tells_the_whole_exchange(offered: TestCloud) -> None:
    entry = ask(offered, "GET", f"{WORLD}/journal?status=400").json["items"][0]

    assert set(entry) == {
        "id", "at", "wallAt", "region", "service", "method", "scheme", "path", "route", "caller", "status",
        "durationMs", "fault", "diagnosis", "request", "response",
    }  # fmt: skip
    assert (entry["method"], entry["path"]) == ("GET", "/us/api/installations/nonsense")
    assert entry["route"] == "/installations/{id}"
    assert "The value 'nonsense' is not valid." in entry["response"]["body"]
    assert ask(offered, "GET", f"{WORLD}/journal/{entry['id']}").json == entry


def test_filters_are_the_entrys_own_members(offered: TestCloud) -> None:
    def found(query: str) -> list[str]:
        return [entry["id"] for entry in ask(offered, "GET", f"{WORLD}/journal?{query}").json["items"]]

    assert found("method=post") == ["0000000001", "0000000002"]
    assert found("route=/installations/{id}") == ["0000000003"]
    assert found("path=sponsorship") == ["0000000001", "0000000002"]
    assert found(f"caller={offered.user('bob@acme.test').id}") == ["0000000002"]
    assert found("region=eu") == []
    assert found("status=200&method=POST") == ["0000000001", "0000000002"]


def test_a_long_journal_is_read_page_by_page(offered: TestCloud) -> None:
    newest = ask(offered, "GET", f"{WORLD}/journal?limit=2").json
    assert [entry["id"] for entry in newest["items"]] == ["0000000002", "0000000003"]

    first = ask(offered, "GET", f"{WORLD}/journal?after=0000000000&limit=2").json
    assert [entry["id"] for entry in first["items"]] == ["0000000001", "0000000002"]
    rest = ask(offered, "GET", f"{WORLD}/journal?after={first['next']}&limit=2").json
    assert [entry["id"] for entry in rest["items"]] == ["0000000003"]
    assert "next" not in rest


@pytest.mark.parametrize("query", ["colour=red", "limit=0", "limit=many", "limit=100000"])
def test_a_filter_that_does_not_exist_is_refused(offered: TestCloud, query: str) -> None:
    assert ask(offered, "GET", f"{WORLD}/journal?{query}").status == 400


@pytest.mark.parametrize("path", ["/mail/none", "/journal/none"])
def test_what_does_not_exist_is_a_problem(offered: TestCloud, path: str) -> None:
    assert ask(offered, "GET", WORLD + path).status == 404


def test_the_state_shows_rows_and_keeps_hashes_and_private_keys_to_itself(offered: TestCloud) -> None:
    answer = ask(offered, "GET", f"{WORLD}/state?region=us")
    state = answer.json["regions"]["us"]

    assert {row["friendlyName"] for row in state["sponsorships"]} == {"cousin@family.test", "stranger@else.test"}
    assert {member["status"] for member in state["members"]} == {0, 2}
    assert "passwordHash" not in answer.body
    assert "privateKey" not in answer.body


@pytest.mark.parametrize("query", ["region=mars", "kind=cipher"])
def test_a_region_or_kind_that_does_not_exist_is_refused(offered: TestCloud, query: str) -> None:
    assert ask(offered, "GET", f"{WORLD}/state?{query}").status == 400


def test_the_certificates_say_whose_they_are(cloud: TestCloud) -> None:
    from cryptography.x509 import load_pem_x509_certificate

    certificates = ask(cloud, "GET", f"{WORLD}/certificates").json

    assert set(certificates) == {"us", "eu"}
    subject = load_pem_x509_certificate(certificates["us"]["licence"].encode()).subject.rfc4514_string()
    assert "not Bitwarden" in subject


def test_a_route_that_does_not_exist_is_a_problem(cloud: TestCloud) -> None:
    assert ask(cloud, "GET", "/nowhere").json["detail"] == "The control plane has no route /_sosie/nowhere."
