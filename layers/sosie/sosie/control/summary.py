"""What a world looks like from outside: its addresses, and what the scenario put there (design: control plane)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sosie.domain.dates import wire_date
from sosie.domain.hosts import open_url, roots_below
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


def summarize(worlds: Worlds, world: str, base_url: str, domain: str | None = None) -> dict[str, Any]:
    """Return a world's summary as it is reached from `base_url`, where the request came to.

    Raises LookupError if there is no such world.
    """
    record = worlds.open(world)
    if record is None:
        raise LookupError(world)
    regions = {uow.region: _region(uow, base_uris(base_url, world, uow.region, domain)) for uow in worlds.units(world)}
    now = record.clock.at(worlds.clock.now())
    return {
        "world": world,
        "scenario": record.scenario,
        "incarnation": record.incarnation,
        "clock": {"mode": record.clock.mode, "now": wire_date(now)},
        "console": f"{open_url(base_url, domain)}/",
        "regions": regions,
    }


def base_uris(base_url: str, world: str, region: str, domain: str | None = None) -> dict[str, str]:
    """Return the base URI of each service, without a final slash. Hosts of a domain are the default world's alone."""
    roots = roots_below(base_url, domain)
    if world == DEFAULT_WORLD and roots:
        return {service: roots[f"{region}/{service}"] for service in SERVICES}
    prefix = "" if world == DEFAULT_WORLD else f"/w/{world}"
    return {service: f"{open_url(base_url, domain)}{prefix}/{region}/{service}" for service in SERVICES}


def _region(uow: UnitOfWork, uris: dict[str, str]) -> dict[str, Any]:
    installations = repo.installations.list(uow)
    users = sorted(repo.users.list(uow), key=lambda user: user.email)
    organizations = sorted(repo.organizations.list(uow), key=lambda organization: organization.name)
    emails = {user.id: user.email for user in users}
    return {
        **uris,
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
