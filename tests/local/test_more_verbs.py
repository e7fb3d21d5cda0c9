"""The verbs that came with the whole control plane: what they print, their JSON, and their exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import validate

from sosie.control.client import ControlClient
from tests.local.conftest import Sosie
from tests.local.started import Started, request_token

TEXT = {"type": "string"}


def listed(**members: Any) -> dict[str, Any]:
    item = {"type": "object", "required": list(members), "properties": members}
    return {"type": "object", "required": ["items"], "properties": {"items": {"type": "array", "items": item}}}


# Faults.


def test_a_fault_is_made_listed_applied_and_removed(sosie: Sosie, read_json, running: Started) -> None:
    added = read_json("faults", "add", "--route", "connect/token", "--status", "503", "--times", "1")
    assert added["effect"]["status"] == 503
    assert request_token(running).status == 503

    found = read_json("faults")
    validate(found, listed(id=TEXT, applied={"const": 1}, seen={"type": "integer"}, effect={"type": "object"}))
    assert added["id"] in sosie("faults").stdout
    assert read_json("faults", "clear", added["id"]) == {"cleared": added["id"]}
    assert read_json("faults") == {"items": []}


def test_a_kind_takes_its_parameters_by_name(read_json) -> None:
    added = read_json("faults", "add", "--kind", "latency", "--set", "milliseconds=5", "--service", "push")

    assert (added["effect"]["milliseconds"], added["match"]) == (5, {"service": "push"})
    assert read_json("faults", "clear") == {"cleared": "all"}


def test_a_whole_rule_is_taken_as_json(read_json) -> None:
    rule = {"match": {"region": "eu"}, "effect": {"kind": "outage"}}

    assert read_json("faults", "add", "--rule", json.dumps(rule))["match"] == {"region": "eu"}


def test_the_catalog_lists_every_kind(sosie: Sosie, read_json) -> None:
    found = read_json("faults", "catalog")

    validate(found, listed(kind=TEXT, description=TEXT, schema={"type": "object"}))
    assert {"status", "latency", "connection-reset", "sync-null-batch"} <= {each["kind"] for each in found["items"]}
    assert all(each["kind"] in sosie("faults", "catalog").stdout for each in found["items"])


@pytest.mark.parametrize(
    "words",
    [
        ("add",),
        ("add", "--kind", "rain"),
        ("add", "--kind", "latency", "--set", "milliseconds"),
        ("add", "--rule", "{"),
        ("add", "--rule", "[]"),
        ("add", "--status", "503", "--until", "later"),
    ],
    ids=" ".join,
)
def test_what_is_no_fault_is_wrong_use(sosie: Sosie, words: tuple[str, ...]) -> None:
    assert sosie("faults", *words).exit_code == 2


def test_a_fault_nobody_made_is_a_no(sosie: Sosie) -> None:
    assert sosie("faults", "clear", "nobody").exit_code == 1


# Verification.


def test_what_arrived_is_verified(sosie: Sosie, read_json, running: Started) -> None:
    request_token(running)

    assert read_json("verify", "POST /connect/token", "--times", "1")["met"] is True
    assert sosie("verify", '{"path": "connect/token", "status": "2xx"}').exit_code == 0
    assert sosie("verify", "POST /connect/token", "--at-most", "1", "--at-least", "1").exit_code == 0


def test_what_did_not_arrive_is_a_no_with_the_nearest_misses(sosie: Sosie, read_json, running: Started) -> None:
    request_token(running, secret="wrong")

    done = sosie("verify", '{"path": "connect/token", "status": 200}')

    assert done.exit_code == 1
    assert "status: wanted" in done.stdout
    told = read_json("verify", '{"path": "connect/token", "status": 200}')
    assert (told["met"], told["count"]) == (False, 0)
    assert told["nearestMisses"][0]["differs"]["status"]["seen"] == 400


@pytest.mark.parametrize(
    "words", [("{",), ("GET /x", "--times", "1", "--at-most", "2"), ('{"colour": "red"}',)], ids=" ".join
)
def test_what_cannot_be_verified_is_wrong_use(sosie: Sosie, words: tuple[str, ...]) -> None:
    assert sosie("verify", *words).exit_code == 2


# Snapshots. They survive a reset, and other tests of this server take some too.


def names(read_json) -> list[str]:
    return [each["name"] for each in read_json("snapshot")["items"]]


def test_a_snapshot_is_taken_listed_and_gone_back_to(sosie: Sosie, read_json) -> None:
    assert sosie("snapshot", "take", "before").exit_code == 0
    validate(read_json("snapshot"), listed(name=TEXT, at=TEXT))
    assert "before" in names(read_json)
    read_json("clock", "advance", "P31D")

    assert read_json("restore", "before")["world"] == "default"
    assert abs(read_json("clock")["offsetSeconds"]) < 1
    assert read_json("snapshot", "drop", "before") == {"dropped": "before"}
    assert "before" not in names(read_json)


def test_a_snapshot_travels_in_a_file(sosie: Sosie, read_json, home: Path) -> None:
    sosie("snapshot", "take", "before")

    assert read_json("snapshot", "export", "before", "before.json")["file"] == "before.json"
    document = json.loads((home / "before.json").read_text())
    assert (document["format"], document["version"]) == ("sosie-snapshot", 1)
    assert sosie("worlds", "create", "travelled").exit_code == 0
    assert sosie("snapshot", "import", "before.json", "elsewhere", "--world", "travelled").exit_code == 0
    assert read_json("restore", "elsewhere", "--world", "travelled")["world"] == "travelled"
    assert sosie("worlds", "drop", "travelled").exit_code == 0


def test_a_file_that_is_no_snapshot_is_wrong_use(sosie: Sosie, home: Path) -> None:
    for text in ("nonsense", "[]", '{"format": "sosie-snapshot", "version": 99}'):
        (home / "odd.json").write_text(text)
        assert sosie("snapshot", "import", "odd.json", "odd").exit_code == 2


def test_a_snapshot_nobody_took_is_a_no(sosie: Sosie) -> None:
    assert sosie("restore", "nothing").exit_code == 1


# Journal, mail, push.


def test_the_journal_becomes_an_http_archive(sosie: Sosie, running: Started) -> None:
    request_token(running)

    archive = json.loads(sosie("journal", "--har").stdout)

    assert archive["log"]["version"] == "1.2"
    assert archive["log"]["entries"][-1]["request"]["url"].endswith("/us/identity/connect/token")


def test_journal_and_mailbox_can_be_emptied(sosie: Sosie, read_json, running: Started) -> None:
    request_token(running)

    assert read_json("journal", "--clear") == {"cleared": "default"}
    assert read_json("journal") == {"items": []}
    assert read_json("mail", "--clear") == {"cleared": "default"}


def test_the_journal_is_filtered_by_a_class_of_statuses(read_json, running: Started) -> None:
    request_token(running, secret="wrong")
    request_token(running)

    assert [entry["status"] for entry in read_json("journal", "--status", "4xx")["items"]] == [400]


@pytest.mark.parametrize("words", [("--har", "--clear"), ("latest", "--clear"), ("latest", "--follow")], ids=" ".join)
def test_the_journal_does_one_thing_at_a_time(sosie: Sosie, words: tuple[str, ...]) -> None:
    assert sosie("journal", *words).exit_code == 2


def test_a_world_without_phones_says_so(sosie: Sosie, read_json) -> None:
    assert "no device, no message" in sosie("push").stdout
    assert set(read_json("push")["regions"]) == {"us", "eu"}


# Settings and tokens.


def test_settings_are_shown_and_changed(sosie: Sosie, read_json) -> None:
    before = read_json("settings")
    validate(before, {"type": "object", "additionalProperties": {"type": "boolean"}, "minProperties": 1})

    changed = read_json("settings", "penaltyDelays=off")

    assert changed == before | {"penaltyDelays": False}
    assert "off" in sosie("settings").stdout


@pytest.mark.parametrize("word", ["penaltyDelays", "penaltyDelays=maybe", "weather=on"])
def test_what_is_no_setting_is_wrong_use(sosie: Sosie, word: str) -> None:
    assert sosie("settings", word).exit_code == 2


def test_an_odd_token_says_what_is_wrong_with_it(sosie: Sosie, read_json) -> None:
    told = read_json("token", "user.owner@acme.test", "--odd", "expired")

    assert told["why"]
    assert told["claims"]["email"] == "owner@acme.test"
    assert sosie("token", "user.owner@acme.test").stdout.splitlines()[-1].count(".") == 2
    assert sosie("token", "user.owner@acme.test", "--odd", "green").exit_code == 2


# What a newcomer stumbled over.


def test_making_a_world_that_is_there_says_that_it_stays(sosie: Sosie) -> None:
    assert sosie("worlds", "create", "there").stderr == ""

    done = sosie("worlds", "create", "there", "--scenario", "empty")

    assert (done.exit_code, "made from scenario families; it stays as it is" in done.stderr) == (0, True)
    assert sosie("worlds", "drop", "there").exit_code == 0


def test_an_exported_snapshot_is_for_its_user_alone(sosie: Sosie, home: Path) -> None:
    sosie("snapshot", "take", "mine")
    assert sosie("snapshot", "export", "mine", "mine.json").exit_code == 0

    assert (home / "mine.json").stat().st_mode & 0o777 == 0o600


def test_a_fault_shows_in_the_journal_as_one(sosie: Sosie, running: Started) -> None:
    sosie("faults", "add", "--route", "connect/token", "--status", "503", "--times", "1")
    request_token(running)

    assert sosie("journal").stdout.splitlines()[-1].endswith("fault-1 status")
    assert "this answer is wrong on purpose" in sosie("journal", "latest").stdout
    assert "status 503" in sosie("faults").stdout


def test_the_journal_shows_the_headers_that_were_sent_and_no_others(read_json, running: Started) -> None:
    request_token(running)

    (entry,) = read_json("journal")["items"]
    assert {name.lower() for name in entry["request"]["headers"]} == {"host", "content-type", "content-length"}
    assert entry["scheme"] == "http"


def test_no_faults_at_all_are_no_conflict(running: Started) -> None:
    with ControlClient(running.url) as control:
        assert control.add_faults([]) == []
