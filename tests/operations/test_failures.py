"""What goes wrong inside is logged with where it happened, counted and answered; what its text quotes is not told."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError
from pydantic import BaseModel, ValidationError

from sosie.domain.errors import ConflictError
from sosie.functions.logs import told
from sosie.wiring import Sosie
from tests.operations.conftest import Printed
from tests.operations.deployment import CONTROL_TOKEN, Context, Deployment, event_of, schedule_event
from tests.support.cloud import TestCloud

SECRET = "a secret that nobody may read"
REFUSED = {"Error": {"Code": "AccessDeniedException", "Message": f"not for {SECRET}"}, "ResponseMetadata": {}}
FAULT = "An unhandled server error has occurred."


class Wanted(BaseModel):
    number: int


def of_pydantic() -> Exception:
    with pytest.raises(ValidationError) as caught:
        Wanted.model_validate({"number": SECRET})
    return caught.value


QUOTING = [
    of_pydantic(),
    ClientError(REFUSED, "GetItem"),
    ParamValidationError(report=f"Invalid type for parameter Item.body, value: {SECRET}"),
    KeyError(SECRET),
    json.JSONDecodeError(f"at {SECRET}", SECRET, 0),
]


def raised(error: Exception) -> Exception:
    try:
        raise error
    except type(error) as caught:
        return caught


@pytest.mark.parametrize("error", QUOTING, ids=lambda each: type(each).__name__)
def test_of_an_exception_the_place_and_the_kind_are_told_and_not_the_text(error: Exception) -> None:
    assert SECRET in f"{error} {error!r}", "or there is nothing to see here"

    text = told(raised(error))

    assert SECRET not in text
    assert "test_failures.py" in text
    assert ", in raised\n    raise error" in text
    assert type(error).__name__ in text.splitlines()[-1]


def test_of_an_aws_error_code_and_operation_are_told() -> None:
    assert told(raised(QUOTING[1])).endswith("botocore.exceptions.ClientError (AccessDeniedException of GetItem)")


def test_what_caused_an_exception_is_told_as_sparingly() -> None:
    caused = raised(ValueError(SECRET))
    caused.__cause__ = raised(KeyError(SECRET))
    group = ExceptionGroup(SECRET, [caused, TypeError(SECRET)])

    parts = [part.splitlines()[-1] for part in told(group).split("\n\n")]

    assert parts == ["ExceptionGroup", "KeyError", "ValueError", "TypeError"]
    assert SECRET not in told(group)


@pytest.fixture
def quoting_store(cloud: TestCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store in which every call fails, with what it was given in the exception's text."""

    def fail(*arguments: Any, **_: Any) -> Any:
        raise RuntimeError(f"cannot do {arguments!r} {SECRET}")

    for name in ("get_many", "query", "write"):
        monkeypatch.setattr(cloud.sosie.store, name, fail, raising=True)


@pytest.mark.usefixtures("quoting_store")
@pytest.mark.parametrize("service", ["identity", "api", "push"])
def test_a_request_that_cannot_be_answered_gets_the_clouds_500(
    deployment: Deployment, printed: Printed, service: str
) -> None:
    answer = deployment.send(event_of("GET", f"/us/{service}/alive"))

    assert (answer["statusCode"], json.loads(answer["body"])["message"]) == (500, FAULT)
    assert answer["headers"]["x-sosie-hint"] == "SOSIE_FAILED"
    assert "x-sosie-request" not in answer["headers"]
    assert SECRET not in str(answer)
    lines = printed()
    assert {line["exception_name"] for line in lines if "exception" in line} == {"RuntimeError"}
    assert [line["Failures"] for line in lines if "Failures" in line] == [[1.0]]
    assert SECRET not in str(lines)


@pytest.mark.usefixtures("quoting_store")
def test_a_verb_of_the_control_plane_that_fails_is_a_problem(deployment: Deployment, printed: Printed) -> None:
    answer = deployment.control().get("/_sosie/worlds")

    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert SECRET not in answer.text
    assert SECRET not in str(printed())


def test_so_is_one_that_nothing_could_be_assembled_for(
    deployment: Deployment, printed: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing() -> Sosie:
        raise ClientError(REFUSED, "GetSecretValue")

    monkeypatch.setattr("sosie.wiring.deployed", nothing)

    answer = deployment.control().get("/_sosie/worlds")

    assert (answer.status_code, answer.json()["title"]) == (500, "Internal error")
    (told_line, line) = [line for line in printed() if "_aws" not in line]
    assert "AccessDeniedException of GetSecretValue" in told_line["exception"]
    assert (line["status"], line["diagnosis"]) == (500, "SOSIE_FAILED")
    assert SECRET not in str((told_line, line))


def test_what_cannot_be_stored_is_counted_and_still_answered(
    deployment: Deployment, cloud: TestCloud, printed: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: Any, **_: Any) -> None:
        raise RuntimeError(f"cannot write {arguments!r}")

    monkeypatch.setattr(cloud.sosie.store, "write", fail)

    answer = deployment.client().post("/us/api/installations", json={"email": "ops-secret@acme.test"})

    assert (answer.status_code, answer.json()["message"]) == (500, FAULT)
    assert "x-sosie-request" not in answer.headers, "there is no entry to name"
    lines = printed()
    counted = [line for line in lines if "JournalWriteFailures" in line]
    assert [(each["JournalWriteFailures"], each["Failures"]) for each in counted] == [([1.0], [1.0])]
    assert "ops-secret" not in str(lines)


def test_scheduled_jobs_that_fail_are_logged_by_world_and_fail_the_invocation(
    deployment: Deployment, cloud: TestCloud, printed: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.sosie.worlds.create("team-a", "families")

    def fail(*_: Any, **__: Any) -> Any:
        raise ConflictError(SECRET)

    monkeypatch.setattr("sosie.services.maintenance.catch_up_by_steps", fail)

    with pytest.raises(Exception, match="the log says which and why") as caught:
        deployment.invoke("maintenance", schedule_event(), Context("maintenance", 900.0))

    # What a function raises, the runtime prints: the exception and all that it hangs on.
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    lines = printed()
    assert [line["failed_worlds"] for line in lines if "failed_worlds" in line] == [["default", "team-a"]]
    assert [line["Failures"] for line in lines if "Failures" in line] == [[1.0]]
    assert SECRET not in str(lines)


@pytest.mark.parametrize(
    "switched_on", ["POWERTOOLS_LOGGER_LOG_EVENT", "POWERTOOLS_DEV"], ids=["log the event", "development mode"]
)
@pytest.mark.filterwarnings("ignore:POWERTOOLS_DEV")
def test_no_variable_of_powertools_makes_a_function_print_the_event(
    environment: None,
    deployed: Sosie,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    switched_on: str,
) -> None:
    del environment, deployed
    monkeypatch.setenv(switched_on, "true")
    deployment = Deployment()

    deployment.client().post("/us/api/installations", json={"email": "ops-secret@acme.test"})
    assert deployment.control().get("/_sosie/worlds").status_code == 200

    captured = capsys.readouterr()
    assert '"status"' in captured.out
    assert "ops-secret" not in captured.out + captured.err
    assert CONTROL_TOKEN not in captured.out + captured.err
