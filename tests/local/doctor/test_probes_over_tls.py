"""The way to the cloud over TLS: who is trusted, and what is said when nobody is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.local.conftest import Sosie
from tests.local.doctor.walks import Doctor, pasted, statuses, step
from tests.local.started import Started, run


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
