"""Sponsorship rows in the store.

A row lives in the partition of its sponsoring organization under `sponsorship#{member}#{slot}`. The first row of a
member has slot `0`, further ones their own id: so a sync finds every member's row by key, whatever the organization
already holds. How many members have several rows is counted in `duplicates`; a sync fails while there are any
(docs/contract/api.md §2.8 #7). When a member's slot-0 row goes, another one moves there.

`by_name` orders rows by lower-cased friendly name, `by_sync` by last sync. A Families organization points to the row
that sponsors it (`sponsored`), so that two redemptions of it conflict.

Orphans: when an organization is deleted, the rows it sponsored stay in its partition, however many they are, and none
of them is written. Whoever reads one through this module finds no sponsoring organization in it. `repository` keeps
the ids of deleted organizations (`gone_organizations`), `homes_of_rows` lists them with the others, and `rows_at_home`,
`find_row`, `save_row` and `remove_row` work there as everywhere: so the purge and the control plane find every row.
The other look-ups are for rows *of* an organization (§2.2), and a deleted one has none.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from sosie.domain.errors import ConflictError, ServerFaultError
from sosie.domain.sponsorships import Sponsorship
from sosie.ports import Item, Key, Order
from sosie.services.records import from_body, time_text, to_body
from sosie.services.repository import gone_organizations, organizations

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from sosie.ports import Store
    from sosie.services.unit_of_work import UnitOfWork

_FIRST_SLOT = "0"
_PREFIX = "sponsorship#"
_PAGE = 1000


def row_key(uow: UnitOfWork, organization_id: str, member_id: str, slot: str = _FIRST_SLOT) -> Key:
    """Return where a member's row of a slot lives."""
    return Key(uow.partition(f"organization/{organization_id}"), f"{_PREFIX}{member_id}#{slot}")


def _duplicates_key(uow: UnitOfWork, organization_id: str) -> Key:
    return Key(uow.partition(f"organization/{organization_id}"), "duplicates")


def sponsored_key(uow: UnitOfWork, organization_id: str) -> Key:
    """Return where a Families organization points to the row that sponsors it."""
    return Key(uow.partition(f"organization/{organization_id}"), "sponsored")


def row_item(key: Key, row: Sponsorship) -> Item:
    """Return a row as an item, with its places in the further orders."""
    orders: dict[Order, str] = {"by_name": _name_place(row.friendly_name)}
    if row.last_sync_date is not None:
        orders["by_sync"] = time_text(row.last_sync_date)
    return Item(key, to_body(row), orders=orders)


def _name_place(friendly_name: str | None) -> str:
    # A digest has one length, so no name is another's prefix and none is too long for a key.
    if friendly_name is None:
        return "null"
    return "name#" + hashlib.sha256(friendly_name.lower().encode()).hexdigest()


def rows_of_member(uow: UnitOfWork, organization_id: str, member_id: str) -> list[tuple[Key, Sponsorship]]:
    """Return all rows of a member, admin-initiated or not, the first one first."""
    found = uow.query(f"organization/{organization_id}", f"{_PREFIX}{member_id}#")
    return [(item.key, from_body(Sponsorship, item.body)) for item in found]


def own_row_of_member(uow: UnitOfWork, organization_id: str, member_id: str) -> Sponsorship | None:
    """Return the member's row that no admin initiated. Several make the cloud fail (§2.2): ServerFaultError."""
    own = [row for _, row in rows_of_member(uow, organization_id, member_id) if not row.is_admin_initiated]
    if len(own) > 1:
        refusal = ServerFaultError("the member has several sponsorships")
        raise refusal.because("DUPLICATE_MEMBER", organization_id=organization_id, member=member_id)
    return own[0] if own else None


def rows_of_organization(uow: UnitOfWork, organization_id: str) -> list[Sponsorship]:
    """Return all rows of a sponsoring organization."""
    found = uow.query(f"organization/{organization_id}", _PREFIX)
    return [from_body(Sponsorship, item.body) for item in found]


