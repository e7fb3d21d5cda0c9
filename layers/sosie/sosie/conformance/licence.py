"""A licence as its reader checks it: from the JSON that arrived (docs/contract/licensing-push-installations.md A)."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import load_pem_x509_certificate

from sosie.conformance import expect
from sosie.conformance.expect import DeviationError, NotCheckableError, words
from sosie.conformance.people import Organization
from sosie.conformance.selfhosted import SelfHosted

if TYPE_CHECKING:
    from sosie.conformance.cloud import Cloud
    from sosie.conformance.wire import Answer

MEMBERS = words("""
    licenseKey installationId id name billingEmail businessName enabled plan planType seats maxCollections usePolicies
    useSso useKeyConnector useScim useGroups useEvents useDirectory useTotp use2fa useApi useResetPassword maxStorageGb
    selfHost usersGetPremium useCustomPermissions version issued refresh expires expirationWithoutGracePeriod
    usePasswordManager useSecretsManager smSeats smServiceAccounts useRiskInsights usePhishingBlocker
    limitCollectionCreationDeletion allowAdminAccessToAllCollectionItems trial licenseType useOrganizationDomains
    useAdminSponsoredFamilies useAutomaticUserConfirmation useDisableSmAdsForUsers useMyItems useInviteLinks usePam hash
    signature token
""")
# In the order of A.6's example: neither by code point nor as declared.
_SIGNED = words("""
    AllowAdminAccessToAllCollectionItems BillingEmail BusinessName Enabled ExpirationWithoutGracePeriod Expires Hash Id
    InstallationId Issued LicenseKey LimitCollectionCreationDeletion MaxCollections MaxStorageGb Name Plan PlanType
    Refresh Seats SelfHost SmSeats SmServiceAccounts Trial Use2fa UseApi UseCustomPermissions UseDirectory UseEvents
    UseGroups UseKeyConnector UsePasswordManager UsePolicies UseResetPassword UsersGetPremium UseScim UseSecretsManager
    UseSso UseTotp Version
""")
_NOT_HASHED = frozenset({"Hash", "Issued", "Refresh"})
_DATES = frozenset({"Issued", "Refresh", "Expires", "ExpirationWithoutGracePeriod"})
_OLD_PLANS = words("Free FamiliesAnnually TeamsMonthly TeamsAnnually EnterpriseMonthly EnterpriseAnnually Custom")


class LicensedServer(SelfHosted):
    """A self-hosted server of an organization with a licence key; of the target's own Enterprise one unless told."""

    def __init__(self, cloud: Cloud, organization: Organization | None = None) -> None:
        found, self.licence_key = _licensed(cloud, organization)
        super().__init__(cloud, found)

    def ask(self, /, **changes: Any) -> Answer:
        """Ask for the licence: a GET with a JSON body. `changes` replace its members."""
        body = {"licenseKey": self.licence_key, "billingSyncKey": self.key} | changes
        return ask(self.cloud, self.organization.id, body)

    def licence(self) -> dict[str, Any]:
        """Return the licence."""
        return dict(expect.document(self.ask()))


def ask(cloud: Cloud, organization_id: str, body: Any, **request: Any) -> Answer:
    """Ask for an organization's licence with this body."""
    request.setdefault("token", cloud.installation_token("api.licensing"))
    return cloud.api("GET", f"/licenses/organization/{organization_id}", json=body, **request)


def download(organization: Organization, installation_id: str | None) -> Answer:
    """Ask for the licence as the organization's owner (A.3)."""
    query = "" if installation_id is None else f"?installationId={installation_id}"
    return organization.owner.call("GET", f"/organizations/{organization.id}/license{query}")


def data_string(licence: dict[str, Any], *, for_hash: bool) -> str:
    """Return the text under the hash or the signature of a version 15 licence (A.6)."""
    names = [name for name in _SIGNED if not (for_hash and name in _NOT_HASHED)]
    fields = (f"{name}:{_value(name, licence[name[0].lower() + name[1:]])}" for name in names)
    return "|".join(["license:organization", *fields])


def hash_of(licence: dict[str, Any]) -> str:
    """Return what `hash` has to be."""
    return base64.b64encode(hashlib.sha256(data_string(licence, for_hash=True).encode()).digest()).decode()


def verify_signature(licence: dict[str, Any], key: RSAPublicKey) -> None:
    """Raise DeviationError unless the key signed the licence."""
    text = data_string(licence, for_hash=False).encode()
    try:
        key.verify(base64.b64decode(licence["signature"], validate=True), text, PKCS1v15(), SHA256())
    except InvalidSignature:
        raise DeviationError("signature: expected that of the licence's certificate, saw another") from None


def certificate_key(cloud: Cloud) -> RSAPublicKey:
    """Return the public key that licences are signed with."""
    pem = cloud.region.licence_certificate
    if pem is None:
        raise NotCheckableError("the target names no certificate of its licences")
    key = load_pem_x509_certificate(pem.encode()).public_key()
    if not isinstance(key, RSAPublicKey):
        raise DeviationError("expected a licence certificate with an RSA key, saw another kind")
    return key


def claimed(value: Any) -> str:
    """Return how the token says a JSON value: every claim is a text (A.7)."""
    if isinstance(value, str) and expect.WIRE_DATE.fullmatch(value):
        return datetime.fromisoformat(value).strftime("%m/%d/%Y %H:%M:%S")
    return str(value)


def _licensed(cloud: Cloud, organization: Organization | None) -> tuple[Organization, str]:
    if organization is None:
        for each in cloud.region.organizations:
            if each.owner == cloud.owner.email and each.tier == "enterprise" and each.licence_key:
                return Organization(each.id, cloud.owner), each.licence_key
        organization = cloud.organization()
    licence = expect.document(download(organization, cloud.installation.id))
    return organization, str(licence["licenseKey"])


def _value(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if name in _DATES:
        return str(epoch_seconds(value))
    if name == "PlanType" and value < len(_OLD_PLANS):
        return str(_OLD_PLANS[value])
    return str(value)


def epoch_seconds(text: str) -> int:
    """Return whole Unix seconds of a wire date, a half rounded to even."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    seconds = int(datetime.fromisoformat(whole).replace(tzinfo=UTC).timestamp())
    return round(seconds + Fraction(f"0.{fraction or 0}"))
