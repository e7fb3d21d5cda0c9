"""The same people in both regions of the scenario `families`, by what they are and not by name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cast:
    """`synced` is the Enterprise organization that has a billing sync key; `member` is in `enterprise`."""

    enterprise: str
    owner: str
    member: str
    synced: str
    synced_owner: str
    teams: str
    family: str
    family_owner: str


CASTS = {
    "us": Cast(
        enterprise="Acme Corporation",
        owner="owner@acme.test",
        member="alice@acme.test",
        synced="Globex",
        synced_owner="owner@globex.test",
        teams="Initech",
        family="Cousin Family",
        family_owner="cousin@family.test",
    ),
    "eu": Cast(
        enterprise="Dupont SA",
        owner="owner@dupont.test",
        member="amelie@dupont.test",
        synced="De Vries BV",
        synced_owner="owner@devries.test",
        teams="Atelier Nord",
        family="Famille Tante",
        family_owner="tante@famille.test",
    ),
}
