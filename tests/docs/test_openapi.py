"""docs/openapi/ is what the code says, is valid, and gives working clients; the table of answers covers every route."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from schemathesis.specs.openapi.definitions import OPENAPI_31

from sosie.domain.regions import SERVICES
from sosie.wire.answers.table import OPERATIONS
from sosie.wire.http import Policy
from sosie.wire.openapi import document, text_of
from sosie.wire.routes import routes_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from tests.support.cloud import TestCloud

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "openapi"
GENERATOR = Path(sys.executable).with_name("openapi-python-client")

every_service = pytest.mark.parametrize("service", SERVICES)


@cache
def described(service: Any) -> dict[str, Any]:
    return document(service)


def operations(service: Any) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in described(service)["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


# The files.


@every_service
def test_the_committed_document_is_what_the_code_says_now(service: Any) -> None:
    committed = (FOLDER / f"{service}.json").read_text(encoding="utf-8")

    assert committed == text_of(document(service)), "run `make openapi`"


def test_there_is_a_document_per_service_and_one_of_the_control_plane() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == {*SERVICES, "control"}


@every_service
def test_a_document_is_valid_openapi(service: Any) -> None:
    problems = list(Draft202012Validator(OPENAPI_31).iter_errors(described(service)))

    assert [problem.message for problem in problems] == []


@every_service
def test_every_schema_is_valid_json_schema(service: Any) -> None:
    for schema in described(service)["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


@every_service
def test_every_reference_leads_somewhere_and_every_shared_schema_is_used(service: Any) -> None:
    made = described(service)
    references = set(re.findall(r'"\$ref": "#/components/([\w/]+)"', json.dumps(made)))
    shared = {f"{kind}/{name}" for kind in ("schemas", "headers", "responses") for name in made["components"][kind]}

    assert references - shared == set()
    assert {name for name in shared - references if name.startswith("schemas/")} == set()


# The operations.


@every_service
def test_every_route_is_described_and_nothing_else(service: Any) -> None:
    found = {(method, path) for method, path, _ in operations(service)}

    assert found == {(route.method, route.path) for route in routes_of(service)}


def test_the_table_of_answers_has_no_row_without_a_route() -> None:
    routes = {f"{route.method} {route.path}" for service in SERVICES for route in routes_of(service)}

    assert set(OPERATIONS) == routes


@every_service
def test_every_operation_has_an_id_of_its_own_and_a_summary(service: Any) -> None:
    found = [operation for _, _, operation in operations(service)]
    ids = [operation["operationId"] for operation in found]

    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z][A-Za-z0-9]+", name) for name in ids)
    assert all(operation["summary"] and not operation["summary"].endswith(".") for operation in found)


@every_service
def test_no_two_paths_differ_in_the_names_of_their_parameters_alone(service: Any) -> None:
    paths = [re.sub(r"\{\w+\}", "{}", path) for path in described(service)["paths"]]

    assert len(set(paths)) == len(paths)


@every_service
def test_every_operation_names_a_section_that_the_contract_has(service: Any) -> None:
    for _, _, operation in operations(service):
        page, _, section = operation["externalDocs"]["description"].partition(" ")
        text = (ROOT / "docs" / "contract" / page).read_text(encoding="utf-8")
        number = re.escape(section.removeprefix("§"))

        assert re.search(rf"^#+ (?:Part )?{number}[. ]", text, re.MULTILINE), operation["externalDocs"]
        assert (FOLDER / operation["externalDocs"]["url"]).exists()


@every_service
def test_a_policy_asks_for_a_token_with_its_scope_and_can_answer_401_and_403(service: Any) -> None:
    found = {(method, path): each for method, path, each in operations(service)}
    guarded = [route for route in routes_of(service) if route.policy is not Policy.ANONYMOUS]

    for route in guarded:
        operation = found[route.method, route.path]
        assert operation["security"] == [{"accessToken": [route.policy.value]}]
        assert {"401", "403"} <= set(operation["responses"])
    assert guarded or service == "identity"


@every_service
def test_a_body_can_be_refused_for_its_content_and_for_its_type(service: Any) -> None:
    for method, path, operation in operations(service):
        if "application/json" in operation.get("requestBody", {}).get("content", {}):
            assert {"400", "415"} <= set(operation["responses"]), f"{method} {path}"


def test_the_rules_of_a_request_are_keywords_of_its_schema() -> None:
    schemas = described("api")["components"]["schemas"]
    offer, creation = schemas["OfferRequest"], schemas["OrganizationCreateRequest"]

    assert offer["required"] == ["sponsoredEmail"]
    assert offer["properties"]["sponsoredEmail"] == {
        "type": "string",
        "format": "email",
        "minLength": 1,
        "maxLength": 256,
        "pattern": r"\S",
    }
    assert offer["properties"]["friendlyName"] == {"anyOf": [{"type": "string", "maxLength": 256}, {"type": "null"}]}
    assert creation["properties"]["additionalStorageGb"] == {
        "anyOf": [{"type": "integer", "minimum": 0, "maximum": 99}, {"type": "null"}]
    }


def test_the_token_endpoint_takes_one_form_per_grant() -> None:
    operation = described("identity")["paths"]["/connect/token"]["post"]
    (schema,) = (each["schema"] for each in operation["requestBody"]["content"].values())

    grants = [each["$ref"].rpartition("/")[2] for each in schema["oneOf"]]
    assert grants == ["InstallationGrant", "OrganizationGrant", "ApiKeyGrant", "PasswordGrant", "RefreshGrant"]


# What answers must not need.


def test_answering_imports_nothing_of_the_documents() -> None:
    code = """
        import importlib, json, sys
        import sosie.wiring, sosie.wire.gate, sosie.wire.app, sosie.wire.binding
        from sosie.wire.routes import routes_of
        [route.model() for service in ("identity", "api", "push") for route in routes_of(service) if route.model]
        late = ("sosie.wire.answers", "sosie.wire.openapi")
        print(json.dumps([name for name in sys.modules if name.startswith(late)]))
    """
    lines = "\n".join(line.strip() for line in code.splitlines())
    done = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, timeout=60, check=True)

    assert json.loads(done.stdout) == []


# Clients.


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Generate a client per service; return what the generator said."""
    folder = tmp_path_factory.mktemp("clients")
    settings = folder / "settings.json"
    # The hooks would format the code with tools of their own.
    settings.write_text(json.dumps({"post_hooks": []}))
    said = {}
    for service in SERVICES:
        package = folder / f"{service}_client"
        command = [GENERATOR, "generate", "--path", FOLDER / f"{service}.json", "--output-path", package]
        done = subprocess.run(
            [*command, "--meta", "none", "--config", settings, "--fail-on-warning"],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        said[service] = f"exit code {done.returncode}\n{done.stdout}{done.stderr}"
    sys.path.insert(0, str(folder))
    yield said
    sys.path.remove(str(folder))


@every_service
def test_a_client_is_generated_without_a_warning(generated: dict[str, str], service: str) -> None:
    assert generated[service].startswith("exit code 0\n")
    assert "WARNING" not in generated[service].upper()


def of(package: str, name: str) -> ModuleType:
    return importlib.import_module(f"{package}.{name}")


def in_process(cloud: TestCloud, service: str) -> dict[str, Any]:
    """Return what makes a generated client speak to a cloud in this process."""

    def handle(request: httpx.Request) -> httpx.Response:
        answer = cloud.request(
            request.method,
            request.url.raw_path.decode(),
            service=service,
            body=request.content,
            headers=dict(request.headers),
        )
        return httpx.Response(answer.status, headers=answer.headers, text=answer.body)

    return {"base_url": "http://sosie.test", "httpx_args": {"transport": httpx.MockTransport(handle)}}


@pytest.mark.usefixtures("generated")
def test_a_generated_client_gets_a_token_and_syncs_with_it(cloud: TestCloud) -> None:
    installation, organization = cloud.installation(), cloud.organization("Globex")
    grants, requests = of("identity_client", "models"), of("api_client", "models")
    form = grants.InstallationGrant(
        grant_type="client_credentials",
        client_id=f"installation.{installation.id}",
        client_secret=installation.key,
        scope="api.installation",
    )

    anonymous = of("identity_client", "client").Client(**in_process(cloud, "identity"))
    issued = of("identity_client", "api.token.issue_token").sync(client=anonymous, body=form)
    server = of("api_client", "client").AuthenticatedClient(token=issued.access_token, **in_process(cloud, "api"))
    batch = requests.SyncRequest.from_dict({"sponsoringOrganizationCloudId": organization.id, "billingSyncKey": "no"})
    refused = of("api_client", "api.sponsorships.sync_sponsorships").sync(client=server, body=batch)

    assert (issued.expires_in, issued.scope) == (86_400, "api.installation")
    assert (type(refused).__name__, refused.message) == ("ErrorBody", "Invalid Billing Sync Key")


@pytest.mark.usefixtures("generated")
def test_a_generated_client_reads_plans_and_registers_a_device(cloud: TestCloud) -> None:
    visitor = of("api_client", "client").Client(**in_process(cloud, "api"))
    plans = of("api_client", "api.reference.list_plans").sync(client=visitor)

    token = cloud.installation_token("api.push")
    server = of("push_client", "client").AuthenticatedClient(token=token, **in_process(cloud, "push"))
    device = of("push_client", "models").PushDeviceRequest(id=cloud.installation().id)
    done = of("push_client", "api.push_relay.delete_device").sync_detailed(client=server, body=device)

    assert {int(plan.type_) for plan in plans.data} >= {0, 22, 18, 20, 7}
    assert (done.status_code, done.content) == (200, b"")
