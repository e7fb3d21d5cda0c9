"""A function that is killed, or out of time, amid a request: the next start works, and sent again it becomes whole."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import ExitStack
from functools import cache

import httpx
import pytest

from tests.journeys.support.crash import fresh_row, post_batch
from tests.runtime.gateway import ADDRESS, Gateway, NoAnswerError

WRITES = "TransactWriteItems"
# Larger than two transactions, each row with a mail, so that there is something to be torn apart.
ROWS = 150
BILLING_SYNC = 1
TIME = {"killed": 60, "hangs": 12}
"""Seconds until a function is out of time: enough to start again and answer."""
TOLD = {"killed": "Runtime.ExitError", "hangs": f"Task timed out after {TIME['hangs']}.00 seconds"}
MISHAPS = [
    ("killed", "before", 1),
    ("killed", "after", 1),
    ("killed", "after", -2),
    ("killed", "after", -1),
    ("hangs", "before", 1),
    ("hangs", "after", -1),
]
"""What happens, on which side of which of the sync's transactions; -1 is the last."""


class Server:
    """A self-hosted server of Globex, which has its billing sync key, in a world of its own."""

    def __init__(self, world, control):
        self._control = control
        self._world = f"/worlds/{world}"
        region = control("PUT", self._world).json()["regions"]["us"]
        self.api = region["api"]
        (self.organization,) = [each["id"] for each in region["organizations"] if each["name"] == "Globex"]
        keys = self._rows("keys")
        of_this = [each for each in keys if each["organizationId"] == self.organization]
        (self._key,) = [each["apiKey"] for each in of_this if each["type"] == BILLING_SYNC]
        (installation,) = [each["id"] for each in region["installations"] if each["enabled"]]
        wish = {"region": "us", "client": f"installation.{installation}", "odd": "none", "scope": "api.installation"}
        self._token = control("POST", f"{self._world}/tokens", json=wish).json()["accessToken"]

    def sync(self, http, batch):
        answer = post_batch(http, self.api, self._token, self.organization, self._key, batch)
        assert answer.status_code == 200, answer.text
        return [row | {"lastSyncDate": None} for row in answer.json()["sponsorshipsBatch"]]

    def rows(self):
        """What is stored of the rows, but for ids and times."""
        return sorted(
            (row["sponsoringMemberId"], row["offeredToEmail"], row["friendlyName"], row["toDelete"], row["validUntil"])
            for row in self._rows("sponsorships")
        )

    def mails(self):
        """Who was sent an offer, and how often."""
        return Counter(mail["to"] for mail in self._control("GET", f"{self._world}/mail").json()["items"])

    def syncs(self):
        """The statuses of the syncs that the journal has."""
        entries = self._control("GET", f"{self._world}/journal?method=POST&path=sponsorship/sync").json()["items"]
        return [entry["status"] for entry in entries]

    def _rows(self, kind):
        return self._control("GET", f"{self._world}/state?region=us&kind={kind}").json()["regions"]["us"][kind]


class BadLuck:
    """An API function that meets with what is planned (`handlers/unlucky.py`), and `http` to ask it by."""

    def __init__(self, http, plan):
        self.http, self._plan = http, plan

    def plan(self, mishap="none", moment="before", nth=0):
        self._plan.write_text(json.dumps({"mishap": mishap, "operation": WRITES, "nth": nth, "moment": moment}))

    @property
    def happened(self):
        return not self._plan.exists()

    @property
    def writes(self):
        """How many transactions there were since the function was last asked."""
        return int(self._plan.with_suffix(".count").read_text())


@pytest.fixture(scope="module")
def bad_luck(start, tmp_path_factory):
    """Functions that meet with each kind of mishap: `bad_luck("killed")`."""
    with ExitStack() as stack:

        @cache
        def with_mishap(mishap):
            plan = tmp_path_factory.mktemp(mishap) / "plan"
            unlucky = start("api", handler="unlucky.handler", timeout=TIME[mishap], UNLUCKY=str(plan))
            function = stack.enter_context(unlucky)
            client = httpx.Client(transport=Gateway(lambda _: function), base_url=ADDRESS)
            return BadLuck(stack.enter_context(client), plan)

        yield with_mishap


@pytest.fixture(scope="module")
def batch():
    return [fresh_row() for _ in range(ROWS)]


@pytest.fixture(scope="module")
def undisturbed(bad_luck, control, batch):
    """What a lucky sync answers when it is sent again, what it leaves behind, and in how many transactions."""
    server, api = Server("undisturbed", control), bad_luck("killed")
    api.plan()
    server.sync(api.http, batch)
    writes = api.writes
    assert writes >= 3
    return server.sync(api.http, batch), server.rows(), server.mails(), writes


@pytest.mark.parametrize(("mishap", "moment", "place"), MISHAPS)
def test_a_sync_that_broke_off_is_whole_once_it_is_sent_again(
    mishap, moment, place, bad_luck, control, batch, undisturbed
):
    answers, rows, mails, writes = undisturbed
    nth = place if place > 0 else writes + 1 + place
    server, api = Server(f"{mishap}-{moment}-{nth}", control), bad_luck(mishap)
    before = server.rows()

    # Given a function that is killed or hangs at one of its writes
    api.plan(mishap, moment, nth)
    with pytest.raises(NoAnswerError, match=TOLD[mishap]):
        server.sync(api.http, batch)
    assert api.happened

    # Then the rows that stand have their mails, and the request is in the journal only if all of it happened
    stand = Counter(row[1] for row in server.rows() if row not in before)
    whole = (moment, place) == ("after", -1)
    assert server.mails() == stand
    assert stand.total() == ROWS if whole else stand.total() < ROWS or place < 0
    assert server.syncs() == ([200] if whole else [])

    # When the client sends it again, then the function that was started anew answers as if nothing had been
    assert server.sync(api.http, batch) == answers
    assert (server.rows(), server.mails()) == (rows, mails)


def test_an_answer_that_is_held_back_for_longer_than_there_is_time_comes_in_time(start, control):
    server = Server("held-back", control)
    rule = {"match": {"service": "api"}, "effect": {"kind": "latency", "milliseconds": 20_000}}

    with (
        start("api", timeout=8) as function,
        httpx.Client(transport=Gateway(lambda _: function), base_url=ADDRESS) as http,
    ):
        assert http.get(f"{server.api}/alive").is_success
        assert control("POST", "/worlds/held-back/faults", json=rule).is_success
        answer = http.get(f"{server.api}/alive")

        assert answer.status_code == 200
        assert answer.headers["x-sosie-fault"]
        assert len(function.start_milliseconds()) == 1
