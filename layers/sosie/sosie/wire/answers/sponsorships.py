"""Families sponsorships (docs/contract/api.md §2)."""

from __future__ import annotations

from typing import Any, Literal

from sosie.wire.answers.base import AnswerModel, DateText, GuidText, ListAnswer
from sosie.wire.answers.errors import FAULT, NOT_FOUND, REFUSED, ErrorBody
from sosie.wire.answers.operation import MaybeEmpty, Operation, Operations, Query

_BASE = "/organization/sponsorship"
_TAG = "Sponsorships"
_EMPTY: dict[int, Any] = {200: None}
_GONE = {401: MaybeEmpty(ErrorBody, usually_empty=True)}


class OfferState(AnswerModel):
    """§2.6: both can be true."""

    is_token_valid: bool
    is_free_family_policy_enabled: bool


class SyncedSponsorship(AnswerModel):
    """§2.8: exactly these members, half echoed from the request, half the cloud's own."""

    sponsoring_organization_user_id: GuidText
    friendly_name: str | None
    offered_to_email: str | None
    plan_sponsorship_type: Literal[0]
    last_sync_date: DateText
    valid_until: DateText | None
    to_delete: bool
    cloud_sponsorship_removed: bool
    is_admin_initiated: Literal[False]


class SyncAnswer(AnswerModel):
    """§2.8: the rows that were not skipped, in the request's order."""

    sponsorships_batch: list[SyncedSponsorship]


class SyncStatus(AnswerModel):
    """§2.9: null until a first row is synced."""

    object: Literal["syncStatus"]
    last_sync_date: DateText | None


class ListedSponsorship(AnswerModel):
    """§2.10: a row that an administrator made."""

    object: Literal["organizationSponsorship"]
    sponsoring_organization_user_id: GuidText
    friendly_name: str | None
    offered_to_email: str | None
    plan_sponsorship_type: Literal[0] | None
    last_sync_date: DateText | None
    valid_until: DateText | None
    to_delete: bool
    is_admin_initiated: Literal[True]
    notes: str | None
    cloud_sponsorship_removed: bool


class SponsorshipList(ListAnswer):
    """Rows that administrators made."""

    data: list[ListedSponsorship]


def _withdrawal(name: str, route: str, summary: str) -> dict[str, Operation]:
    method, _, path = route.partition(" ")
    row = Operation(id=name, summary=summary, tag=_TAG, contract="api.md §2.10", answers={**_EMPTY, **REFUSED, **FAULT})
    return {f"{method} {_BASE}{path}": row}


def _self_hosted(name: str, route: str) -> dict[str, Operation]:
    row = Operation(
        id=name,
        summary="Refuse what only self-hosted servers do",
        tag="Self-hosted only",
        contract="api.md §2",
        answers=REFUSED,
    )
    return {route: row}


OPERATIONS: Operations = {
    f"POST {_BASE}/sync": Operation(
        id="syncSponsorships",
        summary="Report a self-hosted organization's sponsorships",
        tag=_TAG,
        contract="api.md §2.8",
        answers={200: SyncAnswer, **REFUSED, **FAULT},
    ),
    f"POST {_BASE}/validate-token": Operation(
        id="validateOffer",
        summary="Ask whether an offer still holds for the caller",
        tag=_TAG,
        contract="api.md §2.6",
        answers={200: OfferState},
        query=(Query("sponsorshipToken", "The token of the offer's mail."),),
    ),
    f"POST {_BASE}/redeem": Operation(
        id="redeemOffer",
        summary="Redeem an offer for a Families organization",
        tag=_TAG,
        contract="api.md §2.7",
        answers={**_EMPTY, **REFUSED, **FAULT},
        query=(Query("sponsorshipToken", "The token of the offer's mail."),),
    ),
    f"POST {_BASE}/{{sponsoringOrgId}}/families-for-enterprise": Operation(
        id="offerSponsorship",
        summary="Offer a sponsorship, or send the offer again",
        tag=_TAG,
        contract="api.md §2.4",
        answers={**_EMPTY, **REFUSED, **_GONE, **FAULT},
    ),
    f"POST {_BASE}/{{organizationId}}/families-for-enterprise/resend": Operation(
        id="resendOffer",
        summary="Send the offer with a friendly name again",
        tag=_TAG,
        contract="api.md §2.5",
        answers={**_EMPTY, **REFUSED, 403: None},
        query=(Query("sponsoredFriendlyName", "Without one, or with one that nobody has, nothing is sent."),),
    ),
    f"GET {_BASE}/{{sponsoringOrgId}}/sync-status": Operation(
        id="readSyncStatus",
        summary="When the organization's sponsorships were last reported",
        tag=_TAG,
        contract="api.md §2.9",
        answers={200: SyncStatus, **NOT_FOUND, **FAULT},
        token_optional=True,
    ),
    f"GET {_BASE}/{{sponsoringOrgId}}/sponsored": Operation(
        id="listSponsorships",
        summary="The sponsorships that administrators made",
        tag=_TAG,
        contract="api.md §2.10",
        answers={200: SponsorshipList, **_GONE, **NOT_FOUND, **FAULT},
    ),
    **_withdrawal("revokeSponsorship", "DELETE /{sponsoringOrganizationId}", "Revoke what the caller granted"),
    **_withdrawal(
        "revokeSponsorshipByPost", "POST /{sponsoringOrganizationId}/delete", "Revoke what the caller granted, by POST"
    ),
    **_withdrawal(
        "revokeSponsorshipOfMember",
        "DELETE /{organizationId}/{sponsoredFriendlyName}/revoke",
        "Revoke the sponsorship with a friendly name, as an administrator",
    ),
    **_withdrawal("removeSponsorship", "DELETE /sponsored/{sponsoredOrgId}", "Give up being sponsored"),
    **_withdrawal(
        "removeSponsorshipByPost", "POST /sponsored/{sponsoredOrgId}/remove", "Give up being sponsored, by POST"
    ),
    **_self_hosted("offerOnSelfHosted", f"POST {_BASE}/self-hosted/{{organizationId}}/families-for-enterprise"),
    **_self_hosted("revokeOnSelfHosted", f"DELETE {_BASE}/self-hosted/{{organizationId}}"),
    **_self_hosted("revokeOnSelfHostedByPost", f"POST {_BASE}/self-hosted/{{organizationId}}/delete"),
    **_self_hosted("listOnSelfHosted", f"GET {_BASE}/self-hosted/{{organizationId}}/sponsored"),
    **_self_hosted(
        "revokeOfMemberOnSelfHosted", f"DELETE {_BASE}/self-hosted/{{organizationId}}/{{sponsoredFriendlyName}}/revoke"
    ),
    **_self_hosted("createFromLicence", "POST /organizations/licenses/self-hosted"),
    **_self_hosted("updateFromLicence", "POST /organizations/licenses/self-hosted/{id}"),
    **_self_hosted("syncLicenceOnSelfHosted", "POST /organizations/licenses/self-hosted/{id}/sync"),
}
