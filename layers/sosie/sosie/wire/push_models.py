"""The push relay's request bodies (docs/contract/licensing-push-installations.md C)."""

from __future__ import annotations

from typing import Annotated

from sosie.wire.binding import EMPTY_GUID, AnyJson, EnumByte, Guid, Text, WireModel
from sosie.wire.rules import Required


class PushRegistrationRequest(WireModel):
    """C.1. Without an installation id it is the all-zero one; null is none at all, so it cannot be read."""

    device_id: Annotated[Text | None, Required()] = None
    push_token: Annotated[Text | None, Required()] = None
    user_id: Annotated[Text | None, Required()] = None
    type: EnumByte = 0
    identifier: Annotated[Text | None, Required()] = None
    organization_ids: list[Text | None] | None = None
    installation_id: Guid = EMPTY_GUID


class PushDeviceRequest(WireModel):
    """C.2, and one device of C.3."""

    id: Annotated[Text | None, Required()] = None


class PushUpdateRequest(WireModel):
    """C.3."""

    devices: Annotated[list[PushDeviceRequest | None] | None, Required()] = None
    organization_id: Annotated[Text | None, Required()] = None


class PushSendRequest(WireModel):
    """C.4. `type` and `payload` are required of the JSON itself, before any rule is looked at."""

    user_id: Guid | None = None
    organization_id: Guid | None = None
    device_id: Guid | None = None
    identifier: Text | None = None
    type: EnumByte
    payload: AnyJson
    client_type: EnumByte | None = None
    installation_id: Guid | None = None

    def whole_model_errors(self) -> list[str]:
        """A message must be for somebody."""
        if self.user_id is None and self.organization_id is None and self.installation_id is None:
            return ["UserId or OrganizationId or InstallationId is required."]
        return []
