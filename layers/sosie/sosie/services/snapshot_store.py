"""Where the snapshots of a world lie: outside of its partitions, because they stay when it is reset.

    _snapshots/{world}/names         {name}                    SnapshotHeader
    _snapshots/{world}/text/{name}   {generation}#{number}     a piece of the text

No world's name begins with an underscore. A text is compressed, and cut so that each piece fits into DynamoDB's 400 KB.
The header is written after the pieces it names, and names them by a generation of their own: who reads while a snapshot
is taken again gets the old one or the new one. The pieces of the old one go last.
"""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from sosie.domain.ids import unguessable_token
from sosie.ports import Delete, Item, Key, Put
from sosie.services.records import from_body, to_body

if TYPE_CHECKING:
    from sosie.ports import Store

PIECE = 300_000
"""Characters of a piece, all of them ASCII."""
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class SnapshotHeader:
    """What a list of snapshots tells. `at` is the world's time, `wall_at` the wall's, `size` the text's in bytes.

    `parts` are those that it has besides the state: `mail`, `journal`.
    """

    name: str
    scenario: str
    at: datetime
    wall_at: datetime
    items: int
    size: int
    parts: tuple[str, ...] = ()
    generation: str = ""
    pieces: int = 0


def keep_text(store: Store, world: str, header: SnapshotHeader, text: str) -> SnapshotHeader:
    """Store a snapshot under its name, in place of what has that name."""
    before = find_header(store, world, header.name)
    data = text.encode()
    packed = base64.b64encode(zlib.compress(data, 1)).decode()
    pieces = [packed[start : start + PIECE] for start in range(0, len(packed), PIECE)]
    header = replace(header, size=len(data), generation=unguessable_token(), pieces=len(pieces))
    keys = _piece_keys(world, header)
    store.write(
        [
            *(Put(Item(key, {"text": piece}), always=True) for key, piece in zip(keys, pieces, strict=True)),
            Put(Item(_header_key(world, header.name), to_body(header)), always=True),
            *(Delete(key) for key in (_piece_keys(world, before) if before else ())),
        ]
    )
    return header


def find_text(store: Store, world: str, name: str) -> str | None:
    """Return a snapshot's text; None if there is none of that name."""
    for _ in range(_ATTEMPTS):
        header = find_header(store, world, name)
        if header is None:
            return None
        keys = _piece_keys(world, header)
        found = store.get_many(keys)
        if len(found) == len(keys):
            packed = "".join(found[key].body["text"] for key in keys)
            return zlib.decompress(base64.b64decode(packed)).decode()
    return None  # it was taken again, and again, while it was read


def find_header(store: Store, world: str, name: str) -> SnapshotHeader | None:
    """Return what is known of a snapshot."""
    key = _header_key(world, name)
    item = store.get_many([key]).get(key)
    return None if item is None else from_body(SnapshotHeader, item.body)


def headers(store: Store, world: str) -> list[SnapshotHeader]:
    """Return a world's snapshots, by name."""
    return [from_body(SnapshotHeader, item.body) for item in store.query(_names(world))]


def forget_snapshot(store: Store, world: str, name: str) -> bool:
    """Remove a snapshot, and tell whether there was one."""
    header = find_header(store, world, name)
    if header is None:
        return False
    store.write([Delete(_header_key(world, name)), *map(Delete, _piece_keys(world, header))])
    return True


def drop_snapshots(store: Store, world: str) -> None:
    """Remove all snapshots of a world."""
    texts = [_text(world, header.name) for header in headers(store, world)]
    store.drop(f"_snapshots/{world}/", [_names(world), *texts])


def _names(world: str) -> str:
    return f"_snapshots/{world}/names"


def _text(world: str, name: str) -> str:
    return f"_snapshots/{world}/text/{name}"


def _header_key(world: str, name: str) -> Key:
    return Key(_names(world), name)


def _piece_keys(world: str, header: SnapshotHeader) -> list[Key]:
    return [Key(_text(world, header.name), f"{header.generation}#{at:05d}") for at in range(header.pieces)]
