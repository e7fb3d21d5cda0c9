"""The journal, read through the control plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sosie.control.problems import bad_request
from sosie.services import journal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sosie.ports import Store

DEFAULT_LIMIT = 100
MOST = 1_000


def list_requests(store: Store, world: str, query: Mapping[str, str]) -> dict[str, Any]:
    """Return entries that match, oldest first: the newest `limit`, or the ones following `after`."""
    filters = {name: query[name] for name in journal.FILTERS if name in query}
    unknown = sorted(set(query) - set(filters) - {"limit", "after"})
    if unknown:
        raise bad_request(f"The journal has no filter named {unknown[0]!r}.", filters=list(journal.FILTERS))
    limit = _limit(query.get("limit"))
    after = query.get("after")
    entries = journal.list_entries(store, world, filters, limit, after)
    answer: dict[str, Any] = {"items": entries}
    if after is not None and len(entries) == limit:
        answer["next"] = entries[-1]["id"]
    return answer


def read_request(store: Store, world: str, entry_id: str) -> dict[str, Any] | None:
    """Return one entry."""
    return journal.get_entry(store, world, entry_id)


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if not text.isascii() or not text.isdigit() or len(text) > 9 or not 1 <= int(text) <= MOST:
        raise bad_request(f"`limit` is a number from 1 to {MOST}.")
    return int(text)
