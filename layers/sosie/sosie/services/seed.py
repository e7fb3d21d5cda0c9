"""Applies a scenario to a world: every record of both regions, written together or not at all.

Ids and keys follow from the scenario's seed and what they belong to, so that adding one person changes no other's.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sosie.domain.errors import ConflictError
from sosie.domain.html_text import decoded, encoded
from sosie.domain.ids import Ids
from sosie.domain.installations import KEY_LENGTH, Installation
from sosie.domain.members import Member, MemberStatus
from sosie.domain.organizations import (
    API_KEY_LENGTH,
    LICENCE_KEY_LENGTH,
    SPONSORED_PRICE,
    GoneOrganization,
    KeyType,
    LicenceFile,
    Organization,
    OrganizationApiKey,
    Policy,
    Subscription,
)
from sosie.domain.plans import Tier
from sosie.domain.sponsorships import Sponsorship
from sosie.domain.two_step import AUTHENTICATOR_SECRET_BYTES, RECOVERY_CODE_LENGTH, TwoStep, encode_secret
from sosie.domain.users import User
from sosie.services import repository as repo
from sosie.services.sponsorship_rows import add_row, save_row

if TYPE_CHECKING:
    from collections.abc import Collection

    from sosie.domain.scenario import (
        SeedInstallation,
        SeedOrganization,
        SeedRegion,
        SeedSponsorship,
        SeedSubscription,
    )
    from sosie.domain.scenario_people import SeedUser
    from sosie.services.unit_of_work import UnitOfWork

SHIPPED_PASSWORD = "correct horse battery staple"  # noqa: S105  everybody's, in every scenario that ships
_OWN_PASSWORD_LENGTH = 24
YEAR = timedelta(days=365)
MONTH = timedelta(days=30)


def seed_region(uow: UnitOfWork, region: SeedRegion) -> None:
    """Write everything a scenario says about one region. The caller commits."""
    for installation in region.installations:
        _installation(uow, installation)
    users = {user.email.lower(): _user(uow, user) for user in region.users}
    organizations = {decoded(each.name) or "": each for each in repo.organizations.list(uow)}
    organizations |= {seed.name: _organization(uow, seed, users) for seed in region.organizations}
    deleted = {seed.name for seed in region.organizations if seed.deleted}
    for sponsorship in region.sponsorships:
        _sponsorship(uow, sponsorship, organizations, deleted)


def member_id(uow: UnitOfWork, organization_name: str, email: str) -> str:
    """Return the id of a seeded membership."""
    return uow.derived(f"member|{organization_name}|{email.lower()}").guid()


def _installation(uow: UnitOfWork, seed: SeedInstallation) -> None:
    ids = uow.derived(f"installation|{seed.name}")
    installation = Installation(
        id=seed.id or ids.guid(),
        email=seed.email,
        key=seed.key or ids.alphanumeric(KEY_LENGTH),
        enabled=seed.enabled,
        creation_date=uow.now,
    )
    repo.installations.save(uow, installation, installation.id)


def _user(uow: UnitOfWork, seed: SeedUser) -> User:
    ids = uow.derived(f"user|{seed.email.lower()}")
    user = User(
        id=ids.guid(),
        email=seed.email.lower(),
        name=seed.name,
        api_key=ids.alphanumeric(API_KEY_LENGTH),
        security_stamp=ids.guid(),
        license_key=ids.alphanumeric(LICENCE_KEY_LENGTH),
        creation_date=uow.now - timedelta(days=seed.created_days_ago),
        revision_date=uow.now,
        account_revision_date=uow.now,
        kdf=seed.kdf,
        email_verified=seed.email_verified,
        premium=seed.premium,
        seed_password=_password(uow, seed),
        two_step=_two_step(uow, seed),
        new_device_verification=seed.new_device_verification,
        verify_devices=seed.verify_devices,
    )
    repo.add_user(uow, user)
    return user


def _password(uow: UnitOfWork, seed: SeedUser) -> str:
    """Return a person's master password. What ships is known to everybody, so a deployed world has one of its own."""
    if seed.master_password != SHIPPED_PASSWORD or uow.record.guessable:
        return seed.master_password
    return Ids(uow.record.seed, "master-password").alphanumeric(_OWN_PASSWORD_LENGTH)


def _two_step(uow: UnitOfWork, seed: SeedUser) -> TwoStep | None:
    if seed.two_step is None:
        return None
    ids = uow.derived(f"two-step|{seed.email.lower()}")
    own_secret, own_code = encode_secret(ids.bytes(AUTHENTICATOR_SECRET_BYTES)), ids.alphanumeric(RECOVERY_CODE_LENGTH)
    given = seed.two_step.authenticator
    return TwoStep(
        recovery_code=seed.two_step.recovery_code or own_code.lower(),
        authenticator=own_secret if given is True else given or None,
        email=seed.two_step.email,
    )


