"""Request bodies that carry a secret: for organization keys and for deletions (docs/contract/api.md §3.2)."""

from __future__ import annotations

from typing import Annotated

from sosie.wire.binding import EnumByte, Text, WireModel
from sosie.wire.rules import MaxLength


class SecretRequest(WireModel):
    """One of the three secrets must be there."""

    master_password_hash: Annotated[Text | None, MaxLength(300)] = None
    otp: Text | None = None
    auth_request_access_code: Text | None = None

    def whole_model_errors(self) -> list[str]:
        if self.master_password_hash or self.otp or self.auth_request_access_code:
            return []
        return ["MasterPasswordHash, OTP, or AccessCode must be supplied."]

    @property
    def secret(self) -> str | None:
        """What is verified: the hash if there is one, else the one-time password."""
        return self.master_password_hash or self.otp or None


class KeyRequest(SecretRequest):
    """Which key is asked for."""

    type: EnumByte = 0
