"""The way to the cloud, walked against a started Sosie, and against servers that have something in between."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.local.conftest import Sosie
from tests.local.doctor.files import EU, ID, KEY, US, VAULTWARDEN_EU, Lines, write
from tests.local.started import Started, run

Doctor = Callable[..., dict[str, Any]]

ID_KEY = ("globalSettings__installation__id", "globalSettings__installation__key")
TOKENS = ["token api.push", "token api.installation", "token api.licensing"]
ROUTES = ["route push", "route sync", "route licence"]


@pytest.fixture
def doctor(sosie: Sosie, home: Path) -> Doctor:
    """What `sosie doctor --json` says about lines, and its exit code."""

    def examine(lines: Lines, *options: str) -> dict[str, Any]:
        done = sosie("doctor", str(write(home / "file.env", lines)), "--json", *options)
        (line,) = done.stdout.splitlines()
        return json.loads(line) | {"exit": done.exit_code}

    return examine


def statuses(report: dict[str, Any], service: str | None = None) -> dict[str, str]:
    return {each["step"]: each["status"] for each in report["probes"] if service in (None, each["service"])}


def step(report: dict[str, Any], name: str, service: str | None = None) -> dict[str, Any]:
    return next(each for each in report["probes"] if each["step"] == name and service in (None, each["service"]))


def of_sosie(running: Started, region: str, lines: Lines, *, enabled: bool = True) -> Lines:
    """The lines with one of Sosie's installations of a region."""
    installations = running.summary["regions"][region]["installations"]
    chosen = next(each for each in installations if each["enabled"] is enabled)
    names = ID_KEY if ID_KEY[0] in lines else ("PUSH_INSTALLATION_ID", "PUSH_INSTALLATION_KEY")
    return lines | dict(zip(names, (chosen["id"], chosen["key"]), strict=True))


def pasted(sosie: Sosie, client: str, region: str, *more: str) -> Lines:
    lines = sosie("env", "--for", client, "--region", region, *more).stdout.splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


# Sosie in the cloud's place.


@pytest.mark.parametrize(("region", "lines"), [("us", US), ("eu", EU)])
def test_a_configuration_for_the_real_cloud_is_walked_against_sosie(
    doctor: Doctor, running: Started, region: str, lines: Lines
) -> None:
    report = doctor(of_sosie(running, region, lines))

    assert set(statuses(report).values()) == {"ok"}
    assert list(statuses(report)) == ["resolve", "connect", "region", "installation", *TOKENS, "clock", *ROUTES]
    assert report["exit"] == 0
    for host in report["hosts"]:
        assert host["way"] == "stand-in"
        assert host["configured"].startswith("https://")
        assert host["asked"] == f"{running.url}/{region}/{host['service']}/"
    assert [host["service"] for host in report["hosts"]] == ["identity", "api", "push"]


def test_vaultwardens_way_is_shorter(doctor: Doctor, running: Started) -> None:
    report = doctor(of_sosie(running, "eu", VAULTWARDEN_EU))

    assert list(statuses(report)) == ["resolve", "connect", "region", "token api.push", "clock", "route push"]
    assert set(statuses(report).values()) == {"ok"}


def test_requests_have_the_clients_shape(doctor: Doctor, running: Started) -> None:
    doctor(of_sosie(running, "us", US))
    entries = running.control("GET", "/worlds/default/journal?region=us")["items"]

    assert [(each["method"], each["path"].removeprefix("/us")) for each in entries] == [
        ("GET", f"/api/installations/{running.summary['regions']['us']['installations'][0]['id']}"),
        *[("POST", "/identity/connect/token")] * 3,
        *[("POST", "/push/push/send")] * 2,
        *[("POST", "/api/organization/sponsorship/sync")] * 2,
        *[("GET", "/api/licenses/organization/00000000-0000-0000-0000-000000000000")] * 2,
    ]
    names = {name.lower() for each in entries for name in each["request"]["headers"]}
    assert "user-agent" not in names
    assert {name.lower() for name in entries[-1]["request"]["headers"]} >= {"transfer-encoding", "content-type"}
    assert {"accept", "content-type"}.isdisjoint(name.lower() for name in entries[0]["request"]["headers"])


def test_vaultwarden_says_who_it_is(doctor: Doctor, running: Started) -> None:
    doctor(of_sosie(running, "eu", VAULTWARDEN_EU))
    entries = running.control("GET", "/worlds/default/journal?region=eu")["items"]

    agents = [{k.lower(): v for k, v in each["request"]["headers"].items()}["user-agent"] for each in entries]
    assert agents == ["Vaultwarden"] * 3


