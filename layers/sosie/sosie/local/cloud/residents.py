"""One region of a world: where its services answer, and who lives there, read from the world's summary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sosie.domain.errors import SosieError
from sosie.domain.regions import REGIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sosie.domain.regions import Region as RegionName


class NotThereError(SosieError, LookupError):
    """Nothing of that name is there; the text lists what is."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True, slots=True)
class Installation:
    """Id and key of one self-hosted server."""

    id: str
    key: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with an account. `master_password` is None if only they know it; `api_key` is their personal one."""

    id: str
    email: str
    name: str | None
    master_password: str | None
    api_key: str | None


@dataclass(frozen=True, slots=True)
class Organization:
    """An organization. `owner` is an e-mail; `tier` is `enterprise`, `teams`, `families` or such."""

    id: str
    name: str
    plan: str
    tier: str
    enabled: bool
    owner: str | None
    license_key: str


class Region:
    """One region. Base URLs are without a final slash; people and organizations are read anew each time."""

    def __init__(self, name: str, read_summary: Callable[[], Mapping[str, Any]]) -> None:
        known = next((each for each in REGIONS if each == name), None)
        if known is None:
            raise NotThereError(f"there is no region {name!r}; there are {', '.join(REGIONS)}")
        self.name: RegionName = known
        self._read_summary = read_summary
        facts = read_summary()["regions"][name]
        self.identity_url: str = facts["identity"]
        self.api_url: str = facts["api"]
        self.push_url: str = facts["push"]

    def __repr__(self) -> str:
        return f"<Region {self.name} {self.api_url}>"

    @property
    def installations(self) -> list[Installation]:
        """All installations, enabled ones first."""
        return [Installation(each["id"], each["key"], each["enabled"]) for each in self._facts()["installations"]]

    def installation(self, *, enabled: bool = True) -> Installation:
        """Return the first installation that is enabled, or the first that is not. Raises NotThereError."""
        for each in self.installations:
            if each.enabled is enabled:
                return each
        raise NotThereError(f"region {self.name} has no installation that is {'en' if enabled else 'dis'}abled")

    @property
    def users(self) -> list[User]:
        """Everybody with an account, by e-mail."""
        return [
            User(each["id"], each["email"], each["name"], each["masterPassword"], each["apiKey"])
            for each in self._facts()["users"]
        ]

    def user(self, email: str) -> User:
        """Return the account of an e-mail, in any letter case. Raises NotThereError."""
        wanted, found = email.lower(), self.users
        for each in found:
            if each.email.lower() == wanted:
                return each
        there = ", ".join(each.email for each in found) or "nobody"
        where = self._elsewhere("users", wanted)
        raise NotThereError(f"region {self.name} has no user {email!r}{where}; there is {there}")

    @property
    def organizations(self) -> list[Organization]:
        """All organizations, by name."""
        return [
            Organization(
                each["id"],
                each["name"],
                each["plan"],
                each["tier"],
                each["enabled"],
                each["owner"],
                each["licenseKey"],
            )
            for each in self._facts()["organizations"]
        ]

    def organization(self, name: str) -> Organization:
        """Return the organization of a name, or of the beginning of one, in any letter case.

        Raises NotThereError, also when several names begin so.
        """
        wanted, found = name.lower(), self.organizations
        exactly = [each for each in found if each.name.lower() == wanted]
        beginning = [each for each in found if each.name.lower().startswith(wanted)]
        if exactly or len(beginning) == 1:
            return (exactly or beginning)[0]
        there = ", ".join(each.name for each in beginning or found) or "none"
        if beginning:
            raise NotThereError(f"region {self.name} has several organizations that begin with {name!r}: {there}")
        where = self._elsewhere("organizations", wanted)
        raise NotThereError(f"region {self.name} has no organization {name!r}{where}; there is {there}")

    def _facts(self) -> Mapping[str, Any]:
        facts: Mapping[str, Any] = self._read_summary()["regions"][self.name]
        return facts

    def _elsewhere(self, kind: str, wanted: str) -> str:
        """Return a hint if the other region has it, which is the usual mistake."""
        for region, facts in self._read_summary()["regions"].items():
            names = (each["email" if kind == "users" else "name"].lower() for each in facts[kind])
            if region != self.name and any(name.startswith(wanted) for name in names):
                return f" (it is in region {region})"
        return ""
