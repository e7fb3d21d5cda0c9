"""Request body of the licence sync (docs/contract/licensing-push-installations.md A.1)."""

from __future__ import annotations

from sosie.wire.binding import Text, WireModel


class LicenceRequest(WireModel):
    """Both may be absent."""

    license_key: Text | None = None
    billing_sync_key: Text | None = None
