"""What self-hosted clients send, byte for byte, and what comes back (docs/contract/clients.md §3).

Each capture is sent in each region, to both forms of address, in each pattern of writing. The answer is read from the
socket by hand.
"""

from __future__ import annotations

import pytest

from tests.replays.captures import Capture, all_names, load
from tests.replays.places import Place, Stage
from tests.replays.raw import PATTERNS, Answer, Connection

SECURITY = {
    "x-frame-options": "SAMEORIGIN",
    "x-xss-protection": "1; mode=block",
    "x-content-type-options": "nosniff",
}
UNCACHED = {"cache-control": "no-store, no-cache, max-age=0", "pragma": "no-cache"}
REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found"}
TOKENS = [name for name in all_names() if "/token" in name]


def assert_headers(answer: Answer, to_token_endpoint: bool) -> None:
    """Check the headers of any answer: the cloud's, each once, and nothing that says how a server is made."""
    expected = dict(SECURITY)
    if answer.body:
        expected["content-type"] = f"application/json; charset={'UTF-8' if to_token_endpoint else 'utf-8'}"
    if to_token_endpoint:
        expected |= UNCACHED
    framing_and_ours = {"content-length", "date", "x-sosie", "x-sosie-request", "x-sosie-hint"}
    theirs = [(name.lower(), value) for name, value in answer.headers if name.lower() not in framing_and_ours]
    assert sorted(theirs) == sorted(expected.items())
    assert answer.one("content-length") == str(len(answer.body))


def assert_as_noted(answer: Answer, capture: Capture) -> None:
    notes = capture.notes
    assert (answer.status, answer.reason) == (capture.status, REASONS[capture.status]), answer.body
    # All captures go to one cloud whose clock stands still, so that an installation asks for many tokens at once.
    hints = [hint for hint in answer.all("x-sosie-hint") if hint != "TOKEN_STORM"]
    assert hints == ([notes["hint"]] if "hint" in notes else [])
    (checked,) = {"members", "has", "body"} & set(notes)
    if checked == "members":
        assert set(answer.json) == set(notes["members"].split())
    elif checked == "has":
        assert set(notes["has"].split()) < set(answer.json)
    elif notes["body"] == "empty":
        assert answer.body == b""
    else:
        assert type(answer.json) is int


def assert_kept_alive(connection: Connection, place: Place, service: str) -> None:
    """Check that the answer left nothing behind and the connection carries a next request."""
    assert connection.is_silent
    connection.send(f"GET {place.base(service)}/version HTTP/1.1\r\nHost: again\r\n\r\n".encode())
    assert connection.receive().json == "2026.8.0"
    assert connection.is_silent


@pytest.mark.parametrize(
    ("form", "pattern"), [("prefix", "whole"), ("prefix", "in parts"), ("ports", "byte by byte")], indirect=["form"]
)
@pytest.mark.parametrize("name", all_names())
def test_a_capture_is_answered_as_its_contract_says(stage: Stage, place: Place, name: str, pattern: str) -> None:
    capture = load(name)
    if capture.notes.get("world") == "fresh":
        stage.reset()
    service = capture.notes["to"]
    request = stage.request(capture, place)

    with place.connect(service) as connection:
        answer = connection.exchange(request, PATTERNS[pattern])

        assert_as_noted(answer, capture)
        assert_headers(answer, name in TOKENS)
        assert_kept_alive(connection, place, service)


def test_all_captures_go_through_one_connection_one_after_the_other(fresh: Stage, region: str) -> None:
    place = fresh.place(region, "prefix")
    with place.connect("api") as connection:
        for name in all_names():
            answer = connection.exchange(fresh.request(load(name), place))
            assert (name, answer.status) == (name, load(name).status)
        assert connection.is_silent


def test_captures_may_be_sent_ahead_and_are_answered_in_order(stage: Stage, region: str) -> None:
    place = stage.place(region, "prefix")
    names = ["dotnet/token-push", "dotnet/licence", "installer/validate", "dotnet/push-send", "vaultwarden/push-delete"]
    requests = [stage.request(load(name), place) for name in names]

    with place.connect("api") as connection:
        connection.send(b"".join(request.head + request.body for request in requests))
        answers = [connection.receive() for _ in names]

    for answer, name in zip(answers, names, strict=True):
        assert_as_noted(answer, load(name))


