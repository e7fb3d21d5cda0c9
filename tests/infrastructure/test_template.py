"""What `template.yaml` promises about security, addresses and alarms, read from the file itself."""

from __future__ import annotations

import ast
import json
import re
from typing import Any

import pytest

from sosie.store.dynamodb_items import TABLE, TTL_ATTRIBUTE
from tests.support.template import (
    DEFAULT_ROUTE,
    FUNCTIONS,
    RESOURCES,
    ROOT,
    ROUTED,
    SERVICES,
    TEMPLATE,
    as_list,
    chosen,
    function,
    of_type,
    pattern,
    routes,
    statements,
)

EVENTS = sorted((ROOT / "events").glob("*.json"))
REQUESTS = [path for path in EVENTS if not path.stem.startswith("maintenance_")]
ROUTES = routes()
SYNC = "/organization/sponsorship/sync"

STATEMENTS = [(name, statement) for name, role in of_type("AWS::IAM::Role").items() for statement in statements(role)]


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


# What may be done by whom. Whether it is what is needed, test_permissions.py finds out.


def test_every_policy_of_the_template_belongs_to_a_role_of_a_function():
    assert {*of_type("AWS::IAM::ManagedPolicy")} == {
        policy["Ref"] for role in of_type("AWS::IAM::Role").values() for policy in role["ManagedPolicyArns"]
    }
    assert {*of_type("AWS::IAM::Role")} == {f"{name.capitalize()}Role" for name in FUNCTIONS}
    assert not of_type("AWS::IAM::Policy")
    assert not any("Policies" in properties for properties in of_type("AWS::Serverless::Function").values())


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_has_a_role_of_its_own(name):
    assert function(name)["Role"] == {"Fn::GetAtt": [f"{name.capitalize()}Role", "Arn"]}


@pytest.mark.parametrize("action", ["dynamodb:BatchWriteItem", "secretsmanager:DeleteSecret"])
def test_only_the_control_plane_may_drop_worlds(action):
    assert {role for role, statement in STATEMENTS if action in as_list(statement["Action"])} == {"ControlRole"}


def test_only_the_control_plane_may_read_the_control_token():
    readers = {role for role, statement in STATEMENTS if {"Ref": "ControlToken"} in as_list(statement["Resource"])}
    assert readers == {"ControlRole"}


@pytest.mark.parametrize(
    ("role", "purposes"),
    [
        ("IdentityRole", {"tokens", "offers"}),
        ("ApiRole", {"tokens", "offers", "licences"}),
        ("PushRole", {"tokens"}),
        ("ControlRole", {"tokens", "licences"}),
        ("MaintenanceRole", set()),
    ],
)
def test_a_function_knows_only_the_keys_it_uses(role, purposes):
    named = json.dumps(
        [each["Resource"] for name, each in STATEMENTS if name == role and _reads_secrets(each)]
    )  # as text, because a resource may stand alone or in a list
    assert set(re.findall(r"/keys/\*/(?:us|eu)-(\w+)\*", named)) == purposes
    assert '/keys/*"' not in named


def _reads_secrets(statement: dict[str, Any]) -> bool:
    return "secretsmanager:GetSecretValue" in as_list(statement["Action"])


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
    assert not {name for name in {*names, *TEMPLATE["Parameters"]} if re.search("TOKEN|KEY|PASSWORD", name.upper())}
    assert "resolve:secretsmanager" not in (ROOT / "template.yaml").read_text()


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
    assert writes == [{"Fn::GetAtt": [group, "Arn"]}]


def test_access_logs_have_neither_bodies_nor_headers_nor_query_strings():
    (api,) = of_type("AWS::Serverless::HttpApi").values()
    logged = set(re.findall(r"\$context\.([\w.]+)", api["AccessLogSettings"]["Format"]))
    assert logged == {
        "requestId", "requestTime", "identity.sourceIp", "httpMethod", "routeKey", "status",
        "responseLength", "responseLatency", "integrationErrorMessage",
    }  # fmt: skip


# The API and its routes.


def test_every_route_belongs_to_the_one_api():
    apis = [event["Properties"]["ApiId"] for name in ROUTED for event in function(name)["Events"].values()]
    assert apis == [{"Ref": "Api"}] * len(apis)


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("base", ["/us", "/eu", "/w/team-a/us", "/w/api/eu", "/w/us/us", "/w/default/eu"])
def test_each_address_of_a_service_leads_to_its_function(base, service):
    route = chosen("GET", f"{base}/{service}/push/api/identity/x", ROUTES)
    assert ROUTES[route] == service


@pytest.mark.parametrize("path", ["/_sosie/health", "/_sosie/worlds/us/identity", "/_sosie/w/a/us/api/x"])
def test_the_control_plane_leads_to_its_function(path):
    assert ROUTES[chosen("GET", path, ROUTES)] == "control"


