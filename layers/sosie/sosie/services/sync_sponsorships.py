"""The cloud's side of a sponsorship sync (docs/contract/api.md §2.8).

What it costs follows from the batch: rows are read by key, however many the organization has.
"""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sosie.domain.errors import BadRequestError, ServerFaultError
from sosie.domain.html_text import decoded
from sosie.domain.organizations import EVENT_SPONSORSHIPS_SYNCED, KeyType, OrganizationEvent
from sosie.domain.sponsorships import SyncItem, SyncOutcome, sync_item
from sosie.services import repository as repo
from sosie.services.mail import send_offer
from sosie.services.sponsorship_rows import (
    add_row,
    first_rows,
    has_duplicates,
    remove_only_row,
    row_item,
    row_key,
)

if TYPE_CHECKING:
    from sosie.domain.members import Caller
    from sosie.domain.organizations import Organization
    from sosie.domain.sponsorships import Sponsorship
    from sosie.ports import Keyring
    from sosie.services.unit_of_work import UnitOfWork

WRONG_SYNC_KEY = "Invalid Billing Sync Key"
_FIT_ONE_GROUP = 30  # new rows with their mails and all else that is written: then order costs nothing
_LONGEST_TEXT = 256  # UTF-16 units, as the cloud's storage counts


def sync_sponsorships(
    uow: UnitOfWork,
    keyring: Keyring,
    caller: Caller,
    organization_id: str,
    billing_sync_key: str | None,
    batch: Sequence[SyncItem | None] | None,
) -> list[SyncOutcome]:
    """Bring the reported rows and the cloud's together, and return the items that were not skipped."""
    uow.expect([repo.api_keys.key(uow, organization_id, KeyType.BILLING_SYNC)])
    organization = repo.organizations.get(uow, organization_id)
    if organization is None:
        raise BadRequestError("Invalid organization").because("ORGANIZATION_UNKNOWN", organization_id=organization_id)
    check_sync_key(uow, organization_id, billing_sync_key)
    items = _complete(organization, batch)
    rows = first_rows(uow, organization_id, (item.sponsoring_member_id for item in items))
    if items and has_duplicates(uow, organization_id):
        text = "a member of the organization has several sponsorships"
        raise ServerFaultError(text).because("DUPLICATE_MEMBER", organization=organization)
    outcomes = _apply(uow, organization, items, dict(rows))
    new = [outcome for outcome in outcomes if outcome.new]
    _remark(uow, organization, items, outcomes, new)
    _check_lengths(new)
    every_new_row_has_mail = all(_row(outcome).offered_to_email for outcome in new)
    uow.parallel = True
    _store_known(uow, organization_id, rows, outcomes)
    _store_new(uow, keyring, organization, new, send=every_new_row_has_mail)
    if organization.enabled and organization.events_enabled:
        _log(uow, caller, organization_id)
    if not every_new_row_has_mail:
        member = next(_row(each).sponsoring_member_id for each in new if not _row(each).offered_to_email)
        raise ServerFaultError("an offer has nobody to go to").because("OFFER_WITHOUT_EMAIL", member=member)
    return outcomes


def check_sync_key(uow: UnitOfWork, organization_id: str, presented: str | None) -> None:
    """Compare a billing sync key exactly. Raises BadRequestError, or ServerFaultError if there never was one."""
    refusal = BadRequestError(WRONG_SYNC_KEY)
    if presented is None or not presented.strip():
        raise refusal.because("SYNC_KEY_MISSING", organization_id=organization_id)
    stored = repo.api_keys.get(uow, organization_id, KeyType.BILLING_SYNC)
    if stored is None:
        text = "no billing sync key was ever generated"
        raise ServerFaultError(text).because("SYNC_KEY_NEVER_GENERATED", organization_id=organization_id)
    if not hmac.compare_digest(stored.api_key.encode(), presented.encode("utf-8", "surrogatepass")):
        raise refusal.because("SYNC_KEY_WRONG", organization_id=organization_id, presented=presented, key=stored)


def _complete(organization: Organization, batch: Sequence[SyncItem | None] | None) -> list[SyncItem]:
    if batch is None:
        raise ServerFaultError("the batch is missing").because("BATCH_MISSING", organization=organization)
    items = [item for item in batch if item is not None]
    if len(items) != len(batch):
        places = [at for at, item in enumerate(batch) if item is None]
        raise ServerFaultError("an element of the batch is null").because("ROW_NULL", places=places)
    return items