def test_an_installation_that_sosie_does_not_know_is_said_and_the_seeded_ones_are_named(
    doctor: Doctor, running: Started
) -> None:
    report = doctor(EU)

    assert report["exit"] == 0
    assert {name: statuses(report)[name] for name in ("region", "installation", *TOKENS)} == dict.fromkeys(
        ("region", "installation", *TOKENS), "skipped"
    )
    detail = step(report, "region")["detail"]
    assert ID in detail
    for region in ("us", "eu"):
        for each in running.summary["regions"][region]["installations"]:
            assert each["id"] in detail
    assert {statuses(report)[name] for name in ROUTES} == {"ok"}


def test_an_installation_of_the_other_region_is_found_there(doctor: Doctor, running: Started) -> None:
    report = doctor(of_sosie(running, "us", EU))

    assert report["exit"] == 1
    assert statuses(report)["region"] == "failed"
    assert "US" in step(report, "region")["detail"]
    assert "US" in step(report, "region")["remedy"]
    assert {statuses(report)[name] for name in TOKENS} == {"failed"}
    assert "invalid_client" in step(report, "token api.push")["detail"]
    assert statuses(report)["installation"] == "failed"


def test_identity_of_one_region_and_push_of_the_other_show_at_the_route(doctor: Doctor, running: Started) -> None:
    mixed: Lines = of_sosie(running, "eu", EU) | {"globalSettings__pushRelayBaseUri": "https://push.bitwarden.com"}
    report = doctor(mixed)

    assert statuses(report)["token api.push"] == "ok"
    assert statuses(report)["route push"] == "failed"
    assert "region" in step(report, "route push")["remedy"]


def test_a_wrong_key_fails_at_the_token(doctor: Doctor, running: Started) -> None:
    report = doctor(of_sosie(running, "us", US) | {ID_KEY[1]: KEY})

    assert statuses(report)["region"] == "ok"
    assert statuses(report)["installation"] == "ok"
    assert {statuses(report)[name] for name in TOKENS} == {"failed"}
    assert "24 hours" in step(report, "token api.push")["detail"]
    assert KEY not in json.dumps(report)


def test_a_disabled_installation_is_told_by_the_look_up(doctor: Doctor, running: Started) -> None:
    report = doctor(of_sosie(running, "us", US, enabled=False))

    assert "disabled" in step(report, "installation")["detail"]
    assert statuses(report)["installation"] == "failed"
    assert statuses(report)["token api.push"] == "failed"


def test_another_world_is_asked_on_demand(doctor: Doctor, sosie: Sosie, running: Started) -> None:
    assert sosie("worlds", "create", "of-the-doctor").exit_code == 0

    report = doctor(US, "--world", "of-the-doctor")

    assert report["hosts"][0]["asked"] == f"{running.url}/w/of-the-doctor/us/identity/"


def test_what_the_cloud_has_and_sosie_does_not_play_is_not_contacted(doctor: Doctor) -> None:
    report = doctor(EU | {"globalSettings__installation__apiUri": "https://icons.bitwarden.eu"})

    assert step(report, "resolve", "api")["status"] == "skipped"
    assert "--against icons.bitwarden.eu" in step(report, "resolve", "api")["detail"]


# Sosie itself.


@pytest.mark.parametrize("region", ["us", "eu"])
def test_the_lines_of_sosie_env_are_without_error_and_lead_all_the_way(
    doctor: Doctor, sosie: Sosie, region: str
) -> None:
    report = doctor(pasted(sosie, "bitwarden", region))

    assert [each for each in report["findings"] if each["severity"] == "error"] == []
    assert report["exit"] == 0
    assert set(statuses(report).values()) == {"ok"}
    assert {each["way"] for each in report["hosts"]} == {"direct"}


def test_a_missing_slash_is_glued_as_dotnet_glues_it(doctor: Doctor, sosie: Sosie) -> None:
    lines = pasted(sosie, "bitwarden", "us")
    key = "globalSettings__installation__apiUri"
    report = doctor(lines | {key: (lines[key] or "").rstrip("/")})

    assert [each["code"] for each in report["findings"] if each["severity"] == "error"] == ["URI_SLASH_MISSING"]
    assert step(report, "route licence")["status"] == "failed"
    assert "/us/apilicenses/" in step(report, "route licence")["detail"]
    assert "slash" in step(report, "route licence")["remedy"]
    assert statuses(report)["route push"] == "ok"


def test_an_unknown_installation_at_sosies_own_address_is_a_failure(doctor: Doctor, sosie: Sosie) -> None:
    report = doctor(pasted(sosie, "bitwarden", "us") | {ID_KEY[0]: ID})

    assert statuses(report)["region"] == "failed"
    assert "sosie env" in step(report, "region")["remedy"]
    assert report["exit"] == 1


