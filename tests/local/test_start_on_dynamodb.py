"""`sosie start` on DynamoDB's own engine and on LocalStack's interface: its table, its state, the article on it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.local.conftest import Sosie
from tests.local.started import Started, request_token, run
from tests.support.engines import NOBODY, Engine

Start = Callable[..., Started]
# Behind the second is moto's server, which is slow; `make test` has only a minute or two for all of this.
HOSTS = ["dynamodb", "localstack"] if {"CI", "LOCALSTACK_HOST"} & set(os.environ) else ["dynamodb"]


def environment(host: str, engine: Engine, table: str) -> dict[str, str]:
    where = {"AWS_ENDPOINT_URL_DYNAMODB": engine.url}
    if host == "localstack":
        where = {"LOCALSTACK_HOST": urlsplit(engine.url).netloc}
    return NOBODY | where | {"SOSIE_TABLE": table}


@pytest.fixture(params=HOSTS)
def host(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def engine(host: str, request: pytest.FixtureRequest) -> Engine:
    """DynamoDB Local for one, moto's server for the other."""
    return request.getfixturevalue("dynamodb_local" if host == "dynamodb" else "moto_server")


@pytest.fixture
def start(host: str, engine: Engine, tmp_path: Path, request: pytest.FixtureRequest) -> Start:
    """Starts one on a table of this test's own."""
    table = f"start-{tmp_path.name}"

    def started(*options: str) -> Started:
        env = environment(host, engine, table)
        return Started(tmp_path / "home", "--json", "--no-penalty-delays", "--store", host, *options, **env)

    return started


def test_a_start_makes_its_table_and_serves(start: Start, host: str) -> None:
    with start() as started:
        assert started.control("GET", "/health")["store"] == host
        assert request_token(started).status == 200


def test_the_next_start_finds_what_the_last_one_left(start: Start) -> None:
    with start() as first:
        before = first.control("GET", "/worlds/default/state")
        first.control("PUT", "/worlds/kept")
        first.stop()

    with start() as second:
        assert "kept" in [each["world"] for each in second.control("GET", "/worlds")["items"]]
        assert second.control("GET", "/worlds/default/state") == before


def test_the_article_can_be_walked_on_it(start: Start, typed: Sosie) -> None:
    with start() as started:
        done = typed("deploy-check", "--url", started.url, "--json")

    report = json.loads(done.stdout)
    assert [each for each in report["steps"] if each["status"] == "failed"] == []
    assert [each["service"][:2] for each in report["steps"] if each["step"] == "article: licence"] == ["us", "eu"]
    assert done.exit_code == 0


def test_where_no_local_engine_is_named_no_table_is_made(dynamodb_local: Engine, tmp_path: Path) -> None:
    """An endpoint of AWS's own configuration file could be anybody's."""
    table = f"never-{tmp_path.name}"
    config = tmp_path / "config"
    config.write_text(f"[default]\nregion = eu-west-1\nendpoint_url = {dynamodb_local.url}\n")
    env = NOBODY | {"AWS_CONFIG_FILE": str(config), "SOSIE_TABLE": table}

    done = run(tmp_path, "start", "--port", "0", "--store", "dynamodb", **env)

    assert done.returncode == 3
    (line,) = done.stderr.splitlines()
    assert f"table {table} (SOSIE_TABLE) is made by `sam deploy`" in line
    assert table not in dynamodb_local.client().list_tables()["TableNames"]


def test_where_no_engine_answers_it_is_exit_code_3(tmp_path: Path) -> None:
    env = NOBODY | {"AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:1"}

    done = run(tmp_path, "start", "--port", "0", "--store", "dynamodb", **env)

    assert done.returncode == 3
    (line,) = done.stderr.splitlines()
    assert line.startswith("sosie: DynamoDB: ")
