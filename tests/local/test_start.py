"""`sosie start` as a child process: what it prints, refuses, leaves behind and cleans up."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import urllib.error
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.local.started import Started, run


def test_json_is_one_line_with_the_default_worlds_summary(tmp_path: Path) -> None:
    with Started(tmp_path, "--json") as started:
        (line,) = started.output.splitlines()

        assert json.loads(line) == started.summary
        assert started.summary["world"] == "default"
        assert started.summary["regions"]["eu"]["api"] == f"{started.url}/eu/api"
        assert started.summary["url"] + "/" == started.summary["console"]
        assert set(started.summary) - {"incarnation"} == {"world", "scenario", "clock", "console", "regions", "url"}
        assert started.errors == ""


def test_without_json_it_greets_people(tmp_path: Path) -> None:
    with Started(tmp_path) as started:
        assert "/us/identity" in started.output
        assert "\x1b[" not in started.output, "a file gets no colours"


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_in_order_with_exit_code_0_and_leaves_no_note(tmp_path: Path, how: int) -> None:
    with Started(tmp_path, "--json") as started:
        notes = tmp_path / "xdg_state_home" / "sosie" / "running"
        assert [note.name for note in notes.iterdir()] == [f"{started.port}.json"]

        assert started.stop(how) == 0
        assert list(notes.iterdir()) == []
        assert started.errors == ""


def test_a_taken_port_is_one_friendly_line_and_exit_code_2(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        done = run(tmp_path, "start", "--port", str(port))

    assert done.returncode == 2
    assert done.stderr == (
        f"sosie: cannot listen on 127.0.0.1:{port}: Address already in use; "
        "take another: --port 9000, or --port 0 for any free one\n"
    )


def test_a_state_directory_in_use_is_one_friendly_line_and_exit_code_2(tmp_path: Path) -> None:
    with Started(tmp_path, "--json", "--state", "state"):
        done = run(tmp_path, "start", "--port", "0", "--state", "state")

    assert done.returncode == 2
    assert done.stderr == "sosie: state is in use by another Sosie\n"


@pytest.mark.parametrize(
    ("scenario", "said"),
    [
        ("nonsense", "no scenario is named 'nonsense'"),
        ("missing.yaml", "missing.yaml"),
        ("wrong.json", "wrong.json:1: "),
        ("misspelt.yaml", "misspelt.yaml:5: regions.us.users[0]: has no member named 'emial'"),
    ],
)
def test_a_scenario_that_cannot_be_applied_is_one_friendly_line_and_exit_code_2(
    tmp_path: Path, scenario: str, said: str
) -> None:
    (tmp_path / "wrong.json").write_text("{")
    (tmp_path / "misspelt.yaml").write_text(
        "version: 1\nname: x\nregions:\n  us: {users: [\n    {email: a@b.test, emial: x, masterPassword: x}]}\n"
    )

    done = run(tmp_path, "start", "--port", "0", "--scenario", scenario)

    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("sosie: ")
    assert said in line


@pytest.mark.parametrize("option", [("--port", "65536"), ("--port", "x"), ("--store", "redis"), ("--nonsense",)])
def test_options_nobody_knows_are_wrong_use(tmp_path: Path, option: tuple[str, ...]) -> None:
    assert run(tmp_path, "start", *option).returncode == 2


@pytest.fixture(scope="module")
def exposed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    """One that listens on every address of this machine."""
    with Started(tmp_path_factory.mktemp("exposed"), "--json", "--host", "0.0.0.0") as started:
        yield started


def test_off_loopback_a_control_token_is_drawn_shown_and_asked_for(exposed: Started) -> None:
    token = exposed.summary["controlToken"]

    with pytest.raises(urllib.error.HTTPError) as refused:
        exposed.control("GET", "/health")
    refused.value.close()

    assert refused.value.code == 401
    assert exposed.control("GET", "/health", token)["status"] == "ready"
    assert len(token) >= 32


def test_verbs_of_the_same_user_need_no_token_because_of_the_note(exposed: Started, tmp_path: Path) -> None:
    same, other = (run(home, "worlds", "list", "--url", exposed.url) for home in (exposed.home, tmp_path))

    assert (same.returncode, same.stdout) == (0, "default\n")
    assert (other.returncode, other.stdout) == (2, "")
    assert "--control-token or SOSIE_CONTROL_TOKEN" in other.stderr


def test_wait_does_not_wait_where_the_token_is_refused(exposed: Started, tmp_path: Path) -> None:
    done = run(tmp_path, "wait", "--url", exposed.url, "--control-token", "wrong")

    assert done.returncode == 2
    assert "control token" in done.stderr


def test_a_control_token_of_ones_own_is_not_shown(tmp_path: Path) -> None:
    with Started(tmp_path, "--host", "0.0.0.0", SOSIE_CONTROL_TOKEN="my-own-token") as started:
        assert "token" not in started.output
        assert "listens on all addresses" in started.output


def test_what_it_keeps_is_for_its_user_alone(tmp_path: Path) -> None:
    with Started(tmp_path, "--json", "--state", "state", "--tls") as started:
        assert run(tmp_path, "state", "--url", started.url).returncode == 0

        state = tmp_path / "state"
        modes = {path: stat.S_IMODE(path.stat().st_mode) for path in [state, *state.rglob("*")]}
        note = tmp_path / "xdg_state_home" / "sosie" / "running" / f"{started.port}.json"

    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    secrets = [path for path in modes if path.suffix in (".pem", ".sqlite")]
    assert {path.name for path in secrets} >= {"authority.pem", "host.pem", "sosie-ca.pem", "sosie.sqlite"}
    assert {modes[path] for path in secrets} == {0o600}
    assert not note.exists() or stat.S_IMODE(note.stat().st_mode) == 0o600


def test_a_restart_with_the_same_state_answers_as_before(tmp_path: Path) -> None:
    with Started(tmp_path, "--json", "--state", "state") as first:
        before = first.control("GET", "/worlds/default/state")
        first.stop()
    with Started(tmp_path, "--json", "--state", "state", "--scenario", "nonsense") as second:
        assert second.control("GET", "/worlds/default/state") == before


def test_a_state_that_holds_another_scenario_says_so_and_how_to_get_the_one_asked_for(tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_text("version: 1\nname: ours\nseed: ours\nregions: {}\n")
    with Started(tmp_path, "--json", "--state", "state", "--scenario", "ours.yaml") as first:
        assert first.errors == ""
        first.stop()

    with Started(tmp_path, "--json", "--state", "state") as default:
        assert default.errors == ""
        default.stop()
    with Started(tmp_path, "--json", "--state", "state", "--scenario", "families") as other:
        assert other.summary["scenario"] == "ours"
        (line,) = other.errors.splitlines()

    assert "the state holds scenario ours" in line
    assert "another --state" in line


def test_a_database_that_cannot_be_read_is_one_friendly_line_and_exit_code_2(tmp_path: Path) -> None:
    (tmp_path / "st").mkdir()
    (tmp_path / "st" / "sosie.sqlite").write_text("no database " * 400)

    done = run(tmp_path, "start", "--port", "0", "--state", "st")

    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("sosie: st/sosie.sqlite cannot be read")
    assert line.endswith("remove it to start anew")


def test_a_refused_start_as_json_is_an_error_on_stdout_too(tmp_path: Path) -> None:
    done = run(tmp_path, "start", "--port", "0", "--scenario", "nonsense", "--json")

    assert done.returncode == 2
    assert "no scenario is named 'nonsense'" in json.loads(done.stdout)["error"]
    assert "no scenario is named 'nonsense'" in done.stderr


def six_free_ports() -> int:
    """Return the first of six ports in a row that nobody has, below those the system gives out by itself."""
    for first in range(20_000 + os.getpid() % 1_000 * 10, 32_000, 10):
        with ExitStack() as row, suppress(OSError):
            for port in range(first, first + 6):
                row.enter_context(socket.create_server(("127.0.0.1", port)))
            return first
    raise AssertionError("no six free ports in a row")


def test_further_ports_are_taken_in_a_row(tmp_path: Path) -> None:
    first = six_free_ports()
    with Started(tmp_path, "--json", "--ports", str(first)) as started:
        roots = started.summary["roots"]

    assert roots["us"] == {
        "identity": f"http://127.0.0.1:{first}",
        "api": f"http://127.0.0.1:{first + 1}",
        "push": f"http://127.0.0.1:{first + 2}",
    }
    assert roots["eu"]["push"] == f"http://127.0.0.1:{first + 5}"


# Waiting.


def test_wait_ends_when_sosie_answers(tmp_path: Path) -> None:
    with Started(tmp_path, "--json") as started:
        done = run(tmp_path, "wait", "--url", started.url, "--json")

    assert done.returncode == 0
    assert json.loads(done.stdout)["status"] == "ready"


def test_wait_gives_up_with_exit_code_3(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
    done = run(tmp_path, "wait", "--timeout", "0.3", "--url", f"http://127.0.0.1:{port}")

    assert done.returncode == 3
    assert done.stderr.startswith(f"sosie: not ready within 0.3 s: no Sosie answers at http://127.0.0.1:{port}")
