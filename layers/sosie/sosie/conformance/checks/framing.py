"""Requests byte by byte: chunks, lengths, bodies where most servers expect none (docs/contract/clients.md §3, §13)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from sosie.conformance import expect
from sosie.conformance.licence import LicensedServer
from sosie.conformance.people import SPONSORSHIPS
from sosie.conformance.registry import check
from sosie.conformance.selfhosted import SelfHosted, expect_count, sync_body
from sosie.conformance.wire import FORM, JSON, RawRequest, chunked

if TYPE_CHECKING:
    from sosie.conformance.cloud import Cloud

_PAGE = "clients.md §3"


def _chunked(method: str, path: str, body: Any, token: str, size: int = 16 * 1024) -> RawRequest:
    """Return a request as a self-hosted server writes it."""
    headers = (
        ("Authorization", f"Bearer {token}"),
        ("Accept", "application/json"),
        ("Transfer-Encoding", "chunked"),
        ("Content-Type", JSON),
    )
    return RawRequest(method, path, headers, chunked(json.dumps(body).encode(), size))


def _measured(method: str, path: str, body: bytes, media: str, token: str | None = None) -> RawRequest:
    headers = [("Content-Type", media), ("Content-Length", str(len(body)))]
    if token is not None:
        headers.append(("Authorization", f"Bearer {token}"))
    return RawRequest(method, path, tuple(headers), (body,))


@check("transport.framing.chunked-get", "licensing-push-installations.md A.1", "A GET with a chunked body is read.")
def chunked_get(cloud: Cloud) -> None:
    server = LicensedServer(cloud)
    body = {"licenseKey": server.licence_key, "billingSyncKey": server.key}
    path, token = f"/licenses/organization/{server.organization.id}", cloud.installation_token("api.licensing")
    (answer,) = cloud.raw(_chunked("GET", path, body, token))
    expect.same("id", expect.document(answer)["id"], server.organization.id.lower())


@check(
    "transport.framing.measured-get",
    "licensing-push-installations.md A.1",
    "A GET with a body of known length is read.",
)
def measured_get(cloud: Cloud) -> None:
    server = LicensedServer(cloud)
    body = json.dumps({"licenseKey": server.licence_key, "billingSyncKey": server.key}).encode()
    path, token = f"/licenses/organization/{server.organization.id}", cloud.installation_token("api.licensing")
    (answer,) = cloud.raw(_measured("GET", path, body, JSON, token))
    expect.same("id", expect.document(answer)["id"], server.organization.id.lower())


@check("transport.framing.chunked-post", _PAGE, "A POST in chunks is read, however small they are.")
def chunked_post(cloud: Cloud) -> None:
    server = SelfHosted(cloud)
    token = cloud.installation_token("api.installation")
    for size in (7, 16 * 1024):
        body = sync_body(server.organization.id, server.key, [server.row()])
        (answer,) = cloud.raw(_chunked("POST", f"{SPONSORSHIPS}/sync", body, token, size))
        expect_count(expect.document(answer)["sponsorshipsBatch"], 1)


@check("transport.framing.chunked-put", _PAGE, "A PUT in chunks is read.")
def chunked_put(cloud: Cloud) -> None:
    token = cloud.installation_token("api.push")
    body = {"devices": [{}], "organizationId": cloud.guid()}
    (answer,) = cloud.raw(_chunked("PUT", "/push/add-organization", body, token), service="push")
    expect.invalid(answer, {"Devices[0].Id": ["The Id field is required."]})


@check("transport.framing.large", "clients.md §1", "A thousand rows in many chunks are read.")
def large(cloud: Cloud) -> None:
    server = SelfHosted(cloud)
    rows = [server.row(toDelete=True) for _ in range(1000)]
    body = sync_body(server.organization.id, server.key, rows)
    token = cloud.installation_token("api.installation")
    (answer,) = cloud.raw(_chunked("POST", f"{SPONSORSHIPS}/sync", body, token))
    expect.same("answer", expect.document(answer), {"sponsorshipsBatch": []})


@check("transport.framing.token-form", _PAGE, "The token request of a self-hosted server is read as it is written.")
def token_form(cloud: Cloud) -> None:
    body = urlencode(cloud.credentials()).encode()
    (answer,) = cloud.raw(_measured("POST", "/connect/token", body, FORM), service="identity")
    expect.same("scope", expect.document(answer)["scope"], "api.push")


@check("transport.framing.no-user-agent", "clients.md §13.1", "Neither User-Agent nor Accept is needed.")
def no_user_agent(cloud: Cloud) -> None:
    (answer,) = cloud.raw(RawRequest("GET", f"/installations/{cloud.installation.id}"))
    expect.same("id", expect.document(answer)["id"], cloud.installation.id.lower())


@check(
    "transport.framing.post-without-body", "clients.md §13.1", "A POST without body, length and content type is fine."
)
def post_without_body(cloud: Cloud) -> None:
    headers = (("Authorization", f"Bearer {cloud.owner.token}"),)
    (answer,) = cloud.raw(RawRequest("POST", f"{SPONSORSHIPS}/validate-token?sponsorshipToken=x", headers))
    expect.status(answer, 200)


@check("transport.framing.keep-alive", _PAGE, "Several requests share a connection, refused ones among them.")
def keep_alive(cloud: Cloud) -> None:
    path = f"/installations/{cloud.installation.id}"
    unread = _measured("POST", "/planets", b'{"a":1}', JSON)
    found = cloud.raw(RawRequest("GET", path), unread, RawRequest("GET", path))
    expect.same("statuses", [each.status for each in found], [200, 404, 200])
