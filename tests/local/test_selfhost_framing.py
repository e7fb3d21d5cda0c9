"""What the reference self-hosted side puts on the wire, byte for byte (docs/contract/clients.md §2, §3)."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from sosie.local.selfhost.installation import InstallationClient
from sosie.local.selfhost.person import Person
from sosie.local.selfhost.story import RefusedByCloudError, Story
from sosie.local.selfhost.transport import Transport, WireFailedError, chunked, uri_text

INSTALLATION = "0f0e0d0c-0b0a-4908-8706-050403020100"
KEY = "aB3dE6gH9jK2mN5pQ8rS"
TOKEN_ANSWER = {"access_token": "a.b.c", "expires_in": 86400, "token_type": "Bearer", "scope": "api.push"}


class Listener:
    """A server that keeps what it was sent, byte for byte, and answers with what it was given, in turn."""

    def __init__(self) -> None:
        self.requests: list[bytes] = []
        self.answers: list[tuple[int, Any]] = []
        self.connections = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def host(self) -> bytes:
        return b"127.0.0.1:%d" % self.port

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            with connection:
                while request := self._read(connection):
                    self.requests.append(request)
                    status, document = self.answers.pop(0)
                    body = document if isinstance(document, bytes) else json.dumps(document).encode()
                    connection.sendall(b"HTTP/1.1 %d Said\r\nContent-Length: %d\r\n\r\n" % (status, len(body)) + body)

    def _read(self, connection: socket.socket) -> bytes:
        data = b""
        while not self._complete(data):
            piece = connection.recv(65536)
            if not piece:
                return b""
            data += piece
        return data

    @staticmethod
    def _complete(data: bytes) -> bool:
        head, blank, body = data.partition(b"\r\n\r\n")
        if not blank:
            return False
        if b"Transfer-Encoding: chunked" in head:
            return body.endswith(b"0\r\n\r\n")
        for line in head.split(b"\r\n"):
            if line.startswith(b"Content-Length: "):
                return len(body) == int(line.partition(b": ")[2])
        return True

    def close(self) -> None:
        # Wakes the thread that accepts; closing alone would let it take one more connection.
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(timeout=10)


@pytest.fixture
def listener(transport: Transport) -> Iterator[Listener]:
    listening = Listener()
    yield listening
    transport.close()
    listening.close()


@pytest.fixture
def transport() -> Iterator[Transport]:
    made = Transport()
    yield made
    made.close()


def client(transport: Transport, listener: Listener, path: str = "/", **changed: str) -> InstallationClient:
    options = {
        "identity_uri": listener.url(path),
        "api_uri": listener.url(path),
        "installation_id": INSTALLATION,
        "installation_key": KEY,
        "scope": "api.push",
    }
    return InstallationClient(transport, Story(), **(options | changed))


def test_the_token_request_is_the_one_that_was_observed(transport: Transport, listener: Listener) -> None:
    listener.answers = [(200, TOKEN_ANSWER), (200, {})]

    client(transport, listener).call("POST", "push/send", {})

    assert listener.requests[0] == (
        b"POST /connect/token HTTP/1.1\r\n"
        b"Host: " + listener.host + b"\r\n"
        b"Accept: application/json\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: 139\r\n"
        b"\r\n"
        b"grant_type=client_credentials&scope=api.push"
        b"&client_id=installation.0f0e0d0c-0b0a-4908-8706-050403020100&client_secret=aB3dE6gH9jK2mN5pQ8rS"
    )


def test_plus_slash_equals_and_blanks_of_a_secret_are_encoded(transport: Transport, listener: Listener) -> None:
    listener.answers = [(200, TOKEN_ANSWER), (200, {})]

    client(transport, listener, installation_key="a+b/c=d e").call("POST", "push/send", {})

    assert listener.requests[0].endswith(b"&client_secret=a%2Bb%2Fc%3Dd+e")


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_an_api_call_is_chunked_on_every_method_and_never_has_a_length_or_a_user_agent(
    transport: Transport, listener: Listener, method: str
) -> None:
    listener.answers = [(200, TOKEN_ANSWER), (200, {})]
    payload = {"licenseKey": "zQ7mExampleKey0001", "billingSyncKey": "k3yExampleBillingSyncToken000x"}

    client(transport, listener).call(method, f"licenses/organization/{INSTALLATION}", payload)

    assert listener.requests[1] == (
        f"{method} /licenses/organization/{INSTALLATION} HTTP/1.1\r\n".encode() + b"Host: " + listener.host + b"\r\n"
        b"Authorization: Bearer a.b.c\r\n"
        b"Accept: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n"
        b"Content-Type: application/json; charset=utf-8\r\n"
        b"\r\n"
        b"55\r\n"
        b'{"licenseKey":"zQ7mExampleKey0001","billingSyncKey":"k3yExampleBillingSyncToken000x"}\r\n'
        b"0\r\n\r\n"
    )


def test_one_token_serves_all_calls_of_an_instance_on_one_connection(transport: Transport, listener: Listener) -> None:
    listener.answers = [(200, TOKEN_ANSWER), (200, {}), (200, {})]
    installation = client(transport, listener)

    installation.call("POST", "push/send", {})
    installation.call("POST", "push/send", {})

    assert [request.split()[1] for request in listener.requests] == [b"/connect/token", b"/push/send", b"/push/send"]
    assert listener.connections == 1


def test_each_scope_asks_for_a_token_of_its_own(transport: Transport, listener: Listener) -> None:
    listener.answers = [(200, TOKEN_ANSWER), (200, {}), (200, TOKEN_ANSWER), (200, {})]

    for scope in ("api.installation", "api.licensing"):
        client(transport, listener, scope=scope).call("POST", "x", {})

    assert b"&scope=api.installation&" in listener.requests[0]
    assert b"&scope=api.licensing&" in listener.requests[2]


@pytest.mark.parametrize(
    ("configured", "asked"),
    [
        ("/us/api/", b"/us/api/licenses/organization/1"),
        ("/us/api", b"/us/apilicenses/organization/1"),
        ("", b"/licenses/organization/1"),
    ],
)
def test_a_path_is_glued_to_the_base_uri_as_it_stands(
    transport: Transport, listener: Listener, configured: str, asked: bytes
) -> None:
    listener.answers = [(200, TOKEN_ANSWER), (404, b"")]

    client(transport, listener, api_uri=listener.url(configured)).call("GET", "licenses/organization/1", {})

    assert listener.requests[1].split()[1] == asked


@pytest.mark.parametrize(
    ("configured", "text"),
    [
        ("https://api.bitwarden.com", "https://api.bitwarden.com/"),
        ("http://sim.test:8080", "http://sim.test:8080/"),
        ("http://[::1]:8080", "http://[::1]:8080/"),
        ("https://sim.test:443", "https://sim.test/"),
        ("https://sim.test/us/api/", "https://sim.test/us/api/"),
        ("https://sim.test/us/api", "https://sim.test/us/api"),
        ("https://sim.test?x=1", "https://sim.test/?x=1"),
        ("HTTPS://Sim.Test/Api/", "https://sim.test/Api/"),
        (" https://sim.test ", "https://sim.test/"),
    ],
)
def test_a_base_uri_reads_as_dotnet_prints_it(configured: str, text: str) -> None:
    assert uri_text(configured) == text


def test_a_long_body_goes_in_several_chunks() -> None:
    framed = b"".join(chunked(b"x" * 40_000))

    assert framed == (
        b"4000\r\n" + b"x" * 16384 + b"\r\n4000\r\n" + b"x" * 16384 + b"\r\n1C40\r\n" + b"x" * 7232 + b"\r\n0\r\n\r\n"
    )


@pytest.mark.parametrize(
    ("status", "answer", "reason"),
    [
        (400, {"error": "invalid_client"}, "invalid_client"),
        (429, {"object": "error", "message": "Slow down!", "validationErrors": None}, "Slow down!"),
        (503, b"<html>", "Said"),
        (404, b"", "Said, without a body"),
        (200, {"expires_in": 1}, "an answer that cannot be read"),
    ],
)
def test_without_a_token_nothing_is_asked_and_the_reason_is_told(
    transport: Transport, listener: Listener, status: int, answer: Any, reason: str
) -> None:
    listener.answers = [(status, answer)]

    with pytest.raises(RefusedByCloudError) as refused:
        client(transport, listener).call("POST", "push/send", {})

    assert len(listener.requests) == 1
    assert str(refused.value) == f"the cloud answers {status}: {reason}"


def test_nobody_listening_is_another_matter_than_a_refusal(transport: Transport, listener: Listener) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}/"

    with pytest.raises(WireFailedError, match="connect/token"):
        client(transport, listener, identity_uri=nobody).call("POST", "push/send", {})


def test_a_person_speaks_as_the_web_vault_with_a_length(transport: Transport, listener: Listener) -> None:
    listener.answers = [(500, b"")]
    base = listener.url("/us/identity")
    person = Person(
        transport, Story(), identity_uri=base, api_uri=base, email="owner@acme.test", master_password="secret"
    )

    with pytest.raises(RefusedByCloudError):
        person.sign_in()

    head, _, body = listener.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /us/identity/accounts/prelogin/password HTTP/1.1\r\n")
    assert b"\r\nBitwarden-Client-Name: web\r\n" in head
    assert b"\r\nContent-Length: %d" % len(body) in head
    assert body == b'{"email":"owner@acme.test"}'
