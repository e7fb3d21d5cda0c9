"""What `template.yaml` promises about security and addresses, read from the file itself."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from sosie.store.dynamodb_items import TABLE, TTL_ATTRIBUTE

ROOT = Path(__file__).parents[2]
SERVICES = ["identity", "api", "push"]
ROUTED = [*SERVICES, "control"]
FUNCTIONS = [*ROUTED, "maintenance"]
EVENTS = sorted((ROOT / "events").glob("*.json"))
REQUESTS = [path for path in EVENTS if not path.stem.startswith("maintenance_")]


class Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms as the long ones: `!Ref X` as `{"Ref": "X"}`, others as `{"Fn::…": …}`."""


def _long_form(loader: Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    read = {
        yaml.ScalarNode: loader.construct_scalar,
        yaml.SequenceNode: lambda sequence: loader.construct_sequence(sequence, deep=True),
        yaml.MappingNode: lambda mapping: loader.construct_mapping(mapping, deep=True),
    }[type(node)]
    return {tag if tag in ("Ref", "Condition") else f"Fn::{tag}": read(node)}


Loader.add_multi_constructor("!", _long_form)

TEMPLATE = yaml.load((ROOT / "template.yaml").read_text(), Loader)
RESOURCES = TEMPLATE["Resources"]


def of_type(kind: str) -> dict[str, dict[str, Any]]:
    return {name: resource["Properties"] for name, resource in RESOURCES.items() if resource["Type"] == kind}


def function(name: str) -> dict[str, Any]:
    return RESOURCES[f"{name.capitalize()}Function"]["Properties"]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def policies_of(role: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the statements of a role, those of the managed policies included."""
    managed = [RESOURCES[policy["Ref"]]["Properties"]["PolicyDocument"] for policy in role["ManagedPolicyArns"]]
    own = [policy["PolicyDocument"] for policy in role["Policies"]]
    return [statement for document in (*managed, *own) for statement in document["Statement"]]


STATEMENTS = [(name, statement) for name, role in of_type("AWS::IAM::Role").items() for statement in policies_of(role)]

ROUTES = {
    (event["Properties"]["Method"], event["Properties"]["Path"]): name
    for name in ROUTED
    for event in function(name)["Events"].values()
}


def pattern(path: str) -> re.Pattern[str]:
    """Return what an HTTP API matches with a route's path: `{x}` is one segment, `{x+}` is all that follow."""
    parts = re.split(r"(\{\w+\+?\})", path)
    return re.compile("".join(_of_part(part) for part in parts))


def _of_part(part: str) -> str:
    if not part.startswith("{"):
        return re.escape(part)
    name = part.strip("{}")
    return f"(?P<{name.rstrip('+')}>{'.+' if name.endswith('+') else '[^/]+'})"


def routes_matching(path: str) -> list[tuple[str, str]]:
    return [route for route in ROUTES if pattern(route[1]).fullmatch(path)]


# The table.


@pytest.fixture
def table() -> dict[str, Any]:
    (properties,) = of_type("AWS::DynamoDB::Table").values()
    return properties


def test_the_table_is_encrypted_and_can_be_restored_to_any_point_in_time(table):
    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_the_table_forgets_what_expired(table):
    assert table["TimeToLiveSpecification"] == {"Enabled": True, "AttributeName": TTL_ATTRIBUTE}


def test_the_table_is_the_one_the_adapter_was_tested_with(table):
    assert {name: table[name] for name in TABLE} == TABLE


# What may be done by whom.


@pytest.mark.parametrize(("role", "statement"), STATEMENTS, ids=[name for name, _ in STATEMENTS])
def test_no_statement_has_a_wildcard_for_actions_or_resources(role, statement):
    assert statement["Effect"] == "Allow"
    assert not any("*" in action for action in as_list(statement["Action"]))
    resources = [json.dumps(resource) for resource in as_list(statement["Resource"])]
    # The signing keys of worlds that do not exist yet are the one thing that cannot be named.
    assert not any("*" in resource.replace("secret:/sosie/${Stage}/keys/*", "") for resource in resources)


def test_every_policy_of_the_template_is_seen_by_the_wildcard_test():
    assert {*of_type("AWS::IAM::ManagedPolicy")} == {
        policy["Ref"] for role in of_type("AWS::IAM::Role").values() for policy in role["ManagedPolicyArns"]
    }
    assert not of_type("AWS::IAM::Policy")
    assert not any("Policies" in properties for properties in of_type("AWS::Serverless::Function").values())


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_has_a_role_of_its_own(name):
    assert function(name)["Role"] == {"Fn::GetAtt": f"{name.capitalize()}Role.Arn"}


@pytest.mark.parametrize("action", ["dynamodb:BatchWriteItem", "secretsmanager:DeleteSecret"])
def test_only_the_control_plane_may_drop_worlds(action):
    assert {role for role, statement in STATEMENTS if action in as_list(statement["Action"])} == {"ControlRole"}


def test_only_the_control_plane_may_read_the_control_token():
    readers = {role for role, statement in STATEMENTS if {"Ref": "ControlToken"} in as_list(statement["Resource"])}
    assert readers == {"ControlRole"}


def test_the_scheduled_jobs_have_no_use_for_keys_or_secrets():
    actions = {
        action for role, statement in STATEMENTS if role == "MaintenanceRole" for action in as_list(statement["Action"])
    }
    assert not {action for action in actions if action.startswith("secretsmanager:")}


def test_nobody_may_change_the_table_itself():
    actions = {action for _, statement in STATEMENTS for action in as_list(statement["Action"])}
    assert {action for action in actions if action.startswith("dynamodb:")} == {
        f"dynamodb:{verb}"
        for verb in ("BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem")
    }


def test_secrets_stand_in_no_environment_and_in_no_parameter():
    functions = of_type("AWS::Serverless::Function").values()
    environments = [TEMPLATE["Globals"]["Function"]["Environment"], *(each["Environment"] for each in functions)]
    names = {name for environment in environments for name in environment["Variables"]}
    assert not {name for name in names if re.search("TOKEN|KEY|PASSWORD", name)}
    assert "resolve:secretsmanager" not in (ROOT / "template.yaml").read_text()
    assert set(TEMPLATE["Parameters"]) == {"Stage", "Architecture", "ControlAccess"}


# Logs.


def test_every_log_group_forgets():
    groups = of_type("AWS::Logs::LogGroup")
    assert groups
    assert {name: group.get("RetentionInDays") for name, group in groups.items()} == dict.fromkeys(groups, 30)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_writes_to_its_own_log_group_and_may_write_to_no_other(name):
    group = f"{name.capitalize()}Logs"
    assert function(name)["LoggingConfig"]["LogGroup"] == {"Ref": group}
    writes = [
        statement["Resource"]
        for role, statement in STATEMENTS
        if role == f"{name.capitalize()}Role" and "logs:PutLogEvents" in as_list(statement["Action"])
    ]
    assert writes == [{"Fn::GetAtt": f"{group}.Arn"}]


def test_access_logs_have_neither_bodies_nor_headers_nor_query_strings():
    (api,) = of_type("AWS::Serverless::HttpApi").values()
    logged = set(re.findall(r"\$context\.([\w.]+)", api["AccessLogSettings"]["Format"]))
    assert logged == {
        "requestId", "requestTime", "identity.sourceIp", "httpMethod", "path", "routeKey", "status",
        "responseLength", "responseLatency", "integrationErrorMessage",
    }  # fmt: skip


# The API and its routes.


def test_the_api_is_regional_and_nothing_of_cloudfront_stands_before_it():
    kinds = {resource["Type"] for resource in RESOURCES.values()}
    assert "AWS::Serverless::HttpApi" in kinds
    assert not {
        kind for kind in kinds if "CloudFront" in kind or kind in ("AWS::Serverless::Api", "AWS::ApiGateway::RestApi")
    }


def test_every_route_belongs_to_the_one_api():
    apis = [event["Properties"]["ApiId"] for name in ROUTED for event in function(name)["Events"].values()]
    assert apis == [{"Ref": "Api"}] * len(apis)


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("base", ["/us", "/eu", "/w/team-a/us", "/w/api/eu", "/w/us/us", "/w/default/eu"])
def test_each_address_of_a_service_leads_to_its_function_alone(base, service):
    (route,) = routes_matching(f"{base}/{service}/push/api/identity/x")
    assert ROUTES[route] == service


@pytest.mark.parametrize("path", ["/_sosie/health", "/_sosie/worlds/us/identity", "/_sosie/w/a/us/api/x"])
def test_the_control_plane_leads_to_its_function_alone(path):
    (route,) = routes_matching(path)
    assert ROUTES[route] == "control"


def test_the_control_plane_asks_for_iam_when_it_is_told_to():
    (api,) = of_type("AWS::Serverless::HttpApi").values()
    methods = api["DefinitionBody"]["paths"]["/_sosie/{proxy+}"]
    assert methods["x-amazon-apigateway-any-method"]["security"] == {"Fn::If": ["ControlByIam", [{"AWS_IAM": []}], []]}
    assert TEMPLATE["Conditions"]["ControlByIam"] == {"Fn::Equals": [{"Ref": "ControlAccess"}, "iam"]}


@pytest.mark.parametrize("region", ["us", "eu"])
@pytest.mark.parametrize("service", SERVICES)
def test_the_base_uri_of_every_service_is_an_output(region, service):
    value = TEMPLATE["Outputs"][f"{region.capitalize()}{service.capitalize()}"]["Value"]["Fn::Sub"]
    assert value.endswith(f"/{region}/{service}")
    assert value.startswith("https://${Api}.execute-api.")


# The events that `sam local invoke` uses.


@pytest.mark.parametrize("path", REQUESTS, ids=[path.stem for path in REQUESTS])
def test_an_event_is_what_its_route_would_send(path):
    event = json.loads(path.read_text())
    method, route = event["routeKey"].split(" ")
    assert event["version"] == "2.0"
    assert routes_matching(event["rawPath"]) == [(method, route)]
    matched = pattern(route).fullmatch(event["rawPath"])
    assert matched is not None
    assert event["pathParameters"] == matched.groupdict()
    assert event["requestContext"]["routeKey"] == event["routeKey"]
    assert event["requestContext"]["http"]["path"] == event["rawPath"]


def test_the_event_of_the_schedule_is_what_the_scheduler_sends_when_it_is_told_nothing():
    (path,) = [path for path in EVENTS if path not in REQUESTS]
    event = json.loads(path.read_text())
    assert (event["source"], event["detail-type"], event["detail"]) == ("aws.scheduler", "Scheduled Event", "{}")
    (schedule,) = event["resources"]
    assert schedule.startswith("arn:aws:scheduler:")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_has_an_event(name):
    assert [path for path in EVENTS if path.stem.startswith(f"{name}_")]


# The functions.


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_short_decides_nothing_and_runs_what_the_template_says(name):
    source = (ROOT / "functions" / name / "app.py").read_text()
    assert len(source.splitlines()) < 40
    assert not [node for node in ast.walk(ast.parse(source)) if isinstance(node, (ast.If, ast.IfExp, ast.Match))]
    assert ("lambda_maintenance()" if name == "maintenance" else f'lambda_service("{name}")') in source
    assert function(name)["CodeUri"] == f"functions/{name}"
    assert function(name)["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] == name


def test_the_scheduled_jobs_run_every_hour_and_have_no_address():
    (event,) = function("maintenance")["Events"].values()
    assert event["Type"] == "ScheduleV2"
    assert event["Properties"]["ScheduleExpression"] == "rate(1 hour)"


def test_functions_and_layer_are_built_for_the_same_architecture_and_runtime():
    layer = RESOURCES["SosieLayer"]
    shared = TEMPLATE["Globals"]["Function"]
    assert shared["Architectures"] == layer["Properties"]["CompatibleArchitectures"] == [{"Ref": "Architecture"}]
    assert layer["Metadata"]["BuildArchitecture"] == {"Ref": "Architecture"}
    assert [shared["Runtime"]] == layer["Properties"]["CompatibleRuntimes"] == [layer["Metadata"]["BuildMethod"]]
