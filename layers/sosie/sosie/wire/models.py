"""The request bodies of the wire surface, one model per body (fields and limits: docs/contract)."""

from __future__ import annotations

from typing import Annotated

from sosie.wire.binding import Text, WireModel
from sosie.wire.rules import EmailAddress, MaxLength, Required


class InstallationRequest(WireModel):
    """docs/contract/licensing-push-installations.md B.1."""

    email: Annotated[Text | None, Required(), EmailAddress(), MaxLength(256)] = None


class PreloginRequest(WireModel):
    """docs/contract/identity.md §7."""

    email: Annotated[Text | None, Required(), EmailAddress(), MaxLength(256)] = None


class UserKeyIdRequest(WireModel):
    """docs/contract/api.md §4.12."""

    user_key_id: Annotated[Text | None, Required(), MaxLength(64)] = None
