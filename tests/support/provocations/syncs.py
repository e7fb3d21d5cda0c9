"""Sponsorship and licence syncs that are refused, and rows that are skipped (api.md §2.8, licensing page A.1)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sosie.domain.organizations import GoneOrganization
from sosie.services import repository as repo
from tests.support.cloud import TestCloud
from tests.support.families import (
    ACME,
    GLOBEX,
    INITECH,
    NOW,
    OWNER,
    answered,
    change_organization,
    generate_sync_key,
    give_sync_key,
    guid,
    key_request,
    prepared,
    sync,
    sync_key,
    sync_row,
)
from tests.support.organization_keys import rotate
from tests.support.provocations.told import (
    BASE,
    FAILED,
    JSON,
    NOT_FOUND,
    UNKNOWN,
    Expected,
    Told,
    api_error,
    named,
    provokes,
)

WRONG_KEY = api_error(400, "Invalid Billing Sync Key")


def items(*rows: dict[str, Any]) -> Expected:
    return Expected(200, {"sponsorshipsBatch": list(rows)}, JSON)


# Organizations.


@provokes("ORGANIZATION_UNKNOWN")
def an_organization_of_no_region(cloud: TestCloud) -> Told:
    answer = sync(cloud, [], sponsoringOrganizationCloudId=UNKNOWN)
    message = f"No region of this world has an organization {UNKNOWN}."
    return Told(answer, api_error(400, "Invalid organization"), message, ("licence file",))


@provokes("ORGANIZATION_OTHER_REGION")
def an_organization_of_the_other_region(cloud: TestCloud) -> Told:
    european = next(each for each in repo.organizations.list(cloud.unit("eu")) if each.name == "Dupont SA")
    answer = sync(cloud, [], sponsoringOrganizationCloudId=european.id)
    message = f"The organization Dupont SA ({european.id}) is in eu, not in us."
    remedy = (f"globalSettings__installation__apiUri to {BASE}/eu/api/",)
    return Told(answer, api_error(400, "Invalid organization"), message, remedy)


@provokes("ORGANIZATION_DELETED")
def a_deleted_organization(cloud: TestCloud) -> Told:
    gone = cloud.organization(ACME).id
    with prepared(cloud) as uow:
        repo.organizations.delete(uow, gone)
        repo.gone_organizations.save(uow, GoneOrganization(gone, uow.now), gone)
    answer = sync(cloud, [], sponsoringOrganizationCloudId=gone)
    message = f"The organization {gone} was deleted at 2026-03-04 05:06:07 UTC."
    return Told(answer, api_error(400, "Invalid organization"), message, ("reset the world",))


@provokes("TIER_WITHOUT_KEYS")
def a_sync_key_for_a_family(cloud: TestCloud) -> Told:
    family, cousin = "Cousin Family", "cousin@family.test"
    path = f"/organizations/{cloud.organization(family).id}/api-key"
    answer = cloud.post(path, key_request(cousin), token=cloud.user_token(cousin))
    plan = cloud.organization(family).plan.name
    message = (
        f"The plan of {named(cloud, family)}, {plan}, is neither Enterprise nor Teams, which alone have such keys."
    )
    return Told(answer, NOT_FOUND, message, ("Enterprise plan",))


@provokes("KEY_TYPE_UNKNOWN")
def a_key_of_no_type(cloud: TestCloud) -> Told:
    path = f"/organizations/{cloud.organization(ACME).id}/api-key"
    answer = cloud.post(path, key_request(OWNER, 9), token=cloud.user_token(OWNER))
    return Told(answer, FAILED, "No organization API key has the type 9.", ("type 1",))


# Billing sync keys.


@provokes("SYNC_KEY_MISSING")
def no_sync_key(cloud: TestCloud) -> Told:
    message = f"The request for {named(cloud, GLOBEX)} has no billingSyncKey, or a blank one."
    return Told(sync(cloud, [], billingSyncKey=None), WRONG_KEY, message, ("billing sync token",))


@provokes("SYNC_KEY_NEVER_GENERATED")
def nobody_generated_a_key(cloud: TestCloud) -> Told:
    answer = sync(cloud, [], ACME, billingSyncKey="k" * 30)
    message = f"Nobody has generated a billing sync key of {named(cloud, ACME)} yet; the cloud fails here."
    path = f"POST {BASE}/us/api/organizations/{cloud.organization(ACME).id}/api-key"
    return Told(answer, FAILED, message, (path,))


def rotated(cloud: TestCloud) -> str:
    """Let the owner generate a key, and rotate it an hour later; return the old one."""
    old = generate_sync_key(cloud)
    cloud.clock.advance(timedelta(hours=1))
    assert rotate(cloud).status == 200
    return old


@provokes("SYNC_KEY_ROTATED")
def a_key_from_before_the_rotation(cloud: TestCloud) -> Told:
    old = rotated(cloud)
    message = (
        f"The key that was sent was the billing sync key of {named(cloud, ACME)} until 2026-03-04 06:06:07 UTC, "
        "when it was rotated."
    )
    return Told(sync(cloud, [], ACME, billingSyncKey=old), WRONG_KEY, message, ("Copy the current token",))


@provokes("SYNC_KEY_OF_OTHER_ORGANIZATION")
def the_key_of_another_organization(cloud: TestCloud) -> Told:
    give_sync_key(cloud, ACME)
    answer = sync(cloud, [], ACME, billingSyncKey=sync_key(cloud, GLOBEX))
    message = (
        f"The key that was sent is the billing sync key of {named(cloud, GLOBEX)}, "
        f"and the request is for {named(cloud, ACME)}."
    )
    return Told(answer, WRONG_KEY, message, ("own cloud organization",))


@provokes("SYNC_KEY_WRONG")
def a_key_of_nobody(cloud: TestCloud) -> Told:
    message = (
        f"The key that was sent is no billing sync key of {named(cloud, GLOBEX)}, now or before: "
        "it has 7 characters, and such a key has 30."
    )
    return Told(sync(cloud, [], billingSyncKey="Z" * 7), WRONG_KEY, message, ("case and blanks count",))


@provokes("SYNC_KEY_WRONG")
def a_key_with_a_line_end(cloud: TestCloud) -> Told:
    answer = sync(cloud, [], billingSyncKey=f"{sync_key(cloud, GLOBEX)}\n")
    message = (
        f"The key that was sent is no billing sync key of {named(cloud, GLOBEX)}, now or before: "
        "there are blanks around it."
    )
    return Told(answer, WRONG_KEY, message, ("case and blanks count",))


# Batches and rows.


@provokes("BATCH_MISSING")
def no_batch(cloud: TestCloud) -> Told:
    message = f"The sync of {named(cloud, GLOBEX)} has no sponsorshipsBatch; the cloud fails here."
    return Told(sync(cloud, None), FAILED, message, ("an empty list",))


@provokes("ROW_NULL")
def a_null_row(cloud: TestCloud) -> Told:
    answer = sync(cloud, [sync_row("ann"), None, sync_row("ben"), None])
    message = "The elements 1, 3 of sponsorshipsBatch are null; the cloud fails here."
    return Told(answer, FAILED, message, ("Send rows only.",))


def told(code: str, member: str, message: str) -> dict[str, str]:
    return {"sponsoringOrganizationUserId": guid(member), "code": code, "message": message}


@provokes("ROW_SKIPPED_TIER")
def rows_of_a_teams_organization(cloud: TestCloud) -> Told:
    plan = cloud.organization(INITECH).plan.name
    give_sync_key(cloud, INITECH)
    answer = sync(cloud, [sync_row("ann"), sync_row("ben")], INITECH)
    sentence = "The row of member {} was skipped: {} has the plan {}, and only Enterprise sponsors."
    sentences = [sentence.format(guid(member), named(cloud, INITECH), plan) for member in ("ann", "ben")]
    rows = [told("ROW_SKIPPED_TIER", name, text) for name, text in zip(("ann", "ben"), sentences, strict=True)]
    message = f"Of 2 rows 2 are like this. {sentences[0]}"
    return Told(answer, items(), message, ("licence file",), {"reported": 2, "skipped": 2, "rows": rows})


@provokes("ROW_SKIPPED_DISABLED")
def a_new_row_of_a_disabled_organization(cloud: TestCloud) -> Told:
    change_organization(cloud, GLOBEX, enabled=False, expiration_date=NOW - timedelta(days=100))
    sentence = (
        f"The new row of member {guid('ann')} was skipped: {named(cloud, GLOBEX)} is disabled, "
        "and it expired at 2025-11-24 05:06:07 UTC."
    )
    rows = [told("ROW_SKIPPED_DISABLED", "ann", sentence)]
    details = {"reported": 1, "skipped": 1, "rows": rows}
    return Told(sync(cloud, [sync_row("ann")]), items(), sentence, ("Renew",), details)


@provokes("ROW_SKIPPED_NEVER_SYNCED")
def a_row_that_was_deleted_before_its_first_sync(cloud: TestCloud) -> Told:
    ann, ben = sync_row("ann", toDelete=True), sync_row("ben")
    sentence = f"The row of member {guid('ann')} was skipped: it is to be deleted, and the cloud never heard of it."
    details = {"reported": 2, "skipped": 1, "rows": [told("ROW_SKIPPED_NEVER_SYNCED", "ann", sentence)]}
    return Told(sync(cloud, [ann, ben]), items(answered(ben)), sentence, ("self-hosted server",), details)


@provokes("ROWS_SKIPPED")
def rows_skipped_for_several_reasons(cloud: TestCloud) -> Told:
    change_organization(cloud, GLOBEX, enabled=False, expiration_date=None)
    answer = sync(cloud, [sync_row("ann", toDelete=True), sync_row("ben")])
    never = f"The row of member {guid('ann')} was skipped: it is to be deleted, and the cloud never heard of it."
    disabled = (
        f"The new row of member {guid('ben')} was skipped: {named(cloud, GLOBEX)} is disabled, "
        "without an expiration date."
    )
    rows = [told("ROW_SKIPPED_NEVER_SYNCED", "ann", never), told("ROW_SKIPPED_DISABLED", "ben", disabled)]
    message = "Of 2 rows 2 were skipped or doubled, for several reasons."
    return Told(answer, items(), message, ("details.rows",), {"reported": 2, "skipped": 2, "rows": rows})


@provokes("DUPLICATE_MEMBER")
def a_batch_that_names_a_member_twice(cloud: TestCloud) -> Told:
    ann = sync_row("ann")
    sentence = (
        f"The member {guid('ann')} of {named(cloud, GLOBEX)} has several sponsorships now, "
        "and from now on the cloud fails."
    )
    details = {"reported": 2, "skipped": 0, "rows": [told("DUPLICATE_MEMBER", "ann", sentence)]}
    return Told(sync(cloud, [ann, ann]), items(answered(ann), answered(ann)), sentence, ("once",), details)


@provokes("DUPLICATE_MEMBER")
def the_next_sync_after_that(cloud: TestCloud) -> Told:
    ann = sync_row("ann")
    assert sync(cloud, [ann, ann]).status == 200
    message = (
        f"The member {guid('ann')} of {named(cloud, GLOBEX)} has several sponsorships: "
        "the cloud fails at every sync while that is so."
    )
    return Told(sync(cloud, [sync_row("ben")]), FAILED, message, ("to get out",))


@provokes("TEXT_TOO_LONG")
def a_long_name(cloud: TestCloud) -> Told:
    answer = sync(cloud, [sync_row("ann", friendlyName="x" * 257)])
    message = f"The friendlyName or offeredToEmail of member {guid('ann')} has more than 256 characters."
    return Told(answer, FAILED, message, ("shorter",))


@provokes("OFFER_WITHOUT_EMAIL")
def an_offer_to_nobody(cloud: TestCloud) -> Told:
    answer = sync(cloud, [sync_row("ann", offeredToEmail=None)])
    message = f"The new row of member {guid('ann')} has no offeredToEmail: it is stored, and no mail is sent."
    return Told(answer, FAILED, message, ("offeredToEmail with every row",))


@provokes("SPONSORSHIP_TYPE_UNKNOWN")
def a_type_that_nobody_has(cloud: TestCloud) -> Told:
    answer = sync(cloud, [sync_row("ann", planSponsorshipType=7)])
    message = "No sponsorship type has the number 7; the cloud fails here."
    return Told(answer, FAILED, message, ("planSponsorshipType 0",))
