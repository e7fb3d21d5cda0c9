"""Investigations of paths and ids."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sosie.diagnosis.unrouted import is_route, nearest_routes

if TYPE_CHECKING:
    from sosie.diagnosis.model import Finding
    from sosie.services.cases import Case


def unknown_route(case: Case) -> Finding:
    """Tell whether another service has the route, or which routes look like it."""
    path, method, service = (case.request[name] for name in ("path", "method", "service"))
    routes = case.routes()
    elsewhere = next((each for each in routes if each.service != service and is_route(path, method, each)), None)
    if elsewhere is not None:
        right = elsewhere.service
        uri = case.uris[f"{right}_uri"].rstrip("/") + path
        return case.found("ROUTE_OF_OTHER_SERVICE", right_service=right, right_uri=uri)
    near = nearest_routes(path, method, dict.fromkeys(routes))
    told = list(dict.fromkeys(f"{each.method} {each.path} ({each.service})" for each in near))
    finding = case.found(nearest=": the nearest known routes are " + ", ".join(told) if told else "")
    return replace(finding, details={"nearest": told}) if told else finding


def wrong_method(case: Case) -> Finding:
    """Tell which route the path is nearest to that takes this method: a misspelt word may look like a parameter."""
    path, method, service = (case.request[name] for name in ("path", "method", "service"))
    routes = dict.fromkeys(each for each in case.routes() if each.service == service and each.method == method)
    near = nearest_routes(path, method, routes)
    return case.found(meant=f" If {near[0].method} {near[0].path} was meant, correct the path." if near else "")


def no_guid(case: Case) -> Finding:
    """Tell what was no GUID; what was sent there instead may be a secret."""
    return case.found(what=case.clues.get("what", "id"), length=len(case.clues["id"]))
