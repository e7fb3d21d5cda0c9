"""Licences: their fields, their JSON, and the text under their hash and signature.

The rules are docs/contract/licensing-push-installations.md, A.4 to A.6. Nothing is signed here: a caller
fills in `hash`, then `signature` and `token`, with `dataclasses.replace`.
"""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from fractions import Fraction
from typing import Literal
from uuid import UUID


class UnsupportedVersionError(ValueError):
    """A licence of a version nobody can hash; the text is the cloud's own (A.4)."""

    def __init__(self, version: int) -> None:
        super().__init__(f"Version {version} is not supported.")
        self.version = version


class LicenceType(IntEnum):
    """Whom a licence is for: a number in the JSON, a name in the token (A.4, A.7)."""

    USER = 0
    ORGANIZATION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationLicence:
    """What the cloud grants an organization on one installation; the names are those of the wire (A.4).

    Dates are aware. Ids are UUIDs or their text in any letter case. `plan_type` is the number of A.4; storage
    counts gigabytes. `limit_collection_creation_deletion` is true if the organization has either limit.
    Field names are the contract's in snake case: `properties` derives the one from the other.
    """

    license_key: str
    installation_id: UUID | str
    id: UUID | str
    name: str
    billing_email: str
    business_name: str | None
    enabled: bool
    plan: str
    plan_type: int
    seats: int | None
    max_collections: int | None
    use_policies: bool
    use_sso: bool
    use_key_connector: bool
    use_scim: bool
    use_groups: bool
    use_events: bool
    use_directory: bool
    use_totp: bool
    use_2fa: bool
    use_api: bool
    use_reset_password: bool
    max_storage_gb: int | None
    self_host: bool
    users_get_premium: bool
    use_custom_permissions: bool
    version: int = 15
    issued: datetime
    refresh: datetime | None
    expires: datetime | None
    expiration_without_grace_period: datetime | None
    use_password_manager: bool
    use_secrets_manager: bool
    sm_seats: int | None
    sm_service_accounts: int | None
    use_risk_insights: bool
    use_phishing_blocker: bool
    limit_collection_creation_deletion: bool
    allow_admin_access_to_all_collection_items: bool
    trial: bool
    license_type: Literal[LicenceType.ORGANIZATION] = LicenceType.ORGANIZATION
    use_organization_domains: bool
    use_admin_sponsored_families: bool
    use_automatic_user_confirmation: bool
    use_disable_sm_ads_for_users: bool
    use_my_items: bool
    use_invite_links: bool
    use_pam: bool
    hash: str | None = None
    signature: str | None = None
    token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UserLicence:
    """What the cloud grants a person with premium; types and units as in `OrganizationLicence` (A.5)."""

    license_key: str
    id: UUID | str
    name: str | None
    email: str
    premium: bool
    max_storage_gb: int | None
    version: int = 1
    issued: datetime
    refresh: datetime | None
    expires: datetime | None
    trial: bool
    license_type: Literal[LicenceType.USER] = LicenceType.USER
    hash: str | None = None
    signature: str | None = None
    token: str | None = None


Licence = OrganizationLicence | UserLicence

