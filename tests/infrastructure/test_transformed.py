"""What SAM makes of `template.yaml`: what is really created, with everything that SAM adds to it.

The translator and cfn-lint are those of the AWS SAM CLI's environment. `SOSIE_SAM` names its command.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sosie.control.handler import VERBS
from sosie.wire.routes import routes_of
from tests.support import tools
from tests.support.cloudformation import Stack
from tests.support.template import DEFAULT_ROUTE, FUNCTIONS, ROOT, ROUTED, SERVICES, as_list, chosen

pytestmark = pytest.mark.sam

WITH_EVERYTHING = {
    "Architecture": "arm64",
    "ControlAccess": "iam",
    "DomainName": "sosie.example.test",
    "CertificateArn": "arn:aws:acm:eu-central-1:123456789012:certificate/11111111-2222-4333-8444-555555555555",
    "HostedZoneId": "Z0123456789ABCDEFGHIJ",
    "ExecuteApi": "disabled",
    "AlarmEmail": "team@sosie.example.test",
    "AlarmTopicArn": "arn:aws:sns:eu-central-1:123456789012:alarms",
    "ReservedConcurrency": 5,
}
CHOICES = {"x86_64": {"Architecture": "x86_64"}, "arm64-with-everything": WITH_EVERYTHING}
EVERY_METHOD = "x-amazon-apigateway-any-method"

_KEYS = "names hold worlds that nobody knows yet; the prefix is this stack's own, the end one purpose's"
WILDCARDS = {
    "*": "X-Ray's two actions take no resource",
    ":secret:/sosie/dev/keys/*": "a world is dropped with all its keys, and worlds are not known beforehand",
    ":secret:/sosie/dev/keys/*/us-tokens*": _KEYS,
    ":secret:/sosie/dev/keys/*/eu-tokens*": _KEYS,
    ":secret:/sosie/dev/keys/*/us-offers*": _KEYS,
    ":secret:/sosie/dev/keys/*/eu-offers*": _KEYS,
    ":secret:/sosie/dev/keys/*/us-licences*": _KEYS,
    ":secret:/sosie/dev/keys/*/eu-licences*": _KEYS,
}
"""The wildcards that stand in roles, and why."""


@pytest.fixture(scope="module")
def transformed() -> Callable[[str], dict[str, Any]]:
    python = tools.python_of_sam()

    @cache
    def transform(choice: str) -> dict[str, Any]:
        given = [f"{name}={value}" for name, value in CHOICES[choice].items()]
        command = [python, Path(__file__).with_name("transform.py"), *given]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)

    return transform


@pytest.fixture(params=CHOICES)
def choice(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def stack(transformed, choice) -> Stack:
    return Stack(transformed(choice), CHOICES[choice])


def statements_of(stack: Stack) -> Iterator[dict[str, Any]]:
    policies = list(stack.of_type("AWS::IAM::ManagedPolicy").values())
    for role in stack.of_type("AWS::IAM::Role").values():
        policies += role.get("Policies", [])
        assert all(set(managed) == {"Ref"} for managed in role.get("ManagedPolicyArns", [])), "only the template's own"
    for policy in policies:
        yield from policy["PolicyDocument"]["Statement"]


def test_no_role_has_a_wildcard_that_is_not_explained_and_every_explanation_is_needed(stack):
    statements = list(statements_of(stack))
    assert not [action for each in statements for action in as_list(each["Action"]) if "*" in action]
    texts = {json.dumps(resource) for each in statements for resource in as_list(each["Resource"])}
    endings = {text.strip('{}" ').replace('"Fn::Sub": "', "") for text in texts if "*" in text}
    assert {f":secret:{end.partition(':secret:')[2]}" if ":secret:" in end else end for end in endings} == {*WILDCARDS}
    assert {each["Effect"] for each in statements} == {"Allow"}


def test_a_wildcard_resource_is_granted_for_x_ray_alone(stack):
    (everything,) = [each for each in statements_of(stack) if "*" in as_list(each["Resource"])]
    assert everything["Action"] == ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]


def test_a_function_is_invoked_by_this_api_or_by_its_schedule_and_by_nobody_else(stack):
    permissions = stack.of_type("AWS::Lambda::Permission").values()
    assert {each["Principal"] for each in permissions} == {"apigateway.amazonaws.com"}
    assert all(each["SourceArn"]["Fn::Sub"][1]["__ApiId__"] == {"Ref": "Api"} for each in permissions)
    assert {each["FunctionName"]["Ref"] for each in permissions} == {f"{name.capitalize()}Function" for name in ROUTED}
    (schedule,) = stack.of_type("AWS::Scheduler::Schedule").values()
    assert schedule["Target"]["Arn"] == {"Fn::GetAtt": ["MaintenanceFunction", "Arn"]}


def test_the_table_is_encrypted_kept_for_restoring_and_forgets(stack):
    (table,) = stack.of_type("AWS::DynamoDB::Table").values()
    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["TimeToLiveSpecification"]["Enabled"] is True


def test_every_function_logs_to_a_group_that_forgets_is_traced_and_runs_on_what_was_chosen(stack, choice):
    functions = stack.of_type("AWS::Lambda::Function")
    groups = stack.of_type("AWS::Logs::LogGroup")
    assert {*functions} == {f"{name.capitalize()}Function" for name in FUNCTIONS}
    for each in functions.values():
        assert groups[each["LoggingConfig"]["LogGroup"]["Ref"]]["RetentionInDays"] == 30
        assert each["TracingConfig"] == {"Mode": "Active"}
        assert each["Architectures"] == [CHOICES[choice]["Architecture"]]
    (layer,) = stack.of_type("AWS::Lambda::LayerVersion").values()
    assert layer["CompatibleArchitectures"] == [CHOICES[choice]["Architecture"]]


def test_concurrency_is_reserved_only_when_it_is_asked_for(stack, choice):
    reserved = {each.get("ReservedConcurrentExecutions") for each in stack.of_type("AWS::Lambda::Function").values()}
    assert reserved == {CHOICES[choice].get("ReservedConcurrency")}


def test_nothing_is_created_that_was_not_thought_of(stack):
    kinds = {each["Type"] for each in stack.resources.values()}
    assert kinds - {"AWS::ApiGatewayV2::DomainName", "AWS::ApiGatewayV2::ApiMapping"} - {
        "AWS::Route53::RecordSet",
        "AWS::SNS::Topic",
    } == {
        "AWS::ApiGatewayV2::Api",
        "AWS::ApiGatewayV2::Stage",
        "AWS::CloudWatch::Alarm",
        "AWS::DynamoDB::Table",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Role",
        "AWS::Lambda::Function",
        "AWS::Lambda::LayerVersion",
        "AWS::Lambda::Permission",
        "AWS::Logs::LogGroup",
        "AWS::Scheduler::Schedule",
        "AWS::SecretsManager::Secret",
    }, "CloudFront above all: it refuses a GET with a body"


# The API.


def routes_in(stack: Stack) -> dict[tuple[str, str], str]:
    """Return each route of the API's own document with the function it is integrated with."""
    (api,) = stack.of_type("AWS::ApiGatewayV2::Api").values()
    return {
        ("ANY" if method == EVERY_METHOD else method.upper(), path): function_of(operation)
        for path, methods in api["Body"]["paths"].items()
        for method, operation in methods.items()
    }


