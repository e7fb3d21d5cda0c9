"""The portable form of what a world holds: `{"format": "sosie-snapshot", "version": 1, …}`.

    parts      what is in it besides the state: `mail`, `journal`
    at, wallAt when it was taken, by the world's clock and by the wall's
    record     the world's own settings, clock and seed, without its name
    scenario   the document that a reset returns to
    requests   how many requests the world had had, so that no id comes twice
    items      {partition without the world's name: {sort text: {"body", "orders", "expires"}}}

Bodies are what services/records.py stores. `orders` and `expires` stand where an item has them. Sorted by key, so that
two documents can be compared line by line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sosie.domain.errors import ScenarioError
from sosie.ports import Item, Key
from sosie.services.record_check import check_members
from sosie.services.records import from_body, parse_time, to_body
from sosie.services.world_record import WorldRecord

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

FORMAT, VERSION = "sosie-snapshot", 1
PARTS = ("mail", "journal")

Json = dict[str, Any]
OWN = frozenset({"name", "incarnation", "keys"})
"""What a record says about the very world that it is of."""


def record_body(record: WorldRecord) -> Json:
    """Return what a document says about a world itself."""
    return {name: value for name, value in to_body(record).items() if name not in OWN}


def record_of(document: Mapping[str, Any], world: str) -> WorldRecord:
    """Return the record for the world that a document is restored into."""
    return replace(from_body(WorldRecord, {"name": world, **document["record"]}), name=world)


def item_body(item: Item) -> Json:
    """Return an item as a document has it, without its key."""
    made: Json = {"body": item.body}
    if item.orders:
        made["orders"] = item.orders
    if item.expires is not None:
        made["expires"] = item.expires
    return made


def items_of(document: Mapping[str, Any], world: str, wall_now: datetime) -> Iterator[Item]:
    """Yield a document's items with keys of this world. What expires has as long to live as it had then."""
    later = int((wall_now - parse_time(document["wallAt"])).total_seconds())
    for partition, members in document["items"].items():
        for sort, item in members.items():
            expires = item.get("expires")
            if expires is not None:
                expires += later
            yield Item(Key(f"{world}/{partition}", sort), item["body"], orders=item.get("orders", {}), expires=expires)


def check_version(document: Any) -> None:
    """Raise ScenarioError unless this Sosie can read the document."""
    check_members(document, "")
    if document.get("format") != FORMAT:
        raise ScenarioError("format", f"must be {FORMAT}")
    version = document.get("version")
    if version != VERSION or isinstance(version, bool):
        raise ScenarioError("version", f"this Sosie reads version {VERSION}, not {version}")
