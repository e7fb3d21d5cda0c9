"""The cloud as its summary describes it: where it answers, and who lives there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sosie.local.selfhost.person import Person
from sosie.local.selfhost.story import NotAskedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sosie.local.selfhost.story import Story
    from sosie.local.selfhost.transport import Transport


@dataclass(frozen=True, slots=True)
class Organization:
    """One of the region's organizations."""

    id: str
    name: str
    tier: str
    owner: str | None
    licence_key: str


class Cloud:
    """One region. Raises NotAskedError for whoever does not live there."""

    def __init__(self, world: str, region: str, facts: Mapping[str, Any]) -> None:
        self.world = world
        self.region = region
        # As the administrator of a self-hosted server has to write them: with the final slash.
        self.identity_uri = f"{facts['identity']}/"
        self.api_uri = f"{facts['api']}/"
        self._facts = facts

    @property
    def organizations(self) -> list[Organization]:
        """All organizations, by name."""
        return [
            Organization(each["id"], each["name"], each["tier"], each["owner"], each["licenseKey"])
            for each in self._facts["organizations"]
        ]

    def installation(self) -> tuple[str, str]:
        """Return id and key of the first enabled installation."""
        for each in self._facts["installations"]:
            if each["enabled"]:
                return each["id"], each["key"]
        raise NotAskedError(f"region {self.region} has no enabled installation")

    def organization(
        self, name: str | None, tier: str, near: str | None = None, ids: Sequence[str] = ()
    ) -> Organization:
        """Return the organization of a name, or of the beginning of one.

        Without a name: one of `ids`, else one whose owner's e-mail has the domain of `near`, else the first of its
        tier.
        """
        found = self.organizations
        if name is not None:
            wanted = name.lower()
            for matches in (
                [each for each in found if each.name.lower() == wanted],
                [each for each in found if each.name.lower().startswith(wanted)],
            ):
                if matches:
                    return matches[0]
            names = ", ".join(each.name for each in found)
            raise NotAskedError(f"region {self.region} has no organization {name!r}; it has {names}")
        of_tier = [each for each in found if each.tier == tier]
        domain = (near or "").partition("@")[2].lower()
        for each in of_tier:
            if domain and (each.owner or "").lower().endswith(f"@{domain}"):
                return each
        for each in of_tier:
            if each.id in ids:
                return each
        if not of_tier:
            raise NotAskedError(f"region {self.region} has no {tier} organization")
        return of_tier[0]

    def person(self, email: str, transport: Transport, story: Story) -> Person:
        """Return somebody who can sign in."""
        for user in self._facts["users"]:
            if user["email"].lower() == email.lower() and user["masterPassword"]:
                return Person(
                    transport,
                    story,
                    identity_uri=self._facts["identity"],
                    api_uri=self._facts["api"],
                    email=user["email"],
                    master_password=user["masterPassword"],
                )
        emails = ", ".join(user["email"] for user in self._facts["users"])
        raise NotAskedError(f"region {self.region} has no login {email}; it has {emails}")
