"""Installations: the id and key of one self-hosted server (docs/contract/licensing-push-installations.md B)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

KEY_LENGTH = 20


@dataclass(frozen=True, slots=True)
class Installation:
    """`last_activity_date` moves with each token."""

    id: str
    email: str
    key: str
    enabled: bool
    creation_date: datetime
    last_activity_date: datetime | None = None
