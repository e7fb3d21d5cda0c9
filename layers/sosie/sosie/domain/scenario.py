"""A scenario: the document that describes a world's seed. It names people and organizations, not rows.

These are named tuples: a start makes all of them, and dataclasses would cost it tens of milliseconds.
`parse_scenario` checks all of it before anything is applied; a problem names the field, such as
`regions.us.users[2].email`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sosie.domain.document import Node
from sosie.domain.errors import ScenarioError
from sosie.domain.members import PERMISSIONS, MemberStatus, Role
from sosie.domain.plans import PLANS_BY_SLUG, Plan
from sosie.domain.regions import REGIONS, Region
from sosie.domain.scenario_licence import SeedLicence, check_same, read_licence
from sosie.domain.scenario_people import MOST_DAYS, PeopleDefaults, SeedUser, read_defaults, read_user

VERSION = 1


class SeedInstallation(NamedTuple):
    name: str
    email: str
    enabled: bool = True
    id: str | None = None
    key: str | None = None


class SeedMember(NamedTuple):
    email: str
    role: Role = Role.USER
    status: MemberStatus = MemberStatus.CONFIRMED
    permissions: tuple[str, ...] = ()


class SeedPolicy(NamedTuple):
    type: int
    enabled: bool = True


class SeedSubscription(NamedTuple):
    """Days count from the moment of seeding; negative ones lie before it."""

    status: str = "active"
    started_days_ago: int = 30
    ends_in_days: int | None = None
    trial_ended_days_ago: int | None = None
    cancel_at_period_end: bool = False


class SeedOrganization(NamedTuple):
    name: str
    plan: Plan
    billing_email: str
    members: tuple[SeedMember, ...]
    seats: int | None = None
    enabled: bool = True
    subscription: SeedSubscription | None = SeedSubscription()
    expires_in_days: int | None = None
    billing_sync_key: bool | str = False
    license_key: bool | str = True
    policies: tuple[SeedPolicy, ...] = ()
    use_events: bool | None = None
    admin_sponsored_families: bool = False
    id: str | None = None
    identifier: str | None = None
    licence: SeedLicence | None = None
    deleted: bool = False


class SeedSponsorship(NamedTuple):
    organization: str
    member: str
    friendly_name: str | None = None
    offered_to: str | None = None
    redeemed_by: str | None = None
    synced_days_ago: int | None = None
    valid_for_days: int | None = None
    to_delete: bool = False
    admin_initiated: bool = False


class SeedRegion(NamedTuple):
    installations: tuple[SeedInstallation, ...] = ()
    users: tuple[SeedUser, ...] = ()
    organizations: tuple[SeedOrganization, ...] = ()
    sponsorships: tuple[SeedSponsorship, ...] = ()


class Scenario(NamedTuple):
    name: str
    seed: str
    regions: Mapping[Region, SeedRegion]


_ROLES = {role.name.lower(): role for role in Role}
_STATUSES = {status.name.lower(): status for status in MemberStatus}
# The payment provider's words (docs/contract/api.md §4.7, licensing-push-installations.md A.1).
_SUBSCRIPTION_STATUSES = {
    status: status
    for status in (
        "active",
        "trialing",
        "past_due",
        "canceled",
        "unpaid",
        "incomplete",
        "incomplete_expired",
        "paused",
    )
}
_LONGEST_IDENTIFIER = 50


class Known(NamedTuple):
    """What a region holds already, which a scenario on top may refer to.

    E-mails in lower case, names of organizations, ids of installations.
    """

    emails: frozenset[str] = frozenset()
    organizations: frozenset[str] = frozenset()
    installations: frozenset[str] = frozenset()


def parse_scenario(document: Any, known: Mapping[Region, Known] | None = None) -> Scenario:
    """Return a checked scenario. Raises ScenarioError."""
    known = known or {}
    root = Node(document, "")
    version = root.get("version", int, VERSION)
    if version != VERSION:
        raise ScenarioError("version", f"this Sosie reads version {VERSION}, not {version}")
    name = root.need("name", str)
    seed = root.get("seed", str, name)
    defaults = read_defaults(root.member("defaults"))
    parts = root.member("regions") or Node({}, "regions")
    regions = {region: _region(parts.member(region), defaults, known.get(region, Known())) for region in REGIONS}
    parts.done()
    root.done()
    return Scenario(name, seed, regions)


def _region(node: Node | None, defaults: PeopleDefaults, known: Known) -> SeedRegion:
    if node is None:
        return SeedRegion()
    region = SeedRegion(
        installations=node.each("installations", _installation),
        users=node.each("users", lambda user: read_user(user, defaults)),
        organizations=node.each("organizations", _organization),
        sponsorships=node.each("sponsorships", _sponsorship),
    )
    node.done()
    _check_references(node, region, known)
    _check_licences(node, region, known)
    return region


def _check_references(node: Node, region: SeedRegion, known: Known) -> None:
    emails = [user.email.lower() for user in region.users]
    names = [organization.name for organization in region.organizations]
    for kind, found in (("users", emails), ("organizations", names)):
        for at, name in enumerate(found):
            if name in found[:at]:
                raise ScenarioError(f"{node.where}.{kind}[{at}]", f"{name!r} is there already")
    emails += known.emails
    names += known.organizations
    _check_ids(node, "installations", [each.id for each in region.installations])
    _check_ids(node, "organizations", [each.id for each in region.organizations])
    _check_ids(node, "organizations", [each.identifier for each in region.organizations], "identifier")
    for at, organization in enumerate(region.organizations):
        for place, member in enumerate(organization.members):
            if member.status is not MemberStatus.INVITED and member.email.lower() not in emails:
                where = f"{node.where}.organizations[{at}].members[{place}].email"
                raise ScenarioError(where, f"no user has the address {member.email!r}")
    for at, sponsorship in enumerate(region.sponsorships):
        for name in filter(None, (sponsorship.organization, sponsorship.redeemed_by)):
            if name not in names:
                raise ScenarioError(f"{node.where}.sponsorships[{at}]", f"no organization is named {name!r}")


def _check_licences(node: Node, region: SeedRegion, known: Known) -> None:
    installations = [*(each.id for each in region.installations), *known.installations]
    for at, organization in enumerate(region.organizations):
        if organization.licence is not None and organization.licence.installation_id not in installations:
            where = f"{node.where}.organizations[{at}].licence.installationId"
            raise ScenarioError(where, "no installation of the region has this id; name it there, with its key")


def _check_ids(node: Node, kind: str, ids: list[str | None], member: str = "id") -> None:
    for at, found in enumerate(ids):
        if found is not None and found in ids[:at]:
            raise ScenarioError(f"{node.where}.{kind}[{at}].{member}", f"{found} is there already")


def _installation(node: Node) -> SeedInstallation:
    email = node.need("email", str)
    read = SeedInstallation(
        name=node.get("name", str, email),
        email=email,
        enabled=node.get("enabled", bool, True),
        id=node.guid("id"),
        key=node.get("key", str),
    )
    node.done()
    return read


def _organization(node: Node) -> SeedOrganization:
    subscription = node.member("subscription")
    subscribed = subscription is None or subscription.value is not False
    members = node.each("members", _member)
    plan = node.choice("plan", PLANS_BY_SLUG, PLANS_BY_SLUG["enterprise-annually"])
    read = SeedOrganization(
        name=node.need("name", str),
        plan=plan,
        billing_email=node.get("billingEmail", str) or _first_address(node, members),
        members=members,
        seats=node.number("seats", None, 0, 1_000_000),
        enabled=node.get("enabled", bool, True),
        subscription=_subscription(subscription, plan) if subscribed else None,
        expires_in_days=node.number("expiresInDays", None, -MOST_DAYS, MOST_DAYS),
        billing_sync_key=node.get("billingSyncKey", (bool, str), False),
        license_key=node.get("licenseKey", (bool, str), True),
        policies=node.each("policies", _policy),
        use_events=node.get("useEvents", bool),
        admin_sponsored_families=node.get("adminSponsoredFamilies", bool, False),
        id=node.guid("id"),
        identifier=_identifier(node),
        licence=read_licence(node.member("licence")),
        deleted=node.get("deleted", bool, False),
    )
    node.done()
    return _licensed(node, read)


def _licensed(node: Node, read: SeedOrganization) -> SeedOrganization:
    """Return the organization with id and key of the licence file that it has, if it has one."""
    licence, key = read.licence, read.license_key
    if licence is None:
        return read
    check_same(node, "id", read.id, licence.id)
    check_same(node, "licenseKey", None if key is True else key or "", licence.license_key)
    return read._replace(id=licence.id, license_key=licence.license_key)


def _identifier(node: Node) -> str | None:
    """Return what members type to be sent to their organization's single sign-on."""
    identifier: str | None = node.get("identifier", str)
    if identifier is not None and not 1 <= len(identifier) <= _LONGEST_IDENTIFIER:
        raise Node(None, f"{node.where}.identifier").fail(f"must have 1 to {_LONGEST_IDENTIFIER} characters")
    return identifier


