"""What a signed-in person does in the web vault: as owner of an organization, and as sponsor or sponsored.

Each verb is one request and hands the answer back unjudged: the journey knows what it should be.
"""

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tests.journeys.support import crypto
from tests.journeys.support.crypto import SymmetricKey

if TYPE_CHECKING:
    import httpx
    from cryptography.hazmat.primitives.asymmetric import rsa

BILLING_SYNC = 1
FAMILIES_ANNUALLY = 22
SPONSORSHIP = "/organization/sponsorship"


class Caller:
    """What the verbs need from the person who does them."""

    email: str
    private_key: "rsa.RSAPrivateKey | None"
    password_hash: str

    def call(self, method: str, path: str, **arguments: Any) -> "httpx.Response":
        raise NotImplementedError


class Owning(Caller):
    def api_key(self, organization_id: str, *, secret: str | None = None) -> "httpx.Response":
        """The billing sync key; the first call makes it, and each call asks for the master password."""
        return self._with_secret(f"/organizations/{organization_id}/api-key", secret)

    def rotate_api_key(self, organization_id: str, *, secret: str | None = None) -> "httpx.Response":
        return self._with_secret(f"/organizations/{organization_id}/rotate-api-key", secret)

    def api_key_information(self, organization_id: str) -> "httpx.Response":
        return self.call("GET", f"/organizations/{organization_id}/api-key-information")

    def sync_status(self, organization_id: str) -> "httpx.Response":
        return self.call("GET", f"{SPONSORSHIP}/{organization_id}/sync-status")

    def subscription(self, organization_id: str) -> "httpx.Response":
        return self.call("GET", f"/organizations/{organization_id}/subscription")

    def download_licence(self, organization_id: str, installation_id: str) -> "httpx.Response":
        return self.call("GET", f"/organizations/{organization_id}/license?installationId={installation_id}")

    def set_families_policy(self, organization_id: str, *, enabled: bool) -> "httpx.Response":
        """Policy 13: no more free families."""
        body = {"policy": {"enabled": enabled, "data": None}}
        return self.call("PUT", f"/organizations/{organization_id}/policies/13", json=body)

    def resend_offer(self, organization_id: str, friendly_name: str) -> "httpx.Response":
        name = quote(friendly_name, safe="")
        path = f"{SPONSORSHIP}/{organization_id}/families-for-enterprise/resend?sponsoredFriendlyName={name}"
        return self.call("POST", path)

    def admin_revoke(self, organization_id: str, friendly_name: str) -> "httpx.Response":
        return self.call("DELETE", f"{SPONSORSHIP}/{organization_id}/{quote(friendly_name, safe='')}/revoke")

    def create_families(self, name: str, *, key: SymmetricKey | None = None, pay: bool = True) -> "httpx.Response":
        """A Families organization with keys that really decrypt; unlock first, for the public key."""
        assert self.private_key is not None, "unlock first: the organization key is encrypted for its owner"
        key, pair = key or SymmetricKey.generate(), crypto.new_rsa_pair()
        body: dict[str, Any] = {
            "name": name,
            "billingEmail": self.email,
            "planType": FAMILIES_ANNUALLY,
            "key": crypto.rsa_encrypt(self.private_key.public_key(), key.raw()),
            "keys": {
                "publicKey": crypto.b64(crypto.public_der(pair)),
                "encryptedPrivateKey": crypto.encrypt(key, crypto.private_der(pair)),
            },
            "collectionName": crypto.encrypt(key, b"Default collection"),
        }
        if not pay:
            return self.call("POST", "/organizations/create-without-payment", json=body)
        payment = {
            "paymentToken": "pm_card_visa",
            "paymentMethodType": 0,
            "billingAddressCountry": "US",
            "billingAddressPostalCode": "12345",
        }
        return self.call("POST", "/organizations", json=body | payment)

    def _with_secret(self, path: str, secret: str | None) -> "httpx.Response":
        secret = self.password_hash if secret is None else secret
        return self.call("POST", path, json={"type": BILLING_SYNC, "masterPasswordHash": secret})


class Sponsoring(Caller):
    def offer(self, organization_id: str, email: str, friendly_name: str | None = None) -> "httpx.Response":
        """An offer made in the cloud itself; official clients repeat the address as friendly name."""
        body = {
            "planSponsorshipType": 0,
            "sponsoredEmail": email,
            "friendlyName": friendly_name or email,
            "isAdminInitiated": False,
            "notes": None,
        }
        return self.call("POST", f"{SPONSORSHIP}/{organization_id}/families-for-enterprise", json=body)

    def validate_token(self, token: str) -> "httpx.Response":
        return self.call("POST", f"{SPONSORSHIP}/validate-token?sponsorshipToken={token}")

    def redeem(self, token: str, organization_id: str) -> "httpx.Response":
        body = {"planSponsorshipType": 0, "sponsoredOrganizationId": organization_id}
        return self.call("POST", f"{SPONSORSHIP}/redeem?sponsorshipToken={token}", json=body)

    def revoke(self, organization_id: str) -> "httpx.Response":
        """As the sponsoring member."""
        return self.call("DELETE", f"{SPONSORSHIP}/{organization_id}")

    def remove(self, families_id: str) -> "httpx.Response":
        """As the owner of the Families organization."""
        return self.call("DELETE", f"{SPONSORSHIP}/sponsored/{families_id}")
