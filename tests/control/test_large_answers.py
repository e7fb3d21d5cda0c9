"""Answers that a Lambda function cannot carry: the control plane says so, and what to do, before Lambda fails."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest

from sosie.domain.payloads import LARGEST_ANSWER
from sosie.ports import Put
from sosie.services.journal import BODY_LIMIT
from sosie.services.journal import entry_item as item_of_entry
from sosie.settings import Settings
from sosie.wiring import Sosie
from tests.support.cloud import TestCloud, seeded_store
from tests.support.control import event_of

TOKEN = "open-sesame"
BEARER = {"authorization": f"Bearer {TOKEN}"}
TAKES_GZIP = BEARER | {"accept-encoding": "gzip"}
JOURNAL = "/worlds/default/journal?limit=1000"


@pytest.fixture
def deployed(keyring):
    """A cloud whose host is a Lambda function, with a journal of bodies that are as long as they are kept."""
    store = seeded_store()
    sosie = Sosie(Settings(control_token=TOKEN), store=store, keyring=keyring, many_processes=True)
    message = {"headers": {}, "body": "x" * BODY_LIMIT}
    sent = TestCloud(keyring=keyring)
    sent.get("/alive")
    (entry,) = [dict(item.body) for item in sent.sosie.store.query("default/journal")]
    kept = [entry | {"id": f"{number:08d}", "request": message, "response": message} for number in range(300)]
    store.write([Put(item_of_entry("default", each), always=True) for each in kept])
    return sosie


def ask(sosie: Sosie, path: str, headers: dict[str, str], method: str = "GET") -> dict[str, Any]:
    return sosie.control.handle(event_of(method, path, headers=headers))


def test_an_answer_that_is_too_large_is_a_problem_that_says_what_to_ask_instead(deployed):
    answer = ask(deployed, JOURNAL, BEARER)

    problem = json.loads(answer["body"])
    assert (answer["statusCode"], problem["status"], problem["title"]) == (413, 413, "Answer too large")
    assert answer["headers"]["Content-Type"] == "application/problem+json"
    assert problem["bytes"] > problem["largest"] == LARGEST_ANSWER
    assert "Accept-Encoding: gzip" in problem["detail"]
    assert "limit" in problem["detail"]


def test_the_part_that_it_says_can_be_asked_for(deployed):
    answer = ask(deployed, "/worlds/default/journal?limit=50&after=", BEARER)

    found = json.loads(answer["body"])
    assert answer["isBase64Encoded"] is False
    assert (len(found["items"]), found["next"]) == (50, "00000049")


def test_a_client_that_takes_gzip_gets_all_of_it_at_once(deployed):
    answer = ask(deployed, JOURNAL, TAKES_GZIP)

    assert (answer["statusCode"], answer["headers"]["Content-Encoding"]) == (200, "gzip")
    assert len(json.loads(gzip.decompress(base64.b64decode(answer["body"])))["items"]) == 300


@pytest.mark.parametrize("path", ["/worlds/default/snapshots/all", JOURNAL + "&format=har"])
def test_snapshots_and_archives_keep_the_limit_too(path, deployed):
    assert ask(deployed, "/worlds/default/snapshots/all?with=journal", BEARER, "PUT")["statusCode"] == 200

    assert ask(deployed, path, BEARER)["statusCode"] == 413
    assert ask(deployed, path, TAKES_GZIP)["statusCode"] == 200


def test_what_changes_something_says_that_it_is_done_although_it_cannot_tell_all_of_it(deployed, monkeypatch):
    monkeypatch.setattr("sosie.control.worlds.read_world", lambda _: {"scenario": "x" * LARGEST_ANSWER})

    answer = ask(deployed, "/worlds/default/reset", BEARER, "POST")

    assert answer["statusCode"] == 413
    assert json.loads(answer["body"])["detail"].startswith("What was asked for is done;")
    assert json.loads(ask(deployed, JOURNAL, BEARER)["body"]) == {"items": []}


def test_a_server_of_ones_own_has_no_such_limit(deployed, keyring):
    embedded = Sosie(Settings(), store=deployed.store, keyring=keyring)

    answer = embedded.control.handle(event_of("GET", JOURNAL), trusted=True)

    assert answer["statusCode"] == 200
    assert len(json.loads(answer["body"])["items"]) == 300