def rows_at_home(uow: UnitOfWork, home: str) -> list[Sponsorship]:
    """Return all rows of a partition: an organization's own, or the orphans that a deleted one left."""
    rows = rows_of_organization(uow, home)
    return rows if organizations.get(uow, home) is not None else [_orphaned(row) for row in rows]


def rows_with_date(store: Store, uow: UnitOfWork, home: str) -> Iterator[list[Sponsorship]]:
    """Yield the rows of a partition, orphans too, that have a `valid_until`; page by page, some pages empty.

    They come from the store as it is, so that a large organization is never read in one go.
    """
    after: str | None = None
    partition = uow.partition(f"organization/{home}")
    while page := store.query(partition, _PREFIX, after=after, limit=_PAGE):
        yield [from_body(Sponsorship, item.body) for item in page if item.body["valid_until"] is not None]
        after = page[-1].key.sort


def rows_named(uow: UnitOfWork, organization_id: str, friendly_name: str | None) -> list[Sponsorship]:
    """Return the organization's rows with this friendly name, compared in lower case; none of a deleted one."""
    if organizations.get(uow, organization_id) is None:
        return []
    found = uow.query(f"organization/{organization_id}", _name_place(friendly_name), order="by_name")
    return [from_body(Sponsorship, item.body) for item in found]


def latest_sync(uow: UnitOfWork, organization_id: str) -> datetime | None:
    """Return the newest `last_sync_date` over all rows of the organization (§2.9)."""
    found = uow.query(f"organization/{organization_id}", order="by_sync", newest_first=True, limit=1)
    return from_body(Sponsorship, found[0].body).last_sync_date if found else None


def find_row(uow: UnitOfWork, organization_id: str, member_id: str, row_id: str) -> Sponsorship | None:
    """Return the row with this id, an orphan too. Such a row has one of two places, so nothing is searched."""
    places = [row_key(uow, organization_id, member_id, slot) for slot in (_FIRST_SLOT, row_id)]
    home = organizations.key(uow, organization_id)
    found = uow.get_many([*places, home])
    rows = (from_body(Sponsorship, found[place].body) for place in places if place in found)
    row = next((row for row in rows if row.id == row_id), None)
    return row if row is None or home in found else _orphaned(row)


def row_sponsoring(uow: UnitOfWork, sponsored_organization_id: str) -> tuple[str, Sponsorship] | None:
    """Return the row that sponsors a Families organization, and in which organization's partition it lives (§2.2)."""
    pointer = uow.get(sponsored_key(uow, sponsored_organization_id))
    if pointer is None:
        return None
    body = pointer.body
    row = find_row(uow, body["organizationId"], body["memberId"], body["rowId"])
    if row is None or row.sponsored_organization_id != sponsored_organization_id:
        return None  # the row went on without this organization, and the pointer stayed
    return body["organizationId"], row


def homes_of_rows(uow: UnitOfWork, organization_ids: Iterable[str]) -> list[str]:
    """Return in which partitions there may be rows: these organizations', and those of all deleted ones (§2.1)."""
    return [*organization_ids, *(gone.id for gone in gone_organizations.list(uow))]


def has_duplicates(uow: UnitOfWork, organization_id: str) -> bool:
    """Tell whether some member of the organization has several rows."""
    item = uow.get(_duplicates_key(uow, organization_id))
    return item is not None and item.body["members"] > 0


def first_rows(uow: UnitOfWork, organization_id: str, member_ids: Iterable[str]) -> Mapping[str, Sponsorship]:
    """Return the first row of each of these members, by member; one batch, however many rows there are."""
    keys = {row_key(uow, organization_id, member_id): member_id for member_id in dict.fromkeys(member_ids)}
    wanted = [*keys, _duplicates_key(uow, organization_id)]
    found = uow.get_many(wanted)
    return {keys[key]: from_body(Sponsorship, item.body) for key, item in found.items() if key in keys}


