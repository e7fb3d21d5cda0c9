"""Request bodies of the sponsorship routes (docs/contract/api.md §2.4, §2.7, §2.8)."""

from __future__ import annotations

from typing import Annotated

from sosie.domain.ids import EMPTY_GUID
from sosie.wire.binding import EnumByte, Flag, Guid, Text, WireDate, WireModel
from sosie.wire.rules import EncryptedText, MaxLength, Required, SupportedEmail


class OfferRequest(WireModel):
    """§2.4."""

    plan_sponsorship_type: EnumByte = 0
    sponsored_email: Annotated[Text | None, Required(), MaxLength(256), SupportedEmail()] = None
    friendly_name: Annotated[Text | None, MaxLength(256)] = None
    is_admin_initiated: Flag | None = None
    notes: Annotated[Text | None, EncryptedText(512)] = None


class RedeemRequest(WireModel):
    """§2.7; the type is bound and then ignored."""

    plan_sponsorship_type: EnumByte = 0
    sponsored_organization_id: Guid = EMPTY_GUID


class SyncRequestItem(WireModel):
    """§2.8; what is not listed is ignored, and no length is checked here."""

    sponsoring_organization_user_id: Guid = EMPTY_GUID
    friendly_name: Text | None = None
    offered_to_email: Text | None = None
    plan_sponsorship_type: EnumByte = 0
    last_sync_date: WireDate | None = None
    valid_until: WireDate | None = None
    to_delete: Flag = False


class SyncRequest(WireModel):
    """§2.8; the batch may be absent, which makes the cloud fail later."""

    billing_sync_key: Text | None = None
    sponsoring_organization_cloud_id: Guid = EMPTY_GUID
    sponsorships_batch: list[SyncRequestItem | None] | None = None
