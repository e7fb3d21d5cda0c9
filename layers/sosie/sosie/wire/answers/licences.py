"""Licences (docs/contract/licensing-push-installations.md A)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sosie.wire.answers.base import AnswerModel, DateText, GuidText, PlanType
from sosie.wire.answers.errors import FAULT, NOT_FOUND, REFUSED, ErrorBody
from sosie.wire.answers.operation import MaybeEmpty, Operation, Operations, Query

_TAG = "Licences"
_PAGE = "licensing-push-installations.md"

Base64 = Annotated[str, Field(pattern="^[A-Za-z0-9+/]+={0,2}$")]
Jwt = Annotated[str, Field(pattern=r"^[\w-]+\.[\w-]+\.[\w-]+$")]


class OrganizationLicense(AnswerModel):
    """A.4. The flags that are newer than version 15 are false here; the token tells the truth."""

    license_key: str
    installation_id: GuidText
    id: GuidText
    name: str
    billing_email: str
    business_name: str | None
    enabled: bool
    plan: str
    plan_type: PlanType
    seats: int | None
    max_collections: int | None
    use_policies: bool
    use_sso: bool
    use_key_connector: bool
    use_scim: bool
    use_groups: bool
    use_events: bool
    use_directory: bool
    use_totp: bool
    use_2fa: bool
    use_api: bool
    use_reset_password: bool
    max_storage_gb: int | None
    self_host: bool
    users_get_premium: bool
    use_custom_permissions: bool
    version: Literal[15]
    issued: DateText
    refresh: DateText | None
    expires: DateText | None
    expiration_without_grace_period: DateText | None
    use_password_manager: bool
    use_secrets_manager: bool
    sm_seats: int | None
    sm_service_accounts: int | None
    use_risk_insights: bool
    use_phishing_blocker: bool
    limit_collection_creation_deletion: bool
    allow_admin_access_to_all_collection_items: bool
    trial: bool
    license_type: Literal[1]
    use_organization_domains: bool
    use_admin_sponsored_families: bool
    use_automatic_user_confirmation: bool
    use_disable_sm_ads_for_users: bool
    use_my_items: bool
    use_invite_links: bool
    use_pam: bool
    hash: Base64
    signature: Base64
    token: Jwt


class UserLicense(AnswerModel):
    """A.5."""

    license_key: str
    id: GuidText
    name: str | None
    email: str
    premium: bool
    max_storage_gb: int | None
    version: Literal[1]
    issued: DateText
    refresh: DateText | None
    expires: DateText | None
    trial: bool
    license_type: Literal[0]
    hash: Base64
    signature: Base64
    token: Jwt


OPERATIONS: Operations = {
    "GET /licenses/organization/{id}": Operation(
        id="syncOrganizationLicence",
        summary="Sync an organization's licence",
        tag=_TAG,
        contract=f"{_PAGE} A.1",
        answers={200: OrganizationLicense, **REFUSED, **NOT_FOUND, **FAULT},
        note="A GET with a JSON body, which self-hosted servers send in chunks.",
    ),
    "GET /licenses/user/{id}": Operation(
        id="syncUserLicence",
        summary="Sync a person's licence",
        tag=_TAG,
        contract=f"{_PAGE} A.2",
        answers={200: UserLicense, 204: None, **REFUSED, **FAULT},
        query=(Query("key", "The person's licence key."),),
    ),
    "GET /organizations/{id}/license": Operation(
        id="downloadOrganizationLicence",
        summary="Download an organization's licence as its owner",
        tag=_TAG,
        contract=f"{_PAGE} A.3",
        answers={200: OrganizationLicense, **REFUSED, 404: MaybeEmpty(ErrorBody)},
        query=(Query("installationId", "For which installation.", GuidText),),
    ),
}
