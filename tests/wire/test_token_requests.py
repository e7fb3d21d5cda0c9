"""What is no token request, and which of several faults is answered (docs/contract/identity.md §4.1, §5)."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.cloud import TestCloud
from tests.support.token_client import ask, assert_refused, installation_form

UNKNOWN = "installation.6f1c0a52-3d4e-4b7a-9c21-0d5e8f7a6b90"


@pytest.fixture
def form(cloud: TestCloud) -> dict[str, str]:
    """What the self-hosted server of the region's installation sends."""
    return installation_form(cloud.installation())


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_another_method_is_an_invalid_request_and_not_405(cloud: TestCloud, form: dict[str, str], method: str) -> None:
    answer = cloud.request(method, "/connect/token", service="identity", form=form)

    assert_refused(answer, "invalid_request")


def test_credentials_in_the_query_are_not_looked_at(cloud: TestCloud, form: dict[str, str]) -> None:
    query = "&".join(f"{name}={value}" for name, value in form.items())

    for method in ("GET", "POST"):
        answer = cloud.request(method, f"/connect/token?{query}", service="identity", form={"unrelated": "field"})
        assert_refused(answer, "invalid_request")


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "multipart/form-data; boundary=x", ""])
def test_another_content_type_is_an_invalid_request(cloud: TestCloud, content_type: str) -> None:
    body = b"grant_type=client_credentials&client_id=web"

    answer = cloud.request(
        "POST", "/connect/token", service="identity", body=body, headers={"Content-Type": content_type}
    )

    assert_refused(answer, "invalid_request")


def test_a_json_body_is_an_invalid_request(cloud: TestCloud, form: dict[str, str]) -> None:
    assert_refused(cloud.post("/connect/token", form, service="identity"), "invalid_request")


def test_a_body_without_content_type_is_an_invalid_request(cloud: TestCloud) -> None:
    assert_refused(
        cloud.request("POST", "/connect/token", service="identity", body=b"client_id=web"), "invalid_request"
    )


@pytest.mark.parametrize(
    "changes", [{"client_id": ""}, {"client_id": "x" * 101}, {"client_secret": "x" * 101}], ids=["none", "id", "secret"]
)
def test_a_missing_or_overlong_credential_is_an_invalid_request(
    cloud: TestCloud, form: dict[str, str], changes: dict[str, str]
) -> None:
    assert_refused(ask(cloud, form | changes), "invalid_request")


def test_an_empty_form_is_an_invalid_request(cloud: TestCloud) -> None:
    assert_refused(ask(cloud, {}), "invalid_request")


# Which of several faults is answered.


@pytest.mark.parametrize(
    ("faults", "error"),
    [
        ({"client_id": "", "grant_type": "nonsense"}, "invalid_request"),
        ({"client_id": UNKNOWN, "client_secret": "x" * 101}, "invalid_request"),
        ({"client_id": UNKNOWN, "grant_type": "nonsense"}, "invalid_client"),
        ({"client_id": UNKNOWN, "grant_type": "password"}, "invalid_client"),
        ({"client_id": UNKNOWN, "scope": "api"}, "invalid_client"),
        ({"client_secret": "wrong", "grant_type": ""}, "invalid_client"),
        ({"client_secret": "wrong", "scope": "api"}, "invalid_client"),
        ({"grant_type": "nonsense", "scope": "api"}, "unsupported_grant_type"),
        ({"grant_type": "password", "scope": "api"}, "unauthorized_client"),
    ],
)
def test_the_first_failing_check_answers(
    cloud: TestCloud, form: dict[str, str], faults: dict[str, str], error: str
) -> None:
    assert_refused(ask(cloud, form | faults), error)


@pytest.mark.parametrize("fault", [{"grant_type": "nonsense"}, {"scope": "api"}, {"client_secret": "wrong"}])
def test_a_disabled_installation_is_refused_before_anything_else_about_it(
    cloud: TestCloud, fault: dict[str, str]
) -> None:
    form = installation_form(cloud.installation(enabled=False)) | fault

    assert_refused(ask(cloud, form), "invalid_client")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(max_size=200),
    authorization=st.sampled_from(["", "Basic", "Basic ", "Basic Ω", "Basic AA==", "Basic Og=="]),
)
def test_nothing_that_is_sent_makes_the_endpoint_fail(cloud: TestCloud, body: bytes, authorization: str) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": authorization}

    answer = cloud.request("POST", "/connect/token", service="identity", body=body, headers=headers)

    assert answer.status == 400
    assert answer.json.keys() == {"error"}
