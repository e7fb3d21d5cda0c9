"""Licences as somebody else's library would check them: from the JSON that arrived, by the contract alone.

docs/contract/licensing-push-installations.md A.4 to A.7. Nothing that checks is Sosie's own code.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import load_pem_x509_certificate

from tests.support import jwt
from tests.support.families import GLOBEX, GLOBEX_OWNER, sync_key

if TYPE_CHECKING:
    from tests.support.cloud import TestCloud, WireAnswer


def _names(text: str) -> set[str]:
    return set(text.split())


FROZEN_FALSE = {
    "usePhishingBlocker",
    "useAutomaticUserConfirmation",
    "useDisableSmAdsForUsers",
    "useMyItems",
    "useInviteLinks",
    "usePam",
}
"""Flags that are newer than the cloud's frozen JSON: the token alone tells the truth (A.4)."""

MEMBERS = FROZEN_FALSE | _names("""
    licenseKey installationId id name billingEmail businessName enabled plan planType seats maxCollections
    usePolicies useSso useKeyConnector useScim useGroups useEvents useDirectory useTotp use2fa useApi
    useResetPassword maxStorageGb selfHost usersGetPremium useCustomPermissions version issued refresh expires
    expirationWithoutGracePeriod usePasswordManager useSecretsManager smSeats smServiceAccounts useRiskInsights
    limitCollectionCreationDeletion allowAdminAccessToAllCollectionItems trial licenseType useOrganizationDomains
    useAdminSponsoredFamilies hash signature token
""")
USER_MEMBERS = _names("""
    licenseKey id name email premium maxStorageGb version issued refresh expires trial licenseType hash signature
    token
""")
ALWAYS_CLAIMED = _names("""
    LicenseType Id Enabled PlanType UsePolicies UseSso UseKeyConnector UseScim UseGroups UseEvents UseDirectory
    UseTotp Use2fa UseApi UseResetPassword SelfHost UsersGetPremium UseCustomPermissions UsePasswordManager
    UseSecretsManager LimitCollectionCreationDeletion AllowAdminAccessToAllCollectionItems UseRiskInsights Issued
    Expires Refresh Trial UseAdminSponsoredFamilies UseOrganizationDomains UseAutomaticUserConfirmation
    UseDisableSmAdsForUsers UsePhishingBlocker UseMyItems UseInviteLinks UsePam
""")
CLAIMED_IF_KNOWN = _names("""
    Name BillingEmail Plan BusinessName LicenseKey InstallationId Seats MaxCollections MaxStorageGb SmSeats
    SmServiceAccounts ExpirationWithoutGracePeriod
""")
USER_ALWAYS_CLAIMED = {"LicenseType", "Id", "Premium", "Issued", "Trial"}
USER_CLAIMED_IF_KNOWN = {"Email", "Name", "LicenseKey", "MaxStorageGb", "Expires", "Refresh"}
JWT_MEMBERS = {"jti", "nbf", "exp", "iat", "iss", "aud"}

_NEVER_SIGNED = {
    "Signature",
    "SignatureBytes",
    "LicenseType",
    "Token",
    "UseRiskInsights",
    "UseAdminSponsoredFamilies",
    "UseOrganizationDomains",
    "UseAutomaticUserConfirmation",
    "UseDisableSmAdsForUsers",
    "UsePhishingBlocker",
    "UseMyItems",
    "UseInviteLinks",
    "UsePam",
}
_NOT_HASHED = {"Hash", "Issued", "Refresh"}
_DATES = {"Issued", "Refresh", "Expires", "ExpirationWithoutGracePeriod"}
_OLD_PLANS = (
    "Free",
    "FamiliesAnnually",
    "TeamsMonthly",
    "TeamsAnnually",
    "EnterpriseMonthly",
    "EnterpriseAnnually",
    "Custom",
)


def pascal(name: str) -> str:
    return name[0].upper() + name[1:]


