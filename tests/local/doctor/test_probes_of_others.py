"""The way to a cloud that has something in between, and who is never contacted."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.local.conftest import Sosie
from tests.local.doctor.files import EU, US, Lines, write
from tests.local.doctor.walks import ROUTES, TOKENS, Doctor, statuses, step


@contextmanager
def server(answer: Callable[[str, str], tuple[int, dict[str, str], bytes]]) -> Iterator[str]:
    """A server on loopback that answers what `answer(method, path)` says."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            self._read_body()
            status, headers, body = answer(self.command, self.path)
            self.close_connection = True
            self.send_response_only(status)
            for name, value in {"Content-Length": str(len(body)), "Connection": "close", **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def _read_body(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            while self.headers.get("Transfer-Encoding") and (size := int(self.rfile.readline(), 16)):
                self.rfile.read(size + 2)

        do_GET = do_POST = _serve  # noqa: N815  the base class calls them so

        def log_message(self, *_: object) -> None:
            pass

    listening = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.server_port}"
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join()


def at(url: str) -> Lines:
    names = ("globalSettings__installation__identityUri", "globalSettings__installation__apiUri")
    return US | dict.fromkeys((*names, "globalSettings__pushRelayBaseUri"), url)


TOKEN = b'{"access_token":"a.b.c","expires_in":86400,"token_type":"Bearer","scope":"api.push"}'


def test_a_redirect_is_told(doctor: Doctor) -> None:
    with server(lambda *_: (301, {"Location": "https://elsewhere.test/"}, b"")) as url:
        report = doctor(at(url))

    assert {statuses(report)[name] for name in ("installation", *TOKENS, *ROUTES)} == {"failed"}
    assert "redirect" in step(report, "route push")["remedy"]


def test_a_clock_that_is_wrong_is_told(doctor: Doctor) -> None:
    with server(lambda *_: (200, {"Date": "Mon, 02 Mar 2020 10:00:00 GMT"}, TOKEN)) as url:
        report = doctor(at(url))

    assert statuses(report)["clock"] == "failed"
    assert "ahead of" in step(report, "clock")["detail"]


def test_an_answer_without_a_date_is_no_clock(doctor: Doctor) -> None:
    with server(lambda *_: (200, {}, TOKEN)) as url:
        assert statuses(doctor(at(url)))["clock"] == "skipped"


def test_a_rate_limit_is_told(doctor: Doctor) -> None:
    with server(lambda *_: (429, {"Retry-After": "17"}, b"")) as url:
        assert "17 s" in step(doctor(at(url)), "token api.push")["remedy"]


def test_a_page_instead_of_a_token_is_told(doctor: Doctor) -> None:
    with server(lambda *_: (200, {"Content-Type": "text/html"}, b"<html>")) as url:
        assert statuses(doctor(at(url)))["token api.push"] == "failed"


def test_a_proxy_that_strips_the_body_of_a_get_is_told(doctor: Doctor) -> None:
    seen: list[str] = []

    def answer(_: str, path: str) -> tuple[int, dict[str, str], bytes]:
        if path.endswith("connect/token"):
            return 200, {}, TOKEN
        seen.append(path)
        return (401 if seen.count(path) == 1 else 415), {}, b""

    with server(answer) as url:
        report = doctor(at(url))

    assert statuses(report)["route licence"] == "failed"
    assert "body of a GET" in step(report, "route licence")["detail"]
    assert "proxy" in step(report, "route licence")["remedy"]


def test_nobody_listening_is_told_and_the_rest_is_skipped(doctor: Doctor) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    report = doctor(at(f"http://127.0.0.1:{port}"))

    assert statuses(report, "api") == {
        "resolve": "ok",
        "connect": "failed",
        "installation": "skipped",
        "route sync": "skipped",
        "route licence": "skipped",
    }
    assert f"127.0.0.1:{port}" in step(report, "connect")["remedy"]
    assert step(report, "token api.push")["detail"] == "connect of identity failed"


# Nobody else is contacted.


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every name that is looked up; those that are not loopback's do not exist."""
    names: list[str] = []
    real = socket.getaddrinfo

    def look_up(host: Any, *arguments: Any, **options: Any) -> Any:
        names.append(str(host))
        if host not in ("127.0.0.1", "localhost", "::1"):
            raise socket.gaierror(-2, "Name or service not known")
        return real(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return names


@pytest.mark.parametrize("host", ["api.acme.example", "sim.test", "10.1.2.3", "host.docker.internal", "a.bitwarden.eu"])
def test_a_host_that_was_not_allowed_is_not_even_looked_up(doctor: Doctor, asked: list[str], host: str) -> None:
    report = doctor(EU | {"globalSettings__installation__apiUri": f"https://{host}"})

    assert set(asked) <= {"127.0.0.1", "localhost"}
    resolve = step(report, "resolve", "api")
    assert (resolve["status"], host in resolve["detail"]) == ("skipped", True)
    assert f"--against {host}" in resolve["detail"]
    assert statuses(report)["route sync"] == "skipped"
    (hosted,) = [each for each in report["hosts"] if each["service"] == "api"]
    assert (hosted["way"], hosted["asked"]) == ("not contacted", None)


def test_against_allows_exactly_the_host_it_names(doctor: Doctor, asked: list[str]) -> None:
    report = doctor(EU, "--against", "API.bitwarden.eu")

    assert set(asked) - {"127.0.0.1", "localhost"} == {"api.bitwarden.eu"}
    assert step(report, "resolve", "api")["status"] == "failed"
    assert [each["way"] for each in report["hosts"]] == ["stand-in", "direct", "stand-in"]


def test_whoever_names_every_host_needs_no_sosie(typed: Sosie, asked: list[str], home: Path) -> None:
    hosts = [part for service in ("identity", "api", "push") for part in ("--against", f"{service}.bitwarden.eu")]

    done = typed("doctor", str(write(home / "f.env", EU)), "--url", "http://127.0.0.1:1", *hosts)

    assert done.exit_code == 1
    assert set(asked) - {"127.0.0.1"} == {f"{service}.bitwarden.eu" for service in ("identity", "api", "push")}
