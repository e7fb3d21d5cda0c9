"""Requests that Schemathesis makes from a document, sent to a cloud in this process; no socket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests
from schemathesis import Response
from schemathesis.generation.case import Case

from tests.support.families import COUSIN, FAMILY, GLOBEX, GLOBEX_OWNER, member, sync_key
from tests.support.passwords import authentication_hash
from tests.support.token_client import VERSION, installation_form, password_form

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.cloud import TestCloud, WireAnswer

_BASE = "http://sosie.test"


class Known:
    """What is true in the scenario `families`: ids, keys and tokens that lead a request further than a 404."""

    def __init__(self, cloud: TestCloud) -> None:
        organization, family = cloud.organization(GLOBEX), cloud.organization(FAMILY)
        installation = cloud.installation()
        owner = cloud.user(GLOBEX_OWNER)
        self._ids = {
            "/installations/{id}": installation.id,
            "/licenses/user/{id}": owner.id,
            "/organizations/{orgId}/users/{id}": member(cloud, GLOBEX_OWNER, GLOBEX).id,
        }
        self._values: dict[str, Any] = {
            "id": organization.id,
            "orgid": organization.id,
            "organizationid": organization.id,
            "sponsoringorgid": organization.id,
            "sponsoringorganizationid": organization.id,
            "sponsoringorganizationcloudid": organization.id,
            "sponsoredorgid": family.id,
            "sponsoredorganizationid": family.id,
            "installationid": installation.id,
            "deviceid": owner.id,
            "userid": owner.id,
            "key": owner.license_key,
            "licensekey": organization.license_key,
            "billingsynckey": sync_key(cloud, GLOBEX),
            "masterpasswordhash": authentication_hash(GLOBEX_OWNER),
        }
        self._forms = {
            "client_credentials": installation_form(installation),
            "password": password_form(GLOBEX_OWNER),
        }
        self.tokens = {
            "owner": {"api": cloud.user_token(GLOBEX_OWNER)},
            "family": {"api": cloud.user_token(COUSIN)},
            "installation": {
                scope: cloud.installation_token(scope) for scope in ("api.installation", "api.licensing", "api.push")
            },
        }

    def put_into(self, case: Case) -> None:
        """Replace what the case says by what is true here, wherever the names say so."""
        for place in ("path_parameters", "query"):
            values = getattr(case, place)
            if isinstance(values, dict):
                setattr(case, place, self._made_true(values, case.path))
        if case.path == "/connect/token":
            form = self._forms.get(str(case.body.get("grant_type"))) if isinstance(case.body, dict) else None
            case.body = form or case.body
            case.headers = {**(case.headers or {}), **VERSION}
        elif isinstance(case.body, dict):
            case.body = self._made_true(case.body, case.path)

    def token_for(self, case: Case, caller: str) -> str | None:
        """Return a token with the scope the operation asks for; None for nobody, or if nobody can have one."""
        if caller == "nobody":
            return None
        security = case.operation.definition.raw.get("security") or [{}]
        scope = next((scopes[0] for scheme in security for scopes in scheme.values() if scopes), "api")
        if caller == "stranger":
            scope = "api.push" if scope == "api" else "api"
        held = self.tokens["owner" if caller == "stranger" else caller] | self.tokens["installation"]
        return held[scope]

    def _made_true(self, values: Mapping[str, Any], path: str) -> dict[str, Any]:
        known = self._values | ({"id": self._ids[path]} if path in self._ids else {})
        return {name: known.get(name.lower(), value) for name, value in values.items()}


def send(cloud: TestCloud, service: str, case: Case, token: str | None) -> tuple[WireAnswer, Response]:
    """Send a case as a client would; the answer has been held against the document when this returns."""
    kwargs = case.as_transport_kwargs(base_url=_BASE)
    prepared = requests.Request(
        **{name: kwargs[name] for name in ("method", "url", "params", "headers", "data", "json") if name in kwargs}
    ).prepare()
    body = prepared.body
    answer = cloud.request(
        prepared.method or "",
        prepared.path_url,
        service=service,
        body=body.encode() if isinstance(body, str) else body,
        headers=_headers(prepared, token),
        token=token,
    )
    headers = {name: [value] for name, value in answer.headers.items()}
    response = Response(answer.status, headers, answer.body.encode(), prepared, elapsed=0.0, verify=False)
    return answer, response


def _headers(prepared: requests.PreparedRequest, token: str | None) -> dict[str, str]:
    """Return what is sent; an authorization that was generated gives way to a token."""
    sent: dict[str, str] = {}
    for name, value in prepared.headers.items():
        if token is None or name.lower() != "authorization":
            sent[name] = value.decode("latin-1") if isinstance(value, bytes) else value
    return sent
