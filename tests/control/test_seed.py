"""A scenario applied on top: all of it, or nothing and a reason that names the field."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.cloud import START, TestCloud
from tests.support.control import ask
from tests.support.schedule import after, of_kind

SEED = "/worlds/default/seed"


def scenario(**us: Any) -> dict[str, Any]:
    return {"version": 1, "name": "extra", "regions": {"us": us}}


PERSON = {"email": "dora@extra.test", "masterPassword": "half way there"}
ORGANIZATION = {"name": "Extra", "billingEmail": "billing@extra.test"}


def test_a_document_adds_people_and_organizations_to_what_is_there(cloud: TestCloud) -> None:
    members = [{"email": "owner@acme.test", "role": "owner"}, {"email": "dora@extra.test"}]
    document = scenario(users=[PERSON], organizations=[{"name": "Extra & Co", "members": members}])

    answer = ask(cloud, "POST", SEED, document)

    assert answer.status == 200
    names = [each["name"] for each in answer.json["regions"]["us"]["organizations"]]
    assert "Extra & Co" in names
    assert "Acme Corporation" in names
    profile = cloud.get("/accounts/profile", token=cloud.user_token("dora@extra.test")).json
    assert [each["name"] for each in profile["organizations"]] == ["Extra & Co"]


@pytest.mark.parametrize(
    ("document", "where"),
    [
        (scenario(users=[PERSON, {"email": "nobody"}]), "regions.us.users[1].email"),
        (scenario(users=[{"email": "x@y.test"}]), "regions.us.users[0].masterPassword"),
        (scenario(users=[PERSON | {"masterPasword": "typo"}]), "regions.us.users[0]"),
        (scenario(users=[PERSON], organizations=[{"name": "X", "plan": "gold"}]), "regions.us.organizations[0].plan"),
        (
            scenario(organizations=[{"name": "X", "members": [{"email": "ghost@extra.test"}]}]),
            "regions.us.organizations[0].members[0].email",
        ),
        (
            scenario(sponsorships=[{"organization": "Nowhere", "member": "owner@acme.test"}]),
            "regions.us.sponsorships[0]",
        ),
        ({"version": 2, "name": "later"}, "version"),
    ],
)
def test_a_mistake_is_named_by_its_field_and_nothing_is_applied(
    cloud: TestCloud, document: dict[str, Any], where: str
) -> None:
    before = ask(cloud, "GET", "/worlds/default/state").json

    answer = ask(cloud, "POST", SEED, document)

    assert (answer.status, answer.json["where"]) == (400, where)
    assert ask(cloud, "GET", "/worlds/default/state").json == before


def test_somebody_who_is_there_already_is_a_conflict_and_nothing_is_applied(cloud: TestCloud) -> None:
    taken = {"email": "owner@acme.test", "masterPassword": "another"}
    before = ask(cloud, "GET", "/worlds/default/state").json

    answer = ask(cloud, "POST", SEED, scenario(users=[PERSON, taken]))

    assert answer.status == 409
    assert ask(cloud, "GET", "/worlds/default/state").json == before


def test_a_scenario_nobody_ships_is_refused_with_the_ones_that_ship(cloud: TestCloud) -> None:
    answer = ask(cloud, "POST", SEED, '"nothing-like-it"')

    assert answer.status == 400
    assert "families" in answer.json["detail"]


def test_a_body_that_is_no_json_is_refused(cloud: TestCloud) -> None:
    assert ask(cloud, "POST", SEED, "{").status == 400


def test_a_seeded_sponsorship_shows_in_the_state_and_on_the_wire(cloud: TestCloud) -> None:
    row = {
        "organization": "Acme Corporation",
        "member": "alice@acme.test",
        "friendlyName": "Cousin",
        "redeemedBy": "Cousin Family",
        "syncedDaysAgo": 3,
        "validForDays": 200,
    }

    assert ask(cloud, "POST", SEED, scenario(sponsorships=[row])).status == 200

    (stored,) = ask(cloud, "GET", "/worlds/default/state?region=us&kind=sponsorships").json["regions"]["us"][
        "sponsorships"
    ]
    assert stored["sponsoredOrganizationId"] == cloud.organization("Cousin Family").id
    profile = cloud.get("/accounts/profile", token=cloud.user_token("alice@acme.test")).json
    (acme,) = profile["organizations"]
    assert acme["familySponsorshipFriendlyName"] == "Cousin"
    assert acme["familySponsorshipValidUntil"] == "2026-09-20T05:06:07Z"


@pytest.mark.parametrize("plan", ["teams-monthly", "enterprise-monthly", "enterprise-annually"])
@pytest.mark.parametrize("subscription", [{}, {"subscription": {"status": "active"}}])
def test_a_subscription_that_says_nothing_about_its_period_is_within_it(
    cloud: TestCloud, plan: str, subscription: dict[str, Any]
) -> None:
    assert (
        ask(cloud, "POST", SEED, scenario(organizations=[{**ORGANIZATION, "plan": plan, **subscription}])).status == 200
    )

    paid = cloud.organization("Extra").subscription

    assert paid.period_start < START < paid.period_end
    assert of_kind(after(cloud, paid.period_end), "renewal") != []
    assert cloud.organization("Extra").expiration_date > paid.period_end


@pytest.mark.parametrize("path", ["/etc/passwd", "../scenarios/families.yaml", "pyproject.toml"])
def test_no_file_of_the_server_is_read_for_a_caller(cloud: TestCloud, path: str) -> None:
    answer = ask(cloud, "POST", SEED, {"scenario": path})

    assert answer.status == 400
    assert "Send a scenario" in answer.json["detail"]


@pytest.mark.parametrize(
    ("document", "where"),
    [
        (scenario(installations=[{"email": "a@b.test", "id": "nonsense"}]), "regions.us.installations[0].id"),
        (scenario(users=[PERSON | {"kdf": {"iterations": 0}}]), "regions.us.users[0].kdf.iterations"),
        (scenario(users=[PERSON | {"kdf": {"type": "pbkdf2", "memory": 16}}]), "regions.us.users[0].kdf"),
        (scenario(organizations=[ORGANIZATION | {"seats": -5}]), "regions.us.organizations[0].seats"),
        (
            scenario(organizations=[ORGANIZATION | {"subscription": {"startedDaysAgo": 10**12}}]),
            "regions.us.organizations[0].subscription.startedDaysAgo",
        ),
        (
            scenario(organizations=[ORGANIZATION | {"subscription": {"status": "bogus"}}]),
            "regions.us.organizations[0].subscription.status",
        ),
        (
            scenario(organizations=[ORGANIZATION | {"policies": [{"type": -7}]}]),
            "regions.us.organizations[0].policies[0].type",
        ),
    ],
)
def test_a_value_that_could_only_fail_later_is_refused_now(
    cloud: TestCloud, document: dict[str, Any], where: str
) -> None:
    answer = ask(cloud, "POST", SEED, document)

    assert (answer.status, answer.json["where"]) == (400, where)


def test_an_id_is_read_in_any_spelling_and_found_by_it(cloud: TestCloud) -> None:
    own = "0F0E0D0C-0B0A-4908-8706-050403020100"
    document = scenario(installations=[{"email": "a@b.test", "id": own, "key": "aB3dE6gH9jK2mN5pQ8rS"}])

    assert ask(cloud, "POST", SEED, document).status == 200

    assert cloud.get(f"/installations/{own}").json["id"] == own.lower()


def test_an_id_can_be_given_once(cloud: TestCloud) -> None:
    twice = {"email": "a@b.test", "id": "0f0e0d0c-0b0a-4908-8706-050403020100"}

    answer = ask(cloud, "POST", SEED, scenario(installations=[twice, twice]))

    assert (answer.status, answer.json["where"]) == (400, "regions.us.installations[1].id")


@pytest.mark.parametrize("body", ["[" * 100_000, '{"name": "\\ud800"}', '{"name": NaN}'])
def test_a_body_that_cannot_be_kept_is_refused(cloud: TestCloud, body: str) -> None:
    assert ask(cloud, "POST", SEED, body).status == 400


@pytest.mark.parametrize("body", ["[1]", '"families"'])
def test_a_world_is_made_of_an_object(cloud: TestCloud, body: str) -> None:
    assert ask(cloud, "PUT", "/worlds/new", body).status == 400
