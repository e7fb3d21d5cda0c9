"""The request journal: every wire request and its answer, redacted before it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from sosie.ports import Delete, Item, Key
from sosie.services.journal_filters import matches

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sosie.domain.redaction import Redactor
    from sosie.ports import Store

BODY_LIMIT = 24 * 1024
"""Characters of a body that an entry keeps; longer ones are cut, and the entry says how many bytes they had.

Two bodies fit into DynamoDB's 400 KB even if JSON writes every character with six bytes."""
ENTRIES_LIMIT = 10_000
"""Entries a world keeps; the oldest go first."""
TRIM_EVERY = 200
"""After how many requests the oldest entries are dropped, so up to as many more are kept for a while."""
_PAGE = 200


@dataclass(frozen=True, slots=True)
class Message:
    """One direction of an exchange, as it was on the wire."""

    headers: Mapping[str, str]
    body: bytes


def journal_partition(world: str) -> str:
    """Return the partition of a world's journal."""
    return f"{world}/journal"


def entry_item(world: str, entry: Mapping[str, Any], expires: int | None = None) -> Item:
    """Return an entry as an item; its id is its place in the order."""
    return Item(Key(journal_partition(world), entry["id"]), entry, expires=expires)


def kept_message(message: Message, redactor: Redactor, *, answered: bool = False) -> dict[str, Any]:
    """Return a message as the journal keeps it: redacted, readable, cut. `answered`: it is Sosie's own."""
    redact = redactor.answer if answered else redactor.text
    text = message.body.decode("utf-8", "backslashreplace")
    kept: dict[str, Any] = {"headers": redactor.headers(message.headers), "body": redact(text[:BODY_LIMIT])}
    if len(text) > BODY_LIMIT:
        kept["bodySize"] = len(message.body)
    return kept


def list_entries(
    store: Store, world: str, filters: Mapping[str, str], limit: int = 100, after: str | None = None
) -> list[dict[str, Any]]:
    """Return entries, oldest first, that match (`journal_filters.checked_filters`).

    Without `after` the newest `limit` entries that match are returned, with it the ones that follow.
    """
    found = entries_of(store, world, after, newest_first=after is None)
    matching = list(islice((entry for entry in found if matches(entry, filters)), limit))
    return matching if after is not None else matching[::-1]


def entries_of(
    store: Store, world: str, after: str | None = None, *, newest_first: bool = False
) -> Iterator[dict[str, Any]]:
    """Yield a world's entries, those behind `after` if given; read page by page, as far as somebody wants them."""
    while page := store.query(journal_partition(world), after=after, newest_first=newest_first, limit=_PAGE):
        yield from (dict(item.body) for item in page)
        if len(page) < _PAGE:
            return
        after = page[-1].key.sort


def newest_id(store: Store, world: str) -> str:
    """Return the newest entry's id, an empty text if there is none."""
    found = store.query(journal_partition(world), newest_first=True, limit=1)
    return found[0].key.sort if found else ""


def get_entry(store: Store, world: str, entry_id: str) -> dict[str, Any] | None:
    """Return one entry."""
    key = Key(journal_partition(world), entry_id)
    item = store.get_many([key]).get(key)
    return None if item is None else dict(item.body)


def surplus(store: Store, world: str, oldest_kept: str) -> list[Delete]:
    """Return the deletions of the entries before `oldest_kept`, a few hundred at a time."""
    found = store.query(journal_partition(world), limit=2 * TRIM_EVERY)
    return [Delete(item.key) for item in found if item.key.sort < oldest_kept]
