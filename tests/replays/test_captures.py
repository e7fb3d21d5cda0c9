"""The captures are what docs/contract/clients.md §3 describes, and the tools around them can tell wrong from right."""

from __future__ import annotations

import re
import socket
import threading
from urllib.parse import parse_qsl

import pytest

from tests.contract.pages import read_pages
from tests.replays.captures import Capture, all_names, load
from tests.replays.raw import PATTERNS, Connection, FramingError, in_parts

ALL = [load(name) for name in all_names()]
CLIENTS = {name.partition("/")[0] for name in all_names()}


class Anything(dict):
    """Has a value for every placeholder."""

    def __missing__(self, name: str) -> str:
        return f"any-{name}"


def named(client: str) -> list[Capture]:
    return [capture for capture in ALL if capture.name.startswith(f"{client}/")]


def headers(capture: Capture) -> dict[str, str]:
    """Return a capture's headers, names as they are written."""
    lines = capture.render(Anything()).head_lines
    found = dict(line.split(": ", 1) for line in lines)
    assert len(found) == len(lines)
    return found


def http_block(page: str, section: str, client: str) -> bytes:
    """Return an example of a request on a page, as it is sent."""
    blocks = re.findall(r"^```http\n(.*?)^```$", read_pages()[page].section(section).text, re.MULTILINE | re.DOTALL)
    (block,) = [each for each in blocks if (client in each) or len(blocks) == 1]
    head, _, body = block.partition("\n\n")
    body = body.replace("\n", "\r\n") if "chunked" in head else body.rstrip("\n")
    return head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body.encode()


# The contract's own examples.


def test_the_token_request_of_the_net_client_is_the_contracts_byte_for_byte() -> None:
    values = {
        "base": "",
        "host": "identity.bitwarden.com",
        "installation.id": "0f0e0d0c-0b0a-4908-8706-050403020100",
        "installation.key": "aB3dE6gH9jK2mN5pQ8rS",
    }
    request = load("dotnet/token-push").render(values)

    assert request.head + request.body == http_block("clients", "3", "client_id=installation")


def test_the_licence_request_of_the_net_client_is_the_contracts_byte_for_byte() -> None:
    values = {
        "base": "",
        "host": "api.bitwarden.com",
        "access_token": "eyJ...",
        "synced.id": "11111111-2222-4333-8444-555555555555",
        "synced.licenseKey": "zQ7mExampleKey0001",
        "synced.key": "k3yExampleBillingSyncToken000x",
    }
    request = load("dotnet/licence").render(values)

    assert request.head + request.body == http_block("licensing-push-installations", "A.1", "chunked")


def test_the_token_request_of_the_cli_is_the_contracts_byte_for_byte() -> None:
    values = {
        "base": "",
        "host": "identity.bitwarden.com",
        "owner.id": "7d0c0000-0000-4000-8000-000000000001",
        "owner.apiKey": "k3YwTz0aQpLmXr81vBnC5dEfGhJ2s7",
    }
    request = load("bw/token-api-key").render(values)

    assert request.head + request.body == http_block("clients", "3", "Bitwarden_CLI")


# Each client's manners.


def test_every_client_of_the_contract_has_captures() -> None:
    assert {"dotnet", "vaultwarden", "installer", "bw"} == CLIENTS
    assert {client: len(named(client)) >= 3 for client in CLIENTS} == dict.fromkeys(CLIENTS, True)


def test_the_net_client_has_no_name_and_chunks_every_body_but_the_tokens() -> None:
    for capture in named("dotnet"):
        found = headers(capture)
        assert next(iter(found)) == "Host"
        assert not {"User-Agent", "Accept-Encoding", "Connection"} & set(found)
        assert found["Accept"] == "application/json"
        assert ("Content-Length" in found) is ("/token" in capture.name)
        if capture.is_chunked:
            assert found["Content-Type"] == "application/json; charset=utf-8"
            assert "Content-Length" not in found


def test_the_net_client_chunks_a_body_on_get_and_put_too() -> None:
    methods = {capture.render(Anything()).method for capture in named("dotnet") if capture.is_chunked}

    assert methods == {"GET", "POST", "PUT"}


@pytest.mark.parametrize("name", ["dotnet/token-push", "dotnet/token-wrong-secret", "vaultwarden/token"])
def test_self_hosted_servers_send_the_forms_fields_in_their_order(name: str) -> None:
    secret = "+ /="
    request = load(name).render(Anything({"installation.key": secret}))

    fields = parse_qsl(request.body.decode(), strict_parsing=True)
    assert [field for field, _ in fields] == ["grant_type", "scope", "client_id", "client_secret"]
    if name != "dotnet/token-wrong-secret":
        assert request.body.endswith(b"client_secret=%2B+%2F%3D")


def test_vaultwarden_writes_lower_case_names_and_a_length_for_what_has_a_body() -> None:
    for capture in named("vaultwarden"):
        found = headers(capture)
        assert all(name == name.lower() for name in found)
        assert found["user-agent"] == "Vaultwarden"
        assert set(found["accept-encoding"].split(", ")) == {"gzip", "br", "deflate", "zstd"}
        assert ("content-length" in found) is ("content-type" in found) is (capture.name != "vaultwarden/push-delete")
        assert found["accept"] == ("*/*" if capture.name.endswith(("/token", "/push-delete")) else "application/json")


