"""What the embedded server makes of bytes on a socket: framing, paths, hosts, ports (docs/contract/clients.md §13)."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any
from urllib.parse import urlsplit

import pytest

from sosie.local.asgi import Application
from tests.local.started import Received, Started, request_token, talk

JSON_TYPE = b"Content-Type: application/json; charset=utf-8\r\n"
VAULT = {"us": "https://vault.bitwarden.com", "eu": "https://vault.bitwarden.eu"}


def request(line: str, body: bytes = b"", *headers: bytes, host: str = "localhost") -> bytes:
    """A request with exactly these header lines, and a body that is framed by the caller."""
    return f"{line} HTTP/1.1\r\nHost: {host}\r\n".encode("latin-1") + b"".join(headers) + b"\r\n" + body


def chunks(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def one(running: Started, data: bytes, method: str = "GET") -> Received:
    (answer,) = talk(running.port, data, method=method)
    return answer


# Framing.


def test_a_post_may_be_chunked_and_have_no_content_length(running: Started) -> None:
    body = chunks(b'{"email":', b'"ops@acme', b'.test"}')

    answer = one(
        running,
        request("POST /us/api/installations", body, JSON_TYPE, b"Transfer-Encoding: chunked\r\n"),
        "POST",
    )

    assert answer.status == 200
    assert answer.json["enabled"] is True


@pytest.mark.parametrize("framing", ["chunked", "content-length"])
def test_a_get_may_have_a_json_body(running: Started, framing: str) -> None:
    globex = next(o for o in running.summary["regions"]["us"]["organizations"] if o["name"] == "Globex")
    document = json.dumps({"licenseKey": globex["licenseKey"], "billingSyncKey": "wrong"}).encode()
    token = request_token(running).json["access_token"]
    if framing == "chunked":
        header, body = b"Transfer-Encoding: chunked\r\n", chunks(document)
    else:
        header, body = b"Content-Length: %d\r\n" % len(document), document

    answer = one(
        running,
        request(
            f"GET /us/api/licenses/organization/{globex['id']}",
            body,
            b"Authorization: Bearer " + token.encode() + b"\r\n",
            JSON_TYPE,
            header,
        ),
    )

    # The licence key was read and accepted, the sync key was read and refused.
    assert (answer.status, answer.json["message"]) == (400, "Invalid Billing Sync Key")


def test_requests_may_be_pipelined_on_one_connection_and_are_answered_in_order(running: Started) -> None:
    both = request("GET /us/identity/version") + request("GET /nowhere") + request("GET /eu/identity/version")

    first, second, third = talk(running.port, both, answers=3)

    assert [first.status, second.status, third.status] == [200, 404, 200]
    assert first.headers["x-sosie-request"] < third.headers["x-sosie-request"]


def test_a_body_over_6_mib_is_refused_in_clear_text_once_it_was_sent(running: Started) -> None:
    size = 6 * 1024 * 1024 + 1
    large = b'"' + b"x" * (size - 2) + b'"'

    answer = one(
        running,
        request("POST /us/api/installations", large, JSON_TYPE, b"Content-Length: %d\r\n" % size),
        "POST",
    )

    assert answer.status == 413
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert b"6291456 bytes" in answer.body


def test_a_body_of_exactly_6_mib_is_read(running: Started) -> None:
    size = 6 * 1024 * 1024
    large = b'{"email":"' + b"x" * (size - 12) + b'"}'

    answer = one(
        running,
        request("POST /us/api/installations", large, JSON_TYPE, b"Content-Length: %d\r\n" % size),
        "POST",
    )

    assert answer.status == 400
    assert "Email" in answer.json["validationErrors"]


# Paths.


def test_a_doubled_slash_is_no_route_and_the_hint_says_so(running: Started) -> None:
    answer = one(running, request("POST /us/push//push/send", b"", b"Content-Length: 0\r\n"), "POST")

    assert (answer.status, answer.body, answer.hint) == (404, b"", "DOUBLE_SLASH")


@pytest.mark.parametrize(
    "path", ["/us/identityconnect/token", "/eu/apiorganization/sponsorship/sync", "/us/apilicenses/organization/1"]
)
def test_a_base_uri_that_was_glued_to_the_path_is_no_route_and_the_hint_says_so(running: Started, path: str) -> None:
    answer = one(running, request(f"POST {path}", b"", b"Content-Length: 0\r\n"), "POST")

    assert (answer.status, answer.body, answer.hint) == (404, b"", "BASE_URI_GLUED")


def test_percent_encoded_bytes_that_are_no_utf8_are_a_wrong_value_and_no_failure(running: Started) -> None:
    answer = one(running, request("GET /us/api/installations/%ff"))

    assert (answer.status, answer.json["message"]) == (400, "The model state is invalid.")
    assert list(answer.json["validationErrors"]) == ["id"]


def test_raw_bytes_above_ascii_in_a_path_are_no_http_request(running: Started) -> None:
    answer = one(running, request("GET /us/api/installations/\xff"))

    assert answer.status == 400
    assert answer.body == b"Invalid HTTP request received."


@pytest.mark.parametrize(
    ("path", "content_type", "body", "expected"),
    [
        ("/us/api/installations", b"application/json", b'{"email":"\xff"}', "The model state is invalid."),
        (
            "/us/identity/connect/token",
            b"application/x-www-form-urlencoded",
            b"grant_type=\xff&client_id=\xfe",
            "invalid_client",
        ),
    ],
)
def test_a_body_that_is_no_utf8_gets_the_services_own_refusal(
    running: Started, path: str, content_type: bytes, body: bytes, expected: str
) -> None:
    headers = (b"Content-Type: " + content_type + b"\r\n", b"Content-Length: %d\r\n" % len(body))

    answer = one(running, request(f"POST {path}", body, *headers), "POST")

    assert answer.status == 400
    assert expected in (answer.json.get("message"), answer.json.get("error"))


def test_header_values_may_hold_any_bytes(running: Started) -> None:
    answer = one(running, request("GET /us/identity/version", b"", b"X-Odd: \xff\xfe\r\n"))

    assert (answer.status, answer.json) == (200, "2026.8.0")


# Methods.


def test_head_on_a_get_route_is_a_wrong_method_without_a_body(running: Started) -> None:
    answer = one(running, request("HEAD /us/identity/alive"), "HEAD")

    assert (answer.status, answer.headers["allow"], answer.body) == (405, "GET", b"")


@pytest.mark.parametrize("region", ["us", "eu"])
def test_a_preflight_from_the_regions_vault_is_allowed(running: Started, region: str) -> None:
    answer = one(
        running,
        request(
            f"OPTIONS /{region}/identity/connect/token",
            b"",
            f"Origin: {VAULT[region]}\r\n".encode(),
            b"Access-Control-Request-Method: POST\r\n",
            b"Access-Control-Request-Headers: device-type\r\n",
        ),
    )

    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == VAULT[region]
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert answer.headers["access-control-allow-headers"] == "device-type"


def test_a_preflight_from_elsewhere_is_answered_without_permission(running: Started) -> None:
    answer = one(
        running,
        request(
            "OPTIONS /us/identity/connect/token",
            b"",
            b"Origin: https://evil.example\r\n",
            b"Access-Control-Request-Method: POST\r\n",
        ),
    )

    assert answer.status == 204
    assert "access-control-allow-origin" not in answer.headers


# Hosts and ports.


@pytest.mark.parametrize(
    ("host", "region"), [("api.bitwarden.com", "US"), ("api.bitwarden.eu", "EU"), ("API.Bitwarden.EU:8787", "EU")]
)
def test_the_real_host_names_lead_to_their_region(running: Started, host: str, region: str) -> None:
    answer = one(running, request("GET /config", host=host))

    assert (answer.status, answer.json["environment"]["cloudRegion"]) == (200, region)


def test_a_real_host_name_has_no_front_page_and_no_control_plane(running: Started) -> None:
    front = one(running, request("GET /", host="identity.bitwarden.com"))
    control = one(running, request("GET /_sosie/health", host="identity.bitwarden.com"))

    assert (front.status, front.body) == (404, b"")
    assert control.status == 403


def test_each_further_port_serves_one_service_of_one_region_at_its_root(running: Started) -> None:
    roots = running.summary["roots"]
    ports = {(region, name): urlsplit(url).port or 0 for region in roots for name, url in roots[region].items()}

    assert list(ports) == [(r, s) for r in ("us", "eu") for s in ("identity", "api", "push")]
    for (region, service), port in ports.items():
        (alive,) = talk(port, request("GET /alive"))
        assert alive.status == 200
        entry = running.control("GET", f"/worlds/default/journal/{alive.headers['x-sosie-request']}")
        assert (entry["region"], entry["service"]) == (region, service)


def test_a_further_port_speaks_plainly_of_its_own_service_only(running: Started) -> None:
    port = urlsplit(running.summary["roots"]["us"]["identity"]).port or 0

    (answer,) = talk(port, request("GET /eu/api/alive"))

    assert (answer.status, answer.body) == (404, b"")


# Delays.


class SlowThenQuick:
    """Stands for a Sosie whose `/slow` is to be answered after a while."""

    def __init__(self) -> None:
        self.gate = self
        self.control = self

    def handle(self, event: dict[str, Any], *_: Any, **__: Any) -> dict[str, Any]:
        response: dict[str, Any] = {"statusCode": 200, "headers": {}, "body": event["rawPath"]}
        return response | ({"delay": 0.3} if event["rawPath"] == "/slow" else {})


def test_a_delayed_answer_keeps_nobody_else_waiting() -> None:
    application = Application(SlowThenQuick())  # type: ignore[arg-type]
    finished: list[str] = []

    async def ask(path: str) -> float:
        started = time.monotonic()

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.body":
                finished.append(message["body"].decode())

        await application(
            {
                "type": "http",
                "scheme": "http",
                "method": "GET",
                "path": path,
                "raw_path": path.encode(),
                "query_string": b"",
                "http_version": "1.1",
                "headers": [],
            },
            receive,
            send,
        )
        return time.monotonic() - started

    async def both() -> list[float]:
        return await asyncio.gather(ask("/slow"), ask("/quick"))

    slow, quick = asyncio.run(both())

    assert finished == ["/quick", "/slow"]
    assert slow >= 0.3 > quick
