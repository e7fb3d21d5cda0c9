"""The licence sync, which is a GET with a JSON body: proxies and caches drop the body, or refuse the request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sosie.conformance import expect
from sosie.conformance.wire import JSON, RawRequest, chunked
from sosie.local.deployment.probe import Probe, arrived

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sosie.conformance.cloud import Cloud
    from sosie.conformance.wire import Answer

_KEEP_BODIES = (
    "Let nothing on the way drop or refuse the body of a GET: no CloudFront, no caching proxy; "
    "a regional HTTP API passes it."
)


def token(cloud: Cloud) -> str:
    """Expect a token for licences."""
    cloud.installation_token("api.licensing")
    return "an installation gets a token for api.licensing"


def get_in_chunks(cloud: Cloud) -> str:
    """Expect the body of a GET to arrive as .NET frames it."""
    return _get_with_body(cloud, in_chunks=True)


def get_with_length(cloud: Cloud) -> str:
    """Expect the body of a GET to arrive with its length told."""
    return _get_with_body(cloud, in_chunks=False)


def _get_with_body(cloud: Cloud, *, in_chunks: bool) -> str:
    """Hold the answer to a licence sync for nobody against those without a body, and with one that is no JSON."""
    marked = json.dumps({"licenseKey": "nobody's", "billingSyncKey": None, "deployCheck": cloud.target.label})
    whole, broken, none = (_ask(cloud, body, in_chunks=in_chunks) for body in (marked.encode(), b"{", b""))
    if (whole.status, whole.body) == (none.status, none.body):
        raise expect.DeviationError(
            f"{whole.request}: the body is lost on the way: {whole.status} is answered with it as without it"
        )
    expect.error(whole, 404, expect.NOT_FOUND)
    expect.invalid(none, {"": [expect.NO_BODY]})
    expect.same("message", expect.document(broken, 400)["message"], expect.INVALID_MODEL)
    kept = arrived(cloud, whole)["request"]["body"]
    expect.holds("the whole body to arrive", cloud.target.label in kept, kept)
    return "404 for nobody's licence, 400 for a broken body, another 400 for none: the body arrives"


def _ask(cloud: Cloud, body: bytes, *, in_chunks: bool) -> Answer:
    headers = [
        ("Authorization", f"Bearer {cloud.installation_token('api.licensing')}"),
        ("Accept", "application/json"),
        ("Content-Type", JSON),
    ]
    headers.append(("Transfer-Encoding", "chunked") if in_chunks else ("Content-Length", str(len(body))))
    pieces = chunked(body) if in_chunks else (body,)
    (answer,) = cloud.raw(RawRequest("GET", f"/licenses/organization/{cloud.guid()}", tuple(headers), pieces))
    return answer


PROBES: Sequence[Probe] = (
    Probe("licence token", "identity", "Let the identity service's paths reach its handler.", token),
    Probe("GET with body", "api", _KEEP_BODIES, get_in_chunks),
    Probe("GET with length", "api", _KEEP_BODIES, get_with_length),
)
