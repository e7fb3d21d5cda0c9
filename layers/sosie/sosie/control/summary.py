"""What a world looks like from outside: its addresses, and what the scenario put there (design: control plane)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sosie.domain.dates import wire_date
from sosie.domain.html_text import decoded
from sosie.domain.members import MemberStatus, Role
from sosie.domain.regions import SERVICES
from sosie.services import repository as repo
from sosie.services.world_record import DEFAULT_WORLD

if TYPE_CHECKING:
    from sosie.domain.organizations import Organization
    from sosie.domain.users import User
    from sosie.services.unit_of_work import UnitOfWork
    from sosie.services.worlds import Worlds


def summarize(worlds: Worlds, world: str, base_url: str) -> dict[str, Any]:
    """Return a world's summary. Raises LookupError if there is no such world."""
    record = worlds.open(world)
    if record is None:
        raise LookupError(world)
    regions = {uow.region: _region(uow, base_url) for uow in worlds.units(world)}
    now = record.clock.at(worlds.clock.now())
    return {
        "world": world,
        "scenario": record.scenario,
        "incarnation": record.incarnation,
        "clock": {"mode": record.clock.mode, "now": wire_date(now)},
        "console": f"{base_url}/",
        "regions": regions,
    }


def base_uris(base_url: str, world: str, region: str) -> dict[str, str]:
    """Return the base URI of each service, without a final slash."""
    prefix = "" if world == DEFAULT_WORLD else f"/w/{world}"
    return {service: f"{base_url}{prefix}/{region}/{service}" for service in SERVICES}


def _region(uow: UnitOfWork, base_url: str) -> dict[str, Any]:
    installations = repo.installations.list(uow)
    users = sorted(repo.users.list(uow), key=lambda user: user.email)
    organizations = sorted(repo.organizations.list(uow), key=lambda organization: organization.name)
    emails = {user.id: user.email for user in users}
    return {
        **base_uris(base_url, uow.world, uow.region),
        "installations": [
            {"id": each.id, "key": each.key, "enabled": each.enabled}
            for each in sorted(installations, key=lambda each: (not each.enabled, each.creation_date, each.id))
        ],
        "users": [
            {
                "id": user.id,
                "email": user.email,
                "name": user.name,
                "masterPassword": user.seed_password,
                "apiKey": user.api_key,
                "twoStep": _two_step(user),
            }
            for user in users
        ],
        "organizations": [_organization(uow, each, emails) for each in organizations],
    }


def _two_step(user: User) -> dict[str, Any] | None:
    """Return what a test needs to take a person's second step; None without one."""
    if user.two_step is None:
        return None
    return {
        "authenticator": user.two_step.authenticator,
        "email": user.two_step.email,
        "recoveryCode": user.two_step.recovery_code,
    }


def _organization(uow: UnitOfWork, organization: Organization, emails: dict[str, str]) -> dict[str, Any]:
    members = repo.members.list(uow, organization.id)
    owners = [m for m in members if m.role is Role.OWNER and m.status is MemberStatus.CONFIRMED]
    return {
        "id": organization.id,
        "name": decoded(organization.name),
        "plan": organization.plan.slug,
        "tier": organization.plan.label.lower(),
        "enabled": organization.enabled,
        "owner": emails.get(owners[0].user_id or "") if owners else None,
        "licenseKey": organization.license_key,
    }