def _first_address(node: Node, members: tuple[SeedMember, ...]) -> str:
    if not members:
        raise Node(None, f"{node.where}.billingEmail").fail("is missing, and there is no member to take it from")
    return members[0].email


def _subscription(node: Node | None, plan: Plan) -> SeedSubscription:
    # A month is 30 days here: one that began before these would be over, for good, when its world begins.
    started = 30 if plan.is_annual else 15
    if node is None:
        return SeedSubscription(started_days_ago=started)
    read = SeedSubscription(
        status=node.choice("status", _SUBSCRIPTION_STATUSES, "active"),
        started_days_ago=node.number("startedDaysAgo", started, -MOST_DAYS, MOST_DAYS),
        ends_in_days=node.number("endsInDays", None, -MOST_DAYS, MOST_DAYS),
        trial_ended_days_ago=node.number("trialEndedDaysAgo", None, -MOST_DAYS, MOST_DAYS),
        cancel_at_period_end=node.get("cancelAtPeriodEnd", bool, False),
    )
    node.done()
    return read


def _member(node: Node) -> SeedMember:
    read = SeedMember(
        email=node.need("email", str),
        role=node.choice("role", _ROLES, Role.USER),
        status=node.choice("status", _STATUSES, MemberStatus.CONFIRMED),
        permissions=node.each("permissions", _permission),
    )
    node.done()
    return read


def _permission(node: Node) -> str:
    if node.value not in PERMISSIONS:
        raise node.fail(f"must be one of {', '.join(PERMISSIONS)}")
    return str(node.value)


def _policy(node: Node) -> SeedPolicy:
    node.need("type", int)
    read = SeedPolicy(type=node.number("type", None, 0, 255), enabled=node.get("enabled", bool, True))
    node.done()
    return read


def _sponsorship(node: Node) -> SeedSponsorship:
    read = SeedSponsorship(
        organization=node.need("organization", str),
        member=node.need("member", str),
        friendly_name=node.get("friendlyName", str),
        offered_to=node.get("offeredTo", str),
        redeemed_by=node.get("redeemedBy", str),
        synced_days_ago=node.number("syncedDaysAgo", None, -MOST_DAYS, MOST_DAYS),
        valid_for_days=node.number("validForDays", None, -MOST_DAYS, MOST_DAYS),
        to_delete=node.get("toDelete", bool, False),
        admin_initiated=node.get("adminInitiated", bool, False),
    )
    node.done()
    return read
