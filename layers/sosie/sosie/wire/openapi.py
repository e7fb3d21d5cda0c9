"""OpenAPI 3.1 documents of the wire surface, one per service: `make openapi` writes them to docs/openapi/.

A document is put together from the route table (paths, policies, parameters, request models) and from
`sosie.wire.answers` (names, answers). Nothing here is imported while a request is answered.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sosie.domain.regions import SERVICES
from sosie.wire.answers.errors import ErrorBody
from sosie.wire.answers.operation import MaybeEmpty, PlainText
from sosie.wire.answers.table import OPERATIONS
from sosie.wire.http import Param, Policy
from sosie.wire.info import SERVER_VERSION
from sosie.wire.openapi_parts import (
    HEADERS,
    OPTIONAL_BODY,
    SECURITY,
    SHARED_NAMES,
    SHARED_RESPONSES,
    STATUS_TEXTS,
    TAGS,
    headers_of,
    info,
    servers,
)
from sosie.wire.openapi_schemas import REFERENCE, schemas_of, without_section
from sosie.wire.routes import routes_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sosie.domain.regions import Service
    from sosie.wire.answers.operation import Operation, Query
    from sosie.wire.http import Route

Json = dict[str, Any]
_PARAMETER = re.compile(r"\{(\w+)\}")
_CASELESS = "Member names match in any letter case, unknown members are ignored."


def document(service: Service) -> Json:
    """Return a service's document. The same code gives the same document, member for member."""
    rows = [(route, OPERATIONS[f"{route.method} {route.path}"]) for route in routes_of(service)]
    schemas, shared = schemas_of({"error": ErrorBody, **dict(_kinds(rows))})
    paths: dict[str, Json] = {}
    for route, row in rows:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, row, schemas)
    return {
        "openapi": "3.1.0",
        "info": info(service, SERVER_VERSION),
        "servers": servers(service),
        "tags": [{"name": name, "description": TAGS[name]} for name in dict.fromkeys(row.tag for _, row in rows)],
        "paths": paths,
        "components": {
            "schemas": shared,
            "responses": SHARED_RESPONSES,
            "headers": HEADERS,
            "securitySchemes": SECURITY,
        },
    }


def text_of(made: Json) -> str:
    """Return a document as it stands in its file."""
    return json.dumps(made, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def write(folder: Path = Path("docs/openapi")) -> None:
    """Write every service's document."""
    folder.mkdir(parents=True, exist_ok=True)
    for service in SERVICES:
        (folder / f"{service}.json").write_text(text_of(document(service)), encoding="utf-8")


def answers_of(route: Route, row: Operation) -> dict[int, Any]:
    """Return what a route answers by status: what the row says, and what follows from the route itself."""
    answers = dict(row.answers)
    if route.policy is not Policy.ANONYMOUS:
        answers = {401: None, 403: None, **answers}
    if route.requirement is not None:
        answers = {403: None, **answers}
    if Param.GUID in route.params.values():
        answers = {400: ErrorBody, **answers}
    if Param.GUID_ROUTE in route.params.values():
        answers = {404: None, **answers}
    if route.model is not None:
        answers = {400: ErrorBody, 415: None, **answers}
    return dict(sorted(answers.items()))


def _kinds(rows: Sequence[tuple[Route, Operation]]) -> Iterator[tuple[str, Any]]:
    """Yield every type that the operations need a schema of, with a key to find the schema by."""
    for route, row in rows:
        if route.model is not None:
            yield f"{row.id} body", route.model()
        if row.form is not None:
            yield f"{row.id} form", row.form
        for parameter in (*row.query, *row.headers):
            yield f"{row.id} {parameter.name}", parameter.kind
        for status, kind in row.answers.items():
            body = kind.body if isinstance(kind, MaybeEmpty) else kind
            if body is not None and not isinstance(body, PlainText):
                yield f"{row.id} {status}", body


def _operation(route: Route, row: Operation, schemas: Mapping[str, Json]) -> Json:
    made: Json = {
        "operationId": row.id,
        "summary": row.summary,
        "tags": [row.tag],
        "externalDocs": {"description": row.contract, "url": f"../contract/{row.contract.partition(' ')[0]}"},
        "responses": {
            str(status): _response(route, row, status, kind, schemas) for status, kind in answers_of(route, row).items()
        },
        "security": _security(route, row),
    }
    texts = (without_section(route.handler.__doc__ or ""), row.note)
    if description := "\n\n".join(text for text in texts if text):
        made["description"] = description
    if parameters := _parameters(route, row, schemas):
        made["parameters"] = parameters
    if route.model is not None:
        made["requestBody"] = _body("application/json", schemas[f"{row.id} body"])
    if row.form is not None:
        choices = schemas[f"{row.id} form"]["anyOf"]
        made["requestBody"] = _body("application/x-www-form-urlencoded", {"oneOf": choices})
    return made


def _security(route: Route, row: Operation) -> list[Json]:
    if route.policy is not Policy.ANONYMOUS:
        return [{"accessToken": [route.policy.value]}]
    return [{}, {"accessToken": []}] if row.token_optional else []


def _body(media_type: str, schema: Json) -> Json:
    return {"required": True, "description": _CASELESS, "content": {media_type: {"schema": schema}}}


def _parameters(route: Route, row: Operation, schemas: Mapping[str, Json]) -> list[Json]:
    in_path = [_path_parameter(name) for name in _PARAMETER.findall(route.path)]
    asked = [("query", each) for each in row.query] + [("header", each) for each in row.headers]
    return in_path + [_parameter(place, each, schemas[f"{row.id} {each.name}"]) for place, each in asked]


def _path_parameter(name: str) -> Json:
    schema = {"type": "string"}
    if name == "id" or name.endswith("Id"):
        schema["format"] = "uuid"
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _parameter(place: str, asked: Query, schema: Json) -> Json:
    return {"name": asked.name, "in": place, "required": False, "description": asked.meaning, "schema": schema}


def _response(route: Route, row: Operation, status: int, kind: Any, schemas: Mapping[str, Json]) -> Json:
    if status in SHARED_NAMES and kind is (ErrorBody if "content" in SHARED_RESPONSES[SHARED_NAMES[status]] else None):
        return {"$ref": f"#/components/responses/{SHARED_NAMES[status]}"}
    made: Json = {"description": STATUS_TEXTS[status], "headers": headers_of(status, row)}
    body = kind.body if isinstance(kind, MaybeEmpty) else kind
    if body is None or route.method == "HEAD":
        return made
    if isinstance(body, PlainText):
        return {**made, "content": {"text/plain": {"schema": {"type": "string", "const": body.text}}}}
    schema = schemas.get(f"{row.id} {status}") or {"$ref": REFERENCE.format(model=body.__name__)}
    if isinstance(kind, MaybeEmpty):
        made[OPTIONAL_BODY] = schema
        made["description"] += " Some refusals with this status have the error object, others no body."
        if kind.usually_empty:
            return made
    return {**made, "content": {"application/json": {"schema": schema}}}
