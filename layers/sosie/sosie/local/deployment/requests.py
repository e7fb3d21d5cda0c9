"""What gateways do to requests on their way in: headers, paths, bodies."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlencode

from sosie.conformance import expect
from sosie.conformance.checks import framing, token_people
from sosie.conformance.people import FAMILIES, SPONSORSHIPS, sign_up
from sosie.conformance.selfhosted import SelfHosted, sync_body
from sosie.conformance.wire import FORM, JSON, RawRequest, chunked
from sosie.local.deployment.probe import Probe, arrived, hinted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sosie.conformance.cloud import Cloud

_EVERY_PATH = "Let every path reach the handlers as it is: a route for all that is left ($default), no merged slashes."
_AS_IT_IS = "Let nothing on the way decode, encode or convert it."
_ODD_TEXT = "a+b %41 50% é"
_LARGE = 1024 * 1024


def header_names(cloud: Cloud) -> str:
    """Expect the headers that the cloud reads to arrive, whatever the letter case of their names."""
    sent = {
        "Bitwarden-Client-Name": "web",
        "bitwarden-client-version": "2026.8.0",
        "DEVICE-TYPE": "9",
        "Device-Identifier": cloud.guid(),
        "X-Deploy-Check": cloud.target.label,
    }
    (answer,) = cloud.raw(RawRequest("GET", "/alive", tuple(sent.items())), service="identity")
    expect.status(answer, 200)
    kept = {name.lower(): value for name, value in arrived(cloud, answer)["request"]["headers"].items()}
    expect.part("the headers that arrived", kept, {name.lower(): value for name, value in sent.items()})
    return f"{len(sent)} headers arrive with their values, names in any letter case"


def client_version(cloud: Cloud) -> str:
    """Expect a login with Bitwarden-Client-Version to pass, and without to be refused."""
    cloud.owner.granted_by_password()
    token_people.no_version(cloud)
    return "a login passes with it, and is refused without"


def no_user_agent(cloud: Cloud) -> str:
    """Expect a request without User-Agent and Accept to be served."""
    framing.no_user_agent(cloud)
    return "neither it nor Accept is needed, which self-hosted servers do not send"


def form_body(cloud: Cloud) -> str:
    """Expect a form to arrive byte by byte."""
    secret, first = cloud.installation.key, cloud.installation.key[0]
    fields = cloud.credentials("api.push", client_secret="") | {"deploy_check": _ODD_TEXT}
    del fields["client_secret"]
    # One character of the key is written in percent: who decodes twice, or not at all, refuses it.
    written = f"%{ord(first):02X}{secret[1:]}"
    body = f"{urlencode(fields)}&client_secret={written}".encode()
    headers = (("Content-Type", FORM), ("Content-Length", str(len(body))))
    (answer,) = cloud.raw(RawRequest("POST", "/connect/token", headers, (body,)), service="identity")
    expect.status(answer, 200)
    kept = arrived(cloud, answer)["request"]["body"]
    wanted = urlencode({"deploy_check": _ODD_TEXT})
    expect.holds(f"the form to arrive with {wanted}", wanted in kept, kept)
    return "plus signs and percent signs of a form arrive as they were sent"


def utf8_body(cloud: Cloud) -> str:
    """Expect a name beyond ASCII to come back as it was sent."""
    name = f"Fête n° 1 – 家族 🙂 {cloud.target.label}"
    raw = json.dumps(sign_up(FAMILIES, name, cloud.owner.email), ensure_ascii=False).encode()
    answer = cloud.owner.call(
        "POST", "/organizations/create-without-payment", content=raw, headers={"Content-Type": JSON}
    )
    expect.same("the organization's name", expect.document(answer)["name"], name)
    return "a name beyond ASCII comes back as it was sent"


def doubled_slash(cloud: Cloud) -> str:
    """Expect a doubled slash to reach a handler, which refuses it and says why."""
    (answer,) = cloud.raw(RawRequest("GET", f"//installations/{cloud.installation.id}"))
    hinted(answer, "DOUBLE_SLASH")
    expect.empty(answer, 404)
    return "the cloud's 404, with DOUBLE_SLASH"


def glued_path(cloud: Cloud) -> str:
    """Expect a route that is glued to a base URI to reach a handler, which refuses it and says why."""
    (answer,) = cloud.raw(RawRequest("GET", f"installations/{cloud.installation.id}"))
    hinted(answer, "BASE_URI_GLUED")
    expect.empty(answer, 404)
    return "the cloud's 404, with BASE_URI_GLUED"


def encoded_path(cloud: Cloud) -> str:
    """Expect a name with blanks and signs to be found by its percent-encoded form in a path."""
    mine, name = cloud.shared, f"{_ODD_TEXT} {cloud.email('odd')}"
    expect.done(mine.offer(cloud.email("odd"), friendlyName=name))
    path = f"{SPONSORSHIPS}/{mine.id}/{quote(name, safe='')}/revoke"
    token = ("Authorization", f"Bearer {mine.owner.token}")
    (answer,) = cloud.raw(RawRequest("DELETE", path, (token,)))
    expect.done(answer)
    return f"a name with {_ODD_TEXT} in a path is found by its percent-encoded form"


def query(cloud: Cloud) -> str:
    """Expect a query to arrive with the values that were sent."""
    sent = urlencode({"deployCheck": _ODD_TEXT, "empty": ""})
    (answer,) = cloud.raw(RawRequest("GET", f"/alive?{sent}"))
    expect.status(answer, 200)
    kept = arrived(cloud, answer)["path"].partition("?")[2]
    if parse_qsl(kept, keep_blank_values=True) != parse_qsl(sent, keep_blank_values=True):
        raise expect.DeviationError(f"the query: expected {sent}, saw {kept or 'none'}")
    return "plus signs, percent signs and empty values arrive"


def no_content_type(cloud: Cloud) -> str:
    """Expect a JSON body without, or with another, content type to be refused by the handler."""
    body = b'{"email":"ops@deploy-check.test"}'
    length = ("Content-Length", str(len(body)))
    for more in ((), (("Content-Type", "text/plain"),)):
        (answer,) = cloud.raw(RawRequest("POST", "/installations", (length, *more), (body,)))
        hinted(answer, "BODY_WITHOUT_CONTENT_TYPE" if not more else "CONTENT_TYPE_WRONG")
        expect.empty(answer, 415)
    return "415 without a content type, and with another one"


def no_body(cloud: Cloud) -> str:
    """Expect a POST without body, length and content type to be served."""
    framing.post_without_body(cloud)
    return "a POST without body and length is served"


def large_body(cloud: Cloud) -> str:
    """Expect a sync of a megabyte to arrive, in chunks and with its length."""
    server, token = SelfHosted(cloud), cloud.installation_token("api.installation")
    rows = [server.row(toDelete=True, padding="x" * 700) for _ in range(1000)]
    body = json.dumps(sync_body(server.organization.id, server.key, rows)).encode()
    common = (("Authorization", f"Bearer {token}"), ("Content-Type", JSON))
    framings = (
        (("Transfer-Encoding", "chunked"), chunked(body)),
        (("Content-Length", str(len(body))), (body,)),
    )
    for framing_header, pieces in framings:
        (answer,) = cloud.raw(RawRequest("POST", f"{SPONSORSHIPS}/sync", (*common, framing_header), pieces))
        expect.same("answer", expect.document(answer), {"sponsorshipsBatch": []})
    return f"a sync of 1,000 rows in {len(body) / _LARGE:.1f} MB arrives, in chunks and with its length"


PROBES: Sequence[Probe] = (
    Probe(
        "header names",
        "identity",
        "Let all headers of a request pass; names in any letter case are the same header.",
        header_names,
    ),
    Probe("client version", "identity", "Let the header Bitwarden-Client-Version pass.", client_version),
    Probe("no User-Agent", "api", "Drop the firewall rule that refuses requests without a User-Agent.", no_user_agent),
    Probe("form body", "identity", _AS_IT_IS, form_body),
    Probe("UTF-8 body", "api", _AS_IT_IS, utf8_body),
    Probe("query", "api", _AS_IT_IS, query),
    Probe(
        "encoded path",
        "api",
        "Let paths be decoded once, as an HTTP API does it: not by a proxy before it as well, nor never.",
        encoded_path,
    ),
    Probe("doubled slash", "api", _EVERY_PATH, doubled_slash),
    Probe("glued path", "api", _EVERY_PATH, glued_path),
    Probe(
        "no content type",
        "api",
        "Let nothing on the way add a content type, or refuse for want of one.",
        no_content_type,
    ),
    Probe("no body", "api", "Let a POST without Content-Length pass.", no_body),
    Probe("large body", "api", "Raise the limit of request bodies to 6 MB, the most a function is given.", large_body),
)
