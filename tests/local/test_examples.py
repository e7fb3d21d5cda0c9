"""Each example that a verb's help ends with is run as it stands there, and does what it shows."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import click
import pytest

from tests.local.conftest import Sosie
from tests.local.started import Started, request_token
from tests.local.test_verbs import ALL

# Run elsewhere, since they start a server, never end, or take a whole suite.
ELSEWHERE = {
    "sosie start --state ./sosie-state --tls": "tests/local/test_start.py, test_tls.py",
    "sosie start & sosie wait --timeout 30": "tests/local/test_start.py",
    "sosie journal --follow": "tests/local/test_events.py",
    "sosie conformance": "tests/conformance",
    "sosie conformance --only sync. --region eu": "tests/local/test_conformance_verb.py",
    "sosie conformance --target ./my-cloud.json": "tests/local/test_conformance_verb.py",
    "sosie deploy-check --url https://cloud.sosie.example --full": "tests/local/test_deploy_check.py",
}


def examples(command: click.Command) -> list[str]:
    marked = (line.partition("Example:  ") for line in (command.epilog or "").splitlines())
    return [text for _, mark, text in marked if mark]


SHOWN = [(" ".join(words), text) for words, command in ALL for text in examples(command)]
RUN = sorted({text for _, text in SHOWN} - set(ELSEWHERE))


def test_what_is_run_elsewhere_is_still_shown() -> None:
    assert set(ELSEWHERE) <= {text for _, text in SHOWN}


def test_every_verb_shows_an_example() -> None:
    assert {" ".join(words) for words, _ in ALL} == {verb for verb, _ in SHOWN}


@pytest.fixture
def prepared(sosie: Sosie, running: Started, home: Path) -> Sosie:
    """Everything the examples are about: files, worlds, snapshots, an offer, a refused request, two syncs."""
    for world in running.control("GET", "/worlds")["items"]:
        if world["world"] != "default":
            sosie("worlds", "drop", world["world"])
    (home / "bwdata" / "env").mkdir(parents=True)
    lines = sosie("env", "--for", "bitwarden", "--region", "eu").stdout
    (home / "bwdata" / "env" / "global.override.env").write_text(lines)
    variables = [
        line
        for line in sosie(
            "env", "--for", "vaultwarden", "--as", "https://host.docker.internal:8787"
        ).stdout.splitlines()
        if "=" in line
    ]
    (home / "inspected.json").write_text(json.dumps([{"Config": {"Env": variables}}]))
    (home / "our-scenario.yaml").write_text(json.dumps({"version": 1, "name": "ours"}))
    (home / "more-members.yaml").write_text(
        json.dumps({"version": 1, "name": "more", "regions": {"us": {"installations": [{"email": "ops@more.test"}]}}})
    )
    for words in (
        ("selfhost", "sync", "--sponsor", "alice@acme.test", "--for", "cousin@family.test"),
        ("selfhost", "sync", "--sponsor", "bob@acme.test", "--for", "newcomer@family.test"),
        ("selfhost", "sync", "--region", "eu"),
        ("snapshot", "take", "before"),
        ("snapshot", "export", "before", "before.json"),
        ("faults", "add", "--rule", '{"id": "fault-1", "effect": {"kind": "empty-body"}, "match": {"nth": 1000}}'),
    ):
        done = sosie(*words)
        assert done.exit_code == 0, done.output
    request_token(running, secret="wrong")
    return sosie


@pytest.mark.parametrize("text", RUN)
def test_an_example_works_as_it_stands(prepared: Sosie, running: Started, home: Path, text: str) -> None:
    needs_world = "team-a" in text and "create" not in text
    if needs_world:
        prepared("worlds", "create", "team-a")
        prepared("snapshot", "take", "before", "--world", "team-a")
    stdin = (home / "inspected.json").read_text() if text.startswith("docker inspect") else None
    command = text.partition("| ")[2] if stdin else text
    command = command.replace(
        "installation.ID", f"installation.{running.summary['regions']['us']['installations'][0]['id']}"
    )
    words = shlex.split(command.partition(" > ")[0].partition(" >> ")[0])

    done = prepared(*words[1:], stdin=stdin)

    assert done.exit_code == 0, done.output
