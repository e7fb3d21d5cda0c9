"""What a world holds, row by row, for assertions and for people who wonder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sosie.control.problems import bad_request
from sosie.domain.regions import REGIONS
from sosie.services import repository as repo
from sosie.services.records import to_body
from sosie.services.sponsorship_rows import homes_of_rows, rows_at_home

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sosie.services.unit_of_work import UnitOfWork
    from sosie.services.worlds import Worlds

KINDS = (
    "installations",
    "users",
    "organizations",
    "members",
    "sponsorships",
    "keys",
    "policies",
    "events",
    "licenceDownloads",
)
# The scenario's own words and derived secrets: nothing that a test would want to compare.
_HIDDEN = frozenset({"password_hash", "keys", "private_key"})


def read_state(worlds: Worlds, world: str, region: str | None = None, kind: str | None = None) -> dict[str, Any]:
    """Return `{"regions": {region: {kind: [rows]}}}`, of one region or kind if asked. Raises ProblemError."""
    if region is not None and region not in REGIONS:
        raise bad_request(f"There is no region {region!r}; there are {', '.join(REGIONS)}.")
    if kind is not None and kind not in KINDS:
        raise bad_request(f"There is no kind {kind!r}; there are {', '.join(KINDS)}.")
    kinds = KINDS if kind is None else (kind,)
    regions = {
        uow.region: {each: _rows(uow, each) for each in kinds}
        for uow in worlds.units(world)
        if region in (None, uow.region)
    }
    return {"world": world, "regions": regions}


def _rows(uow: UnitOfWork, kind: str) -> list[dict[str, Any]]:
    if kind == "installations":
        return _wire(repo.installations.list(uow))
    if kind == "users":
        return _wire(repo.users.list(uow))
    if kind == "licenceDownloads":
        return _wire(repo.organization_installations.list(uow))
    organizations = repo.organizations.list(uow)
    if kind == "organizations":
        return _wire(organizations)
    if kind == "sponsorships":
        homes = homes_of_rows(uow, (each.id for each in organizations))
        return _wire(row for home in homes for row in rows_at_home(uow, home))
    collection: Any = {
        "members": repo.members,
        "keys": repo.api_keys,
        "policies": repo.policies,
        "events": repo.events,
    }[kind]
    return _wire(row for each in organizations for row in collection.list(uow, each.id))


def _wire(records: Iterable[Any]) -> list[dict[str, Any]]:
    return [_camel(to_body(record)) for record in records]


def _camel(value: Any) -> Any:
    if isinstance(value, dict):
        return {_camel_name(name): _camel(member) for name, member in value.items() if name not in _HIDDEN}
    if isinstance(value, list):
        return [_camel(member) for member in value]
    return value


def _camel_name(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