def test_nothing_is_answered_before_the_last_chunk_arrived(stage: Stage, place: Place) -> None:
    request = stage.request(load("dotnet/sync-many-chunks"), place)

    with place.connect("api") as connection:
        connection.send(request.head)
        for piece in request.pieces:
            assert connection.is_silent
            connection.send(piece)
        assert connection.receive().status == 200


# Base URIs that are joined wrongly (clients.md §2).


@pytest.mark.parametrize(
    "name",
    ["dotnet/token-push", "dotnet/licence", "dotnet/sync", "dotnet/push-register", "dotnet/push-add-organization"],
)
def test_a_base_uri_without_its_slash_is_glued_to_the_path_and_leads_nowhere(
    stage: Stage, region: str, name: str
) -> None:
    place, capture = stage.place(region, "prefix"), load(name)
    base, request = place.base(capture.notes["to"]), stage.request(load(name), place)

    with place.connect(capture.notes["to"]) as connection:
        answer = connection.exchange(request.to(base + request.target.removeprefix(f"{base}/")))

        assert (answer.status, answer.body, answer.one("x-sosie-hint")) == (404, b"", "BASE_URI_GLUED")
        assert_headers(answer, to_token_endpoint=False)
        assert_kept_alive(connection, place, capture.notes["to"])


@pytest.mark.parametrize("name", ["vaultwarden/token", "vaultwarden/push-register", "vaultwarden/push-send-item"])
def test_a_base_uri_with_a_slash_too_many_doubles_it_and_leads_nowhere(stage: Stage, place: Place, name: str) -> None:
    capture = load(name)
    base, request = place.base(capture.notes["to"]), stage.request(load(name), place)

    with place.connect(capture.notes["to"]) as connection:
        answer = connection.exchange(request.to(f"{base}/{request.target.removeprefix(base)}"))

        assert (answer.status, answer.body, answer.one("x-sosie-hint")) == (404, b"", "DOUBLE_SLASH")
        assert_headers(answer, to_token_endpoint=False)
        assert_kept_alive(connection, place, capture.notes["to"])


def test_a_base_uri_with_a_query_hides_the_path_in_it_and_leads_nowhere(stage: Stage, place: Place) -> None:
    base, request = place.base("api"), stage.request(load("dotnet/licence"), place)

    with place.connect("api") as connection:
        answer = connection.exchange(request.to(f"{base}/?x=1{request.target.removeprefix(f'{base}/')}"))

    assert (answer.status, answer.body) == (404, b"")


def test_a_path_keeps_its_letter_case_and_matches_in_any(stage: Stage, region: str) -> None:
    place = stage.place(region, "prefix")
    request = stage.request(load("dotnet/licence"), place)

    with place.connect("api") as connection:
        answer = connection.exchange(request.to(request.target.replace("/licenses/", "/Licenses/")))

    assert answer.status == 200
    assert "/Licenses/" in stage.journal_of(answer)["path"]


# What HTTP allows and these clients leave out.


@pytest.mark.parametrize("name", ["dotnet/licence", "dotnet/sync", "vaultwarden/push-register", "bw/prelogin"])
def test_who_expects_to_be_told_to_continue_is_told_before_the_body(stage: Stage, place: Place, name: str) -> None:
    capture = load(name)
    request = stage.request(capture, place).with_line("Expect: 100-continue")

    with place.connect(capture.notes["to"]) as connection:
        connection.send(request.head)
        interim = connection.receive()
        connection.send(request.body)
        answer = connection.receive()

        assert (interim.status, interim.reason, interim.body) == (100, "Continue", b"")
        assert_as_noted(answer, capture)
        assert_kept_alive(connection, place, capture.notes["to"])


@pytest.mark.parametrize("name", ["installer/validate", "vaultwarden/token", "vaultwarden/push-send-item"])
def test_an_http_1_0_request_is_answered_and_the_connection_ended(stage: Stage, place: Place, name: str) -> None:
    capture = load(name)
    request = stage.request(capture, place)
    head = request.head.replace(b" HTTP/1.1\r\n", b" HTTP/1.0\r\n")

    with place.connect(capture.notes["to"]) as connection:
        connection.send(head + request.body)
        answer = connection.receive()

        assert_as_noted(answer, capture)
        assert answer.one("content-length") == str(len(answer.body))
        assert connection.is_closed
