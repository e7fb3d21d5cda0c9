"""One region as a client sees it: base URIs, and the personas of scenario `families` (design §7)."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Cast:
    """Who plays which part. The tests speak of parts, so the same journey runs in both regions."""

    enterprise: str
    owner: str
    member: str
    second_member: str
    other_enterprise: str
    other_enterprise_owner: str
    teams: str
    teams_owner: str
    families: str
    families_owner: str
    newcomer: str


CASTS = {
    "us": Cast(
        enterprise="Acme Corporation",
        owner="owner@acme.test",
        member="alice@acme.test",
        second_member="bob@acme.test",
        other_enterprise="Globex",
        other_enterprise_owner="owner@globex.test",
        teams="Initech",
        teams_owner="owner@initech.test",
        families="Cousin Family",
        families_owner="cousin@family.test",
        newcomer="newcomer@family.test",
    ),
    "eu": Cast(
        enterprise="Dupont SA",
        owner="owner@dupont.test",
        member="amelie@dupont.test",
        second_member="bram@dupont.test",
        other_enterprise="De Vries BV",
        other_enterprise_owner="owner@devries.test",
        teams="Atelier Nord",
        teams_owner="owner@ateliernord.test",
        families="Famille Tante",
        families_owner="tante@famille.test",
        newcomer="nieuw@gezin.test",
    ),
}


@dataclass(frozen=True)
class Installation:
    id: str
    key: str


class Region:
    def __init__(self, name: str, described: dict[str, Any]):
        self.name = name
        self.cast = CASTS[name]
        self.identity: str = described["identity"]
        self.api: str = described["api"]
        self.push: str = described["push"]
        self._described = described

    def user(self, email: str) -> dict[str, Any]:
        return _only(self._described["users"], "email", email)

    def organization(self, name: str) -> dict[str, Any]:
        return _only(self._described["organizations"], "name", name)

    @property
    def enterprise(self) -> dict[str, Any]:
        return self.organization(self.cast.enterprise)

    @property
    def other_enterprise(self) -> dict[str, Any]:
        return self.organization(self.cast.other_enterprise)

    @property
    def families(self) -> dict[str, Any]:
        return self.organization(self.cast.families)

    @property
    def installation(self) -> Installation:
        return self._installation(enabled=True)

    @property
    def disabled_installation(self) -> Installation:
        return self._installation(enabled=False)

    def _installation(self, *, enabled: bool) -> Installation:
        found = _only(self._described["installations"], "enabled", enabled)
        return Installation(found["id"], found["key"])


def _only(items: list[dict[str, Any]], field: str, value: Any) -> dict[str, Any]:
    found = [item for item in items if item[field] == value]
    if len(found) != 1:
        raise LookupError(f"{len(found)} items with {field} = {value!r}; there are {[i[field] for i in items]}")
    return found[0]
