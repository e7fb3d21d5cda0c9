"""Snapshots: what a world holds, under a name, to return to or to carry elsewhere.

A snapshot goes with its world and stays when the world is reset. Signing keys are not in it: they stay with the world,
so that after a restore tokens, licences and offers from before are still good, and those of another world are not.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from sosie.services.records import parse_time, time_text
from sosie.services.snapshot_document import (
    FORMAT,
    PARTS,
    VERSION,
    check_version,
    item_body,
    items_of,
    record_body,
    record_of,
)
from sosie.services.snapshot_store import SnapshotHeader, find_text, keep_text
from sosie.services.world_record import claim_key, requests_key, scenario_key, world_key

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from sosie.services.world_record import WorldRecord
    from sosie.services.worlds import Worlds

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_PASSING = ("faults", "rate-limits")
"""What is done to a world for a while, and how often its clients asked: gone after a restore, as after a reset."""


def is_snapshot_name(text: str) -> bool:
    """Tell whether a text can name a snapshot: letters, digits, dots, hyphens and underscores, at most 63."""
    return _NAME.fullmatch(text) is not None


def take(worlds: Worlds, world: str, name: str, parts: Collection[str] = ()) -> SnapshotHeader:
    """Keep what a world holds now under a name; `parts` of `PARTS` as well. Raises LookupError for no such world."""
    return _keep(worlds, world, name, document_of(worlds, world, parts))


def keep(worlds: Worlds, world: str, name: str, document: Any) -> SnapshotHeader:
    """Keep a document under a name. Raises ScenarioError, which names the member, if no world can be made of it."""
    from sosie.services.snapshot_check import check_document  # late: it knows every kind of record

    check_document(document, _common_partitions(worlds, world))
    return _keep(worlds, world, name, document)


def read(worlds: Worlds, world: str, name: str) -> dict[str, Any] | None:
    """Return a snapshot's document; None if there is none of that name."""
    text = find_text(worlds.store, world, name)
    return None if text is None else json.loads(text)


def restore(worlds: Worlds, world: str, name: str) -> WorldRecord:
    """Return a world to a snapshot of it; readers see the one or the other. Raises LookupError, ScenarioError."""
    document = read(worlds, world, name)
    if document is None:
        raise LookupError(name)
    check_version(document)
    items = items_of(document, world, worlds.clock.now())
    return worlds.restore(record_of(document, world), document["scenario"], items, document["requests"])


def document_of(worlds: Worlds, world: str, parts: Collection[str] = ()) -> dict[str, Any]:
    """Return what a world holds. Raises LookupError for no such world.

    SQLite shows one moment. DynamoDB shows each partition as it is when it is read: take it while nobody writes.
    """
    record = worlds.open(world)
    if record is None:
        raise LookupError(world)
    wall_now = worlds.clock.now()
    left_out = {f"{world}/{part}" for part in (*PARTS, *_PASSING) if part not in parts}
    own = {key(world) for key in (world_key, scenario_key, claim_key, requests_key)}
    items: dict[str, dict[str, Any]] = {}
    for partition in worlds.partitions(world):
        found = [] if partition in left_out else worlds.store.query(partition)
        kept = {item.key.sort: item_body(item) for item in found if item.key not in own}
        if kept:
            items[partition.removeprefix(f"{world}/")] = kept
    return {
        "format": FORMAT,
        "version": VERSION,
        "parts": [part for part in PARTS if part in parts],
        "at": time_text(record.clock.at(wall_now)),
        "wallAt": time_text(wall_now),
        "record": record_body(record),
        "scenario": worlds.scenario_document(world),
        "requests": worlds.last_request(world),
        "items": items,
    }


def _keep(worlds: Worlds, world: str, name: str, document: Mapping[str, Any]) -> SnapshotHeader:
    header = SnapshotHeader(
        name=name,
        scenario=document["record"]["scenario"],
        at=parse_time(document["at"]),
        wall_at=parse_time(document["wallAt"]),
        items=sum(map(len, document["items"].values())),
        size=0,
        parts=tuple(document["parts"]),
    )
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return keep_text(worlds.store, world, header, text)


def _common_partitions(worlds: Worlds, world: str) -> set[str]:
    names = (name.removeprefix(f"{world}/") for name in worlds.partitions(world))
    return set(_without_owned(names)).difference(_PASSING)


def _without_owned(partitions: Iterator[str]) -> Iterator[str]:
    return (name for name in partitions if name.count("/") < 2)  # `us/organization/{id}` is some organization's own
