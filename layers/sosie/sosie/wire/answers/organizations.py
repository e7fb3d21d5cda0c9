"""Organizations and their keys (docs/contract/api.md §3, §4.6 to §4.11)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from sosie.domain.organizations import KeyType
from sosie.wire.answers.base import AnswerModel, DateText, GuidText, ListAnswer
from sosie.wire.answers.errors import FAULT, NOT_FOUND, REFUSED, ErrorBody
from sosie.wire.answers.operation import MaybeEmpty, Operation, Operations
from sosie.wire.answers.organization_parts import (
    Organization,
    OrganizationSubscription,
    Policy,
    ProfileOrganizationList,
)

_TAG = "Organizations"


class ApiKey(AnswerModel):
    """§3.1: a key of an organization."""

    object: Literal["apiKey"]
    api_key: str = Field(pattern="^[A-Za-z0-9]{30}$")
    revision_date: DateText


class KeyInformation(AnswerModel):
    """§3.1: that a key exists."""

    object: Literal["keyInformation"]
    key_type: KeyType
    revision_date: DateText


class KeyInformationList(ListAnswer):
    """Which keys exist."""

    data: list[KeyInformation]


class BillingWarnings(AnswerModel):
    """§4.11: nothing to warn about."""

    free_trial: None
    inactive_subscription: None
    reseller_renewal: None
    tax_id: None
    scheduled_price_increase: None


class BillingMetadata(AnswerModel):
    """§4.11."""

    is_on_secrets_manager_standalone: bool
    organization_occupied_seats: int = Field(ge=0)


class Connection(AnswerModel):
    """§4.11: what connects an organization with something else; nothing is, in the cloud."""

    id: GuidText | None
    type: int
    organization_id: GuidText
    enabled: bool
    config: dict[str, Any] | None


def _key(name: str, action: str, summary: str) -> dict[str, Operation]:
    row = Operation(
        id=name,
        summary=summary,
        tag="Organization keys",
        contract="api.md §3",
        answers={200: ApiKey, **REFUSED, 401: MaybeEmpty(ErrorBody, usually_empty=True), **NOT_FOUND, **FAULT},
    )
    return {f"POST /organizations/{{id}}/{action}": row}


def _key_list(name: str, more: str, summary: str, answers: dict[int, Any]) -> dict[str, Operation]:
    row = Operation(id=name, summary=summary, tag="Organization keys", contract="api.md §3.1", answers=answers)
    return {f"GET /organizations/{{id}}/api-key-information{more}": row}


def _creation(name: str, more: str, summary: str) -> dict[str, Operation]:
    row = Operation(
        id=name,
        summary=summary,
        tag=_TAG,
        contract="api.md §4.10",
        answers={200: Organization, **REFUSED, 401: MaybeEmpty(ErrorBody, usually_empty=True), **NOT_FOUND, **FAULT},
    )
    return {f"POST /organizations{more}": row}


OPERATIONS: Operations = {
    **_key("generateKey", "api-key", "Generate or read an organization's key, such as the billing sync token"),
    **_key("rotateKey", "rotate-api-key", "Replace an organization's key"),
    **_key_list("listKeys", "", "Which keys an organization has", {200: KeyInformationList, **NOT_FOUND}),
    **_key_list(
        "listKeysOfType",
        "/{type}",
        "Whether an organization has a key of a type, by number or name",
        {200: KeyInformationList, **NOT_FOUND},
    ),
    "GET /organizations": Operation(
        id="listOrganizations",
        summary="The caller's organizations",
        tag=_TAG,
        contract="api.md §4.3",
        answers={200: ProfileOrganizationList},
    ),
    **_creation("createOrganization", "", "Create an organization"),
    **_creation("createOrganizationWithoutPayment", "/create-without-payment", "Create an organization, unpaid"),
    "GET /organizations/{id}": Operation(
        id="readOrganization",
        summary="Read an organization as its owner",
        tag=_TAG,
        contract="api.md §4.6",
        answers={200: Organization, **NOT_FOUND, **FAULT},
    ),
    "GET /organizations/{id}/subscription": Operation(
        id="readSubscription",
        summary="What an organization pays",
        tag=_TAG,
        contract="api.md §4.7",
        answers={200: OrganizationSubscription, 404: MaybeEmpty(ErrorBody)},
    ),
    "GET /organizations/{id}/billing/vnext/warnings": Operation(
        id="readBillingWarnings",
        summary="What an organization's payments lack",
        tag=_TAG,
        contract="api.md §4.11",
        answers={200: BillingWarnings, 403: None},
    ),
    "GET /organizations/{id}/billing/vnext/metadata": Operation(
        id="readBillingMetadata",
        summary="How many seats are taken",
        tag=_TAG,
        contract="api.md §4.11",
        answers={200: BillingMetadata, 403: None, **NOT_FOUND},
    ),
    "GET /organizations/connections/enabled": Operation(
        id="readConnectionsEnabled",
        summary="Whether organizations can have connections",
        tag=_TAG,
        contract="api.md §4.11",
        answers={200: Literal[False]},
    ),
    "GET /organizations/connections/{orgId}/{type}": Operation(
        id="readConnection",
        summary="Read a connection of an organization",
        tag=_TAG,
        contract="api.md §4.11",
        answers={200: Connection, **REFUSED},
    ),
    "PUT /organizations/{orgId}/policies/{type}": Operation(
        id="savePolicy",
        summary="Switch a policy",
        tag=_TAG,
        contract="api.md §2.11",
        answers={200: Policy, **REFUSED, **FAULT},
    ),
}