def _organization(uow: UnitOfWork, seed: SeedOrganization, users: dict[str, User]) -> Organization:
    ids = uow.derived(f"organization|{seed.name}")
    now = uow.now
    subscription = _subscription(uow, seed.subscription, seed) if seed.subscription else None
    expiration = subscription.period_end if subscription else None
    if seed.expires_in_days is not None:
        expiration = now + timedelta(days=seed.expires_in_days)
    organization_id, licence_key = seed.id or ids.guid(), ids.alphanumeric(LICENCE_KEY_LENGTH)
    if seed.license_key is not True:
        licence_key = seed.license_key or ""
    families = seed.plan.tier is Tier.FAMILIES
    organization = Organization(
        id=organization_id,
        name=encoded(seed.name),
        billing_email=seed.billing_email,
        plan_type=seed.plan.type,
        enabled=seed.enabled,
        license_key=licence_key or None,
        creation_date=now,
        revision_date=now,
        seats=seed.seats if seed.seats is not None else seed.plan.max_seats,
        max_storage_gb=1 if families or seed.plan.tier is Tier.ENTERPRISE else None,
        expiration_date=expiration,
        subscription=subscription,
        gateway_customer_id=f"cus_{ids.alphanumeric(14)}" if subscription else None,
        gateway_subscription_id=f"sub_{ids.alphanumeric(14)}" if subscription else None,
        use_events=seed.use_events,
        use_admin_sponsored_families=seed.admin_sponsored_families,
        identifier=seed.identifier,
        key_seed=True,
    )
    if repo.gone_organizations.get(uow, organization.id) is not None:
        raise ConflictError(f"the organization {seed.name} was deleted, and no id is used twice")
    if seed.deleted:
        # What is left of it are its id and the rows it sponsored (services/remove_organization.py).
        repo.gone_organizations.save(uow, GoneOrganization(organization.id, now), organization.id)
        return organization
    repo.organizations.save(uow, organization, organization.id)
    if seed.licence is not None:
        repo.licence_files.save(uow, LicenceFile(seed.licence.text), organization.id)
    _keys(uow, organization, seed)
    for policy in seed.policies:
        stored = Policy(ids.guid(), organization.id, policy.type, policy.enabled, now)
        repo.policies.save(uow, stored, organization.id, policy.type)
    _members(uow, organization, seed, users)
    return organization


def _keys(uow: UnitOfWork, organization: Organization, seed: SeedOrganization) -> None:
    ids = uow.derived(f"organization keys|{seed.name}")
    default, sync = ids.alphanumeric(API_KEY_LENGTH), ids.alphanumeric(API_KEY_LENGTH)
    keys = [OrganizationApiKey(organization.id, KeyType.DEFAULT, default, uow.now)]
    if seed.billing_sync_key:
        text = sync if seed.billing_sync_key is True else seed.billing_sync_key
        keys.append(OrganizationApiKey(organization.id, KeyType.BILLING_SYNC, text, uow.now))
    for key in keys:
        repo.api_keys.save(uow, key, organization.id, key.type)


def _members(uow: UnitOfWork, organization: Organization, seed: SeedOrganization, users: dict[str, User]) -> None:
    for place in seed.members:
        user = users.get(place.email.lower()) or repo.user_by_email(uow, place.email)
        invited = place.status is MemberStatus.INVITED
        member = Member(
            id=member_id(uow, seed.name, place.email),
            organization_id=organization.id,
            user_id=None if invited or user is None else user.id,
            email=place.email if invited else None,
            status=place.status,
            role=place.role,
            creation_date=uow.now,
            revision_date=uow.now,
            permissions=place.permissions,
        )
        repo.add_member(uow, member)


def _subscription(uow: UnitOfWork, seed: SeedSubscription, organization: SeedOrganization) -> Subscription:
    start = uow.now - timedelta(days=seed.started_days_ago)
    length = YEAR if organization.plan.is_annual else MONTH
    end = start + length if seed.ends_in_days is None else uow.now + timedelta(days=seed.ends_in_days)
    trial_end = None
    if seed.trial_ended_days_ago is not None:
        trial_end = uow.now - timedelta(days=seed.trial_ended_days_ago)
    return Subscription(
        status=seed.status,
        period_start=start,
        period_end=end,
        trial_start=None if trial_end is None else trial_end - timedelta(days=7),
        trial_end=trial_end,
        cancel_at_period_end=seed.cancel_at_period_end,
        price_id=organization.plan.price_id,
    )


def _sponsorship(
    uow: UnitOfWork, seed: SeedSponsorship, organizations: dict[str, Organization], deleted: Collection[str]
) -> None:
    sponsoring = organizations[seed.organization]
    sponsored = organizations[seed.redeemed_by] if seed.redeemed_by and seed.redeemed_by not in deleted else None
    ids = uow.derived(f"sponsorship|{seed.organization}|{seed.member}|{seed.friendly_name}")
    now = uow.now
    row = Sponsorship(
        id=ids.guid(),
        sponsoring_organization_id=sponsoring.id,
        sponsoring_member_id=member_id(uow, seed.organization, seed.member),
        friendly_name=seed.friendly_name,
        offered_to_email=None if seed.redeemed_by else seed.offered_to,
        sponsored_organization_id=sponsored.id if sponsored else None,
        last_sync_date=None if seed.synced_days_ago is None else now - timedelta(days=seed.synced_days_ago),
        valid_until=None if seed.valid_for_days is None else now + timedelta(days=seed.valid_for_days),
        to_delete=seed.to_delete,
        is_admin_initiated=seed.admin_initiated,
    )
    add_row(uow, sponsoring.id, row)
    if sponsored is not None:
        save_row(uow, sponsoring.id, row)
        if sponsored.subscription is not None:
            from dataclasses import replace

            paid = replace(sponsored.subscription, price_id=SPONSORED_PRICE)
            repo.organizations.save(uow, replace(sponsored, subscription=paid), sponsored.id)
