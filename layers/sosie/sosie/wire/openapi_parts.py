"""The fixed parts of the OpenAPI documents: what is true of every operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sosie.wire.openapi_schemas import REFERENCE

if TYPE_CHECKING:
    from sosie.domain.regions import Service
    from sosie.wire.answers.operation import Operation

Json = dict[str, Any]

OPTIONAL_BODY = "x-sosie-optional-body"
"""On a response: the schema of a body that may be missing, which OpenAPI cannot say."""

_ABOUT = """\
The {name} of the Bitwarden cloud towards self-hosted servers and their owners, as Sosie simulates it. Sosie is not
affiliated with Bitwarden Inc. This document is generated from the models that validate; the contract behind it is in
`docs/contract/`.

Paths match in any letter case. A path that no route has is answered 404 without a body, a known path with another
method 405 without a body and with `Allow`. A browser's preflight is answered 204. Every answer carries the headers
`x-sosie` and `x-sosie-request`, which the cloud has not."""
_NAMES = {"identity": "identity service", "api": "API", "push": "push relay"}
TAGS = {
    "Token": "Access tokens for servers, organizations and people.",
    "Prelogin": "What a client asks before a person's password can be used.",
    "Discovery": "Endpoints and keys.",
    "Reference": "What anybody may ask.",
    "Not simulated": "The cloud answers here, Sosie refuses with 501.",
    "Installations": "Self-hosted servers' ids and keys.",
    "Licences": "Licences for organizations and people, signed with Sosie's own key.",
    "Organization keys": "The billing sync token and its siblings.",
    "Organizations": "Organizations, what they pay, and their policies.",
    "Sponsorships": "Families for Enterprise: offer, redeem, sync, revoke.",
    "Self-hosted only": "What the cloud refuses because only self-hosted servers do it.",
    "Accounts": "A person's own account.",
    "Push relay": "Devices of self-hosted servers, and messages to them.",
}
STATUS_TEXTS = {
    200: "Done.",
    204: "Nothing is there, and that is no error.",
    400: "Refused with a text, or texts by property.",
    401: "No token, or none that is good here.",
    403: "The token is good and does not carry what the route asks for.",
    404: "It does not exist, or the caller may not know that it does.",
    415: "A body without a JSON content type.",
    500: "The cloud fails here, reproducibly.",
    501: "The cloud answers here, Sosie does not.",
}
HEADERS: dict[str, Json] = {
    "Sosie": {
        "description": "Sosie's addition: its version and the world.",
        "required": True,
        "schema": {"type": "string"},
    },
    "SosieRequest": {
        "description": "Sosie's addition: the id of the request's journal entry.",
        "required": True,
        "schema": {"type": "string"},
    },
    "SosieHint": {
        "description": "Sosie's addition: the code of a diagnosis, where there is one.",
        "required": False,
        "schema": {"type": "string"},
    },
    "Challenge": {
        "description": "`Bearer`, with the reason if a token was sent.",
        "required": False,
        "schema": {"type": "string"},
    },
    "NotStored": {"description": "Tokens are not to be stored.", "required": True, "schema": {"type": "string"}},
}
SECURITY: dict[str, Json] = {
    "accessToken": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT (at+jwt)",
        "description": "A token of the same region's identity service with the scope that the operation names. It may "
        "also come as the query parameter `access_token`.",
    }
}


def headers_of(status: int, row: Operation | None = None) -> Json:
    """Return what a response's headers are."""
    names = {"x-sosie": "Sosie", "x-sosie-request": "SosieRequest", "x-sosie-hint": "SosieHint"}
    if status == 401:
        names["WWW-Authenticate"] = "Challenge"
    if row is not None and row.tag == "Token":
        names |= {"Cache-Control": "NotStored", "Pragma": "NotStored"}
    return {name: {"$ref": f"#/components/headers/{shared}"} for name, shared in names.items()}


def _shared_response(status: int, *, has_body: bool) -> Json:
    made: Json = {"description": STATUS_TEXTS[status], "headers": headers_of(status)}
    if has_body:
        made["content"] = {"application/json": {"schema": {"$ref": REFERENCE.format(model="ErrorBody")}}}
    return made


_WITHOUT_BODY = (401, 403, 415)
SHARED_NAMES = {
    400: "Refused",
    401: "Unauthenticated",
    403: "Forbidden",
    404: "NotFound",
    415: "UnsupportedMediaType",
    500: "ServerFault",
    501: "NotSimulated",
}
SHARED_RESPONSES: dict[str, Json] = {
    name: _shared_response(status, has_body=status not in _WITHOUT_BODY) for status, name in SHARED_NAMES.items()
}


def info(service: Service, version: str) -> Json:
    """Return title and description; the version is the one of the contract."""
    return {
        "title": f"Sosie {service}",
        "version": version,
        "description": _ABOUT.format(name=_NAMES[service]),
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    }


def servers(service: Service) -> list[Json]:
    """Return where the service is: the default world, and any other one."""
    shared = {
        "origin": {"default": "http://127.0.0.1:8787", "description": "Where Sosie listens."},
        "region": {"default": "us", "enum": ["us", "eu"]},
        "service": {"default": service, "enum": ["push", "api"] if service == "push" else [service]},
    }
    world = {"world": {"default": "default", "description": "A world of one's own, such as one per test."}}
    return [
        {"url": "{origin}/{region}/{service}", "description": "The default world.", "variables": shared},
        {
            "url": "{origin}/w/{world}/{region}/{service}",
            "description": "Another world.",
            "variables": {**shared, **world},
        },
    ]
