"""What gateways do to answers on their way out: statuses, bodies, headers, and what they answer themselves."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from sosie.conformance import expect
from sosie.conformance.checks import discovery, token_installation, transport
from sosie.conformance.wire import RawRequest
from sosie.domain.clock import SystemClock
from sosie.local.deployment.probe import Probe, arrived, hinted
from sosie.local.doctor.probes import CLOCK_TOLERANCE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sosie.conformance.cloud import Cloud
    from sosie.conformance.wire import Answer

_NOTHING_OF_ITS_OWN = "Let the handlers' answers pass as they are: no error pages, no CORS and no cache settings."
_OF_THE_WAY = frozenset(
    {
        *("alt-svc", "apigw-requestid", "connection", "content-length", "date", "forwarded", "keep-alive", "server"),
        *("strict-transport-security", "transfer-encoding", "via", "x-cache", "x-request-id"),
    }
)
"""Headers that say how an answer travelled, and change nothing about it."""
_KEY_TYPE_OF_NOBODY = 3
_REMAPPED = "x-amzn-remapped-"


def marks(cloud: Cloud) -> str:
    """Expect an answer to say which Sosie and which world it is from, and a refusal why."""
    path = f"/w/{cloud.target.world}/{cloud.name}/api/installations/{cloud.guid()}"
    answer = cloud.api("GET", path.partition("/api")[2])
    seen = answer.headers.get("x-sosie")
    if seen is None:
        raise expect.DeviationError(f"{answer.request}: expected the header x-sosie, saw none ({answer.status})")
    expect.matches("x-sosie", seen, rf".+; world={cloud.target.world}")
    expect.has_members("headers", dict(answer.headers), ("x-sosie-request", "x-sosie-hint"))
    expect.holds(f"the path {path} in the journal", arrived(cloud, answer)["path"].endswith(path), answer.request)
    return f"x-sosie: {seen}, with the journal's id, and the reason of a refusal"


def unknown_route(cloud: Cloud) -> str:
    """Expect unknown routes of each service to get the cloud's 404."""
    for service in ("identity", "api", "push"):
        for method in ("GET", "POST", "DELETE"):
            (answer,) = cloud.raw(RawRequest(method, "/planets"), service=service)
            hinted(answer, "UNKNOWN_ROUTE")
            expect.empty(answer, 404)
    return "the cloud's 404 without a body, from each service"


def other_method(cloud: Cloud) -> str:
    """Expect a known path's other methods to get the cloud's 405."""
    transport.known_method(cloud)
    return "405 without a body, with Allow"


def head(cloud: Cloud) -> str:
    """Expect HEAD to reach a handler: the cloud has no such method on GET's routes."""
    (answer,) = cloud.raw(RawRequest("HEAD", "/alive"))
    expect.empty(answer, 405)
    expect.header(answer, "Allow", "GET")
    return "405 with Allow: GET, as the cloud answers"


def error_body(cloud: Cloud) -> str:
    """Expect a refusal's JSON to arrive as it is, whatever the status."""
    expect.error(cloud.api("GET", f"/installations/{cloud.guid()}"), 404, expect.NOT_FOUND)
    expect.invalid_at(cloud.api("POST", "/installations", json={}), "Email")
    expect.error(cloud.shared.key(_KEY_TYPE_OF_NOBODY), 500, expect.UNHANDLED)
    return "the error objects of a 400, a 404 and a 500 arrive"


def www_authenticate(cloud: Cloud) -> str:
    """Expect a 401 to name the scheme in WWW-Authenticate itself."""
    transport.token_missing(cloud)
    transport.token_bad(cloud)
    return "401 with WWW-Authenticate: Bearer, and invalid_token for a bad one"


def preflight(cloud: Cloud) -> str:
    """Expect preflights to be answered by a handler."""
    discovery.preflight(cloud)
    discovery.echo(cloud)
    discovery.stranger(cloud)
    return "204 with the vault's origin; nothing for a stranger's"


def cors(cloud: Cloud) -> str:
    """Expect CORS headers for the cloud's origins, and for them alone."""
    discovery.actual(cloud)
    answer = cloud.identity("GET", "/alive", headers={"Origin": "https://evil.example"})
    expect.status(answer, 200)
    expect.no_header(answer, "Access-Control-Allow-Origin")
    expect.no_header(answer, "Access-Control-Allow-Credentials")
    return "an allowed origin is named, a stranger's is not"


def no_store(cloud: Cloud) -> str:
    """Expect a token not to be cached on the way."""
    token_installation.success_headers(cloud)
    return "a token comes with Cache-Control: no-store"


def same_headers(cloud: Cloud) -> str:
    """Expect answers with the headers that the handlers gave, and none that says more about them."""
    for answer in (
        cloud.grant(**cloud.credentials()),
        cloud.api("GET", f"/installations/{cloud.installation.id}"),
        cloud.api("GET", "/accounts/profile"),
        cloud.api("GET", "/planets"),
    ):
        given = {name.lower(): value for name, value in arrived(cloud, answer)["response"]["headers"].items()}
        expect.part(f"{answer.request}: headers", dict(answer.headers), given)
        remapped = [name for name in answer.headers if name.startswith(_REMAPPED)]
        expect.same(f"{answer.request}: renamed headers", remapped, [])
        added = sorted(name for name in answer.headers if name not in given and not _is_harmless(name, answer))
        expect.same(f"{answer.request}: added headers", added, [])
    return "no header is lost, changed, renamed or added"


def _is_harmless(name: str, answer: Answer) -> bool:
    # A gateway may type what is empty; no client looks at the type of nothing.
    typed_nothing = name == "content-type" and not answer.body
    return typed_nothing or name in _OF_THE_WAY or name.startswith("x-amz")


def date(cloud: Cloud) -> str:
    """Expect answers to be dated, by a clock that is about right."""
    answer = cloud.api("GET", "/alive")
    try:
        theirs = parsedate_to_datetime(answer.headers.get("date", ""))
        ahead = (SystemClock().now() - theirs).total_seconds()
    except (ValueError, TypeError):
        raise expect.DeviationError(f"{answer.request}: expected a Date, saw none") from None
    if abs(ahead) > CLOCK_TOLERANCE_SECONDS:
        raise expect.DeviationError(f"{answer.request}: expected the time of this machine, saw {theirs.isoformat()}")
    return "answers are dated, and agree with this machine's clock"


PROBES: Sequence[Probe] = (
    Probe("unknown route", "api", _NOTHING_OF_ITS_OWN, unknown_route),
    Probe("other method", "api", "Let every method reach the handlers (ANY).", other_method),
    Probe("HEAD", "api", "Let HEAD reach the handlers, and answer it by none of its own.", head),
    Probe("error body", "api", _NOTHING_OF_ITS_OWN, error_body),
    Probe(
        "WWW-Authenticate",
        "api",
        "Use an HTTP API: a REST API renames this header to x-amzn-remapped-www-authenticate.",
        www_authenticate,
    ),
    Probe("preflight", "identity", "Remove the gateway's own CORS settings: handlers answer OPTIONS.", preflight),
    Probe("CORS", "identity", "Remove the gateway's own CORS settings: they answer for everybody.", cors),
    Probe("no-store", "identity", "Let Cache-Control and Pragma pass, and cache nothing.", no_store),
    Probe("same headers", "api", _NOTHING_OF_ITS_OWN, same_headers),
    Probe("date", "api", "Let what stands before the handlers date its answers, and set its clock.", date),
)
MARKS = Probe(
    "marks",
    "api",
    "Let the headers x-sosie, x-sosie-request and x-sosie-hint pass, and each path as it was sent.",
    marks,
)
