"""Organizations, their subscription, keys and policies (docs/contract/api.md §5.1)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from sosie.domain.plans import Plan, Tier, plan_of

API_KEY_LENGTH = 30
LICENCE_KEY_LENGTH = 20

_KEPT_RETIRED = 20
"""Rotated keys of an organization that are remembered."""
SPONSORED_PRICE = "2021-family-for-enterprise-annually"


class KeyType(IntEnum):
    """OrganizationApiKeyType. BillingSync is what self-hosted servers sync with."""

    DEFAULT = 0
    BILLING_SYNC = 1
    SCIM = 2


class PolicyType(IntEnum):
    """The policies that matter here."""

    SINGLE_ORGANIZATION = 3
    REQUIRE_SSO = 4
    FREE_FAMILIES_SPONSORSHIP = 13
    AUTOMATIC_USER_CONFIRMATION = 18


class OrganizationStatus(IntEnum):
    """OrganizationStatusType."""

    PENDING = 0
    CREATED = 1
    MANAGED = 2


@dataclass(frozen=True, slots=True)
class Subscription:
    """What the payment provider knows: status word, current period, trial, and the price of the main item."""

    status: str
    period_start: datetime
    period_end: datetime
    trial_start: datetime | None = None
    trial_end: datetime | None = None
    cancelled_at: datetime | None = None
    cancel_at_period_end: bool = False
    price_id: str | None = None

    @property
    def sponsored(self) -> bool:
        """Whether the main item is the sponsored Families price."""
        return self.price_id == SPONSORED_PRICE


@dataclass(frozen=True, slots=True)
class Organization:
    """An organization of one region. `key_seed` says that Sosie holds its key pair (seeded organizations)."""

    id: str
    name: str
    billing_email: str
    plan_type: int
    enabled: bool
    license_key: str | None
    creation_date: datetime
    revision_date: datetime
    business_name: str | None = None
    seats: int | None = None
    max_autoscale_seats: int | None = None
    max_storage_gb: int | None = None
    expiration_date: datetime | None = None
    subscription: Subscription | None = None
    gateway_customer_id: str | None = None
    gateway_subscription_id: str | None = None
    public_key: str | None = None
    private_key: str | None = None
    status: OrganizationStatus = OrganizationStatus.CREATED
    identifier: str | None = None
    use_events: bool | None = None
    use_admin_sponsored_families: bool = False
    use_secrets_manager: bool = False
    key_seed: bool = False

    @property
    def plan(self) -> Plan:
        """The plan. Raises ServerFaultError for a number no plan has."""
        return plan_of(self.plan_type)

    @property
    def tier(self) -> Tier:
        """The plan's tier. Raises ServerFaultError for a number no plan has."""
        return self.plan.tier

    @property
    def events_enabled(self) -> bool:
        """Whether events are logged: the plan's word, unless the organization has its own."""
        return self.plan.features.has_events if self.use_events is None else self.use_events


@dataclass(frozen=True, slots=True)
class RetiredKey:
    """A key that was rotated, by its hash alone, and until when it was good. It only serves to explain refusals."""

    fingerprint: str
    until: datetime


@dataclass(frozen=True, slots=True)
class OrganizationApiKey:
    """One key per type; stored and compared in clear, as the cloud does. `retired` are its latest forerunners."""

    organization_id: str
    type: KeyType
    api_key: str
    revision_date: datetime
    retired: tuple[RetiredKey, ...] = ()

    def replaced_by(self, api_key: str, now: datetime) -> OrganizationApiKey:
        """Return the key that takes this one's place at once."""
        retired = (RetiredKey(key_fingerprint(self.api_key), now), *self.retired)[:_KEPT_RETIRED]
        return OrganizationApiKey(self.organization_id, self.type, api_key, now, retired)

    def retired_at(self, presented: str) -> datetime | None:
        """Return until when a text was this key, if it was before it was rotated."""
        fingerprint = key_fingerprint(presented)
        return next((each.until for each in self.retired if each.fingerprint == fingerprint), None)


def key_fingerprint(api_key: str) -> str:
    """Return what a key is recognized by when it is gone."""
    return hashlib.sha256(api_key.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Policy:
    """A missing policy counts as disabled."""

    id: str
    organization_id: str
    type: int
    enabled: bool
    revision_date: datetime
    data: str | None = None


@dataclass(frozen=True, slots=True)
class OrganizationInstallation:
    """Remembers that a licence was downloaded for an installation."""

    id: str
    organization_id: str
    installation_id: str
    creation_date: datetime
    revision_date: datetime


@dataclass(frozen=True, slots=True)
class OrganizationEvent:
    """An entry of an organization's event log."""

    id: str
    organization_id: str
    type: int
    date: datetime
    installation_id: str | None = None
    acting_user_id: str | None = None


@dataclass(frozen=True, slots=True)
class GoneOrganization:
    """Remembers a deleted organization: rows it sponsored stay in its partition, and its id is never used again."""

    id: str
    date: datetime


@dataclass(frozen=True, slots=True)
class LicenceFile:
    """A real licence of its owner's, as JSON text that is served as it is."""

    text: str


EVENT_MEMBER_REMOVED = 1503
EVENT_SPONSORSHIPS_SYNCED = 1608
EVENT_POLICY_UPDATED = 1700
