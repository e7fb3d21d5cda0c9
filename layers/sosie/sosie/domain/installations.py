"""Installations: the id and key of one self-hosted server (docs/contract/licensing-push-installations.md B)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

KEY_LENGTH = 20
STORM_TOKENS = 10
"""More tokens than this within a minute, and the server has lost track of those it has (clients.md §4)."""
_STORM_WINDOW = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Installation:
    """`last_activity_date` moves with each token; `tokens_counted` is how many were issued since `tokens_since`."""

    id: str
    email: str
    key: str
    enabled: bool
    creation_date: datetime
    last_activity_date: datetime | None = None
    tokens_since: datetime | None = None
    tokens_counted: int = 0

    @property
    def storms(self) -> bool:
        """Whether it asks for tokens far more often than it can need them."""
        return self.tokens_counted > STORM_TOKENS

    def with_token_at(self, now: datetime) -> Installation:
        """Return it after it got a token; what is counted begins anew every minute."""
        since = self.tokens_since
        if since is None or not timedelta(0) <= now - since < _STORM_WINDOW:
            return replace(self, last_activity_date=now, tokens_since=now, tokens_counted=1)
        return replace(self, last_activity_date=now, tokens_counted=self.tokens_counted + 1)
