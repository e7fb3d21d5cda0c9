"""HTTPS with Sosie's own authority: who trusts it once, trusts every later start (docs/contract/clients.md §6)."""

from __future__ import annotations

import json
import socket
import ssl
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from sosie.crypto.authority import HostNotPermittedError
from sosie.local.tls import DamagedAuthorityError, TlsFiles, ensure_authority, ensure_host_certificate, tls_files
from tests.local.conftest import Sosie
from tests.local.started import Started, run

NOW = datetime(2026, 3, 4, tzinfo=UTC)
CONTAINER_NAMES = {"sosie.test", "*.sosie.test", "host.docker.internal", "host.containers.internal"}
LOCAL_NAMES = {"localhost", "127.0.0.1", "::1", *CONTAINER_NAMES}
CLOUD_NAMES = [
    f"{service}.bitwarden.{end}" for end in ("com", "eu") for service in ("identity", "api", "push", "vault")
]


@pytest.fixture
def files(tmp_path: Path) -> TlsFiles:
    return TlsFiles(tmp_path / "deep" / "tls")


def names(files: TlsFiles) -> set[str]:
    certificate = x509.load_pem_x509_certificate(files.host.read_bytes())
    alternative = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    dns = alternative.get_values_for_type(x509.DNSName)
    return {*dns, *map(str, alternative.get_values_for_type(x509.IPAddress))}


# Files.


def test_the_authority_is_made_once(files: TlsFiles) -> None:
    first = ensure_authority(files, NOW)

    assert ensure_authority(files, NOW + timedelta(days=1000)) == first
    assert files.ca.read_text() == first
    assert "PRIVATE" not in first


def test_everything_is_for_its_user_alone(files: TlsFiles) -> None:
    ensure_host_certificate(files, "127.0.0.1", NOW)

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in files.directory.iterdir()}
    assert set(modes) >= {"authority.pem", "sosie-ca.pem", "host.pem"}
    assert set(modes.values()) == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (files.directory, files.directory.parent)} == {0o700}


def test_the_host_certificate_is_for_this_machine_the_clouds_names_and_containers(files: TlsFiles) -> None:
    ensure_host_certificate(files, "192.168.7.5", NOW)

    expected = {"192.168.7.5", *LOCAL_NAMES, *CLOUD_NAMES}
    assert names(files) == expected


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "localhost"])
def test_every_address_is_no_name_of_its_own(files: TlsFiles, host: str) -> None:
    ensure_host_certificate(files, host, NOW)

    assert names(files) == {*LOCAL_NAMES, *CLOUD_NAMES}


@pytest.mark.parametrize(("days", "kept"), [(0, True), (365, True), (367, False), (400, False)], ids=str)
def test_the_host_certificate_is_kept_until_30_days_before_its_end(files: TlsFiles, days: int, kept: bool) -> None:
    ensure_host_certificate(files, "127.0.0.1", NOW)
    first = files.host.read_text()

    ensure_host_certificate(files, "127.0.0.1", NOW + timedelta(days=days))

    assert (files.host.read_text() == first) is kept


def test_a_name_that_is_missing_makes_a_new_host_certificate_of_the_same_authority(files: TlsFiles) -> None:
    ensure_host_certificate(files, "127.0.0.1", NOW)
    before, authority = files.host.read_text(), files.ca.read_text()

    ensure_host_certificate(files, "10.1.2.3", NOW)

    assert files.host.read_text() != before
    assert "10.1.2.3" in names(files)
    assert files.ca.read_text() == authority


def test_a_host_certificate_of_another_authority_is_replaced(files: TlsFiles, tmp_path: Path) -> None:
    other = TlsFiles(tmp_path / "other")
    ensure_host_certificate(other, "127.0.0.1", NOW)
    ensure_authority(files, NOW)
    files.host.write_text(other.host.read_text())

    ensure_host_certificate(files, "127.0.0.1", NOW)

    assert files.host.read_text() != other.host.read_text()


def test_an_authority_that_cannot_be_read_is_not_replaced_unasked(files: TlsFiles) -> None:
    ensure_authority(files, NOW)
    files.authority.write_text("not a certificate")

    with pytest.raises(DamagedAuthorityError, match=r"authority\.pem"):
        ensure_host_certificate(files, "127.0.0.1", NOW)
    assert files.authority.read_text() == "not a certificate"


def test_a_host_the_authority_may_not_vouch_for_is_refused(files: TlsFiles) -> None:
    with pytest.raises(HostNotPermittedError):
        ensure_host_certificate(files, "8.8.8.8", NOW)


def test_it_lives_with_the_state_or_with_the_users_data(tmp_path: Path) -> None:
    assert tls_files(tmp_path).directory == tmp_path / "tls"
    assert tls_files(None, {"XDG_DATA_HOME": "/data"}).directory == Path("/data/sosie/tls")
    assert tls_files(None, {"XDG_DATA_HOME": "relative"}).directory == Path.home() / ".local/share/sosie/tls"


# `sosie ca export`.


def test_export_writes_the_certificate_twice_and_says_how_each_client_trusts_it(typed: Sosie, home: Path) -> None:
    done = typed("ca", "export", "certs")

    assert done.exit_code == 0
    pem, crt = ((home / "certs" / name).read_text() for name in ("sosie-ca.pem", "sosie-ca.crt"))
    assert pem == crt
    assert pem.startswith("-----BEGIN CERTIFICATE-----")
    assert "PRIVATE" not in pem
    path = home / "certs" / "sosie-ca.pem"
    for said in (
        "bwdata/ca-certificates/",
        "/etc/bitwarden/ca.crt",
        f"SSL_CERT_FILE={path}",
        f"NODE_EXTRA_CA_CERTS={path}",
        f"SOSIE_CACERT={path}",
    ):
        assert said in done.stdout