def function_of(operation: dict[str, Any]) -> str:
    integration = operation["x-amazon-apigateway-integration"]
    assert (integration["type"], integration["payloadFormatVersion"]) == ("aws_proxy", "2.0")
    target = integration["uri"]["Fn::Sub"]
    found = [name for name in ROUTED if f"/functions/${{{name.capitalize()}Function.Arn}}/invocations" in target]
    assert len(found) == 1, target
    return found[0]


def test_the_api_leads_to_the_four_functions_and_to_nothing_else(stack):
    assert {*routes_in(stack).values()} == {*ROUTED}
    assert not stack.of_type("AWS::ApiGatewayV2::Integration")


@pytest.mark.parametrize("base", ["/us/{service}", "/eu/{service}", "/w/team-a/us/{service}", "/w/team-a/eu/{service}"])
@pytest.mark.parametrize("service", SERVICES)
def test_every_route_of_the_code_is_reached_through_its_function(stack, service, base):
    routes = routes_in(stack)
    for route in routes_of(service):
        reached = chosen(route.method, base.format(service=service) + example(route.path), routes)
        assert routes[reached] == service, (route.method, route.path)
        assert reached[1] != DEFAULT_ROUTE


@pytest.mark.parametrize("service", SERVICES)
def test_every_route_of_the_code_is_reached_at_the_root_of_a_host(stack, service):
    routes = routes_in(stack)
    for route in routes_of(service):
        reached = chosen(route.method, example(route.path), routes)
        signs = route.path.startswith("/connect/")
        assert routes[reached] == ("identity" if signs else "push" if route.path.startswith("/push/") else "api")


