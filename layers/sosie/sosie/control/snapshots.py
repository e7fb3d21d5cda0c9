"""The verbs on a world's snapshots."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sosie.control.http import Reply, Verb
from sosie.control.problems import bad_request, no_such
from sosie.control.summary import summarize
from sosie.services import snapshots
from sosie.services.records import time_text
from sosie.services.snapshot_document import PARTS
from sosie.services.snapshot_store import forget_snapshot, headers

if TYPE_CHECKING:
    from sosie.control.http import Request
    from sosie.services.snapshot_store import SnapshotHeader


def list_snapshots(request: Request) -> Any:
    """The snapshots of a world, by name."""
    return {"items": [_header_to_json(header) for header in headers(request.plane.store, request.world)]}


def take_snapshot(request: Request) -> Any:
    """Take a snapshot, in place of the one of that name; `?with=mail,journal` puts these in as well.

    Without them a restored world has an empty mailbox and an empty journal.
    """
    if unknown := sorted(set(request.query) - {"with"}):
        raise bad_request(f"Taking a snapshot has no parameter named {unknown[0]!r}.")
    parts = [part for part in request.query.get("with", "").split(",") if part]
    for part in parts:
        if part not in PARTS:
            raise bad_request(f"A snapshot has no part {part!r}; there are {', '.join(PARTS)}.")
    return _header_to_json(snapshots.take(request.plane.worlds, request.world, _name(request), parts))


def read_snapshot(request: Request) -> Any:
    """The portable document: sorted and indented, to be kept and compared. It holds secrets of the world.

    The world's seed and the key material of its people and organizations are in it, its signing keys are not.
    """
    found = snapshots.read(request.plane.worlds, request.world, _name(request))
    if found is None:
        raise no_such("snapshot", request.params["name"])
    return Reply(json.dumps(found, ensure_ascii=False, indent=1, sort_keys=True) + "\n")


def upload_snapshot(request: Request) -> Any:
    """Keep a document under this name, such as one of another world. A damaged one is refused by its member."""
    world, name = request.world, _name(request)
    return _header_to_json(snapshots.keep(request.plane.worlds, world, name, request.document()))


def restore_snapshot(request: Request) -> Any:
    """Return the world to a snapshot: data, clock and settings, all at once; answers the summary."""
    world = request.world
    try:
        snapshots.restore(request.plane.worlds, world, _name(request))
    except LookupError:
        raise no_such("snapshot", request.params["name"]) from None
    return summarize(request.plane.worlds, world, request.base_url, request.plane.domain)


def delete_snapshot(request: Request) -> Any:
    """Forget a snapshot."""
    if not forget_snapshot(request.plane.store, request.world, _name(request)):
        raise no_such("snapshot", request.params["name"])


def _name(request: Request) -> str:
    name = request.params["name"]
    if not snapshots.is_snapshot_name(name):
        raise bad_request("A snapshot's name is of letters, digits, dots, hyphens and underscores, at most 63.")
    return name


def _header_to_json(header: SnapshotHeader) -> dict[str, Any]:
    return {
        "name": header.name,
        "scenario": header.scenario,
        "at": time_text(header.at),
        "wallAt": time_text(header.wall_at),
        "parts": list(header.parts),
        "items": header.items,
        "bytes": header.size,
    }


VERBS = (
    Verb("GET", "/worlds/{world}/snapshots", list_snapshots, answer="Snapshots"),
    Verb(
        "PUT",
        "/worlds/{world}/snapshots/{name}",
        take_snapshot,
        query={"with": "`mail`, `journal` or `mail,journal`: what to put in besides the state."},
        answer="Snapshot",
    ),
    Verb("GET", "/worlds/{world}/snapshots/{name}", read_snapshot, answer="SnapshotDocument"),
    Verb(
        "POST",
        "/worlds/{world}/snapshots/{name}",
        upload_snapshot,
        body="SnapshotDocument",
        answer="Snapshot",
    ),
    Verb("POST", "/worlds/{world}/snapshots/{name}/restore", restore_snapshot, answer="Summary"),
    Verb("DELETE", "/worlds/{world}/snapshots/{name}", delete_snapshot, answer=None),
)
