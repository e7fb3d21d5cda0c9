"""What a world's journal holds, read from the store itself and not from a view of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.support.cloud import TestCloud


def entries(cloud: TestCloud, world: str = "default") -> list[dict[str, Any]]:
    """Return a world's entries, oldest first."""
    return [dict(item.body) for item in cloud.sosie.store.query(f"{world}/journal")]


def last_entry(cloud: TestCloud, world: str = "default") -> dict[str, Any]:
    return entries(cloud, world)[-1]


def as_stored(cloud: TestCloud, world: str = "default") -> str:
    """Return the whole journal as one text, to search it."""
    return json.dumps(entries(cloud, world), ensure_ascii=False)
