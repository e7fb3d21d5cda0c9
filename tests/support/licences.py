"""The organization and the person of the contract's worked example, for all tests of licences."""

from datetime import UTC, datetime

from sosie.domain.licences import (
    OrganizationLicence,
    UserLicence,
)

NOW = datetime(2026, 1, 2, 3, 4, 5, 600_000, tzinfo=UTC)
ORGANIZATION_ID = "11111111-2222-4333-8444-555555555555"
INSTALLATION_ID = "0f0e0d0c-0b0a-4908-8706-050403020100"
JTI = "6d1b6f0e-51c5-4a7c-9d7a-0c8a5f1c2b3d"

# The invented organization of the contract's worked example (A.6).
ACME = OrganizationLicence(
    license_key="zQ7mExampleKey0001",
    installation_id=INSTALLATION_ID,
    id=ORGANIZATION_ID,
    name="Acme & Co",
    billing_email="billing@acme.example",
    business_name=None,
    enabled=True,
    plan="Enterprise (Annually)",
    plan_type=20,
    seats=25,
    max_collections=None,
    use_policies=True,
    use_sso=True,
    use_key_connector=True,
    use_scim=True,
    use_groups=True,
    use_events=True,
    use_directory=True,
    use_totp=True,
    use_2fa=True,
    use_api=True,
    use_reset_password=True,
    max_storage_gb=1,
    self_host=True,
    users_get_premium=True,
    use_custom_permissions=True,
    issued=NOW,
    refresh=datetime(2026, 2, 1, 3, 4, 5, 600_000, tzinfo=UTC),
    expires=datetime(2027, 3, 2, tzinfo=UTC),
    expiration_without_grace_period=datetime(2027, 1, 1, tzinfo=UTC),
    use_password_manager=True,
    use_secrets_manager=False,
    sm_seats=None,
    sm_service_accounts=None,
    use_risk_insights=True,
    use_phishing_blocker=True,
    limit_collection_creation_deletion=False,
    allow_admin_access_to_all_collection_items=True,
    trial=False,
    use_organization_domains=True,
    use_admin_sponsored_families=False,
    use_automatic_user_confirmation=True,
    use_disable_sm_ads_for_users=True,
    use_my_items=True,
    use_invite_links=True,
    use_pam=True,
)
PERSON = UserLicence(
    license_key="uExampleKey0002",
    id="7D0C0000-0000-4000-8000-000000000001",
    name="Cousin Ann",
    email="cousin@family.example",
    premium=True,
    max_storage_gb=5,
    issued=NOW,
    refresh=datetime(2027, 1, 1, tzinfo=UTC),
    expires=datetime(2027, 3, 2, tzinfo=UTC),
    trial=False,
)

ACME_HASH_STRING = (
    "license:organization|AllowAdminAccessToAllCollectionItems:true|BillingEmail:billing@acme.example|BusinessName:"
    "|Enabled:true|ExpirationWithoutGracePeriod:1798761600|Expires:1803945600"
    "|Id:11111111-2222-4333-8444-555555555555|InstallationId:0f0e0d0c-0b0a-4908-8706-050403020100"
    "|LicenseKey:zQ7mExampleKey0001|LimitCollectionCreationDeletion:false|MaxCollections:|MaxStorageGb:1"
    "|Name:Acme & Co|Plan:Enterprise (Annually)|PlanType:20|Seats:25|SelfHost:true|SmSeats:|SmServiceAccounts:"
    "|Trial:false|Use2fa:true|UseApi:true|UseCustomPermissions:true|UseDirectory:true|UseEvents:true"
    "|UseGroups:true|UseKeyConnector:true|UsePasswordManager:true|UsePolicies:true|UseResetPassword:true"
    "|UsersGetPremium:true|UseScim:true|UseSecretsManager:false|UseSso:true|UseTotp:true|Version:15"
)
ACME_HASH = "sQsLKwx7NetzpMG6OtEcwR2aFI4hwPzkGtZEjodHXAA="
ACME_SIGNATURE_STRING_SHA256 = "2838fa829d4d36c19c77085a315f047d838e855e76b4ea63b983fdedcb62bfe0"


def words(text):
    return text.split()


def names_in(signed_text):
    return [pair.partition(":")[0] for pair in signed_text.split("|")[1:]]


def values_in(signed_text):
    return dict(pair.split(":", 1) for pair in signed_text.split("|")[1:])
