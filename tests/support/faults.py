"""Faults as a test makes them: over the control plane, as everybody does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.support.control import ask
from tests.support.token_client import ask as ask_token
from tests.support.token_client import installation_form

if TYPE_CHECKING:
    from tests.support.cloud import TestCloud, WireAnswer

UNAVAILABLE = {"kind": "status", "status": 503}
TOKEN_ROUTE = "/connect/token"


def fault(
    cloud: TestCloud,
    effect: dict[str, Any],
    match: dict[str, Any] | None = None,
    limit: dict[str, Any] | None = None,
    *,
    world: str = "default",
    **members: Any,
) -> str:
    """Add a rule that must be accepted, and return its id."""
    rule = {"effect": effect, "match": match or {}, "limit": limit or {}, **members}
    answer = ask(cloud, "POST", f"/worlds/{world}/faults", rule)
    assert answer.status == 200, answer.body
    made: str = answer.json["id"]
    return made


def counters(cloud: TestCloud, rule_id: str, world: str = "default") -> tuple[int, int]:
    """Return how many requests a rule has seen, and how many it was applied to."""
    rule = ask(cloud, "GET", f"/worlds/{world}/faults/{rule_id}").json
    return rule["seen"], rule["applied"]


def request_token(cloud: TestCloud, scope: str = "api.push", **more: Any) -> WireAnswer:
    """Ask for an installation's token, as self-hosted servers do."""
    return ask_token(cloud, installation_form(cloud.installation(region=more.get("region")), scope), **more)
