"""What a world is, compared before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sosie.control.state import read_state
from tests.support.control import ask

if TYPE_CHECKING:
    from sosie.ports import Store
    from sosie.services.worlds import Worlds
    from tests.support.cloud import TestCloud

_OF_NO_STATE = ("journal", "mail")
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
