"""Licences for organizations and people, signed with Sosie's own key (docs/contract/licensing-push-installations.md A).

Stock self-hosted images rightly reject them: the certificate is Sosie's, and says so.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import replace
from typing import TYPE_CHECKING

from sosie.domain.errors import BadRequestError, NotFoundError, ServerFaultError
from sosie.domain.html_text import decoded
from sosie.domain.ids import parse_guid
from sosie.domain.licence_claims import token_payload
from sosie.domain.licence_dates import SubscriptionPeriod, dates_of, user_dates_of
from sosie.domain.licences import OrganizationLicence, UserLicence, hash_of, signature_string
from sosie.domain.organization_flags import organization_flags
from sosie.domain.organizations import OrganizationInstallation
from sosie.services import repository as repo
from sosie.services.sync_sponsorships import check_sync_key
from sosie.services.user_verification import PENALTY

if TYPE_CHECKING:
    from sosie.domain.installations import Installation
    from sosie.domain.licences import Licence
    from sosie.domain.members import Caller
    from sosie.domain.organizations import LicenceFile, Organization
    from sosie.domain.users import User
    from sosie.ports import Keyring
    from sosie.services.unit_of_work import UnitOfWork

_PAYMENT_ISSUE = (
    "Unable to generate license due to a payment issue. "
    "Please update your billing information or contact support for assistance."
)
_NOT_PAID = frozenset({"canceled", "incomplete", "incomplete_expired"})


def sync_organization_licence(
    uow: UnitOfWork,
    keyring: Keyring,
    caller: Caller,
    raw_id: str,
    license_key: str | None,
    billing_sync_key: str | None,
) -> Licence | LicenceFile:
    """Return the licence a self-hosted server asks for; the checks are A.1's, in its order.

    An organization whose scenario holds a real licence file gets that one, as it is (A.10 (a)).
    """
    organization_id = parse_guid(raw_id)
    if organization_id is None:
        raise ServerFaultError("the action parses the id itself").because("ID_NOT_GUID", id=raw_id)
    organization = repo.organizations.get(uow, organization_id)
    if organization is None:
        raise NotFoundError().because("ORGANIZATION_UNKNOWN", organization_id=organization_id)
    _check_licence_key(organization, license_key)
    check_sync_key(uow, organization_id, billing_sync_key)
    return _issue_to(uow, keyring, organization, caller.installation_id)


def download_organization_licence(
    uow: UnitOfWork, keyring: Keyring, caller: Caller, organization_id: str, installation_id: str
) -> Licence | LicenceFile:
    """Return the licence an owner downloads for an installation, and remember the pair (A.3)."""
    organization = repo.organizations.get(uow, organization_id) if caller.owns(organization_id) else None
    if organization is None:
        raise NotFoundError().because("NOT_OWNER", organization_id=organization_id)
    licence = _issue_to(uow, keyring, organization, installation_id)
    _remember(uow, organization_id, installation_id)
    return licence


def sync_user_licence(uow: UnitOfWork, keyring: Keyring, raw_id: str, license_key: str | None) -> Licence | None:
    """Return a person's licence, None for a person the cloud does not know (A.2)."""
    user_id = parse_guid(raw_id)
    if user_id is None:
        raise ServerFaultError("the action parses the id itself").because("ID_NOT_GUID", id=raw_id)
    user = repo.users.get(uow, user_id)
    if user is None:
        return None
    _check_licence_key(user, license_key)
    return _signed(uow, keyring, _user_licence(uow, user))


def _check_licence_key(owner: Organization | User, presented: str | None) -> None:
    stored = owner.license_key
    if not stored:
        text = "there is no licence key to compare with"
        raise ServerFaultError(text).because("LICENCE_KEY_NONE", organization=owner)
    if not hmac.compare_digest(stored.encode(), (presented or "").encode("utf-8", "surrogatepass")):
        refusal = BadRequestError("Invalid license key.", delay=PENALTY)
        raise refusal.because("LICENCE_KEY_WRONG", organization=owner, presented=presented)