def test_export_is_the_same_each_time_and_another_one_for_each_state(typed: Sosie, home: Path) -> None:
    for arguments in (["a"], ["b"], ["c", "--state", "state"]):
        assert typed("ca", "export", *arguments, "--json").exit_code == 0

    a, b, c = ((home / name / "sosie-ca.pem").read_text() for name in "abc")
    assert a == b != c


def test_export_into_a_place_that_cannot_be_written_is_wrong_use(typed: Sosie, home: Path) -> None:
    (home / "file").write_text("")

    done = typed("ca", "export", "file/certs")

    assert done.exit_code == 2
    assert "file" in done.stderr


def test_a_damaged_authority_is_wrong_use_as_it_is_at_start(typed: Sosie, home: Path) -> None:
    assert typed("ca", "export", "certs", "--state", "state").exit_code == 0
    (home / "state" / "tls" / "authority.pem").write_text("not a certificate")

    assert typed("ca", "export", "certs", "--state", "state").exit_code == 2
    assert run(home, "start", "--port", "0", "--state", "state", "--tls").returncode == 2


def test_without_a_state_it_is_the_authority_of_the_running_one(home: Path) -> None:
    with Started(home, "--tls", "--json", "--state", "state") as started:
        url = started.url
        done = run(home, "ca", "export", "certs", SOSIE_URL=url)

    assert done.returncode == 0, done.stderr
    served = (home / "state" / "tls" / "sosie-ca.pem").read_text()
    assert (home / "certs" / "sosie-ca.pem").read_text() == served


# A server.


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    with Started(tmp_path_factory.mktemp("secure"), "--tls", "--json") as started:
        yield started


@pytest.fixture(scope="module")
def exported(secure: Started) -> Path:
    """The CA as its users get it."""
    done = run(secure.home, "ca", "export", "certs", "--json")
    assert done.returncode == 0, done.stderr
    return secure.home / json.loads(done.stdout)["pem"]


def ask(secure: Started, trust: ssl.SSLContext, name: str) -> bytes:
    port = int(secure.summary["console"].rpartition(":")[2].rstrip("/"))
    with (
        socket.create_connection(("127.0.0.1", port), timeout=30) as plain,
        trust.wrap_socket(plain, server_hostname=name) as connection,
    ):
        host = name.encode()
        connection.sendall(b"GET /alive HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n")
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize(
    "name", ["localhost", "127.0.0.1", "identity.bitwarden.com", "api.bitwarden.eu", "a.sosie.test"]
)
def test_a_client_that_trusts_only_the_exported_authority_is_content(
    secure: Started, exported: Path, name: str
) -> None:
    trust = ssl.create_default_context(cafile=str(exported))
    trust.verify_flags |= ssl.VERIFY_X509_STRICT

    answer = ask(secure, trust, name)

    assert answer.startswith(b"HTTP/1.1 200" if "bitwarden" in name else b"HTTP/1.1 404")


def test_a_client_that_does_not_trust_it_is_not(secure: Started) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        ask(secure, ssl.create_default_context(), "localhost")


def test_a_name_that_is_not_in_the_certificate_is_not_accepted(secure: Started, exported: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        ask(secure, ssl.create_default_context(cafile=str(exported)), "icons.bitwarden.com")


def test_the_summary_speaks_https_by_name(secure: Started) -> None:
    assert secure.summary["regions"]["us"]["api"].startswith("https://localhost:")


def test_verbs_with_the_authority_named_or_noted_reach_it_and_others_do_not(
    secure: Started, exported: Path, tmp_path: Path
) -> None:
    url = secure.summary["console"]

    named = run(tmp_path, "worlds", "list", "--url", url, "--cacert", str(exported))
    noted = run(secure.home, "worlds", "list", "--url", url)
    neither = run(tmp_path, "worlds", "list", "--url", url)

    assert (named.stdout, named.stderr, named.returncode) == ("default\n", "", 0)
    assert (noted.stdout, noted.stderr, noted.returncode) == ("default\n", "", 0)
    assert neither.returncode == 3
    assert "--cacert" in neither.stderr


def test_env_names_the_authoritys_file_for_clients_that_need_it(secure: Started) -> None:
    url = secure.summary["console"].rstrip("/")

    lines = {
        client: run(secure.home, "env", "--for", client, "--url", url).stdout.splitlines()
        for client in ("bw", "vaultwarden")
    }

    ca = secure.home / "xdg_data_home" / "sosie" / "tls" / "sosie-ca.pem"
    assert lines["bw"] == [
        f'export NODE_EXTRA_CA_CERTS={ca} BITWARDENCLI_APPDATA_DIR="$HOME/.bw-us"',
        f"bw config server {url}/us",
    ]
    assert f"SSL_CERT_FILE={ca}" in lines["vaultwarden"]
    assert f"PUSH_RELAY_URI={url}/us/push" in lines["vaultwarden"]


def test_the_whole_loop_works_over_tls(secure: Started) -> None:
    url = secure.summary["console"].rstrip("/")
    people = ("--sponsor", "alice@acme.test", "--for", "cousin@family.test")

    done = run(secure.home, "selfhost", "sync", *people, "--url", url, "--json")

    assert done.returncode == 0, done.stderr
    assert [row["status"] for row in json.loads(done.stdout)["rows"]] == ["sent"]


def test_a_host_the_authority_may_not_vouch_for_stops_the_start(tmp_path: Path) -> None:
    done = run(tmp_path, "start", "--port", "0", "--tls", "--host", "8.8.8.8")

    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "8.8.8.8" in line
