"""One running `sosie start` per session and worker, and the command line as a user of it types it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sosie.local.cli import main
from tests.local.started import Started, private_env

Sosie = Callable[..., Result]


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    """A Sosie with everything in memory; tests that change it reset it first."""
    with Started(tmp_path_factory.mktemp("shared"), "--no-penalty-delays", "--ports", "0", "--json") as started:
        yield started


@pytest.fixture
def running(shared: Started) -> Started:
    """The shared Sosie, as its scenario ships."""
    return shared.as_new()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory, and a user without any files or settings."""
    for name, value in private_env(tmp_path).items():
        monkeypatch.setenv(name, value)
    for name in ("SOSIE_URL", "SOSIE_CONTROL_TOKEN", "SOSIE_CACERT", "SOSIE_STATE", "SOSIE_STORE", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def typed(home: Path) -> Sosie:
    """`sosie …` in this process, with no Sosie to be found anywhere."""
    del home

    def run(*arguments: str, env: dict[str, str] | None = None, stdin: str | None = None) -> Result:
        result = CliRunner().invoke(main, list(arguments), env=env, input=stdin)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        return result

    return run


@pytest.fixture
def sosie(typed: Sosie, running: Started, monkeypatch: pytest.MonkeyPatch) -> Sosie:
    """`sosie …` in this process, pointed at the running one."""
    monkeypatch.setenv("SOSIE_URL", running.url)
    return typed


@pytest.fixture
def read_json(sosie: Sosie) -> Callable[..., dict]:
    """What a verb prints with `--json`: one line, whatever the exit code."""

    def read(*arguments: str) -> dict:
        (line,) = sosie(*arguments, "--json").stdout.splitlines()
        return json.loads(line)

    return read
