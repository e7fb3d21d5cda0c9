"""docs/openapi/control.json is what the verbs say, is valid, gives a working client, and describes the answers."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator
from schemathesis.specs.openapi.definitions import OPENAPI_31

from sosie.control.handler import VERBS
from sosie.control.openapi import document, text_of
from sosie.control.shapes import QUERY, SHAPES, YAML_TOO
from sosie.services.journal_filters import FILTERS
from tests.support.cloud import TestCloud
from tests.support.control import ask
from tests.support.families import ALICE, COUSIN, OWNER, offer

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
GENERATOR = Path(sys.executable).with_name("openapi-python-client")
WORLD = "/worlds/{world}"


@cache
def described() -> dict[str, Any]:
    return document(VERBS)


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in described()["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def test_the_committed_document_is_what_the_code_says_now() -> None:
    committed = (ROOT / "docs" / "openapi" / "control.json").read_text(encoding="utf-8")

    assert committed == text_of(described()), "run `make openapi`"


def test_it_is_valid_openapi() -> None:
    assert [problem.message for problem in Draft202012Validator(OPENAPI_31).iter_errors(described())] == []


def test_every_schema_is_valid_json_schema() -> None:
    for schema in SHAPES.values():
        Draft202012Validator.check_schema(schema)


def test_every_reference_leads_somewhere_and_every_shape_is_used() -> None:
    made = described()
    references = set(re.findall(r'"\$ref": "#/components/([\w/]+)"', json.dumps(made)))
    shared = {f"{kind}/{name}" for kind in ("schemas", "responses") for name in made["components"][kind]}

    assert references - shared == set()
    assert shared - references <= {"schemas/Anything"}


def test_every_verb_is_described_and_nothing_else() -> None:
    assert {(method, path) for method, path, _ in operations()} == {(verb.method, verb.path) for verb in VERBS}


def test_every_operation_has_an_id_of_its_own_and_a_summary() -> None:
    found = [operation for _, _, operation in operations()]
    ids = [operation["operationId"] for operation in found]

    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z][A-Za-z0-9]+", name) for name in ids)
    assert all(operation["summary"] and not operation["summary"].endswith(".") for operation in found)


def test_every_operation_says_that_it_may_be_refused_with_a_problem() -> None:
    for method, path, operation in operations():
        refused = {int(status) for status in operation["responses"]} - {200, 204}
        assert {400, 401, 403} <= refused
        assert (404 in refused) == ("{" in path)
        assert (409 in refused) == (method != "GET")
    for response in described()["components"]["responses"].values():
        assert list(response["content"]) == ["application/problem+json"]


def test_a_token_is_asked_for_beyond_loopback_alone() -> None:
    assert described()["security"] == [{}, {"controlToken": []}]
    assert described()["components"]["securitySchemes"]["controlToken"]["scheme"] == "bearer"


def test_every_filter_of_the_journal_is_a_parameter() -> None:
    operation = described()["paths"][f"{WORLD}/journal"]["get"]
    names = {each["name"] for each in operation["parameters"]}

    assert names == {*FILTERS, "world", "limit", "after", "wait", "format"}


def test_no_schema_is_kept_for_a_parameter_that_nobody_has() -> None:
    assert set(QUERY) <= {name for verb in VERBS for name in verb.query}
    assert {verb.body for verb in VERBS} >= YAML_TOO


def test_it_is_what_the_control_plane_answers(cloud: TestCloud) -> None:
    assert ask(cloud, "GET", "/openapi.json").json == described()


# That answers are as described.


@pytest.fixture
def busy(cloud: TestCloud) -> TestCloud:
    offer(cloud, ALICE, COUSIN)
    cloud.get("/accounts/profile")
    assert ask(cloud, "PUT", "/worlds/default/snapshots/one").status == 200
    return cloud


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/health", None),
        ("GET", "/worlds", None),
        ("PUT", "/worlds/other", {"scenario": "empty"}),
        ("GET", "/worlds/default", None),
        ("GET", "/worlds/default/state", None),
        ("GET", "/worlds/default/certificates", None),
        ("POST", "/worlds/default/seed", {"scenario": {"version": 1, "name": "nothing"}}),
        ("POST", "/worlds/default/reset", None),
        ("POST", "/worlds/default/maintenance", None),
        ("GET", "/worlds/default/clock", None),
        ("PUT", "/worlds/default/clock", {"mode": "frozen"}),
        ("POST", "/worlds/default/clock/advance", {"by": "P2Y"}),
        ("GET", "/worlds/default/settings", None),
        ("PUT", "/worlds/default/settings", {"penaltyDelays": False}),
        ("GET", "/worlds/default/mail", None),
        ("GET", "/worlds/default/mail/0000000001-00001", None),
        ("GET", "/worlds/default/push", None),
        ("GET", "/worlds/default/journal", None),
        ("GET", "/worlds/default/journal?format=har", None),
        ("GET", "/worlds/default/journal/0000000001", None),
        ("POST", "/worlds/default/journal/verify", {"match": "GET /alive", "times": {"atLeast": 3}}),
        ("GET", "/worlds/default/snapshots", None),
        ("PUT", "/worlds/default/snapshots/two", None),
        ("GET", "/worlds/default/snapshots/one", None),
        ("POST", "/worlds/default/snapshots/one/restore", None),
        ("POST", "/worlds/default/tokens", {"region": "us", "client": f"user.{OWNER}", "odd": "expired"}),
        ("GET", "/worlds/nowhere", None),
        ("GET", "/worlds/default/journal?since=x", None),
        ("DELETE", "/worlds/default", None),
    ],
)
def test_an_answer_is_as_described(busy: TestCloud, method: str, path: str, body: Any) -> None:
    answer = ask(busy, method, path, body)

    operation = operation_at(method, path.partition("?")[0])
    response = resolved(operation["responses"][str(answer.status)])
    (media_type,) = response["content"]
    assert answer.headers["content-type"] == media_type
    check(response["content"][media_type]["schema"], answer.json)
    if body is not None:
        check(operation["requestBody"]["content"]["application/json"]["schema"], body)


def operation_at(method: str, path: str) -> dict[str, Any]:
    found = [
        methods[method.lower()]
        for template, methods in sorted(described()["paths"].items(), key=lambda item: item[0].count("{"))
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) and method.lower() in methods
    ]
    made: dict[str, Any] = found[0]
    return made


def resolved(response: dict[str, Any]) -> dict[str, Any]:
    name = response.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = described()["components"]["responses"][name] if name else response
    return found


def check(schema: dict[str, Any], value: Any) -> None:
    validator = Draft202012Validator({**schema, "components": described()["components"]})
    assert [f"{problem.json_path}: {problem.message}" for problem in validator.iter_errors(value)] == []


# That a client can be made of it.


def test_a_client_is_generated_and_asks_for_the_clock(
    cloud: TestCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, made, settings = tmp_path / "control.json", tmp_path / "control_client", tmp_path / "settings.yaml"
    source.write_text(text_of(described()), encoding="utf-8")
    settings.write_text("post_hooks: []\n")
    done = subprocess.run(
        [
            str(GENERATOR), "generate", "--path", str(source), "--output-path", str(made), "--meta", "none",
            "--config", str(settings),
        ],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    monkeypatch.syspath_prepend(str(tmp_path))
    import httpx

    def handle(request: httpx.Request) -> httpx.Response:
        answer = ask(cloud, request.method, request.url.raw_path.decode().removeprefix("/_sosie"))
        return httpx.Response(answer.status, text=answer.body, headers=answer.headers)

    client = importlib.import_module("control_client").Client(
        base_url="http://sosie.test/_sosie", httpx_args={"transport": httpx.MockTransport(handle)}
    )
    read_clock = importlib.import_module("control_client.api.clock.read_clock")

    assert read_clock.sync(client=client, world="default").mode == "system"
