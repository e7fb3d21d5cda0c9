"""Each function starts under Lambda's own runtime, answers real events, and has room in the memory it is given."""

from __future__ import annotations

import json
import logging
import re

import pytest

from tests.journeys.support.crash import fresh_row, post_batch
from tests.journeys.support.person import Person
from tests.journeys.support.region import Region
from tests.runtime.emulator import ROOT

logger = logging.getLogger(__name__)

HTTP_FUNCTIONS = ["identity", "api", "push", "control"]
SHIPPED = {name: sorted((ROOT / "events").glob(f"{name}_*.json")) for name in [*HTTP_FUNCTIONS, "maintenance"]}


@pytest.fixture
def region(control):
    return Region("us", control("PUT", "/worlds/answers").json()["regions"]["us"])


@pytest.mark.parametrize("name", HTTP_FUNCTIONS)
def test_every_shipped_event_is_answered_as_an_http_api_wants_it(name, start):
    assert SHIPPED[name]
    with start(name) as function:
        for path in SHIPPED[name]:
            invocation = function.invoke(json.loads(path.read_text()))

            assert invocation.error is None, f"{path.name}: {invocation.error}\n{function.log}"
            answer = invocation.answer
            assert set(answer) <= {"statusCode", "headers", "body", "isBase64Encoded", "cookies"}, path.name
            assert answer["headers"]["x-sosie"], path.name
            assert answer["headers"].get("x-sosie-hint") not in ("SOSIE_FAILED", "SOSIE_BUSY"), path.name
            assert answer["statusCode"] < 500 or answer["headers"]["x-sosie-hint"], (path.name, answer)
        assert len(function.start_milliseconds()) == 1
        assert has_room(function)


def test_the_schedules_event_is_answered_with_what_happened(start):
    (event,) = SHIPPED["maintenance"]
    with start("maintenance") as function:
        assert function.invoke(json.loads(event.read_text())).answer.keys() == {"happenings"}
        assert has_room(function)


def test_a_servers_owner_signs_in_and_a_thousand_sponsorships_are_synced(http, function, control, region):
    # Given the owner, who generates the billing sync token, and an installation's token
    owner = Person(http, region, region.cast.owner).login()
    key = owner.api_key(region.enterprise["id"]).raise_for_status().json()["apiKey"]
    token = installation_token(http, region)

    # When a whole batch is synced
    batch = [fresh_row() for _ in range(1000)]
    answer = post_batch(http, region.api, token, region.enterprise["id"], key, batch)

    # Then all of it is there, and the function had room for it
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["sponsorshipsBatch"]) == 1000
    rows = control("GET", "/worlds/answers/state?region=us&kind=sponsorships").json()["regions"]["us"]["sponsorships"]
    assert {each["sponsoringOrganizationUserId"] for each in batch} <= {each["sponsoringMemberId"] for each in rows}
    assert all(has_room(function(name)) for name in ("identity", "api", "control"))


def installation_token(http, region):
    installation = region.installation
    fields = {
        "grant_type": "client_credentials",
        "client_id": f"installation.{installation.id}",
        "client_secret": installation.key,
        "scope": "api.installation",
    }
    return http.post(f"{region.identity}/connect/token", data=fields).raise_for_status().json()["access_token"]


def has_room(function):
    """Tell whether half of the memory that the template gives was never used."""
    (given,) = re.findall(r"^    MemorySize: (\d+)", (ROOT / "template.yaml").read_text(), re.MULTILINE)
    used = function.peak_megabytes()
    logger.info("peak memory %.0f of %s MB", used, given)
    return used < int(given) / 2
