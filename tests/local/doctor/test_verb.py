"""`sosie doctor` on the command line: what it prints, what it never prints, and its exit codes (docs/doctor.md)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from sosie.local.cli import main
from tests.local.conftest import Sosie
from tests.local.doctor.files import EU, ID, KEY, US, VAULTWARDEN, Lines, write, written


def offline(typed: Sosie, path: Path, *options: str) -> dict[str, object]:
    done = typed("doctor", str(path), "--offline", "--json", *options)
    (line,) = done.stdout.splitlines()
    return json.loads(line) | {"exit": done.exit_code}


def test_a_file_without_fault_is_fine(typed: Sosie, home: Path) -> None:
    assert offline(typed, write(home / "global.override.env", EU)) == {
        "file": str(home / "global.override.env"),
        "format": "env",
        "client": "bitwarden",
        "region": "eu",
        "ok": True,
        "findings": [],
        "probes": None,
        "hosts": None,
        "exit": 0,
    }


def test_an_error_is_a_no_and_says_what_to_write(typed: Sosie, home: Path) -> None:
    report = offline(typed, write(home / "f.env", EU | {"globalSettings__pushRelayBaseUri": None}))

    assert (report["exit"], report["ok"]) == (1, False)
    assert report["findings"] == [
        {
            "code": "REGION_DEFAULT_US",
            "severity": "error",
            "message": "globalSettings__pushRelayBaseUri is missing, and without it the server asks the US cloud; "
            "the installation is one of the EU.",
            "remedy": "Write the EU's base URI. Nothing derives it from cloudRegion.",
            "line": None,
            "write": [{"line": None, "text": "globalSettings__pushRelayBaseUri=https://push.bitwarden.eu"}],
        }
    ]


def test_people_get_findings_in_the_order_of_their_weight_and_a_count(typed: Sosie, home: Path) -> None:
    spoilt: Lines = US | {
        "globalSettings__installation__key": '"short"',
        "globalSettings__baseServiceUri__cloudRegion": "nowhere",
    }
    done = typed("doctor", str(write(home / "f.env", spoilt)), "--offline")

    assert done.exit_code == 1
    order = [done.stdout.index(code) for code in ("KEY_SHAPE", "CLOUD_REGION_UNKNOWN", "VALUE_QUOTED")]
    assert order == sorted(order)
    assert "instead of line 4" in done.stdout
    assert done.stderr.strip() == "sosie: 1 error, 1 warning, 1 hint"


def test_warnings_alone_are_fine(typed: Sosie, home: Path) -> None:
    done = typed("doctor", str(write(home / "f.env", VAULTWARDEN | {"PUSH_ENABLED": "false"})), "--offline")

    assert done.exit_code == 0
    assert "PUSH_DISABLED" in done.stdout
    assert done.stdout.rstrip().endswith("0 errors, 1 warning, 0 hints")


def test_standard_input_is_read_too(home: Path) -> None:
    del home
    environment = json.dumps([{"Config": {"Env": [f"{key}={value}" for key, value in VAULTWARDEN.items()]}}])

    done = CliRunner().invoke(main, ["doctor", "-", "--offline", "--json"], input=environment)

    report = json.loads(done.stdout)
    assert (report["file"], report["format"], report["client"]) == ("standard input", "inspect", "vaultwarden")
    assert done.exit_code == 0


def test_for_decides_whose_file_it_is(typed: Sosie, home: Path) -> None:
    path = home / "f.env"
    path.write_text("PUSH_ENABLED=true\n")

    assert offline(typed, path)["client"] == "vaultwarden"
    assert offline(typed, path, "--for", "bitwarden")["client"] == "bitwarden"


@pytest.mark.parametrize(
    "arguments",
    [
        ("missing.env",),
        ("nothing.env",),
        ("empty.env", "--for", "bitwarden"),
        ("good.env", "--region", "gov"),
        ("good.env", "--for", "bw"),
        ("good.env", "--against", "https://api.bitwarden.eu"),
        ("good.env", "--against", "api.bitwarden.eu:443"),
        (".",),
        (),
    ],
)
def test_wrong_use_is_exit_code_2(typed: Sosie, home: Path, arguments: tuple[str, ...]) -> None:
    (home / "nothing.env").write_text("POSTGRES_PASSWORD=x\n")
    (home / "empty.env").write_text("")
    write(home / "good.env", US)

    done = typed("doctor", *arguments, "--offline")

    assert (done.exit_code, done.stdout) == (2, "")


def test_where_no_sosie_answers_the_findings_are_printed_all_the_same(typed: Sosie, home: Path) -> None:
    path = str(write(home / "f.env", EU | {"globalSettings__enableCloudCommunication": "false"}))

    done = typed("doctor", path, "--url", "http://127.0.0.1:1")
    told = typed("doctor", path, "--url", "http://127.0.0.1:1", "--json")

    assert done.exit_code == told.exit_code == 3
    assert "COMMUNICATION_OFF" in done.stdout
    assert "no Sosie answers" in done.stderr
    (line,) = told.stdout.splitlines()
    report = json.loads(line)
    assert [each["code"] for each in report["findings"]] == ["COMMUNICATION_OFF"]
    assert (report["probes"], report["ok"]) == (None, False)
    assert "no Sosie answers" in report["error"]


def test_a_world_that_does_not_exist_is_a_no(sosie: Sosie, home: Path) -> None:
    done = sosie("doctor", str(write(home / "f.env", US)), "--world", "nowhere")

    assert done.exit_code == 1
    assert "nowhere" in done.stderr


SECRETS: dict[str, Lines] = {
    "the key in its place": US,
    "the key in the id's place": US | {"globalSettings__installation__id": KEY},
    "exchanged": US | {"globalSettings__installation__id": KEY, "globalSettings__installation__key": ID},
    "with blanks": US | {"globalSettings__installation__key": f"{KEY} "},
    "too long": US | {"globalSettings__installation__key": f"{KEY}{KEY}"},
    "in a URI": US | {"globalSettings__installation__apiUri": KEY},
    "in a URI's password": EU | {"globalSettings__installation__apiUri": f"https://x:{KEY}@api.bitwarden.eu"},
    "in a query": EU | {"globalSettings__installation__apiUri": f"https://api.bitwarden.eu?key={KEY}"},
    "in a switch": US | {"globalSettings__enableCloudCommunication": KEY},
    "as cloudRegion": US | {"globalSettings__baseServiceUri__cloudRegion": KEY},
    "under a misspelt key": US | {"globalSettings__instalation__key": KEY},
    "twice": US | {"GLOBALSETTINGS__INSTALLATION__KEY": KEY},
    "vaultwarden's": VAULTWARDEN | {"PUSH_RELAY_URI": KEY, "PUSH_ENABLED": KEY},
    "in quotes that do not close": US | {"globalSettings__installation__key": f'"{KEY}'},
}


@pytest.mark.parametrize("lines", SECRETS.values(), ids=SECRETS)
def test_a_key_is_never_printed_wherever_it_was_written(sosie: Sosie, home: Path, lines: Lines) -> None:
    path = str(write(home / "f.env", lines))

    for options in ((), ("--json",)):
        done = sosie("doctor", path, *options)
        assert done.exit_code in (0, 1)
        assert KEY not in done.stdout + done.stderr
        assert KEY[:8] not in done.stdout + done.stderr


def test_a_file_of_another_system_is_read(typed: Sosie, home: Path) -> None:
    (home / "f.env").write_bytes(written(US).replace("\n", "\r\n").encode("utf-16"))

    assert offline(typed, home / "f.env")["findings"] == []


def test_a_file_that_is_far_too_large_is_refused(typed: Sosie, home: Path) -> None:
    (home / "f.env").write_text("#" * (4 * 1024 * 1024) + "\nPUSH_ENABLED=true\n")

    assert typed("doctor", "f.env", "--offline").exit_code == 2
