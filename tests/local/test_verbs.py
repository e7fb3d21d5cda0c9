"""The control plane's verbs on the command line: what they print, and their exit codes."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from sosie.local.cli import main
from tests.local.conftest import Sosie
from tests.local.started import Started, request_token

ReadJson = Callable[..., Any]


def commands() -> Iterator[tuple[tuple[str, ...], click.Command]]:
    with click.Context(main) as context:
        for name in main.list_commands(context):
            command = main.get_command(context, name)
            assert command is not None
            yield (name,), command
            if isinstance(command, click.Group):
                for below, sub in command.commands.items():
                    yield (name, below), sub


ALL = list(commands())
VERBS = [(words, command) for words, command in ALL if not isinstance(command, click.Group)]
SAY = [words for words, _ in VERBS]


@pytest.mark.parametrize("words", [words for words, _ in ALL], ids=" ".join)
def test_every_help_ends_with_an_example_of_that_verb(words: tuple[str, ...]) -> None:
    done = CliRunner().invoke(main, [*words, "--help"])

    assert done.exit_code == 0
    example = done.output.splitlines()[-1].strip()
    assert example.startswith(f"Example:  sosie {words[0]}") or f"sosie {words[0]}" in example


@pytest.mark.parametrize("command", [command for _, command in VERBS], ids=map(" ".join, SAY))
def test_every_verb_speaks_json(command: click.Command) -> None:
    assert "--json" in [option for each in command.params for option in each.opts]


@pytest.mark.parametrize("command", [command for _, command in VERBS], ids=map(" ".join, SAY))
def test_every_option_says_what_it_is_for(command: click.Command) -> None:
    silent = [each.name for each in command.params if isinstance(each, click.Option) and not each.help]

    assert silent == []


# Reaching a Sosie.


def test_where_nobody_answers_is_exit_code_3_and_one_line(typed: Sosie) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    done = typed("state", "--url", f"http://127.0.0.1:{port}")

    assert (done.exit_code, done.stdout) == (3, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"sosie: no Sosie answers at http://127.0.0.1:{port}")


def test_an_address_that_is_none_is_wrong_use(typed: Sosie) -> None:
    assert typed("state", "--url", "localhost:8787").exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [
        (("state", "--url", "http://127.0.0.1:1"), 3),
        (("state", "--nonsense"), 2),
        (("env", "--for", "nobody"), 2),
        (("selfhost", "sync", "--url", "http://127.0.0.1:1"), 3),
    ],
)
def test_errors_are_also_json_for_who_asks_for_it(typed: Sosie, arguments: tuple[str, ...], exit_code: int) -> None:
    done = typed(*arguments, "--json")

    assert done.exit_code == exit_code
    (line,) = done.stdout.splitlines()
    told = json.loads(line)
    assert list(told) == ["error"]
    assert told["error"] in done.stderr.replace("Error: ", "")


def test_an_option_wins_over_the_environment(typed: Sosie, running: Started) -> None:
    done = typed("worlds", "list", "--url", running.url, env={"SOSIE_URL": "http://127.0.0.1:1"})

    assert done.exit_code == 0
    assert "default" in done.stdout.splitlines()


# The verbs.


def test_reset_returns_a_world_to_its_scenario(sosie: Sosie, read_json: ReadJson, running: Started) -> None:
    request_token(running)
    assert read_json("journal")["items"] != []

    done = sosie("reset")

    assert (done.exit_code, done.stdout) == (0, "reset  world default is back to scenario families\n")
    assert read_json("journal")["items"] == []


def test_seed_adds_the_people_of_a_file(sosie: Sosie, read_json: ReadJson, home: Path) -> None:
    (home / "more.yaml").write_text(
        "version: 1\nname: more\nseed: more\nregions:\n  us:\n    users:\n"
        "      - {email: dora@acme.test, name: Dora, masterPassword: a b c d}\n"
    )

    assert sosie("seed", "more.yaml").exit_code == 0

    emails = [user["email"] for user in read_json("state", "--kind", "users")["regions"]["us"]["users"]]
    assert "dora@acme.test" in emails
    assert "owner@acme.test" in emails


def test_seed_names_the_place_in_a_file_that_cannot_be_applied(sosie: Sosie, home: Path) -> None:
    (home / "wrong.yaml").write_text("version: 1\nname: wrong\nregions:\n  us:\n    users:\n      - {name: Nobody}\n")

    done = sosie("seed", "wrong.yaml")

    assert done.exit_code == 2
    assert "wrong.yaml:6: regions.us.users[0].email: is missing" in done.stderr


def test_a_files_syntax_is_named_by_its_line_too(sosie: Sosie, home: Path) -> None:
    (home / "wrong.yaml").write_text("version: 1\nname: more: less\n")
    (home / "wrong.json").write_text('{\n"version": 1,\nname}')

    assert "wrong.yaml:2: " in sosie("seed", "wrong.yaml").stderr
    assert "wrong.json:3: " in sosie("worlds", "create", "x", "--scenario", "wrong.json").stderr


def test_seed_does_not_know_every_name(sosie: Sosie) -> None:
    done = sosie("seed", "nonsense")

    assert done.exit_code == 2
    assert "nonsense" in done.stderr


def test_seeding_what_is_there_already_is_a_no(sosie: Sosie) -> None:
    assert sosie("seed", "families").exit_code == 1


def test_state_shows_one_kind_of_one_region(sosie: Sosie) -> None:
    lines = sosie("state", "--region", "eu", "--kind", "organizations").stdout.splitlines()

    assert lines[:2] == ["EU", "  organizations"]
    assert any("Famille Tante" in line for line in lines)
    assert not any("Acme" in line for line in lines)


def test_state_as_json_is_what_the_control_plane_says(read_json: ReadJson, running: Started) -> None:
    assert read_json("state") == running.control("GET", "/worlds/default/state")


def test_worlds_are_created_listed_and_dropped(sosie: Sosie, read_json: ReadJson, running: Started) -> None:
    created = sosie("worlds", "create", "team-b")
    assert f"{running.url}/w/team-b/eu/api" in created.stdout
    assert {"world": "team-b"} in read_json("worlds", "list")["items"]

    assert sosie("worlds", "drop", "team-b").exit_code == 0

    assert {"world": "team-b"} not in read_json("worlds", "list")["items"]
    assert sosie("worlds", "drop", "team-b").exit_code == 1


def test_a_world_of_an_impossible_name_is_wrong_use(sosie: Sosie) -> None:
    assert sosie("worlds", "create", "Team B!").exit_code == 2


def test_the_default_world_cannot_be_dropped(sosie: Sosie) -> None:
    done = sosie("worlds", "drop", "default")

    assert done.exit_code == 1
    assert "reset it instead" in done.stderr


# Journal and mail.


def test_the_journal_lists_what_arrived_and_shows_one_entry(sosie: Sosie, running: Started) -> None:
    request_token(running, secret="wrong")
    request_token(running)

    lines = sosie("journal", "--service", "identity").stdout.splitlines()
    assert len(lines) == 2
    assert "/us/identity/connect/token" in lines[0]
    assert "400" in lines[0]
    assert "SECRET_WRONG" in lines[0]
    assert "200" in lines[1]

    shown = sosie("journal", "latest", "--status", "400").stdout
    assert "SECRET_WRONG" in shown
    assert '{"error":"invalid_client"}' in shown
    assert "grant_type=client_credentials" in shown


def test_the_journals_filters_select(read_json: ReadJson, running: Started) -> None:
    request_token(running, secret="wrong")
    request_token(running)

    assert [each["status"] for each in read_json("journal", "--status", "200")["items"]] == [200]
    assert read_json("journal", "--region", "eu")["items"] == []
    assert [each["status"] for each in read_json("journal", "--limit", "1")["items"]] == [200]
    wrong = read_json("journal", "--diagnosis", "SECRET_WRONG")["items"]
    assert [each["status"] for each in wrong] == [400]
    assert read_json("journal", wrong[0]["id"]) == wrong[0]


def test_an_empty_mailbox_is_fine_and_its_latest_mail_is_a_no(sosie: Sosie) -> None:
    assert (sosie("mail").exit_code, sosie("mail").stdout) == (0, "no mail\n")
    assert sosie("mail", "latest").exit_code == 1
    assert sosie("mail", "unknown").exit_code == 1
    assert sosie("journal", "latest").exit_code == 1


def test_mail_lists_and_shows_an_offer(sosie: Sosie, read_json: ReadJson) -> None:
    assert sosie("selfhost", "sync", "--sponsor", "alice@acme.test", "--for", "cousin@family.test").exit_code == 0

    line, hint = sosie("mail", "--to", "cousin@family.test", "--region", "us").stdout.splitlines()
    assert "Accept your Sponsored Families Plan" in line
    assert "sosie mail latest" in hint
    assert sosie("mail", "--to", "somebody@else.test").stdout == "no mail\n"
    shown = sosie("mail", "latest").stdout
    mail = read_json("mail", "latest")
    assert mail["sponsorshipToken"].startswith("BWOrganizationSponsorship_")
    assert mail["sponsorshipToken"] in shown
    assert mail["text"] in shown
    link, told = shown.index(mail["links"][0]), shown.index("this link leads to the real vault")
    assert link < told
    assert "sosie selfhost redeem --region us --email cousin@family.test" in shown[told:].splitlines()[0]


# Colours.


def test_colours_are_for_terminals_that_want_them(home: Path, running: Started) -> None:
    del home
    arguments = ["worlds", "create", "colourful", "--url", running.url]

    coloured = CliRunner().invoke(main, arguments, color=True)
    plain = CliRunner().invoke(main, arguments, color=True, env={"NO_COLOR": "1"})

    assert "\x1b[" in coloured.stdout
    assert "\x1b[" not in plain.stdout
    assert json.loads(CliRunner().invoke(main, [*arguments, "--json"], color=True).stdout)["world"] == "colourful"


def test_a_refusal_without_colours_has_none(home: Path, running: Started) -> None:
    del home
    arguments = ["worlds", "drop", "default", "--url", running.url]

    coloured = CliRunner().invoke(main, arguments, color=True)
    plain = CliRunner().invoke(main, arguments, color=True, env={"NO_COLOR": "1"})

    assert coloured.stderr.startswith("\x1b[")
    assert plain.stderr.startswith("sosie: ")
