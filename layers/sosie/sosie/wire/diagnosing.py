"""Names the diagnosis of what a use case had no part in, and has every named one investigated.

A diagnosis never changes an answer: whatever goes wrong here is logged, and the code alone is told.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from sosie.diagnosis.unrouted import diagnose_unrouted
from sosie.domain.errors import InvalidError
from sosie.domain.regions import FACTS, REGIONS, SERVICES, other_region
from sosie.wire.address import resolve_address
from sosie.wire.http import Param

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sosie.diagnosis.model import Finding
    from sosie.diagnosis.unrouted import KnownRoute
    from sosie.domain.errors import RefusedError
    from sosie.domain.regions import Region, Service
    from sosie.services.cases import Case
    from sosie.wire.http import Call, Exchange, Route

logger = logging.getLogger("sosie.wire")

_JSON = "application/json"


def suspect_refusal(call: Call, route: Route, error: RefusedError) -> None:
    """Name why a refusal was raised; one about fields says it by itself."""
    if error.diagnosis is not None:
        call.exchange.suspect(error.diagnosis, **error.clues)
    elif isinstance(error, InvalidError):
        _suspect_fields(call, route, error)


def suspect_route(call: Call, methods: Sequence[str]) -> None:
    """Name why no route answers; `methods` are those the path has."""
    if methods:
        became_get = call.method == "GET" and "POST" in methods
        call.exchange.suspect("POST_BECAME_GET" if became_get else "METHOD_NOT_ALLOWED", allowed=list(methods))
    else:
        call.exchange.suspect(diagnose_unrouted(call.path))


def suspect_body(call: Call) -> None:
    """Name why a body is not of the type its route reads."""
    if call.media_type:
        call.exchange.suspect("CONTENT_TYPE_WRONG", wanted=_JSON)
    else:
        call.exchange.suspect("BODY_WITHOUT_CONTENT_TYPE" if call.body else "BODY_MISSING", wanted=_JSON)


def diagnose(call: Call) -> dict[str, Any] | None:
    """Return the diagnosis of a request as the journal shows it; None if there is nothing to say."""
    exchange = call.exchange
    if exchange.diagnosis is not None:
        code, clues = exchange.diagnosis, exchange.clues
    elif exchange.uow.remarked is not None:
        code, clues = exchange.uow.remarked
    else:
        return None
    from sosie.diagnosis.catalog import describe  # only what is refused needs the texts
    from sosie.diagnosis.model import Finding

    try:
        return describe(_investigate(call, code, clues))
    except Exception:
        about = {"correlation_id": exchange.request_id}
        logger.exception("%s of %s %s cannot be explained", code, call.method, exchange.route, extra=about)
        return describe(Finding(code))


def _investigate(call: Call, code: str, clues: Mapping[str, Any]) -> Finding:
    from sosie.services.investigate import investigate

    return investigate(_case(call, code, clues))


def _case(call: Call, code: str, clues: Mapping[str, Any]) -> Case:
    from sosie.services.cases import Case

    exchange = call.exchange
    if code in ("ADDRESS_UNKNOWN", "REGION_MISSING", "WORLD_UNKNOWN", "BASE_URI_GLUED"):
        clues = {**clues, **_address_clues(call, exchange)}
    return Case(
        code=code,
        clues=clues,
        uow=exchange.uow,
        keyring=exchange.keyring,
        caller=exchange.caller,
        request={
            "method": call.method,
            "path": call.path,
            "service": exchange.address.service,
            "world": exchange.address.world,
            "size": str(len(call.body)),
            "sent": call.media_type or "nothing",
        },
        uris=_uris(exchange),
        routes=_all_routes,
    )


def _address_clues(call: Call, exchange: Exchange) -> dict[str, str]:
    meant = resolve_address(call.path)
    glued = exchange.diagnosis == "BASE_URI_GLUED"
    return {
        # A glued path lost what tells it from a right one when it was read.
        "path": exchange.address.prefix + call.path.removeprefix("/") if glued else call.path,
        "host": call.headers.get("host", "").partition(":")[0],
        "world": meant.world if meant else exchange.address.world,
    }


def _suspect_fields(call: Call, route: Route, error: InvalidError) -> None:
    texts = error.errors.get("$", []) + error.errors.get("", [])
    guids = [name for name in error.errors if route.params.get(name) in (Param.GUID, Param.GUID_ROUTE)]
    if any("body is required" in text for text in texts):
        call.exchange.suspect("BODY_MISSING")
    elif any("could not be read" in text for text in texts):
        call.exchange.suspect("BODY_NOT_JSON", problem=texts[0])
    elif guids:
        call.exchange.suspect("ID_NOT_GUID", what=guids[0], id=call.params[guids[0]])
    else:
        call.exchange.suspect("FIELDS_INVALID", fields=[name or "the whole body" for name in error.errors])


def _uris(exchange: Exchange) -> dict[str, str]:
    """Return base URIs by name, the way this request came, with the final slash that the .NET client needs."""
    here = exchange.address.region
    uris: dict[str, str] = {}
    for prefix, region in (("", here), ("other_", other_region(here))):
        uris |= {f"{prefix}{service}_uri": _uri(exchange, region, service) for service in SERVICES}
    return uris | {"service_uri": uris[f"{exchange.address.service}_uri"]}


def _uri(exchange: Exchange, region: Region, service: Service) -> str:
    address = exchange.address
    if root := exchange.roots.get(f"{region}/{service}"):
        return f"{root}/"
    if not address.prefix and any(FACTS[each].domain in exchange.base_url for each in REGIONS):
        return f"https://{FACTS[region].host(service)}/"
    world = "" if address.world == "default" else f"/w/{address.world}"
    return f"{exchange.base_url}{world}/{region}/{service}/"


def _all_routes() -> list[KnownRoute]:
    from sosie.diagnosis.unrouted import KnownRoute
    from sosie.wire.routes import routes_of

    return [KnownRoute(service, route.method, route.path) for service in SERVICES for route in routes_of(service)]