def data_string(licence: dict[str, Any], *, for_hash: bool) -> str:
    """Return the text under the hash or the signature of a version 15 (user: 1) licence (A.6)."""
    left_out = _NEVER_SIGNED | (_NOT_HASHED if for_hash else set())
    values = {pascal(name): value for name, value in licence.items() if pascal(name) not in left_out}
    kind = ("user", "organization")[licence["licenseType"]]
    ordered = sorted(values, key=str.casefold)
    return "|".join([f"license:{kind}", *(f"{name}:{_value(name, values[name])}" for name in ordered)])


def _value(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if name in _DATES:
        return str(epoch_seconds(value))
    if name == "PlanType" and value < len(_OLD_PLANS):
        return _OLD_PLANS[value]
    return str(value)


def epoch_seconds(text: str) -> int:
    """Return whole Unix seconds of a wire date, a half rounded to even."""
    moment = datetime.fromisoformat(text).astimezone(UTC)
    exact = Decimal(int(moment.replace(microsecond=0).timestamp())) + Decimal(moment.microsecond) / 1_000_000
    return int(exact.quantize(Decimal(1), ROUND_HALF_EVEN))


def certificate_key(cloud: TestCloud, region: Any = "us") -> RSAPublicKey:
    """Return the public key of the certificate that Sosie publishes for licences."""
    pem = cloud.sosie.keyring.signer("default", region, "licences").certificate_pem
    key = load_pem_x509_certificate(pem.encode()).public_key()
    assert isinstance(key, RSAPublicKey)
    return key


def verified_claims(cloud: TestCloud, licence: dict[str, Any], region: Any = "us") -> dict[str, Any]:
    """Check hash, signature and token of a licence, and return what the token claims.

    Raises InvalidSignature for a signature that the certificate's key did not make.
    """
    hashed = hashlib.sha256(data_string(licence, for_hash=True).encode()).digest()
    assert licence["hash"] == base64.b64encode(hashed).decode()
    key = certificate_key(cloud, region)
    signature = base64.b64decode(licence["signature"], validate=True)
    key.verify(signature, data_string(licence, for_hash=False).encode(), PKCS1v15(), SHA256())
    signed, _, signature_part = licence["token"].rpartition(".")
    key.verify(jwt.b64url_decode(signature_part), signed.encode(), PKCS1v15(), SHA256())
    header, claims = jwt.decode(licence["token"])
    assert header == {"alg": "RS256", "typ": "JWT"}
    return claims


def claimed(value: Any) -> str:
    """Return how the token says a JSON value: every claim is a text (A.7)."""
    if isinstance(value, str) and value.endswith("Z") and "T" in value:
        return datetime.fromisoformat(value).strftime("%m/%d/%Y %H:%M:%S")
    return value if isinstance(value, str) else str(value)


# Asking for them.


def sync_licence(cloud: TestCloud, organization: str = GLOBEX, token: str | None = None, **changes: Any) -> WireAnswer:
    """Ask for a licence as a self-hosted server does; `changes` replace members of the body."""
    found = cloud.organization(organization)
    body = {"licenseKey": found.license_key, "billingSyncKey": sync_key(cloud, organization), **changes}
    path = f"/licenses/organization/{found.id}"
    return cloud.request("GET", path, json_body=body, token=token or cloud.installation_token("api.licensing"))


def download(
    cloud: TestCloud, by: str = GLOBEX_OWNER, organization: str = GLOBEX, query: str | None = None
) -> WireAnswer:
    """Download a licence as an owner, for the region's installation unless the query says another."""
    query = f"?installationId={cloud.installation().id}" if query is None else query
    path = f"/organizations/{cloud.organization(organization).id}/license{query}"
    return cloud.get(path, token=cloud.user_token(by))


def disabled_token(cloud: TestCloud) -> str:
    return cloud.installation_token("api.licensing", enabled=False)