def test_every_verb_of_the_control_plane_is_reached_through_its_function_alone(stack):
    routes = routes_in(stack)
    for verb in VERBS:
        assert routes[chosen(verb.method, f"/_sosie{example(verb.path)}", routes)] == "control"
    assert [path for (_, path), name in routes.items() if name == "control"] == ["/_sosie/{proxy+}"]


def example(path: str) -> str:
    return path.replace("{", "a-").replace("}", "")


def test_the_control_plane_is_signed_for_with_iam_and_guarded_by_its_function_without(stack, choice):
    (api,) = stack.of_type("AWS::ApiGatewayV2::Api").values()
    security = api["Body"]["paths"]["/_sosie/{proxy+}"][EVERY_METHOD]["security"]
    assert security == ([{"AWS_IAM": []}] if choice == "arm64-with-everything" else [])
    environment = stack.of_type("AWS::Lambda::Function")["ControlFunction"]["Environment"]["Variables"]
    assert environment["SOSIE_CONTROL_ACCESS"] == ("iam" if security else "bearer")
    # Without IAM the function asks for the token: test_closed.py
    assert environment["SOSIE_CONTROL_SECRET"] == {"Ref": "ControlToken"}


def test_the_gateway_adds_no_cors_of_its_own_and_logs_every_request(stack):
    (api,) = stack.of_type("AWS::ApiGatewayV2::Api").values()
    assert "CorsConfiguration" not in api
    assert "x-amazon-apigateway-cors" not in api["Body"]
    (stage,) = stack.of_type("AWS::ApiGatewayV2::Stage").values()
    assert stage["AccessLogSettings"]["DestinationArn"] == {"Fn::GetAtt": ["AccessLogs", "Arn"]}


# A domain.


def test_a_domain_leads_every_host_below_it_to_the_api_and_may_be_the_only_address(transformed):
    stack = Stack(transformed("arm64-with-everything"), WITH_EVERYTHING)
    (domain,) = stack.of_type("AWS::ApiGatewayV2::DomainName").values()
    assert domain["DomainName"] == {"Fn::Sub": "*.sosie.example.test"}
    assert domain["DomainNameConfigurations"][0]["SecurityPolicy"] == "TLS_1_2"
    (record,) = stack.of_type("AWS::Route53::RecordSet").values()
    assert (record["Name"], record["Type"]) == (domain["DomainName"], "A")
    assert has_no_address_of_the_gateways(stack) is True
    assert stack.outputs["EuPush"] == {"Fn::Sub": "https://push-eu.sosie.example.test"}
    assert stack.outputs["Url"] == {"Fn::Sub": "https://cloud.sosie.example.test"}


def has_no_address_of_the_gateways(stack: Stack) -> bool:
    (api,) = stack.of_type("AWS::ApiGatewayV2::Api").values()
    (server,) = api["Body"]["servers"]
    return server["x-amazon-apigateway-endpoint-configuration"]["disableExecuteApiEndpoint"]


def test_without_a_domain_there_is_the_gateways_own_address(transformed):
    stack = Stack(transformed("x86_64"), CHOICES["x86_64"])
    assert not stack.of_type("AWS::ApiGatewayV2::DomainName")
    assert not stack.of_type("AWS::Route53::RecordSet")
    assert has_no_address_of_the_gateways(stack) is False
    assert stack.outputs["Url"]["Fn::Sub"].startswith("https://${Api}.execute-api.")


# Alarms.


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, []),
        ({"AlarmEmail": "team@sosie.example.test"}, [{"Ref": "AlarmTopic"}]),
        ({"AlarmTopicArn": "arn:aws:sns:…"}, ["arn:aws:sns:…"]),
        ({"AlarmEmail": "team@sosie.example.test", "AlarmTopicArn": "arn:…"}, [{"Ref": "AlarmTopic"}, "arn:…"]),
    ],
)
def test_alarms_tell_who_was_named(transformed, given, told):
    stack = Stack(transformed("x86_64"), given)
    alarms = stack.of_type("AWS::CloudWatch::Alarm").values()
    assert [alarm["AlarmActions"] for alarm in alarms] == [told] * len(alarms)
    assert len(stack.of_type("AWS::SNS::Topic")) == ("AlarmEmail" in given)


# Linters.


def test_cfn_lint_finds_nothing_in_what_sam_makes_of_the_template(transformed, choice, tmp_path):
    template = tmp_path / "transformed.json"
    template.write_text(json.dumps(transformed(choice)))
    linter = tools.python_of_sam().with_name("cfn-lint")
    ended = subprocess.run(
        [linter, template, "--regions", "eu-central-1", "us-east-1"],
        env={**os.environ, "AWS_DEFAULT_REGION": "eu-central-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
