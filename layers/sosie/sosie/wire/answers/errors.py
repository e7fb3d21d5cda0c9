"""The error objects: the API's (docs/contract/api.md §1.6) and the token endpoint's (docs/contract/identity.md §5)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from sosie.wire.answers.base import ABSENT, AnswerModel, PascalModel, PlainModel
from sosie.wire.answers.identity_parts import MasterPasswordPolicy


class ErrorBody(AnswerModel):
    """Every error raised inside an action or by validation."""

    object: Literal["error"]
    message: str
    validation_errors: dict[str, list[str]] | None = Field(
        description="Texts by property name (PascalCase), JSON path, or the empty key for the whole model."
    )
    exception_message: None
    exception_stack_trace: None
    inner_exception_message: None


class ErrorModel(PascalModel):
    """The part that official clients show."""

    object: Literal["error"]
    message: str


class TokenError(PlainModel):
    """A refusal of the token endpoint, always 400. Members that say nothing are omitted."""

    error: Literal[
        "device_error",
        "invalid_client",
        "invalid_client_version",
        "invalid_grant",
        "invalid_request",
        "invalid_scope",
        "unauthorized_client",
        "unsupported_grant_type",
        "version_header_missing",
    ]
    error_description: str = ABSENT
    error_model: ErrorModel = Field(default=ABSENT, alias="ErrorModel")
    sso_organization_identifier: str = Field(default=ABSENT, alias="SsoOrganizationIdentifier")


class TwoFactorRequired(PlainModel):
    """The password was right, and a second step is asked for."""

    error: Literal["invalid_grant"]
    error_description: Literal["Two factor required."]
    two_factor_providers: list[str] = Field(alias="TwoFactorProviders")
    two_factor_providers2: dict[str, dict[str, Any] | None] = Field(alias="TwoFactorProviders2")
    sso_email_2fa_session_token: str = Field(default=ABSENT, alias="SsoEmail2faSessionToken")
    email: str = Field(default=ABSENT, alias="Email")
    master_password_policy: MasterPasswordPolicy = Field(alias="MasterPasswordPolicy")


REFUSED = {400: ErrorBody}
NOT_FOUND = {404: ErrorBody}
FAULT = {500: ErrorBody}
