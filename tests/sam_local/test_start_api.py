"""`make sam-local`: the article's story over HTTP, against functions in containers; and where that is not AWS."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from sam_local.__main__ import main
from sam_local.emulator import Sam, Served, served

from sosie.control.client import ControlClient
from tests.support import tools
from tests.support.engines import free_port
from tests.support.shipped_events import CONTROL_TOKEN

# The article and what a licence sync asks of whoever carries it; docs/sam-local.md says how to walk all others.
JOURNEYS = ["test_article.py", "test_licence.py"]


@pytest.fixture(scope="module")
def api(sam: Sam, built: Path) -> Iterator[Served]:
    tools.dynamodb_local()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOSIE_PENALTY_DELAYS", "false")
        with served(sam, CONTROL_TOKEN, port=free_port(), built=built, warm="LAZY") as running:
            yield running


@pytest.fixture
def control(api: Served) -> Iterator[ControlClient]:
    with ControlClient(api.url, CONTROL_TOKEN, timeout=60) as client:
        client.reset()
        yield client


def test_the_state_is_in_dynamodb(control):
    assert control.health()["store"] == "dynamodb"


@pytest.mark.parametrize("journey", JOURNEYS)
def test_a_journey_is_walked_in_both_regions(journey, api):
    environment = os.environ | {"SOSIE_JOURNEY_URL": api.url, "SOSIE_CONTROL_TOKEN": CONTROL_TOKEN}
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", f"tests/journeys/{journey}"]

    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        cwd=tools.ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "skipped" not in ended.stdout


def test_an_event_is_printed_with_a_token_that_the_functions_take(api, control):
    printed = CliRunner().invoke(
        main, ["event", "api_organizations", "--url", api.url, "--control-token", CONTROL_TOKEN]
    )

    assert printed.exit_code == 0, printed.output
    event = json.loads(printed.output)
    headers = {"authorization": event["headers"]["authorization"]}
    answer = httpx.get(api.url + event["rawPath"], headers=headers, timeout=60, trust_env=False)
    assert [each["name"] for each in answer.json()["data"]] == ["Acme Corporation"]


def test_an_event_that_needs_an_earlier_one_says_which(api, control):
    name = "api_sponsorship_redeem"

    printed = CliRunner().invoke(main, ["event", name, "--url", api.url, "--control-token", CONTROL_TOKEN])

    assert printed.exit_code == 1
    assert "send api_sponsorship_offer first" in printed.output


# Where the emulator differs from an HTTP API, as docs/sam-local.md says. If one of these fails, that page is too old.


def raw(api: Served, request: bytes) -> bytes:
    host, _, port = api.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(request)
        connection.settimeout(60)
        pieces = iter(lambda: connection.recv(65536), b"")
        return b"".join(pieces)


def newest(control: ControlClient) -> dict[str, Any]:
    return control.journal(limit=1)[-1]


def test_the_emulator_decodes_a_path_before_the_function_sees_it(api, control):
    raw(api, b"GET /us/api/installations/a%20b HTTP/1.1\r\nHost: sosie.test\r\nConnection: close\r\n\r\n")

    assert newest(control)["path"] == "/us/api/installations/a b"


def test_the_emulator_gives_every_request_the_same_id(api, control):
    for _ in range(2):
        httpx.get(f"{api.url}/us/api/alive", timeout=60, trust_env=False)

    first, second = (entry["id"].partition("-") for entry in control.journal(limit=2))
    assert first[0] != second[0]
    assert first[2] == second[2]


def test_the_emulator_refuses_a_body_that_is_no_text(api, control):
    before = len(control.journal())

    answer = httpx.post(f"{api.url}/us/identity/connect/token", content=b"\xff\xfe", timeout=60, trust_env=False)

    assert answer.status_code == 502
    assert len(control.journal()) == before
