"""Faults that a client feels on its connection, seen by raw sockets and by httpx, an independent client.

(design: faults; docs/contract/clients.md §13)
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sosie.control.client import ControlClient
from tests.local.started import Started

REQUEST = "{} {} HTTP/1.1\r\nHost: localhost\r\n{}\r\n"
JSON_TYPE = "Content-Type: application/json\r\n"
BODY = '{"email":"ops@acme.test"}'


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    with Started(tmp_path_factory.mktemp("faulty"), "--no-penalty-delays", "--json") as running:
        yield running


@pytest.fixture
def control(server: Started) -> Iterator[ControlClient]:
    with ControlClient(server.url) as client:
        client.reset()
        yield client
    assert server.errors == ""  # nothing of it is an error of the server's


@pytest.fixture
def http(server: Started) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, trust_env=False, timeout=30) as client:
        yield client


def strike(control: ControlClient, kind: str, route: str = "*", **parameters: Any) -> None:
    control.add_fault({"match": {"route": route}, "effect": {"kind": kind, **parameters}})


def connect(server: Started) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=30)


def get(path: str) -> bytes:
    return REQUEST.format("GET", path, "").encode()


def create_installation() -> bytes:
    headers = f"{JSON_TYPE}Content-Length: {len(BODY)}\r\n"
    return REQUEST.format("POST", "/us/api/installations", headers).encode() + BODY.encode()


def read_to_the_end(connection: socket.socket) -> tuple[bytes, Exception | None]:
    """Return all that arrives, and the error that ends it, if it is no orderly end."""
    received = b""
    try:
        while piece := connection.recv(65_536):
            received += piece
    except ConnectionResetError as error:
        return received, error
    return received, None


def installations(control: ControlClient) -> int:
    return len(control.state(region="us", kind="installations")["regions"]["us"]["installations"])


# Cut short.


def test_a_truncated_body_is_shorter_than_its_length_says_and_the_connection_ends_in_order(
    server: Started, control: ControlClient
) -> None:
    strike(control, "truncated-body", bytes=5)

    with connect(server) as connection:
        connection.sendall(get("/us/api/version"))
        received, error = read_to_the_end(connection)

    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert b"content-length: 10" in head.lower()  # "2026.8.0" in its quotes
    assert (body, error) == (b'"2026', None)


def test_half_of_the_body_arrives_unless_told(server: Started, control: ControlClient) -> None:
    strike(control, "truncated-body")

    with connect(server) as connection:
        connection.sendall(get("/us/api/version"))
        received, _ = read_to_the_end(connection)

    assert received.endswith(b'\r\n\r\n"2026')


def test_an_answer_without_a_body_is_truncated_as_well(server: Started, control: ControlClient) -> None:
    strike(control, "truncated-body")

    with connect(server) as connection:
        connection.sendall(get("/us/api/accounts/profile"))
        received, _ = read_to_the_end(connection)

    assert received.startswith(b"HTTP/1.1 401 ")
    assert b"content-length: 1\r\n" in received.lower()
    assert received.endswith(b"\r\n\r\n")


def test_a_client_notices_a_truncated_body_although_the_work_is_done(
    control: ControlClient, http: httpx.Client
) -> None:
    strike(control, "truncated-body")

    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        http.post("/us/api/installations", json=json.loads(BODY))

    assert installations(control) == 3


def test_the_server_goes_on_after_a_truncated_body(control: ControlClient, http: httpx.Client) -> None:
    control.add_fault({"effect": {"kind": "truncated-body"}, "limit": {"times": 1}})
    with pytest.raises(httpx.RemoteProtocolError):
        http.get("/us/api/version")

    assert http.get("/us/api/version").json() == "2026.8.0"


# Piece by piece.


def test_a_slow_body_arrives_in_pieces_after_its_headers_and_is_whole(
    server: Started, control: ControlClient, http: httpx.Client
) -> None:
    strike(control, "slow-body", pieceBytes=4, pauseMilliseconds=60)

    pieces = []
    with http.stream("GET", "/us/api/version") as answer:
        headers = dict(answer.headers)
        pieces = list(answer.iter_raw())

    assert headers["content-length"] == "10"
    assert b"".join(pieces) == b'"2026.8.0"'
    assert pieces == [b'"202', b"6.8.", b'0"']


def test_others_are_answered_while_a_body_drips(server: Started, control: ControlClient, http: httpx.Client) -> None:
    strike(control, "slow-body", "/version", pieceBytes=1, pauseMilliseconds=60_000)

    with connect(server) as slow:
        slow.sendall(get("/us/api/version"))
        assert slow.recv(15).startswith(b"HTTP/1.1 200")

        assert http.get("/us/api/alive").status_code == 200


def test_who_hangs_up_on_a_slow_body_leaves_nothing_behind(
    server: Started, control: ControlClient, http: httpx.Client
) -> None:
    strike(control, "slow-body", "/version", pieceBytes=1, pauseMilliseconds=20)

    with connect(server) as slow:
        slow.sendall(get("/us/api/version"))
        slow.recv(15)

    assert http.get("/us/api/alive").status_code == 200


# Reset.


def test_a_reset_before_the_headers_is_an_error_and_no_end(server: Started, control: ControlClient) -> None:
    strike(control, "connection-reset")

    with connect(server) as connection:
        connection.sendall(create_installation())
        received, error = read_to_the_end(connection)

    assert received == b""
    assert isinstance(error, ConnectionResetError)
    assert installations(control) == 3


def test_a_reset_before_the_work_leaves_no_trace_but_the_journal_entry(server: Started, control: ControlClient) -> None:
    strike(control, "connection-reset", "/installations", after=False)

    with connect(server) as connection:
        connection.sendall(create_installation())
        assert isinstance(read_to_the_end(connection)[1], ConnectionResetError)

    assert installations(control) == 2
    (entry,) = control.journal()
    assert entry["fault"] == {"id": "fault-1", "kind": "connection-reset"}


def test_a_reset_amid_the_body_comes_after_half_of_it(server: Started, control: ControlClient) -> None:
    strike(control, "connection-reset", when="in-body")

    with connect(server) as connection:
        connection.sendall(get("/us/api/version"))
        received, error = read_to_the_end(connection)

    assert received.startswith(b"HTTP/1.1 200 ")
    assert received.endswith(b'\r\n\r\n"2026')
    assert isinstance(error, ConnectionResetError)


def test_a_client_calls_a_reset_a_broken_connection(control: ControlClient, http: httpx.Client) -> None:
    strike(control, "connection-reset")

    with pytest.raises(httpx.ReadError):
        http.get("/us/api/version")


@pytest.mark.parametrize("kind", ["connection-reset", "truncated-body"])
def test_a_connection_breaks_over_tls_as_well(tmp_path: Path, kind: str) -> None:
    with Started(tmp_path / "tls", "--tls", "--json") as running:
        with httpx.Client(base_url=running.url, trust_env=False, verify=False, timeout=30) as client:
            rule = {"effect": {"kind": kind}, "limit": {"times": 1}}
            assert client.post("/_sosie/worlds/default/faults", json=rule).status_code == 200
            with pytest.raises(httpx.TransportError):
                client.get("/us/api/version")

            assert client.get("/us/api/version").json() == "2026.8.0"
        assert running.errors == ""


# Redirects and latency, with a client that knows nothing of Sosie.


@pytest.mark.parametrize(("status", "method"), [(301, "GET"), (302, "GET"), (307, "POST"), (308, "POST")])
def test_a_redirected_post_becomes_a_get_or_stays_what_it_was(
    control: ControlClient, http: httpx.Client, status: int, method: str
) -> None:
    rule = {"effect": {"kind": "redirect", "status": status}, "limit": {"times": 1}}
    control.add_fault(rule)

    answer = http.post("/us/identity/connect/token", data={"grant_type": "none"}, follow_redirects=True)

    assert [each.status_code for each in answer.history] == [status]
    assert [entry["method"] for entry in control.journal()] == ["POST", method]
    # The token endpoint answers a GET with 400 invalid_request (docs/contract/identity.md §4.1).
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})


def test_latency_holds_up_its_own_request_and_no_other(
    server: Started, control: ControlClient, http: httpx.Client
) -> None:
    strike(control, "latency", "/version", milliseconds=600_000)

    with connect(server) as waiting:
        waiting.sendall(get("/us/api/version"))
        while not control.journal():
            threading.Event().wait(0.01)

        assert http.get("/us/api/alive").status_code == 200
        waiting.settimeout(0.1)
        with pytest.raises(TimeoutError):
            waiting.recv(1)


def test_a_late_answer_is_the_right_one(control: ControlClient, http: httpx.Client) -> None:
    strike(control, "latency", milliseconds=20)

    assert http.get("/us/api/version").json() == "2026.8.0"
