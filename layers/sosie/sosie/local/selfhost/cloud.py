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
    enabled: bool
    owner: str | None
    licence_key: str


class Cloud:
    """One region of a world's summary. Raises NotAskedError for whoever does not live there."""

    def __init__(self, region: str, summary: Mapping[str, Any]) -> None:
        facts = summary["regions"][region]
        self.world: str = summary["world"]
        self.incarnation: str | None = summary.get("incarnation")
        self.region = region
        self._summary = summary
        # As the administrator of a self-hosted server has to write them: with the final slash.
        self.identity_uri = f"{facts['identity']}/"
        self.api_uri = f"{facts['api']}/"
        self._facts = facts

    @property
    def organizations(self) -> list[Organization]:
        """All organizations, by name."""
        return [
            Organization(each["id"], each["name"], each["tier"], each["enabled"], each["owner"], each["licenseKey"])
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

        Without a name: one whose owner's e-mail has the domain of `near`, else one of `ids`, else that of its tier
        whose owner has the most colleagues, told by the domain of their e-mails.
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
        domain = _domain(near)
        for each in of_tier:
            if domain and _domain(each.owner) == domain:
                return each
        for each in of_tier:
            if each.id in ids:
                return each
        if not of_tier:
            raise NotAskedError(f"region {self.region} has no {tier} organization")
        return max(of_tier, key=lambda each: self._people_at(_domain(each.owner)))

    def require_login(self, email: str) -> None:
        """Raise NotAskedError unless somebody of this e-mail lives in the region, and say where they do live."""
        if email.lower() in self._emails(self.region):
            return
        for region in self._summary["regions"]:
            if email.lower() in self._emails(region):
                raise NotAskedError(f"{email} is in region {region}; did you mean --region {region}?")
        emails = ", ".join(self._emails(self.region)) or "none"
        raise NotAskedError(f"region {self.region} has no login {email}; it has {emails}")

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
        self.require_login(email)
        raise NotAskedError(f"nobody knows the master password of {email}")

    def _emails(self, region: str) -> list[str]:
        return [user["email"].lower() for user in self._summary["regions"][region]["users"]]

    def _people_at(self, domain: str) -> int:
        return sum(1 for email in self._emails(self.region) if domain and _domain(email) == domain)


def _domain(email: str | None) -> str:
    return (email or "").partition("@")[2].lower()
