"""The control plane as an OpenAPI 3.1 document, made from its verbs: `GET /_sosie/openapi.json`, `make openapi`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sosie import __version__
from sosie.control.http import Verb

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sosie.control.http import Request

Json = dict[str, Any]

_PARAMETER = re.compile(r"\{(\w+)\}")
_MEANINGS = {"world": "The world; `default` always exists.", "name": "The snapshot's name.", "id": "The id."}
_ABOUT = """\
What only Sosie has: worlds, clocks, snapshots, the journal, captured mail. No part of it is in the Bitwarden cloud, and
Sosie is not affiliated with Bitwarden Inc. On loopback it is open; elsewhere it asks for the control token. Generated
from the verbs; docs/control-plane.md is for people."""
_REFUSALS = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    409: "Conflict",
}
_REASONS = {
    400: "Something about the request makes no sense; `detail` names it, and other members where it is.",
    401: "Beyond loopback: no control token, or a wrong one.",
    403: "From another site, or under a foreign host name.",
    404: "There is no such world, or nothing of that name in it.",
    409: "Something is there already, or somebody else was faster.",
}


def read_openapi(request: Request) -> Any:
    """This document."""
    del request
    from sosie.control.handler import VERBS as ALL  # late: the handler takes this verb too

    return document(ALL)


def document(verbs: Iterable[Verb]) -> Json:
    """Return the document. The same verbs give the same document, member for member."""
    from sosie.control.shapes import SHAPES  # late: only this verb wants them

    paths: dict[str, Json] = {}
    for verb in verbs:
        paths.setdefault(verb.path, {})[verb.method.lower()] = _operation(verb)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Sosie control plane",
            "version": __version__,
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [
            {
                "url": "{origin}/_sosie",
                "variables": {"origin": {"default": "http://127.0.0.1:8787", "description": "Where Sosie listens."}},
            }
        ],
        "security": [{}, {"controlToken": []}],
        "paths": paths,
        "components": {
            "schemas": SHAPES,
            "responses": {_REFUSALS[status]: _refusal(reason) for status, reason in _REASONS.items()},
            "securitySchemes": {
                "controlToken": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The control token, which `sosie start` prints. On loopback none is needed.",
                }
            },
        },
    }


def text_of(made: Json) -> str:
    """Return the document as it stands in its file."""
    return json.dumps(made, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def write(folder: Path = Path("docs/openapi")) -> None:
    """Write the document's file."""
    from sosie.control.handler import VERBS as ALL  # late, as above

    (folder / "control.json").write_text(text_of(document(ALL)), encoding="utf-8")


def _operation(verb: Verb) -> Json:
    from sosie.control.shapes import QUERY, YAML_TOO  # late, as above

    summary, _, rest = " ".join((verb.action.__doc__ or "").replace("\n\n", "\0").split()).partition("\0")
    made: Json = {
        "operationId": _camel(verb.action.__name__),
        "summary": summary.strip().rstrip("."),
        "responses": _responses(verb),
        "tags": [_tag(verb.path)],
    }
    if rest:
        made["description"] = rest.strip().replace("\0", "\n\n")
    parameters = [_path_parameter(name) for name in _PARAMETER.findall(verb.path)]
    parameters += [
        {"name": name, "in": "query", "required": False, "description": meaning, "schema": QUERY.get(name, _TEXT)}
        for name, meaning in verb.query.items()
    ]
    if parameters:
        made["parameters"] = parameters
    if verb.body is not None:
        kinds = ("application/json", "application/yaml") if verb.body in YAML_TOO else ("application/json",)
        made["requestBody"] = {"content": {kind: {"schema": _ref(verb.body)} for kind in kinds}}
    return made


_TEXT: Json = {"type": "string"}


def _path_parameter(name: str) -> Json:
    return {"name": name, "in": "path", "required": True, "description": _MEANINGS.get(name, name), "schema": _TEXT}


def _responses(verb: Verb) -> Json:
    from sosie.control.shapes import MEDIA_TYPES  # late, as above

    if verb.answer is None:
        made: Json = {"204": {"description": "Done."}}
    else:
        kind = MEDIA_TYPES.get(verb.answer, "application/json")
        made = {"200": {"description": "Done.", "content": {kind: {"schema": _ref(verb.answer)}}}}
    possible = [400, 401, 403]
    possible += [404] if _PARAMETER.search(verb.path) else []
    possible += [409] if verb.method != "GET" else []
    return made | {str(status): {"$ref": f"#/components/responses/{_REFUSALS[status]}"} for status in possible}


def _refusal(reason: str) -> Json:
    return {"description": reason, "content": {"application/problem+json": {"schema": _ref("Problem")}}}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _tag(path: str) -> str:
    """Return what a path is about: its first fixed part behind the world."""
    parts = path.removeprefix("/worlds/{world}").strip("/").split("/")
    return parts[0] or "worlds"


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


VERBS = (Verb("GET", "/openapi.json", read_openapi, answer="OpenApi"),)