def test_names_that_containers_use_lead_to_sosie(doctor: Doctor, sosie: Sosie, running: Started) -> None:
    report = doctor(pasted(sosie, "bitwarden", "us", "--as", f"http://host.docker.internal:{running.port}"))

    assert {each["way"] for each in report["hosts"]} == {"stand-in"}
    assert report["exit"] == 0
    assert report["findings"] == []


def test_a_service_of_sosies_on_a_port_of_its_own_is_loopback(doctor: Doctor, running: Started) -> None:
    roots = running.summary["roots"]
    report = doctor(
        of_sosie(running, "us", US)
        | {
            "globalSettings__installation__identityUri": roots["us"]["identity"],
            "globalSettings__installation__apiUri": roots["us"]["api"],
            "globalSettings__pushRelayBaseUri": roots["us"]["push"],
        }
    )

    assert {statuses(report)[name] for name in (*TOKENS, *ROUTES)} == {"ok"}


# Over TLS.


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    with Started(tmp_path_factory.mktemp("secure"), "--tls", "--json") as started:
        yield started


def walked(secure: Started, file: str, *options: str) -> dict[str, Any]:
    done = run(secure.home, "doctor", file, "--url", secure.url, "--json", *options)
    return json.loads(done.stdout) | {"exit": done.returncode}


def paste(secure: Started, client: str, region: str, file: str) -> Path:
    lines = run(secure.home, "env", "--for", client, "--region", region, "--url", secure.url).stdout
    path = secure.home / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(lines)
    return path


@pytest.mark.parametrize("region", ["us", "eu"])
def test_vaultwardens_lines_trust_what_they_name(secure: Started, region: str) -> None:
    paste(secure, "vaultwarden", region, "vaultwarden.env")

    report = walked(secure, "vaultwarden.env")

    assert [each for each in report["findings"] if each["severity"] == "error"] == []
    assert set(statuses(report).values()) == {"ok"}
    assert "tls" in statuses(report)
    assert report["exit"] == 0


def test_vaultwarden_without_the_ca_is_told_to_name_it(secure: Started) -> None:
    path = paste(secure, "vaultwarden", "us", "untrusting.env")
    path.write_text("".join(line for line in path.read_text().splitlines(True) if "SSL_CERT_FILE" not in line))

    report = walked(secure, "untrusting.env")

    assert statuses(report, "push") == {"resolve": "ok", "connect": "ok", "tls": "failed", "route push": "skipped"}
    assert "SSL_CERT_FILE" in step(report, "tls")["remedy"]
    assert "tls" in step(report, "token api.push")["detail"]
    assert report["exit"] == 1


def test_a_bitwarden_server_trusts_the_certificates_beside_its_file(secure: Started) -> None:
    path = paste(secure, "bitwarden", "eu", "bwdata/env/global.override.env")
    beside = path.parent.parent / "ca-certificates"
    beside.mkdir()

    without = walked(secure, str(path))
    exported = run(secure.home, "ca", "export", str(beside), SOSIE_URL=secure.url)
    assert exported.returncode == 0, exported.stderr
    trusting = walked(secure, str(path))

    assert statuses(without, "api")["tls"] == "failed"
    assert "bwdata/ca-certificates" in step(without, "tls")["remedy"]
    assert "CA_MISSING" in [each["code"] for each in without["findings"]]
    assert set(statuses(trusting).values()) == {"ok"}
    assert "CA_MISSING" not in [each["code"] for each in trusting["findings"]]


def test_a_ca_on_the_command_line_is_trusted_too(secure: Started) -> None:
    paste(secure, "bitwarden", "us", "plain.env")
    ca = secure.home / "xdg_data_home" / "sosie" / "tls" / "sosie-ca.pem"

    assert set(statuses(walked(secure, "plain.env", "--cacert", str(ca))).values()) == {"ok"}


def test_http_where_https_is_spoken_is_told(secure: Started) -> None:
    path = paste(secure, "bitwarden", "us", "plain-http.env")
    path.write_text(path.read_text().replace("https://", "http://"))

    report = walked(secure, "plain-http.env")

    assert statuses(report)["token api.push"] == "failed"
    assert "https" in step(report, "token api.push")["remedy"]


def test_https_where_http_is_spoken_is_told(doctor: Doctor, sosie: Sosie) -> None:
    lines = {
        key: (value or "").replace("http://", "https://") for key, value in pasted(sosie, "bitwarden", "us").items()
    }

    report = doctor(lines)

    assert statuses(report, "identity")["tls"] == "failed"
    assert "http://" in step(report, "tls", "identity")["remedy"]


# What may stand in between.


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