@pytest.mark.parametrize(
    "path",
    ["/", "/us/apiorganization/x", "//us/api/alive", "/us/identity", "/US/Identity/x", "/_sosie", "/favicon.ico"],
)
def test_what_no_route_is_for_leads_to_the_functions_too_and_not_to_the_gateways_own_answer(path):
    assert chosen("GET", path, ROUTES) == ("ANY", DEFAULT_ROUTE)
    assert ROUTES["ANY", DEFAULT_ROUTE] == "api"


@pytest.mark.parametrize("base", ["/us/api", "/eu/api", "/w/team-a/eu/api", ""])
def test_a_sync_has_a_route_and_a_throttle_of_its_own(base):
    route = chosen("POST", f"{base}{SYNC}", ROUTES)
    assert ROUTES[route] == "api"
    assert rate(route) < rate(("ANY", DEFAULT_ROUTE)) < rate(("ANY", "/us/identity/{proxy+}"))


def rate(route: tuple[str, str]) -> int:
    (api,) = of_type("AWS::Serverless::HttpApi").values()
    limits = api["RouteSettings"].get(" ".join(route), api["DefaultRouteSettings"])
    assert limits["ThrottlingBurstLimit"] >= limits["ThrottlingRateLimit"]
    return limits["ThrottlingRateLimit"]


def test_every_throttle_is_for_a_route_that_exists():
    (api,) = of_type("AWS::Serverless::HttpApi").values()
    assert {*api["RouteSettings"]} <= {" ".join(route) for route in ROUTES}


def test_the_control_plane_asks_for_iam_when_it_is_told_to():
    (api,) = of_type("AWS::Serverless::HttpApi").values()
    methods = api["DefinitionBody"]["paths"]["/_sosie/{proxy+}"]
    assert methods["x-amazon-apigateway-any-method"]["security"] == {"Fn::If": ["ControlByIam", [{"AWS_IAM": []}], []]}
    assert TEMPLATE["Conditions"]["ControlByIam"] == {"Fn::Equals": [{"Ref": "ControlAccess"}, "iam"]}


@pytest.mark.parametrize("region", ["us", "eu"])
@pytest.mark.parametrize("service", SERVICES)
def test_the_base_uri_of_every_service_is_an_output(region, service):
    condition, by_host, by_path = TEMPLATE["Outputs"][f"{region.capitalize()}{service.capitalize()}"]["Value"]["Fn::If"]
    assert condition == "HasDomain"
    assert by_host == {"Fn::Sub": f"https://{service}-{region}.${{DomainName}}"}
    assert by_path["Fn::Sub"].startswith("https://${Api}.execute-api.")
    assert by_path["Fn::Sub"].endswith(f"/{region}/{service}")


# Alarms.


def test_every_alarm_tells_whoever_was_named_and_nobody_else():
    alarms = of_type("AWS::CloudWatch::Alarm")
    assert alarms
    nobody = {"Ref": "AWS::NoValue"}
    for name, alarm in alarms.items():
        assert alarm["AlarmActions"] == [
            {"Fn::If": ["HasAlarmEmail", {"Ref": "AlarmTopic"}, nobody]},
            {"Fn::If": ["HasAlarmTopic", {"Ref": "AlarmTopicArn"}, nobody]},
        ], name


def test_the_alarm_for_slow_answers_goes_off_before_a_function_is_stopped():
    slow = RESOURCES["FunctionSlowAlarm"]["Properties"]
    assert slow["Threshold"] < TEMPLATE["Globals"]["Function"]["Timeout"] * 1000


def test_scheduled_jobs_that_do_not_run_are_missed():
    missing = RESOURCES["MaintenanceMissingAlarm"]["Properties"]
    assert (missing["TreatMissingData"], missing["MetricName"]) == ("breaching", "Invocations")


# The events that `sam local invoke` uses.


@pytest.mark.parametrize("path", REQUESTS, ids=[path.stem for path in REQUESTS])
def test_an_event_is_what_its_route_would_send(path):
    event = json.loads(path.read_text())
    method, route = event["routeKey"].split(" ")
    assert event["version"] == "2.0"
    http = event["requestContext"]["http"]
    assert chosen(http["method"], event["rawPath"], ROUTES) == (method, route)
    matched = pattern(route).fullmatch(event["rawPath"])
    assert matched is not None
    assert event.get("pathParameters", {}) == matched.groupdict()
    assert event["requestContext"]["routeKey"] == event["routeKey"]
    assert http["path"] == event["rawPath"]


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
    assert [shared["Runtime"]] == layer["Properties"]["CompatibleRuntimes"]
