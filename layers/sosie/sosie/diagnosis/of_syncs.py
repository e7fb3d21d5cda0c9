"""Diagnoses of sponsorship and licence syncs (docs/contract/api.md §2.8, licensing-push-installations.md A)."""

from __future__ import annotations

from sosie.diagnosis.model import Diagnosis
from sosie.diagnosis.settings import OTHER_REGION_URIS

ORGANIZATIONS = (
    Diagnosis(
        "ORGANIZATION_UNKNOWN",
        "No region of the world has the organization.",
        "No region of this world has an organization {organization}.",
        "Use the id in the organization's licence file: its id in the cloud, not on the self-hosted server.",
    ),
    Diagnosis(
        "ORGANIZATION_OTHER_REGION",
        "The organization is in the other region.",
        "The organization {organization} is in {other}, not in {region}.",
        f"{OTHER_REGION_URIS}.",
    ),
    Diagnosis(
        "ORGANIZATION_DELETED",
        "The organization was deleted.",
        "The organization {organization} was deleted at {date}.",
        "Use another organization, or reset the world.",
    ),
    Diagnosis(
        "ORGANIZATION_DISABLED",
        "The organization is disabled.",
        "The organization {organization} is disabled.",
        "Enable it in the scenario, or use another one.",
    ),
    Diagnosis(
        "ORGANIZATION_WITHOUT_API",
        "The organization's plan has no public API.",
        "The plan of {organization}, {plan}, has no public API.",
        "Use an organization with a Teams or Enterprise plan.",
    ),
    Diagnosis(
        "TIER_WITHOUT_KEYS",
        "The organization's plan has no billing sync.",
        "The plan of {organization}, {plan}, is neither Enterprise nor Teams, which alone have such keys.",
        "Use an organization with an Enterprise plan.",
    ),
    Diagnosis(
        "KEY_TYPE_UNKNOWN",
        "No organization API key has this type.",
        "No organization API key has the type {type}.",
        "Send type 1 for the billing sync key.",
    ),
)

SYNCS = (
    Diagnosis(
        "SYNC_KEY_MISSING",
        "The billing sync key was not sent.",
        "The request for {organization} has no billingSyncKey, or a blank one.",
        "Give the self-hosted organization the billing sync token that its owner generates in the cloud.",
    ),
    Diagnosis(
        "SYNC_KEY_NEVER_GENERATED",
        "The organization has no billing sync key yet; the cloud fails here.",
        "Nobody has generated a billing sync key of {organization} yet; the cloud fails here.",
        "As its owner, generate the billing sync token first: POST {api_uri}organizations/{organization_id}/api-key "
        "with type 1.",
    ),
    Diagnosis(
        "SYNC_KEY_ROTATED",
        "The key was the organization's billing sync key, and was rotated.",
        "The key that was sent was the billing sync key of {organization} until {until}, when it was rotated.",
        "Copy the current token to the self-hosted organization: rotating ends the old one at once.",
    ),
    Diagnosis(
        "SYNC_KEY_OF_OTHER_ORGANIZATION",
        "The key is another organization's billing sync key.",
        "The key that was sent is the billing sync key of {owner}, and the request is for {organization}.",
        "Give each self-hosted organization the token of its own cloud organization: the licence file's id decides "
        "which.",
    ),
    Diagnosis(
        "SYNC_KEY_WRONG",
        "The key is no billing sync key of the organization, now or before.",
        "The key that was sent is no billing sync key of {organization}, now or before{how}.",
        "Copy the current token again; case and blanks count.",
    ),
    Diagnosis(
        "BATCH_MISSING",
        "The sync has no batch; the cloud fails here.",
        "The sync of {organization} has no sponsorshipsBatch; the cloud fails here.",
        "Send sponsorshipsBatch, an empty list if there is nothing to report.",
    ),
    Diagnosis(
        "ROW_NULL",
        "An element of the batch is null; the cloud fails here.",
        "The elements {places} of sponsorshipsBatch are null; the cloud fails here.",
        "Send rows only.",
    ),
    Diagnosis(
        "ROWS_SKIPPED",
        "Rows of a sync were skipped for several reasons. The answer just does not have them.",
        "Of {reported} rows {concerned} were skipped or doubled, for several reasons.",
        "See why under details.rows of the journal entry.",
    ),
    Diagnosis(
        "ROW_SKIPPED_TIER",
        "A row of a sync was skipped: the organization's plan cannot sponsor.",
        "The row of member {member} was skipped: {organization} has the plan {plan}, and only Enterprise sponsors.",
        "Sync the organization that has the Enterprise plan: the licence file's id decides which.",
    ),
    Diagnosis(
        "ROW_SKIPPED_DISABLED",
        "A new row of a sync was skipped: the organization has been disabled for more than 93 days.",
        "The new row of member {member} was skipped: {organization} is disabled, {expired}.",
        "Renew the organization's subscription; rows that are known go on being synced.",
    ),
    Diagnosis(
        "ROW_SKIPPED_NEVER_SYNCED",
        "A row of a sync was skipped: it is to be deleted, and was never synced.",
        "The row of member {member} was skipped: it is to be deleted, and the cloud never heard of it.",
        "Delete such a row on the self-hosted server; it needs no sync.",
    ),
    Diagnosis(
        "DUPLICATE_MEMBER",
        "A member has several rows: a batch names it twice, or the organization has two rows, and the cloud fails.",
        "The member {member} of {organization} has several sponsorships{consequence}.",
        "Send each sponsoringOrganizationUserId once; to get out, delete the rows in the cloud or reset the world.",
    ),
    Diagnosis(
        "TEXT_TOO_LONG",
        "A new row holds a text that the cloud's storage does not take; the cloud fails here.",
        "The friendlyName or offeredToEmail of member {member} has more than {limit} characters.",
        "Send shorter texts.",
    ),
    Diagnosis(
        "OFFER_WITHOUT_EMAIL",
        "A new row names nobody to offer to: the cloud stores it, sends no mail and fails.",
        "The new row of member {member} has no offeredToEmail: it is stored, and no mail is sent.",
        "Send offeredToEmail with every row; the next sync takes this one as known.",
    ),
    Diagnosis(
        "SPONSORSHIP_TYPE_UNKNOWN",
        "No sponsorship type has this number; the cloud fails here.",
        "No sponsorship type has the number {type}; the cloud fails here.",
        "Send planSponsorshipType 0.",
    ),
)

LICENCES = (
    Diagnosis(
        "LICENCE_KEY_NONE",
        "There is no licence key to compare with; the cloud fails here.",
        "The cloud has no licence key of {organization}; it fails here.",
        "Give it a licence key in the scenario.",
    ),
    Diagnosis(
        "LICENCE_KEY_WRONG",
        "The licence key is another one.",
        "The licence key that was sent is not that of {organization}{how}.",
        "Install the licence file of this organization on the self-hosted server.",
    ),
    Diagnosis(
        "SUBSCRIPTION_NONE",
        "The organization has no subscription.",
        "The organization {organization} has no subscription{expired}.",
        "Give it a subscription in the scenario.",
    ),
    Diagnosis(
        "SUBSCRIPTION_STATE",
        "The state of the organization's subscription does not allow this.",
        "The subscription of {organization} is {status}.",
        "Renew it, or give it another state in the scenario.",
    ),
)
