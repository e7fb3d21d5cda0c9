"""A case to be investigated: what is known about a request that was refused, and how facts are put into words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

from sosie.diagnosis.model import Finding
from sosie.domain.html_text import decoded
from sosie.domain.installations import Installation
from sosie.domain.members import Caller
from sosie.domain.oauth import OAuthClient
from sosie.domain.organizations import Organization
from sosie.domain.plans import Plan
from sosie.domain.regions import Region, other_region
from sosie.domain.users import User
from sosie.services import repository as repo

if TYPE_CHECKING:
    from sosie.diagnosis.unrouted import KnownRoute
    from sosie.ports import Keyring
    from sosie.services.unit_of_work import UnitOfWork

UNTOLD_CLUES = frozenset(
    {"presented", "token", "client_id", "id", "form", "claims", "key", "row", "username", "skipped", "doubled"}
)
"""Clues that may hold secrets, or more than one fact: an investigation reads them, no sentence gets them."""


@dataclass(frozen=True, slots=True)
class Case:
    """One request. `clues` are the use case's; `request` and `uris` are facts about the request, ready to be told.

    `routes` gives all routes that exist. Nothing here may write.
    """

    code: str
    clues: Mapping[str, Any]
    uow: UnitOfWork
    keyring: Keyring
    caller: Caller | None
    request: Mapping[str, str]
    uris: Mapping[str, str]
    routes: Callable[[], Sequence[KnownRoute]]

    @property
    def region(self) -> Region:
        """The region that was asked."""
        return self.uow.region

    @property
    def other(self) -> Region:
        """The region that was not asked."""
        return other_region(self.uow.region)

    def found(self, code: str | None = None, /, **facts: Any) -> Finding:
        """Return what was found out: the case's own code, or another one, with these facts and the general ones."""
        return Finding(code or self.code, self.facts(**facts))

    def facts(self, **facts: Any) -> dict[str, str]:
        """Return facts in words: these, the clues that are no secrets, and what is known about every request."""
        told = {name: value for name, value in self.clues.items() if name not in UNTOLD_CLUES} | facts
        if "organization_id" in told and "organization" not in told:
            told["organization"] = self.organization(str(told["organization_id"]))
        if isinstance(named := told.get("organization"), Organization):
            told.setdefault("organization_id", named.id)
        general = {
            "region": self.region,
            "other": self.other,
            "now": self.uow.now,
            "caller": caller_name(self.caller),
            **self.request,
            **self.uris,
        }
        return {name: words(value) for name, value in (general | told).items()}

    def organization(self, organization_id: str) -> Organization | str:
        """Return an organization of this region, its id if there is none."""
        return repo.organizations.get(self.uow, organization_id) or organization_id


def words(value: Any) -> str:
    """Return a fact as people would say it."""
    match value:
        case Organization():
            return f"{decoded(value.name)} ({value.id})"
        case User():
            return value.email
        case Installation() | OAuthClient():
            return value.id
        case Plan():
            return value.name
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        case Enum():
            return value.name.lower().replace("_", " ")
        case list() | tuple():
            return ", ".join(map(words, value))
    return str(value)


def caller_name(caller: Caller | None) -> str:
    """Return who a token says is calling: an e-mail address, or a client."""
    if caller is None:
        return "nobody"
    email = caller.claims.get("email")
    return str(email or caller.client_id or "a client without a name")


def moment(seconds: object) -> str:
    """Return a token's time in words."""
    if not isinstance(seconds, int):
        return "no time at all"
    try:
        return words(datetime.fromtimestamp(seconds, UTC))
    except (OverflowError, OSError, ValueError):
        return str(seconds)
