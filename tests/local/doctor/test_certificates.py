"""Files of certificates: those a configuration names, and those beside a Bitwarden server's (clients.md §6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from sosie.crypto.authority import Authority
from sosie.local.doctor.configuration import CaFile
from sosie.local.doctor.surroundings import ca_files, ca_paths, pem_of
from tests.local.doctor.files import SIM, VAULTWARDEN_SIM, Lines, read, write, written

NOW = datetime(2026, 3, 4, tzinfo=UTC)
AUTHORITY = Authority.create(NOW)


def examined(tmp_path: Path, content: bytes, now: datetime = NOW) -> CaFile:
    (tmp_path / "ca.pem").write_bytes(content)
    lines: Lines = VAULTWARDEN_SIM | {"SSL_CERT_FILE": "ca.pem"}
    (found,) = ca_files(read(written(lines)), tmp_path, now)
    return found


def test_a_pem_file_beside_the_configuration_is_sound(tmp_path: Path) -> None:
    found = examined(tmp_path, AUTHORITY.certificate_pem.encode())

    assert (found.certificates, found.der, found.expired, found.issued) == (1, False, False, ())


def test_der_is_told_from_pem(tmp_path: Path) -> None:
    found = examined(tmp_path, AUTHORITY.certificate.public_bytes(Encoding.DER))

    assert (found.certificates, found.der) == (1, True)
    assert pem_of(tmp_path / "ca.pem") == AUTHORITY.certificate_pem


@pytest.mark.parametrize(("years", "expired"), [(9, False), (11, True), (-1, True)])
def test_a_certificate_has_its_days(tmp_path: Path, years: int, expired: bool) -> None:
    now = NOW + timedelta(days=365 * years)

    assert examined(tmp_path, AUTHORITY.certificate_pem.encode(), now).expired is expired


def test_one_valid_certificate_is_enough(tmp_path: Path) -> None:
    old = Authority.create(NOW - timedelta(days=4000))
    both = (old.certificate_pem + AUTHORITY.certificate_pem).encode()

    assert examined(tmp_path, both).expired is False
    assert examined(tmp_path, both).certificates == 2


@pytest.mark.parametrize("content", [b"", b"\n", b"no certificate", b"-----BEGIN PRIVATE KEY-----\nMC4=\n"])
def test_a_file_without_a_certificate_is_empty(tmp_path: Path, content: bytes) -> None:
    assert examined(tmp_path, content).certificates == 0


def test_a_damaged_certificate_cannot_be_read(tmp_path: Path) -> None:
    damaged = AUTHORITY.certificate_pem.replace("M", "%").encode()

    assert examined(tmp_path, damaged).certificates is None


def test_a_certificate_that_another_one_issued_is_named(tmp_path: Path) -> None:
    chain, _ = AUTHORITY.issue(["sim.test"], NOW)
    leaf = x509.load_pem_x509_certificates(chain.encode())[0].public_bytes(Encoding.PEM)

    assert examined(tmp_path, leaf).issued == ("CN=Sosie test host (not Bitwarden)",)


def test_a_path_of_a_container_is_not_here(tmp_path: Path) -> None:
    (found,) = ca_files(read(written(VAULTWARDEN_SIM)), tmp_path, NOW)

    assert (found.path, found.exists) == ("/certs/ca.pem", False)


def test_a_directory_is_taken_file_by_file(tmp_path: Path) -> None:
    certs = tmp_path / "certs"
    certs.mkdir()
    for name in ("b.crt", "a.pem", ".hidden"):
        (certs / name).write_text(AUTHORITY.certificate_pem)
    lines: Lines = VAULTWARDEN_SIM | {"SSL_CERT_FILE": None, "SSL_CERT_DIR": "certs"}

    assert ca_paths(read(written(lines)), tmp_path) == [certs / "a.pem", certs / "b.crt"]


def test_an_images_own_directory_is_not_looked_for_here(tmp_path: Path) -> None:
    lines: Lines = SIM | {"SSL_CERT_DIR": "/etc/bitwarden/ca-certificates"}

    assert ca_paths(read(written(lines)), tmp_path) == []


def test_a_bitwarden_servers_certificates_stand_beside_its_file(tmp_path: Path) -> None:
    file = write(tmp_path / "bwdata" / "env" / "global.override.env", SIM)
    beside = tmp_path / "bwdata" / "ca-certificates"
    beside.mkdir()
    (beside / "ca.crt").write_text(AUTHORITY.certificate_pem)

    assert [path.name for path in ca_paths(read(file.read_text()), file.parent)] == ["ca.crt"]
    assert ca_paths(read(file.read_text()), tmp_path / "bwdata" / "elsewhere") == []
    assert ca_paths(read(file.read_text()), None) == []
