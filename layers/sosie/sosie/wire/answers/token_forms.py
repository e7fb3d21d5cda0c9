"""The forms of the token endpoint, one per grant (docs/contract/identity.md §4.4 to §4.8).

Field names match in any letter case, unknown fields are ignored. `client_id` and `client_secret` may come as HTTP Basic
credentials instead.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from sosie.domain.oauth import LONGEST_ID, LONGEST_PASSWORD, LONGEST_SCOPE, LONGEST_USERNAME
from sosie.wire.answers.base import ABSENT

_GUID = r"[\da-fA-F{}-]{32,38}"
Secret = Annotated[str, Field(max_length=LONGEST_ID)]
Scope = Annotated[str, Field(max_length=LONGEST_SCOPE, description="Words between spaces; all the client may have.")]


class _DeviceFields(BaseModel):
    device_identifier: str = Field(alias="deviceIdentifier", description="The app installation's id.")
    device_name: str = Field(alias="deviceName")
    device_type: str = Field(alias="deviceType", description="A number from 0 to 255, or the type's name.")
    device_push_token: str = Field(default=ABSENT, alias="devicePushToken")


class InstallationGrant(BaseModel):
    """A self-hosted server: its installation id and key."""

    grant_type: Literal["client_credentials"]
    client_id: str = Field(pattern=rf"^installation\.{_GUID}$", max_length=LONGEST_ID)
    client_secret: Secret
    scope: Scope = ABSENT


class OrganizationGrant(BaseModel):
    """An organization's public API: its id and its key of type 0."""

    grant_type: Literal["client_credentials"]
    client_id: str = Field(pattern=rf"^organization\.{_GUID}$", max_length=LONGEST_ID)
    client_secret: Secret
    scope: Scope = ABSENT


class ApiKeyGrant(_DeviceFields):
    """A person's API key."""

    grant_type: Literal["client_credentials"]
    client_id: str = Field(pattern=rf"^user\.{_GUID}$", max_length=LONGEST_ID)
    client_secret: Secret
    scope: Scope = ABSENT


class PasswordGrant(_DeviceFields):
    """A person's e-mail address and master password hash."""

    grant_type: Literal["password"]
    client_id: Literal["web", "browser", "desktop", "cli", "mobile", "connector"]
    scope: Scope = ABSENT
    username: str = Field(max_length=LONGEST_USERNAME)
    password: str = Field(max_length=LONGEST_PASSWORD, description="The authentication hash, never the password.")
    two_factor_token: str = Field(default=ABSENT, alias="twoFactorToken")
    two_factor_provider: str = Field(default=ABSENT, alias="twoFactorProvider")
    two_factor_remember: str = Field(default=ABSENT, alias="twoFactorRemember")
    new_device_otp: str = Field(default=ABSENT, alias="newDeviceOtp")


class RefreshGrant(BaseModel):
    """A refresh token; it can be used again and again."""

    grant_type: Literal["refresh_token"]
    client_id: Literal["web", "browser", "desktop", "cli", "mobile", "connector"]
    refresh_token: str = Field(max_length=LONGEST_ID)


TokenForm = InstallationGrant | OrganizationGrant | ApiKeyGrant | PasswordGrant | RefreshGrant