def _issue_to(
    uow: UnitOfWork, keyring: Keyring, organization: Organization, installation_id: str | None
) -> Licence | LicenceFile:
    installation = repo.installations.get(uow, installation_id) if installation_id else None
    if installation is None or not installation.enabled:
        code = "INSTALLATION_DISABLED" if installation else "INSTALLATION_UNKNOWN"
        raise BadRequestError("Invalid installation id").because(code, installation=installation_id)
    subscription = organization.subscription
    expiration = organization.expiration_date
    if subscription is None and (expiration is None or expiration <= uow.now):
        refusal = BadRequestError("No active subscription found.")
        raise refusal.because("SUBSCRIPTION_NONE", organization=organization, expired=expiration or "")
    if subscription is not None and subscription.status in _NOT_PAID:
        status = subscription.status
        raise BadRequestError(_PAYMENT_ISSUE).because("SUBSCRIPTION_STATE", organization=organization, status=status)
    real = repo.licence_files.get(uow, organization.id)
    return real or _signed(uow, keyring, _organization_licence(uow, organization, installation))


def _organization_licence(
    uow: UnitOfWork, organization: Organization, installation: Installation
) -> OrganizationLicence:
    paid = organization.subscription
    period = None if paid is None else SubscriptionPeriod(paid.period_start, paid.period_end, paid.trial_end)
    dates = dates_of(uow.now, organization.expiration_date, period)
    flags = organization_flags(organization)
    return OrganizationLicence(
        license_key=organization.license_key or "",
        installation_id=installation.id,
        id=organization.id,
        name=decoded(organization.name) or "",
        billing_email=organization.billing_email,
        business_name=decoded(organization.business_name),
        enabled=organization.enabled,
        plan=organization.plan.name,
        plan_type=organization.plan_type,
        seats=organization.seats,
        max_collections=organization.plan.max_collections,
        use_policies=flags.use_policies,
        use_sso=flags.use_sso,
        use_key_connector=flags.use_key_connector,
        use_scim=flags.use_scim,
        use_groups=flags.use_groups,
        use_events=flags.use_events,
        use_directory=flags.use_directory,
        use_totp=flags.use_totp,
        use_2fa=flags.use_2fa,
        use_api=flags.use_api,
        use_reset_password=flags.use_reset_password,
        max_storage_gb=organization.max_storage_gb,
        self_host=flags.self_host,
        users_get_premium=flags.users_get_premium,
        use_custom_permissions=flags.use_custom_permissions,
        issued=uow.now,
        refresh=dates.refresh,
        expires=dates.expires,
        expiration_without_grace_period=dates.expiration_without_grace_period,
        use_password_manager=flags.use_password_manager,
        use_secrets_manager=flags.use_secrets_manager,
        sm_seats=None,
        sm_service_accounts=None,
        use_risk_insights=flags.use_risk_insights,
        use_phishing_blocker=flags.use_phishing_blocker,
        limit_collection_creation_deletion=flags.limit_collection_creation or flags.limit_collection_deletion,
        allow_admin_access_to_all_collection_items=flags.allow_admin_access_to_all_collection_items,
        trial=dates.trial,
        use_organization_domains=flags.use_organization_domains,
        use_admin_sponsored_families=flags.use_admin_sponsored_families,
        use_automatic_user_confirmation=flags.use_automatic_user_confirmation,
        use_disable_sm_ads_for_users=flags.use_disable_sm_ads_for_users,
        use_my_items=flags.use_my_items,
        use_invite_links=flags.use_invite_links,
        use_pam=flags.use_pam,
    )


def _user_licence(uow: UnitOfWork, user: User) -> UserLicence:
    dates = user_dates_of(user.premium_expiration_date, None, has_gateway=False)
    return UserLicence(
        license_key=user.license_key or "",
        id=user.id,
        name=user.name,
        email=user.email,
        premium=user.premium,
        max_storage_gb=user.max_storage_gb,
        issued=uow.now,
        refresh=dates.refresh,
        expires=dates.expires,
        trial=False,
    )


def _signed(uow: UnitOfWork, keyring: Keyring, licence: Licence) -> Licence:
    signer = keyring.signer(uow.keyring_name, uow.region, "licences")
    hashed = replace(licence, hash=hash_of(licence))
    signature = signer.sign(signature_string(hashed).encode())
    token = signer.encode_jwt(token_payload(hashed, uow.now, uow.ids.guid()), {"typ": "JWT"})
    return replace(hashed, signature=base64.b64encode(signature).decode(), token=token)


def _remember(uow: UnitOfWork, organization_id: str, installation_id: str) -> None:
    known = repo.organization_installations.get(uow, installation_id)
    if known is not None and known.organization_id != organization_id:
        return
    pair = OrganizationInstallation(
        id=known.id if known else uow.ids.guid(),
        organization_id=organization_id,
        installation_id=installation_id,
        creation_date=known.creation_date if known else uow.now,
        revision_date=uow.now,
    )
    repo.organization_installations.save(uow, pair, installation_id)
