"""Who gets in: the functions as the template sets them up, without AWS.

The control plane needs its token, or a signature that API Gateway checked; no other function serves it. An allow-list
comes before everything else.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from sosie import wiring
from sosie.control.handler import VERBS
from sosie.settings import Settings
from tests.support.cloud import seeded_store
from tests.support.template import TEMPLATE

TOKEN = "a-control-token"
SIGNED = {"authorizer": {"iam": {"userArn": "arn:aws:iam::123456789012:user/team"}}}

Handle = Callable[..., dict[str, Any]]


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Handle]:
    """How to get a function's handler, with parameters of the template."""

    def deploy(name: str, **parameters: str) -> Handle:
        names = {"SOSIE_CONTROL_ACCESS": "ControlAccess", "SOSIE_ALLOWED_ADDRESSES": "AllowedAddresses"}
        environment = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
        assert all(environment[variable] == {"Ref": parameter} for variable, parameter in names.items())
        given = {variable: parameters.get(parameter, "") for variable, parameter in names.items()}
        settings = Settings.from_environment({**given, "SOSIE_CONTROL_TOKEN": TOKEN})
        sosie = wiring.Sosie(settings, store=seeded_store(), many_processes=True)
        monkeypatch.setattr(wiring, "deployed", lambda: sosie)
        handle = wiring.lambda_service(name)
        return lambda *request, **more: handle(event(*request, **more), None)

    return deploy


def event(method: str, path: str, *, source: str = "203.0.113.10", token: str | None = None, **context: Any) -> Any:
    host = "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com"
    authorization = {} if token is None else {"authorization": f"Bearer {token}"}
    http = {"method": method, "path": path, "sourceIp": source}
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"host": host, "x-forwarded-proto": "https", **authorization},
        "requestContext": {"domainName": host, "stage": "$default", "requestId": "1=", "http": http, **context},
        "isBase64Encoded": False,
    }


# The control plane.


@pytest.mark.parametrize("access", ["bearer", "iam"])
def test_no_verb_answers_without_a_token_or_with_a_wrong_one(function, access):
    control = function("control", ControlAccess=access)
    for verb in VERBS:
        path = "/_sosie" + verb.path.replace("{", "").replace("}", "")
        assert control(verb.method, path)["statusCode"] == 401, verb
        assert control(verb.method, path, token="wrong")["statusCode"] == 401, verb


def test_the_token_opens_it(function):
    control = function("control", ControlAccess="bearer")
    assert control("GET", "/_sosie/health", token=TOKEN)["statusCode"] == 200


def test_a_signature_counts_only_where_api_gateway_was_told_to_check_it(function):
    assert function("control", ControlAccess="iam")("GET", "/_sosie/health", **SIGNED)["statusCode"] == 200
    assert function("control", ControlAccess="bearer")("GET", "/_sosie/health", **SIGNED)["statusCode"] == 401


@pytest.mark.parametrize("path", ["/_sosie", "/_sosie/", "//_sosie/health", "/_sosie/health", "/_SOSIE/health"])
@pytest.mark.parametrize("name", ["identity", "api", "push"])
def test_no_other_function_serves_any_of_it(function, name, path):
    answer = function(name, ControlAccess="iam")("GET", path, token=TOKEN, **SIGNED)
    assert (answer["statusCode"], answer["body"]) == (404, "")
    assert answer["headers"]["x-sosie-hint"] == "ADDRESS_UNKNOWN"


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("/us/apiorganization/sponsorship/sync", "BASE_URI_GLUED"),
        ("/us/api//installations", "DOUBLE_SLASH"),
        ("//us/api/alive", "ADDRESS_UNKNOWN"),
        ("/api/alive", "REGION_MISSING"),
        ("/w/nobody/us/api/alive", "WORLD_UNKNOWN"),
        ("/", "ADDRESS_UNKNOWN"),
    ],
)
def test_what_no_route_is_for_gets_the_clouds_answer_and_a_diagnosis(function, path, hint):
    answer = function("api")("GET", path)
    assert (answer["statusCode"], answer["body"], answer["headers"]["x-sosie-hint"]) == (404, "", hint)


# The allow-list.

ALLOWED = "203.0.113.0/24, 2001:db8::/32"


@pytest.mark.parametrize("source", ["198.51.100.1", "2001:db9::1", "", "not an address"])
@pytest.mark.parametrize("name", ["identity", "api", "push"])
def test_who_is_not_on_the_list_gets_an_empty_403_and_leaves_one_log_line(function, name, source, caplog):
    answer = function(name, AllowedAddresses=ALLOWED)("GET", f"/us/{name}/alive", source=source)
    assert (answer["statusCode"], answer["body"]) == (403, "")
    assert {*answer["headers"]} == {"x-sosie"}
    (line,) = [record.getMessage() for record in caplog.records if record.name == "sosie"]
    assert "SOSIE_ALLOWED_ADDRESSES" in line


def test_not_even_the_token_opens_the_control_plane_to_who_is_not_on_the_list(function):
    control = function("control", AllowedAddresses=ALLOWED)
    answer = control("GET", "/_sosie/health", source="198.51.100.1", token=TOKEN)
    assert (answer["statusCode"], answer["headers"]["Content-Type"]) == (403, "application/problem+json")
    assert json.loads(answer["body"])["status"] == 403


@pytest.mark.parametrize("source", ["203.0.113.10", "2001:db8::1", "::ffff:203.0.113.10"])
def test_who_is_on_the_list_gets_in(function, source):
    assert function("api", AllowedAddresses=ALLOWED)("GET", "/us/api/alive", source=source)["statusCode"] == 200


def test_a_list_that_cannot_be_read_lets_nobody_in(function):
    with pytest.raises(ValueError, match="has host bits set"):
        function("api", AllowedAddresses="203.0.113.7/24")("GET", "/us/api/alive")


def test_without_a_list_everybody_gets_in(function):
    assert function("api", AllowedAddresses="")("GET", "/us/api/alive", source="198.51.100.1")["statusCode"] == 200
