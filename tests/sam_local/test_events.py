"""Every event that ships is answered in a container as in this process, on DynamoDB as on SQLite."""

from __future__ import annotations

import json
import os
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sam_local.emulator import Sam, emulating

from sam_local import events
from sosie.domain.clock import SettableClock, SystemClock
from sosie.services.maintenance import maintain
from sosie.settings import Settings
from sosie.wiring import Sosie
from tests.support.cloud import seeded_store
from tests.support.engines import NOBODY, free_port
from tests.support.shipped_events import CONTROL_TOKEN, InThisProcess, on_the_page

PAGE = on_the_page()
SCHEDULE = "maintenance_schedule"
READY_WITHIN_SECONDS = 60
# `sam local invoke` makes an image and a container each time. By the same emulator's Lambda API they serve many events.
# SOSIE_SAM_INVOKES=all sends every event by `sam local invoke`.
BY_INVOKE = {"api_sponsorship_sync", "push_register", "control_health"}
if os.environ.get("SOSIE_SAM_INVOKES") == "all":
    BY_INVOKE = set(PAGE)

Send = Callable[[str, dict[str, Any]], Any]


@pytest.fixture
def cloud(shared: Sosie) -> InThisProcess:
    """The cloud of the functions, back at its scenario and without further worlds."""
    shared.worlds.open("default")
    shared.worlds.reset("default")
    for world in shared.worlds.names():
        if world != "default":
            shared.worlds.drop(world)
    return InThisProcess(shared)


@pytest.fixture
def embedded(keyring) -> InThisProcess:
    settings = Settings(control_token=CONTROL_TOKEN)
    return InThisProcess(Sosie(settings, store=seeded_store(), clock=SystemClock(), keyring=keyring))


@pytest.fixture(scope="module")
def lambda_api(sam: Sam, template: Path) -> Iterator[Send]:
    """Sends an event to a function whose container stays for the next."""
    import boto3
    from botocore.config import Config

    port = free_port()
    with emulating(sam, "start-lambda", template, port, "LAZY"):
        url = f"http://127.0.0.1:{port}"
        wait_until_it_answers(url)
        session = boto3.Session("testing", "testing", region_name=NOBODY["AWS_DEFAULT_REGION"])
        config = Config(read_timeout=120, retries={"total_max_attempts": 1})
        client = session.client("lambda", endpoint_url=url, config=config)

        def send(function: str, event: dict[str, Any]) -> Any:
            answer = client.invoke(FunctionName=function, Payload=json.dumps(event).encode())
            assert "FunctionError" not in answer, answer
            return json.loads(answer["Payload"].read())

        yield send


@pytest.fixture
def invoked(sam: Sam, template: Path) -> Send:
    """Sends an event by `sam local invoke`."""

    def send(function: str, event: dict[str, Any]) -> Any:
        ended = sam.invoke(function, json.dumps(event), template, capture=True)
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)

    return send


def wait_until_it_answers(url: str) -> None:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while True:
        try:
            direct.open(url, timeout=5).close()
        except urllib.error.HTTPError:  # any answer will do
            return
        except OSError:
            assert time.monotonic() < deadline, f"nothing answers at {url}"
            threading.Event().wait(0.1)
        else:
            return


def shape(value: Any) -> Any:
    """Return the names and kinds of a JSON value, without what it says."""
    if isinstance(value, dict):
        return {name: shape(member) for name, member in value.items()}
    if isinstance(value, list):
        return [shape(element) for element in value]
    return "number" if isinstance(value, float) else type(value).__name__ if not isinstance(value, int) else kind(value)


def kind(value: int) -> str:
    return "boolean" if isinstance(value, bool) else "number"


def body_shape(response: dict[str, Any]) -> Any:
    body = response["body"]
    is_json = "json" in response["headers"].get("Content-Type", "")
    return shape(json.loads(body)) if body and is_json else bool(body)


def assert_answered_alike(name: str, send: Send, cloud: InThisProcess, embedded: InThisProcess) -> None:
    for earlier in PAGE[name].after:
        assert cloud.answer(earlier)["statusCode"] == embedded.answer(earlier)["statusCode"] == 200
    expected = embedded.answer(name)

    response = send(events.function_of(name), events.completed(events.load(name), cloud))

    assert response["statusCode"] == expected["statusCode"] == PAGE[name].status
    assert body_shape(response) == body_shape(expected)
    assert response["headers"].keys() == expected["headers"].keys()


@pytest.mark.parametrize("name", PAGE)
def test_a_function_in_a_container_answers_an_event_as_the_handler_in_this_process(name, lambda_api, cloud, embedded):
    assert_answered_alike(name, lambda_api, cloud, embedded)


@pytest.mark.parametrize("name", sorted(BY_INVOKE))
def test_sam_local_invoke_answers_an_event_as_the_handler_in_this_process(name, invoked, cloud, embedded):
    assert_answered_alike(name, invoked, cloud, embedded)


def test_the_scheduled_jobs_happen_when_their_function_is_invoked(invoked, shared):
    # Given a world that was made more than a year ago, so that subscriptions have been renewed since
    then = SettableClock(SystemClock().now() - timedelta(days=400))
    past = Sosie(shared.settings, store=shared.store, clock=then, keyring=shared.keyring, many_processes=True)
    past.worlds.open("default")
    past.worlds.reset("default")

    # When the schedule's event is sent
    answer = invoked("MaintenanceFunction", events.load(SCHEDULE))

    # Then what has fallen due happens, and nothing of it is left
    assert answer["happenings"] > 0
    assert [happening for step in maintain(shared.worlds) for happening in step] == []


def test_an_event_with_ids_of_the_scenario_is_answered_by_a_function_that_has_no_engine_at_all(sam, built):
    alone = Path(events.__file__).with_name("alone.json")

    ended = sam.invoke(
        "IdentityFunction",
        json.dumps(events.load("identity_token_installation")),
        built / "template.yaml",
        "--env-vars",
        str(alone),
        capture=True,
    )

    answer = json.loads(ended.stdout)
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"])["scope"] == "api.installation"