def test_the_installer_sends_nothing_but_the_host() -> None:
    for capture in named("installer"):
        assert list(headers(capture)) == ["Host"]
        assert not capture.render(Anything()).pieces


def test_the_cli_says_what_it_is_on_every_request() -> None:
    for capture in named("bw"):
        found = {name.lower(): value for name, value in headers(capture).items()}
        assert (found["device-type"], found["bitwarden-client-name"]) == ("25", "cli")
        assert found["user-agent"] == f"Bitwarden_CLI/{found['bitwarden-client-version']} (LINUX)"
        if capture.render(Anything()).method == "GET":
            assert (found["cache-control"], found["pragma"]) == ("no-store", "no-cache")


@pytest.mark.parametrize("capture", ALL, ids=all_names())
def test_each_capture_says_whom_it_follows_and_what_to_expect(capture: Capture) -> None:
    for reference in capture.notes["contract"].split(", "):
        if ".md" in reference:
            page = reference.partition(".md")[0]
        number = reference.split()[-1].removeprefix("§")
        assert any(f"{mark} {number}" in read_pages()[page].text for mark in ("#", "Part")), reference
    assert capture.notes["to"] in ("identity", "api", "push")
    assert capture.status in (200, 400, 404)
    assert len({"members", "has", "body"} & set(capture.notes)) == 1
    assert capture.notes.get("after", "bw/sync") in all_names()


# The reader of captures.


def rendered(body: str, **values: str) -> list[bytes]:
    head = "POST /x HTTP/1.1\nTransfer-Encoding: chunked"
    return list(Capture("a/test", {}, head, body).render(values).pieces)


def test_one_chunk_ends_with_an_empty_one() -> None:
    assert rendered('{"a":"{{value}}"}', value="bcdefghij") == [b'11\r\n{"a":"bcdefghij"}\r\n', b"0\r\n\r\n"]


def test_sizes_are_upper_case_hex() -> None:
    assert rendered("x" * 0x1AF)[0].startswith(b"1AF\r\nx")


def test_chunks_end_where_they_are_marked_and_none_is_empty() -> None:
    assert rendered("{{chunk}}a{{chunk}}bc{{chunk}}") == [b"1\r\na\r\n", b"2\r\nbc\r\n", b"0\r\n\r\n"]


def test_a_chunk_may_end_within_a_character() -> None:
    assert rendered("a{{chunk in é}}b") == [b"2\r\na\xc3\r\n", b"2\r\n\xa9b\r\n", b"0\r\n\r\n"]


def test_a_chunk_may_have_an_extension_and_the_last_one_trailers() -> None:
    assert rendered("{{chunk;a=1}}x{{chunk}}y{{trailer X-One: 1}}{{trailer X-Two: 2}}") == [
        b"1;a=1\r\nx\r\n",
        b"1\r\ny\r\n",
        b"0\r\nX-One: 1\r\nX-Two: 2\r\n\r\n",
    ]


def test_a_length_is_that_of_the_bytes() -> None:
    capture = Capture("a/test", {}, "POST /x HTTP/1.1\nContent-Length: {{length}}", "é{{name|form}}")

    request = capture.render({"name": "a+b c"})

    assert request.head == b"POST /x HTTP/1.1\r\nContent-Length: 9\r\n\r\n"
    assert request.body == "éa%2Bb+c".encode()


def test_a_value_that_nobody_gives_is_an_error() -> None:
    with pytest.raises(KeyError, match="nobody"):
        rendered("{{nobody}}")


@pytest.mark.parametrize("name", ["dotnet/sync-many-chunks", "vaultwarden/token", "installer/validate"])
def test_every_pattern_writes_the_same_bytes(name: str) -> None:
    request = load(name).render(Anything())

    for write in PATTERNS.values():
        assert b"".join(write(request)) == request.head + request.body
    assert len(list(in_parts(request))) >= 2


# The reader of answers.


def received(data: bytes) -> tuple[int, bytes]:
    """Let a server of one answer send these bytes and end the connection."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(data)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with Connection(listener.getsockname()[1]) as connection:
            answer = connection.receive()
            return answer.status, answer.body
    finally:
        thread.join()
        listener.close()


@pytest.mark.parametrize(
    ("data", "status", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 200, b"hi"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;x\r\nh\r\n1\r\ni\r\n0\r\nX: 1\r\n\r\n", 200, b"hi"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (b"HTTP/1.1 100 Continue\r\n\r\n", 100, b""),
    ],
)
def test_a_framed_answer_is_read(data: bytes, status: int, body: bytes) -> None:
    assert received(data) == (status, body)


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nhi\r\n0\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\nno header\r\n\r\n",
        b"",
    ],
)
def test_an_answer_that_is_framed_wrongly_is_an_error(data: bytes) -> None:
    with pytest.raises(FramingError):
        received(data)
