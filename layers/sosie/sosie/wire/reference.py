"""What anybody may ask: the server's configuration and the plans (docs/contract/api.md §4.5, §4.8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sosie.domain.plans import LISTED_PLANS, PLANS
from sosie.domain.regions import FACTS
from sosie.wire.http import Answer, Route
from sosie.wire.info import SERVER_VERSION
from sosie.wire.plan_wire import plan_to_wire

if TYPE_CHECKING:
    from sosie.wire.http import Call

GIT_HASH = "ac309aa1"
_SIGNAL_R = 0


def read_config(call: Call) -> Answer:
    """§4.5: `server` stays null, because clients take any name there for a third party's server."""
    return Answer(
        body={
            "object": "config",
            "version": SERVER_VERSION,
            "gitHash": GIT_HASH,
            "server": None,
            "environment": environment_to_wire(call),
            "featureStates": {},
            "push": {"pushTechnology": _SIGNAL_R, "vapidPublicKey": None},
            "communication": None,
            "settings": {"disableUserRegistration": False, "suppressOnboardingInterstitials": False},
        }
    )


def list_plans(call: Call) -> Answer:
    """§4.8: the plans on sale, and the Families plan that older web vaults pick."""
    del call
    data = [plan_to_wire(PLANS[number]) for number in LISTED_PLANS]
    return Answer(body={"object": "list", "data": data, "continuationToken": None})


def environment_to_wire(call: Call) -> dict[str, Any]:
    """Return where clients find the services: here, under the prefix they came by.

    Who came by one of the cloud's host names gets the cloud's host names, because they lead here. The web vault is
    not simulated and is always the region's own. Notifications and single sign-on are not simulated either, but their
    addresses stay here, where nobody answers: a client under test must not turn to the real cloud.
    """
    facts, address = FACTS[call.region], call.exchange.address
    root = call.exchange.base_url + address.prefix.rpartition("/")[0]
    names = ("api", "identity", "notifications", "sso")
    roots = call.exchange.roots
    if roots:
        own = {name: roots[f"{call.region}/{name}"] for name in ("api", "identity")}
        urls = {name: own.get(name, f"{own['identity']}/{name}") for name in names}
    elif address.prefix:
        urls = {name: f"{root}/{name}" for name in names}
    else:
        urls = {name: f"https://{facts.host(name)}" for name in names}
    return {"cloudRegion": facts.cloud_region, "vault": facts.vault, **urls}


ROUTES = (
    Route("GET", "/config", read_config),
    Route("GET", "/plans", list_plans),
)
