"""Holds every answer against the service's OpenAPI document: status, content type, body, Sosie's own headers.

The documents are made from the same code that the committed ones are made from (tests/docs/test_openapi.py), so a test
that changes a route sees its own change.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

if TYPE_CHECKING:
    from tests.support.cloud import WireAnswer

SERVICES = ("identity", "api", "push")
_PARAMETER = re.compile(r"\\\{\w+\\\}")


class UndocumentedError(AssertionError):
    """An answer is not what the document says."""


class Operation(NamedTuple):
    """One operation of a document."""

    method: str
    path: str
    described: dict[str, Any]


@cache
def document(service: str) -> dict[str, Any]:
    """Return the document of a service."""
    from sosie.wire.openapi import document as made

    return made(service)  # type: ignore[arg-type]


def check(service: str, method: str, path: str, answer: WireAnswer, *, preflight: bool = False) -> None:
    """Raise UndocumentedError unless the document says so. `path` is the service's own, without a query."""
    if service not in SERVICES:
        return
    reached_a_world = "world=" in answer.headers["x-sosie"]
    found = operation_at(service, method, path) if reached_a_world else None
    if found is None or preflight:
        problem = _problem_of_unrouted(answer, preflight=preflight)
    else:
        problem = _problem(service, found, answer)
    if problem is not None:
        name = "no operation" if found is None else f"{found.method} {found.path}"
        raise UndocumentedError(
            f"{method} {path} ({name} of {service}) was answered {answer.status}, and {problem}\n"
            f"headers: {answer.headers}\nbody: {answer.body[:2000]}"
        )


def operation_at(service: str, method: str, path: str) -> Operation | None:
    """Return the operation that answers a request; fixed words win over parameters."""
    if len(path) > 1 and path.endswith("/") and not path.endswith("//"):
        path = path[:-1]
    return next((each for pattern, each in _operations(service, method) if pattern.fullmatch(path)), None)


@cache
def _operations(service: str, method: str) -> list[tuple[re.Pattern[str], Operation]]:
    paths = sorted(document(service)["paths"].items(), key=lambda item: (item[0].count("{"), item[0]))
    return [
        (
            re.compile(_PARAMETER.sub("[^/]+", re.escape(path)), re.IGNORECASE),
            Operation(method, path, methods[method.lower()]),
        )
        for path, methods in paths
        if method.lower() in methods
    ]


def _problem_of_unrouted(answer: WireAnswer, *, preflight: bool) -> str | None:
    if answer.body:
        return "there should be no body"
    if answer.status == 405 and "allow" not in answer.headers:
        return "the methods that would do are not named"
    expected = (204, 404) if preflight else (404, 405)
    return None if answer.status in expected else f"it should be one of {expected}"


def _problem(service: str, found: Operation, answer: WireAnswer) -> str | None:
    response = _resolved(service, found.described["responses"].get(str(answer.status)))
    if response is None:
        return f"documented are {', '.join(found.described['responses'])}"
    for name, header in response["headers"].items():
        if _resolved(service, header)["required"] and name.lower() not in answer.headers:
            return f"the header {name} is missing"
    optional = "x-sosie-optional-body" in response
    if not answer.body:
        expected = "content" in response and not optional
        return "there should be a body" if expected else None
    if "content" not in response and not optional and found.method != "HEAD":
        return "there should be no body"
    return _problem_of_body(service, found, answer, response)


def _problem_of_body(service: str, found: Operation, answer: WireAnswer, response: dict[str, Any]) -> str | None:
    media_types = response.get("content") or {"application/json": None}
    media_type, _, charset = answer.headers.get("content-type", "").partition(";")
    if media_type not in media_types:
        return f"its content type should be {' or '.join(media_types)}"
    if media_type != "application/json":
        expected = media_types[media_type]["schema"]["const"]
        return None if answer.body == expected else f"its body should be {expected!r}"
    if charset.strip().lower() != "charset=utf-8":
        return "its charset should be utf-8"
    validator = _validator(service, found.method, found.path, answer.status)
    if validator is None:
        return None
    problem = best_match(validator.iter_errors(json.loads(answer.body)))
    return None if problem is None else f"at {problem.json_path}: {problem.message}"


@cache
def _validator(service: str, method: str, path: str, status: int) -> Draft202012Validator | None:
    described = document(service)
    response = _resolved(service, described["paths"][path][method.lower()]["responses"][str(status)])
    schema = response.get("x-sosie-optional-body") or response.get("content", {}).get("application/json", {}).get(
        "schema"
    )
    if schema is None:
        return None
    return Draft202012Validator({**schema, "components": described["components"]})


def _resolved(service: str, value: Any) -> Any:
    """Follow a reference to a shared part."""
    if value is None or "$ref" not in value:
        return value
    kind, name = value["$ref"].split("/")[-2:]
    return document(service)["components"][kind][name]