# The cloud froze its JSON before these flags came: there they stay false, and only the token tells the truth.
_ONLY_IN_TOKEN = frozenset(
    {
        "UsePhishingBlocker",
        "UseAutomaticUserConfirmation",
        "UseDisableSmAdsForUsers",
        "UseMyItems",
        "UseInviteLinks",
        "UsePam",
    }
)
_NEVER_SIGNED = _ONLY_IN_TOKEN | {
    "Signature",
    "LicenseType",
    "Token",
    "UseRiskInsights",
    "UseAdminSponsoredFamilies",
    "UseOrganizationDomains",
}
_NOT_HASHED = frozenset({"Hash", "Issued", "Refresh"})
_SIGNED_SINCE = {
    "UsersGetPremium": 2,
    "UseEvents": 3,
    "Use2fa": 4,
    "UseApi": 5,
    "UsePolicies": 6,
    "UseSso": 7,
    "UseResetPassword": 8,
    "UseKeyConnector": 9,
    "UseScim": 10,
    "UseCustomPermissions": 11,
    "ExpirationWithoutGracePeriod": 12,
    "UseSecretsManager": 13,
    "UsePasswordManager": 13,
    "SmSeats": 13,
    "SmServiceAccounts": 13,
    "LimitCollectionCreationDeletion": 14,
    "AllowAdminAccessToAllCollectionItems": 15,
}
_NEWEST_VERSION = {LicenceType.ORGANIZATION: 16, LicenceType.USER: 1}
_NAMED_PLANS = (
    "Free",
    "FamiliesAnnually",
    "TeamsMonthly",
    "TeamsAnnually",
    "EnterpriseMonthly",
    "EnterpriseAnnually",
    "Custom",
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def properties(licence: Licence) -> Iterator[tuple[str, object]]:
    """The contract's name (`Use2fa`, `SmSeats`) and the value of each property, in declaration order.

    Ids come as lower-case hyphenated text, all else as it is held.
    """
    for field in fields(licence):
        name = "".join(word.capitalize() for word in field.name.split("_"))
        value = getattr(licence, field.name)
        is_id = name in {"Id", "InstallationId"} and value is not None
        yield name, str(UUID(str(value))) if is_id else value


def to_wire(licence: Licence) -> dict[str, object]:
    """The licence's JSON object in declaration order, nulls included (A.4, A.5).

    Dates stay aware `datetime` objects for the encoder to render; ids are lower-case hyphenated text. The six
    flags that are newer than the cloud's frozen JSON are false here, whatever the licence says.
    """
    wire: dict[str, object] = {}
    for name, value in properties(licence):
        shown = False if name in _ONLY_IN_TOKEN else value
        wire[name[0].lower() + name[1:]] = int(shown) if isinstance(shown, IntEnum) else shown
    return wire


def hash_string(licence: Licence) -> str:
    """The text under the licence's hash: `license:organization|Name:value|…`, sorted by name (A.6).

    Raises `UnsupportedVersionError` for an organization's version outside 1 to 16, or a user's other than 1.
    """
    return _signed_text(licence, _NEVER_SIGNED | _NOT_HASHED)


def signature_string(licence: Licence) -> str:
    """The text under the licence's signature: as `hash_string`, with Hash, Issued and Refresh (A.6).

    `licence.hash` is taken as it is, so it is filled in first.
    """
    return _signed_text(licence, _NEVER_SIGNED)


def hash_of(licence: Licence) -> str:
    """Base64 of the SHA-256 of the UTF-8 `hash_string` (A.6)."""
    return base64.b64encode(hashlib.sha256(hash_string(licence).encode()).digest()).decode()


def _signed_text(licence: Licence, left_out: frozenset[str]) -> str:
    if not 1 <= licence.version <= _NEWEST_VERSION[licence.license_type]:
        raise UnsupportedVersionError(licence.version)
    signed = {
        name: _signed_value(name, value)
        for name, value in properties(licence)
        if name not in left_out and _SIGNED_SINCE.get(name, 1) <= licence.version
    }
    # Letter case must not count: by code point UsersGetPremium would come last, not before UseScim.
    ordered = [f"{name}:{signed[name]}" for name in sorted(signed, key=str.lower)]
    return "|".join([f"license:{licence.license_type.name.lower()}", *ordered])


def _signed_value(name: str, value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            # round() takes a half to even, as the rule does; a fraction is exact where a float is not.
            return str(round(Fraction((value - _EPOCH) // timedelta(microseconds=1), 1_000_000)))
        case int() if name == "PlanType" and 0 <= value < len(_NAMED_PLANS):
            return _NAMED_PLANS[value]
        case _:
            return str(value)
