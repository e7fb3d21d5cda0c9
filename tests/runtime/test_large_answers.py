"""What Lambda does with an answer over 6 MB, and that the functions never let it come to that."""

from __future__ import annotations

import pytest

from sosie.ports import Put
from sosie.services.journal import BODY_LIMIT, entry_item
from sosie.store.dynamodb import DynamoDbStore
from tests.runtime.conftest import TABLE

TAKEN = 6_291_556
ENTRIES = 150
PLAIN = {"Accept-Encoding": "identity"}


def test_lambda_fails_and_starts_anew_after_an_answer_that_is_a_byte_too_large(start):
    with start("api", handler="as_asked.handler") as function:
        quotes = 2
        assert len(function.invoke({"length": TAKEN - quotes}).answer) == TAKEN - quotes
        assert len(function.start_milliseconds()) == 1

        assert function.invoke({"length": TAKEN - quotes + 1}).error == "Function.ResponseSizeTooLarge"

        assert function.invoke({"length": 1}).answer == "x"
        assert len(function.start_milliseconds()) == 2


@pytest.fixture(scope="module")
def large(control, http, dynamodb_local):
    """A world with a journal of more than 6 MB, and a snapshot with it."""
    world = "large"
    api = control("PUT", f"/worlds/{world}").json()["regions"]["us"]["api"]
    assert http.get(f"{api}/alive").is_success
    (entry,) = control("GET", f"/worlds/{world}/journal").json()["items"]
    message = {"headers": {}, "body": "x" * BODY_LIMIT}
    more = [entry | {"id": f"{number:08d}", "request": message, "response": message} for number in range(ENTRIES)]
    DynamoDbStore(dynamodb_local.client(), TABLE).write([Put(entry_item(world, each), always=True) for each in more])
    assert control("PUT", f"/worlds/{world}/snapshots/all?with=journal").is_success
    return f"/worlds/{world}"


@pytest.mark.parametrize("path", ["journal?limit=1000", "journal?limit=1000&format=har", "snapshots/all"])
def test_who_takes_gzip_gets_it_and_who_does_not_is_told_what_to_do(path, large, control, function):
    before = function("control").process()

    packed = control("GET", f"{large}/{path}")
    plain = control("GET", f"{large}/{path}", headers=PLAIN)

    assert (packed.status_code, packed.headers["content-encoding"]) == (200, "gzip")
    assert len(packed.content) > TAKEN
    assert packed.json()
    assert (plain.status_code, plain.headers["content-type"]) == (413, "application/problem+json")
    assert "Accept-Encoding: gzip" in plain.json()["detail"]
    assert function("control").process() == before


def test_page_by_page_it_can_be_read_without_compression(large, control):
    seen, after = [], ""
    while after is not None:
        page = control("GET", f"{large}/journal?limit=50&after={after}", headers=PLAIN).json()
        seen += [entry["id"] for entry in page["items"]]
        after = page.get("next")

    assert len(seen) == len(set(seen)) == ENTRIES + 1
