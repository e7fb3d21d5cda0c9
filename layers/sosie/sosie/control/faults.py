"""The verbs on faults: what there is, what a world has, and how often it was applied (design: faults)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sosie.control.http import Verb
from sosie.control.problems import bad_request, no_such
from sosie.domain.fault_effects import EFFECTS
from sosie.domain.faults import LIMIT, MATCH, parse_rule, refusal_without_sockets
from sosie.services.faults import add_rules, clear_rules, drop_rule, list_rules

if TYPE_CHECKING:
    from sosie.control.http import Plane, Request
    from sosie.domain.faults import Rule


def read_catalog(request: Request) -> Any:
    """Every effect with its parameters as JSON schema and when it strikes; the schemas of `match` and `limit`."""
    return catalog(owns_sockets=request.plane.owns_sockets)


def list_faults(request: Request) -> Any:
    """The rules in the order in which they are asked; `seen` counts what matched, `applied` what was changed."""
    return {"items": [each.to_json() for each in list_rules(request.plane.store, request.world)]}


def add_faults(request: Request) -> Any:
    """Add a rule, or a list of rules, all or none; answers the same with ids and counters. 400 names the member."""
    world, given = request.world, request.document()
    if isinstance(given, list):
        rules = [_parsed(request.plane, each, f"[{at}]") for at, each in enumerate(given)]
        return {"items": [each.to_json() for each in add_rules(request.plane.store, world, rules)]}
    if not isinstance(given, dict):
        raise bad_request('Send a rule, such as {"effect": {"kind": "status", "status": 503}}, or a list of rules.')
    (added,) = add_rules(request.plane.store, world, [_parsed(request.plane, given, "")])
    return added.to_json()


def read_fault(request: Request) -> Any:
    """One rule with its counters."""
    wanted = request.params["id"]
    for each in list_rules(request.plane.store, request.world):
        if each.rule.id == wanted:
            return each.to_json()
    raise no_such("fault", wanted)


def drop_fault(request: Request) -> Any:
    """Remove a rule."""
    if not drop_rule(request.plane.store, request.world, request.params["id"]):
        raise no_such("fault", request.params["id"])


def clear_faults(request: Request) -> Any:
    """Remove all rules."""
    clear_rules(request.plane.store, request.world)


def catalog(*, owns_sockets: bool) -> dict[str, Any]:
    """Return the catalogue as JSON. An effect is not `available` where the host lacks what it needs."""
    effects = [
        {
            "kind": each.kind,
            "description": each.description,
            "strikes": each.strikes,
            "needsSockets": each.needs_sockets,
            "available": owns_sockets or not each.needs_sockets,
            "place": None
            if each.place is None
            else {"service": each.place.service, "method": each.place.method, "routes": list(each.place.routes)},
            "schema": each.schema,
        }
        for each in EFFECTS.values()
    ]
    return {"items": effects, "match": MATCH, "limit": LIMIT}


def _parsed(plane: Plane, document: Any, where: str) -> Rule:
    rule = parse_rule(document, where)
    if not plane.owns_sockets and (refusal := refusal_without_sockets(rule)) is not None:
        member, problem = refusal
        path = f"{where}.{member}" if where else member
        raise bad_request(f"{path}: {problem}", where=path, problem=problem)
    return rule


VERBS = (
    Verb("GET", "/faults/catalog", read_catalog, answer="FaultCatalog"),
    Verb("GET", "/worlds/{world}/faults", list_faults, answer="Faults"),
    Verb("POST", "/worlds/{world}/faults", add_faults, body="NewFaults", answer="AddedFaults"),
    Verb("DELETE", "/worlds/{world}/faults", clear_faults, answer=None),
    Verb("GET", "/worlds/{world}/faults/{id}", read_fault, answer="Fault"),
    Verb("DELETE", "/worlds/{world}/faults/{id}", drop_fault, answer=None),
)
