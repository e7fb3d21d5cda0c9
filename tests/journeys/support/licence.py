"""An independent reading of contract/licensing-push-installations.md A.4, A.6 and A.7."""

import base64
import hashlib
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa


def words(text: str) -> set[str]:
    return set(text.split())


_FLAGS = words("""
    usePolicies useSso useKeyConnector useScim useGroups useEvents useDirectory useTotp use2fa useApi
    useResetPassword selfHost usersGetPremium useCustomPermissions usePasswordManager useSecretsManager
    limitCollectionCreationDeletion allowAdminAccessToAllCollectionItems useRiskInsights usePhishingBlocker
    trial useOrganizationDomains useAdminSponsoredFamilies useAutomaticUserConfirmation
    useDisableSmAdsForUsers useMyItems useInviteLinks usePam enabled
""")
FIELDS = _FLAGS | words("""
    licenseKey installationId id name billingEmail businessName plan planType seats maxCollections
    maxStorageGb version issued refresh expires expirationWithoutGracePeriod smSeats smServiceAccounts
    licenseType hash signature token
""")
_DATES = words("Issued Refresh Expires ExpirationWithoutGracePeriod")
_NEVER_HASHED = words("""
    Signature SignatureBytes LicenseType Token UseRiskInsights UseAdminSponsoredFamilies
    UseOrganizationDomains UseAutomaticUserConfirmation UseDisableSmAdsForUsers UsePhishingBlocker
    UseMyItems UseInviteLinks UsePam
""")
_OLD_PLANS = {
    0: "Free",
    1: "FamiliesAnnually",
    2: "TeamsMonthly",
    3: "TeamsAnnually",
    4: "EnterpriseMonthly",
    5: "EnterpriseAnnually",
    6: "Custom",
}

CLAIMS_ALWAYS = {name[0].upper() + name[1:] for name in _FLAGS} | words(
    "LicenseType Id PlanType Issued Expires Refresh"
)
CLAIMS_UNLESS_NULL = words("""
    Name BillingEmail Plan BusinessName LicenseKey InstallationId Seats MaxCollections MaxStorageGb SmSeats
    SmServiceAccounts ExpirationWithoutGracePeriod
""")


def net_name(json_name: str) -> str:
    return json_name[0].upper() + json_name[1:]


def instant(text: str) -> Decimal:
    """Unix seconds of a wire date, exact to .NET's 100 ns; `fromisoformat` alone stops at microseconds."""
    if not text.endswith("Z"):
        raise ValueError(f"a date on the wire ends in Z: {text}")
    whole, _, fraction = text[:-1].partition(".")
    seconds = datetime.fromisoformat(whole).replace(tzinfo=UTC).timestamp()
    return Decimal(int(seconds)) + Decimal(f"0.{fraction or '0'}")


def epoch_seconds(text: str) -> int:
    return int(instant(text).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def claim_seconds(text: str) -> int:
    """A date claim: invariant culture, UTC, whole seconds."""
    return int(datetime.strptime(text, "%m/%d/%Y %H:%M:%S").replace(tzinfo=UTC).timestamp())


def data_string(licence: dict[str, Any], *, for_hash: bool) -> str:
    dropped = _NEVER_HASHED | (words("Hash Issued Refresh") if for_hash else set())
    values = {net_name(name): value for name, value in licence.items()}
    # Ignoring case is what the culture-aware order comes down to: UsersGetPremium stands before UseScim.
    names = sorted(values.keys() - dropped, key=str.lower)
    return "license:organization|" + "|".join(f"{name}:{_value(name, values[name])}" for name in names)


def _value(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if name in _DATES:
        return str(epoch_seconds(value))
    if name == "PlanType":
        return _OLD_PLANS.get(value, str(value))
    return str(value)


def hash_of(licence: dict[str, Any]) -> str:
    digest = hashlib.sha256(data_string(licence, for_hash=True).encode()).digest()
    return base64.b64encode(digest).decode("ascii")


def verify_signature(licence: dict[str, Any], key: rsa.RSAPublicKey) -> None:
    """Raises unless the key signed exactly this licence."""
    key.verify(
        base64.b64decode(licence["signature"], validate=True),
        data_string(licence, for_hash=False).encode(),
        padding.PKCS1v15(),
        hashes.SHA256(),
    )