def add_row(uow: UnitOfWork, organization_id: str, row: Sponsorship) -> None:
    """Write a new row. The member's first row gets the first slot; a second one makes the member a duplicate."""
    _point_to(uow, organization_id, row)
    first = row_key(uow, organization_id, row.sponsoring_member_id)
    if (item := uow.get(first)) is None:
        uow.put(row_item(first, row))
        return
    uow.put(item)  # so that whatever changes how many rows the member has conflicts with this
    others = rows_of_member(uow, organization_id, row.sponsoring_member_id)
    uow.put(row_item(row_key(uow, organization_id, row.sponsoring_member_id, row.id), row))
    if len(others) == 1:
        _count_duplicates(uow, organization_id, +1)


def save_row(uow: UnitOfWork, organization_id: str, row: Sponsorship) -> None:
    """Write a changed row back to where it is, and keep the sponsored organization's pointer to it."""
    uow.put(row_item(_slot_of(uow, organization_id, row), row))
    _point_to(uow, organization_id, row)


def remove_row(uow: UnitOfWork, organization_id: str, row: Sponsorship) -> None:
    """Delete a row; another row of the member takes the first slot if that became free."""
    rows = rows_of_member(uow, organization_id, row.sponsoring_member_id)
    key = next((key for key, other in rows if other.id == row.id), None)
    if key is None:  # it was read a moment ago
        raise ConflictError("somebody else removed the row meanwhile")
    others = [(other_key, other) for other_key, other in rows if other.id != row.id]
    if others:
        # The first slot is written in any case: two changes of how many rows the member has must conflict.
        first = row_key(uow, organization_id, row.sponsoring_member_id)
        heir_key, heir = others[0]
        uow.put(row_item(first, heir))
        if key == first:
            key = heir_key
    item = uow.get(key)
    if item is not None:
        uow.delete(item)
    if len(others) == 1:
        _count_duplicates(uow, organization_id, -1)
    if row.sponsored_organization_id is not None:
        pointer = uow.get(sponsored_key(uow, row.sponsored_organization_id))
        if pointer is not None and pointer.body["rowId"] == row.id:
            uow.delete(pointer)


def remove_only_row(uow: UnitOfWork, organization_id: str, member_id: str) -> None:
    """Delete the row of a member who is known to have just one unredeemed row; costs no further read."""
    item = uow.get(row_key(uow, organization_id, member_id))
    if item is not None:
        uow.delete(item)


def forget_sponsored(uow: UnitOfWork, organization_id: str) -> None:
    """Take a deleted organization out of the row that sponsors it; date and mark stay (§2.1)."""
    found = row_sponsoring(uow, organization_id)
    if found is not None:
        home, row = found
        save_row(uow, home, replace(row, sponsored_organization_id=None))
    pointer = uow.get(sponsored_key(uow, organization_id))
    if pointer is not None:
        uow.delete(pointer)


def _orphaned(row: Sponsorship) -> Sponsorship:
    return replace(row, sponsoring_organization_id=None)


def _point_to(uow: UnitOfWork, organization_id: str, row: Sponsorship) -> None:
    """Let the sponsored organization of a redeemed row point to it."""
    if row.sponsored_organization_id is None:
        return
    key = sponsored_key(uow, row.sponsored_organization_id)
    pointer = {"organizationId": organization_id, "memberId": row.sponsoring_member_id, "rowId": row.id}
    before = uow.get(key)
    if before is None or before.body != pointer:
        uow.put(Item(key, pointer))


def _slot_of(uow: UnitOfWork, organization_id: str, row: Sponsorship) -> Key:
    first = row_key(uow, organization_id, row.sponsoring_member_id)
    item = uow.get(first)
    if item is not None and item.body["id"] == row.id:
        return first
    own = row_key(uow, organization_id, row.sponsoring_member_id, row.id)
    uow.get(own)  # its version: a write is on condition that nobody else wrote meanwhile
    return own


def _count_duplicates(uow: UnitOfWork, organization_id: str, by: int) -> None:
    key = _duplicates_key(uow, organization_id)
    item = uow.get(key)
    uow.put(Item(key, {"members": max(0, (item.body["members"] if item else 0) + by)}))
