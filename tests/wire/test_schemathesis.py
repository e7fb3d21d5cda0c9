"""Every operation of every document, asked by Schemathesis with data that fits and data that does not.

CI asks for more of them than `make test` does.
"""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.support import documented
from tests.support.cloud import TestCloud
from tests.support.effort import examples
from tests.support.generated import Known, send
from tests.support.token_client import share_one_rsa_pair

EXAMPLES = examples(4, in_ci=15)
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
CALLERS = ("owner", "owner", "family", "owner", "stranger", "nobody")
SCHEMAS = {service: schemathesis.openapi.from_dict(documented.document(service)) for service in documented.SERVICES}
OPERATIONS = [
    (service, method, path)
    for service in documented.SERVICES
    for path, methods in documented.document(service)["paths"].items()
    for method in methods
]


@pytest.fixture(autouse=True)
def _quick_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    share_one_rsa_pair(monkeypatch)


@pytest.mark.parametrize(("service", "method", "path"), OPERATIONS, ids=str)
def test_generated_requests_are_answered_as_documented(keyring: Any, service: str, method: str, path: str) -> None:
    operation = SCHEMAS[service][path][method]
    cloud = TestCloud(keyring=keyring)
    known = Known(cloud)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases(operation), is_true=st.sampled_from([True, True, False]), caller=st.sampled_from(CALLERS))
    def asked(case: Case, is_true: bool, caller: str) -> None:
        # Each request meets the world as it was, so that what fails once fails again.
        cloud.sosie.worlds.reset("default")
        if is_true:
            known.put_into(case)
        answer, response = send(cloud, service, case, known.token_for(case, caller))
        assert "Traceback" not in answer.body
        found = documented.operation_at(service, case.method, response.request.path_url.partition("?")[0])
        if found is not None and found.path == path and answer.body:
            case.validate_response(response, checks=CHECKS)

    asked()


def cases(operation: Any) -> st.SearchStrategy[Case]:
    """Return data that fits and, where something can be wrong with it, data that does not."""
    fitting = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    if not (operation.body or operation.path_parameters or operation.query or operation.headers):
        return fitting
    return st.one_of(fitting, operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