def _remark(
    uow: UnitOfWork,
    organization: Organization,
    items: Sequence[SyncItem],
    outcomes: Sequence[SyncOutcome],
    new: Sequence[SyncOutcome],
) -> None:
    """Note rows that were skipped, and members that have two rows from now on: nothing in the answer says so."""
    members = [outcome.item.sponsoring_member_id for outcome in new]
    if len(outcomes) == len(items) and len(set(members)) == len(members):
        return
    taken = {id(outcome.item) for outcome in outcomes}
    uow.remark(
        "ROWS_SKIPPED",
        organization=organization,
        skipped=[item for item in items if id(item) not in taken],
        doubled=[member for member, times in Counter(members).items() if times > 1],
        reported=len(items),
    )


def _apply(
    uow: UnitOfWork, organization: Organization, items: Sequence[SyncItem], rows: dict[str, Sponsorship]
) -> list[SyncOutcome]:
    """Apply the items in order; a member's second item finds the row as the first one left it."""
    outcomes = []
    for item in items:
        outcome = sync_item(item, rows.get(item.sponsoring_member_id), organization, uow.ids.guid, uow.now)
        if outcome is None:
            continue
        outcomes.append(outcome)
        if outcome.row is not None and not outcome.new:
            rows[item.sponsoring_member_id] = outcome.row
    return outcomes


def _check_lengths(new: Sequence[SyncOutcome]) -> None:
    """Raise ServerFaultError for a text that the cloud's storage cannot take; known rows store none of the texts."""
    for row in map(_row, new):
        for text in (row.friendly_name, row.offered_to_email):
            if text is not None and len(text.encode("utf-16-le")) // 2 > _LONGEST_TEXT:
                refusal = ServerFaultError("a text is too long to be stored")
                raise refusal.because("TEXT_TOO_LONG", member=row.sponsoring_member_id, limit=_LONGEST_TEXT)


def _store_known(
    uow: UnitOfWork, organization_id: str, rows: Mapping[str, Sponsorship], outcomes: Sequence[SyncOutcome]
) -> None:
    removed: set[str] = set()
    for outcome in outcomes:
        member_id = outcome.item.sponsoring_member_id
        if member_id not in rows:
            continue
        if outcome.row is None:
            removed.add(member_id)
        else:
            uow.put(row_item(row_key(uow, organization_id, member_id), outcome.row))
    for member_id in removed:
        remove_only_row(uow, organization_id, member_id)


def _store_new(
    uow: UnitOfWork, keyring: Keyring, organization: Organization, new: Sequence[SyncOutcome], *, send: bool
) -> None:
    uow.get_many(repo.email_key(uow, row.offered_to_email) for row in map(_row, new) if row.offered_to_email)
    name = decoded(organization.name) or ""
    for outcome in _doubles_last(new):
        # Tied, because groups of a large sync are written at once: if it breaks among them, the rows that stand have
        # their mails, and the others get theirs when the sync is repeated.
        if send:
            send_offer(uow, keyring, _row(outcome), organization.id, name, tied=True)
        add_row(uow, organization.id, _row(outcome))


def _doubles_last(new: Sequence[SyncOutcome]) -> list[SyncOutcome]:
    """Return rows in order, but a member's second ones at the end: the last group, in which they are counted too."""
    if len(new) <= _FIT_ONE_GROUP:
        return list(new)
    firsts: dict[str, SyncOutcome] = {}
    for outcome in new:
        firsts.setdefault(_row(outcome).sponsoring_member_id, outcome)
    return sorted(new, key=lambda outcome: firsts[_row(outcome).sponsoring_member_id] is not outcome)


def _row(outcome: SyncOutcome) -> Sponsorship:
    if outcome.row is None:
        raise ValueError("a new row is always stored")
    return outcome.row


def _log(uow: UnitOfWork, caller: Caller, organization_id: str) -> None:
    event = OrganizationEvent(
        id=uow.ids.guid(),
        organization_id=organization_id,
        type=EVENT_SPONSORSHIPS_SYNCED,
        date=uow.now,
        installation_id=caller.installation_id,
    )
    repo.log_event(uow, event)
