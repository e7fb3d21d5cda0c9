"""Investigations of sponsorship and licence syncs: which organization, which key, which rows."""

from __future__ import annotations

import hmac
from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from sosie.diagnosis.model import Finding, RowFinding
from sosie.domain.organizations import API_KEY_LENGTH, LICENCE_KEY_LENGTH, KeyType, Organization, OrganizationApiKey
from sosie.domain.regions import other_region
from sosie.domain.sponsorships import why_skipped
from sosie.ports import Key
from sosie.services import repository as repo
from sosie.services.cases import words
from sosie.services.records import from_body

if TYPE_CHECKING:
    from sosie.services.cases import Case

MOST_ORGANIZATIONS = 200
"""Organizations whose keys a wrong key is compared with."""
MOST_ROWS = 100
"""Rows that a diagnosis names; a journal entry has its limits."""
_ROWS_LOOKED_AT = 1_000


def organization_unknown(case: Case, organization_id: str | None = None) -> Finding:
    """Tell whether the other region has an organization, or this one had it."""
    sought = organization_id or str(case.clues["organization_id"])
    uow = case.uow
    if repo.organizations.get(uow, sought) is not None:
        return case.found("ORGANIZATION_WITHOUT_API", organization_id=sought, plan="whatever it is")
    elsewhere = Key(f"{uow.world}/{other_region(uow.region)}/organizations", sought)
    gone_key = repo.gone_organizations.key(uow, sought)
    there = uow.get_many([elsewhere, gone_key])
    if elsewhere in there:
        organization = from_body(Organization, there[elsewhere].body)
        return case.found("ORGANIZATION_OTHER_REGION", organization=organization)
    gone = repo.gone_organizations.get(uow, sought)
    if gone is not None:
        return case.found("ORGANIZATION_DELETED", organization=sought, date=gone.date)
    return case.found("ORGANIZATION_UNKNOWN", organization=sought)


def organization_first(case: Case) -> Finding:
    """Tell that there is no such organization, before anything about the caller's place in it."""
    organization_id = case.clues.get("organization_id")
    if organization_id is not None and repo.organizations.get(case.uow, organization_id) is None:
        return organization_unknown(case)
    return case.found()


def sync_key(case: Case) -> Finding:
    """Tell what a wrong billing sync key is: an old one, another organization's, or the right one written badly."""
    presented, stored = str(case.clues["presented"]), case.clues["key"]
    until = stored.retired_at(presented)
    if until is not None:
        return case.found("SYNC_KEY_ROTATED", until=until)
    owner = _owner_of(case, presented)
    if owner is not None:
        return case.found("SYNC_KEY_OF_OTHER_ORGANIZATION", owner=owner)
    return case.found(how=_how(presented, stored.api_key, API_KEY_LENGTH))


def licence_key(case: Case) -> Finding:
    """Tell in what a wrong licence key differs."""
    presented, owner = case.clues["presented"], case.clues["organization"]
    if not presented:
        return case.found(how=": none was sent")
    return case.found(how=_how(presented, owner.license_key or "", LICENCE_KEY_LENGTH))


def no_subscription(case: Case) -> Finding:
    """Tell when an organization without a subscription ran out."""
    expired = case.clues["expired"]
    return case.found(expired=f", and its licence ran out at {words(expired)}" if expired else "")


def duplicates(case: Case) -> Finding:
    """Tell which member has several rows, if it is among the first thousand."""
    if "member" in case.clues:
        return case.found(consequence=": the cloud expects one at most and fails")
    organization = case.clues["organization"]
    items = case.uow.query(f"organization/{organization.id}", "sponsorship#", limit=_ROWS_LOOKED_AT)
    members = Counter(item.key.sort.split("#")[1] for item in items)
    member = next((member for member, times in members.items() if times > 1), "that is not known")
    return case.found(member=member, consequence=": the cloud fails at every sync while that is so")


def rows(case: Case) -> Finding:
    """Tell of each row why it was skipped; members that have two rows now are told as well."""
    organization: Organization = case.clues["organization"]
    doubled, skipped = case.clues["doubled"], case.clues["skipped"]
    facts = case.facts(
        plan=organization.plan, consequence=" now, and from now on the cloud fails", expired=_expired(organization)
    )
    found = [RowFinding(member, "DUPLICATE_MEMBER", {**facts, "member": member}) for member in doubled]
    for item in skipped:
        member = item.sponsoring_member_id
        found.append(RowFinding(member, why_skipped(item, organization), {**facts, "member": member}))
    counts = {"reported": case.clues["reported"], "skipped": len(skipped)}
    codes = {row.code for row in found}
    if len(codes) > 1:
        finding = case.found(concerned=len(found))
    else:
        first = found[0]
        preface = f"Of {counts['reported']} rows {len(found)} are like this. " if len(found) > 1 else ""
        finding = Finding(first.code, first.facts, preface=preface)
    return replace(finding, details=counts, rows=found[:MOST_ROWS])


def _expired(organization: Organization) -> str:
    expiration: datetime | None = organization.expiration_date
    return "without an expiration date" if expiration is None else f"and it expired at {words(expiration)}"


def _owner_of(case: Case, presented: str) -> Organization | None:
    """Return the organization whose current billing sync key this is, among the first of the region."""
    items = case.uow.query("organizations", limit=MOST_ORGANIZATIONS)
    organizations = {item.key.sort: from_body(Organization, item.body) for item in items}
    identities = [(organization_id, KeyType.BILLING_SYNC) for organization_id in organizations]
    found: dict[tuple[str, KeyType], OrganizationApiKey] = repo.api_keys.get_many(case.uow, identities)
    sent = presented.encode("utf-8", "surrogatepass")
    for (organization_id, _), key in found.items():
        if hmac.compare_digest(key.api_key.encode(), sent):
            return organizations[organization_id]
    return None


def _how(presented: str, right: str, length: int) -> str:
    from sosie.services.investigate_clients import how_different

    return how_different(presented, right, length)
