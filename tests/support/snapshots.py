"""Snapshots over the control plane, and what a world is, compared before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sosie.control.state import read_state
from tests.support.control import ask

if TYPE_CHECKING:
    from sosie.ports import Store
    from sosie.services.worlds import Worlds
    from tests.support.cloud import TestCloud, WireAnswer

SNAPSHOTS = "/worlds/default/snapshots"
_OF_NO_STATE = ("journal", "mail", "faults", "rate-limits")
_OF_ONE_LIFE = {"record", "claim", "requests"}


def raw_items(worlds: Worlds, world: str = "default") -> dict[tuple[str, str], Any]:
    """Return every item of a world, but for journal and mailbox and what each incarnation has of its own."""
    store: Store = worlds.store
    return {
        (partition.removeprefix(f"{world}/"), item.key.sort): (item.body, item.orders, item.expires)
        for partition in worlds.partitions(world)
        if partition.removeprefix(f"{world}/") not in _OF_NO_STATE
        for item in store.query(partition)
        if not (partition == f"{world}/world" and item.key.sort in _OF_ONE_LIFE)
    }


def everything(cloud: TestCloud, world: str = "default") -> dict[str, Any]:
    """Return what a world is, seen from outside and from inside."""
    summary = ask(cloud, "GET", f"/worlds/{world}").json
    record = cloud.sosie.worlds.open(world)
    return {
        "summary": {name: value for name, value in summary.items() if name != "incarnation"},
        "state": read_state(cloud.sosie.worlds, world),
        "settings": ask(cloud, "GET", f"/worlds/{world}/settings").json,
        "maintained": record.maintained_until if record else None,
        "items": raw_items(cloud.sosie.worlds, world),
    }


# Over the control plane.


def take(cloud: TestCloud, name: str = "before", query: str = "") -> dict[str, Any]:
    """Take a snapshot of the default world, and return what is told about it."""
    answer = ask(cloud, "PUT", f"{SNAPSHOTS}/{name}{query}")
    assert answer.status == 200, answer.body
    header: dict[str, Any] = answer.json
    return header


def restore(cloud: TestCloud, name: str = "before", world: str = "default") -> WireAnswer:
    answer = ask(cloud, "POST", f"/worlds/{world}/snapshots/{name}/restore")
    assert answer.status == 200, answer.body
    return answer


def document(cloud: TestCloud, name: str = "before") -> dict[str, Any]:
    """Return a snapshot's portable document."""
    found: dict[str, Any] = ask(cloud, "GET", f"{SNAPSHOTS}/{name}").json
    return found


def carried(cloud: TestCloud, made: Any, name: str = "carried", world: str = "default") -> WireAnswer:
    """Upload a document."""
    return ask(cloud, "POST", f"/worlds/{world}/snapshots/{name}", made)
