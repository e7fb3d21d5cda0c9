"""Somebody who signs in at the web vault, and the organizations they create (docs/contract/identity.md §4.6, §7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from sosie.conformance import expect
from sosie.conformance.expect import NotCheckableError
from sosie.conformance.password import authentication_hash, master_key
from sosie.conformance.wire import NOTHING

if TYPE_CHECKING:
    from sosie.conformance.cloud import Cloud
    from sosie.conformance.target import User
    from sosie.conformance.wire import Answer

CLIENT_VERSION = "2026.8.0"
CHROME = "9"
FREE, TEAMS, ENTERPRISE, FAMILIES = 0, 18, 20, 22
"""Plan types (docs/contract/api.md §5.2)."""
BILLING_SYNC = 1
SPONSORSHIPS = "/organization/sponsorship"
# Shapes are checked, contents are not: the cloud cannot open what clients have encrypted.
ENCRYPTED = "2.AAECAwQFBgcICQoLDA0ODw==|BGjxpSaepyRbuExk1FbpTQ==|wGR9fGga7qxs1rh5nR/8VCi0FzIK4hL5kD7uVJifZ0g="


class Person:
    """One account. `granted` is the token endpoint's answer to the last sign-in or refresh."""

    def __init__(self, cloud: Cloud, user: User) -> None:
        self.cloud = cloud
        self.user = user
        self.email = user.email
        self.device = cloud.guid()
        self.prelogin: dict[str, Any] = {}
        self.master_key = b""
        self.password_hash = ""
        self.granted: dict[str, Any] = {}
        self._refresh_token = ""

    @property
    def token(self) -> str:
        """The access token."""
        return str(self.granted["access_token"])

    def stretch_password(self) -> str:
        """Ask how the password is stretched, stretch it, and return the authentication hash."""
        if not self.password_hash:
            answer = self.cloud.identity("POST", "/accounts/prelogin/password", json={"email": self.email})
            self.prelogin = expect.document(answer)
            self.master_key = master_key(self.user.master_password, self.email, self.prelogin)
            self.password_hash = authentication_hash(self.user.master_password, self.master_key)
        return self.password_hash

    def password_grant(self, **changes: str | None) -> Answer:
        """Ask for a token with the password. `changes` replace fields, None leaves one out, also the header."""
        fields: dict[str, str | None] = {
            "grant_type": "password",
            "client_id": "web",
            "scope": "api offline_access",
            "username": self.email,
            "password": self.stretch_password(),
            **device_fields(self.device),
            "version": CLIENT_VERSION,
            **changes,
        }
        version = fields.pop("version")
        headers = {} if version is None else {"Bitwarden-Client-Version": version}
        return self.cloud.grant(headers, **{name: value for name, value in fields.items() if value is not None})

    def sign_in(self) -> None:
        """Get a token."""
        self.granted = expect.document(self.password_grant())
        self._refresh_token = self.granted.get("refresh_token", "")

    def granted_by_password(self) -> dict[str, Any]:
        """Return the answer to another sign-in; the token that the person goes on with stays the same."""
        return dict(expect.document(self.password_grant()))

    def refresh(self) -> None:
        """Get a token with the roles as they are now."""
        answer = self.cloud.grant(grant_type="refresh_token", client_id="web", refresh_token=self._refresh_token)
        self.granted = expect.document(answer)

    def call(self, method: str, path: str, json: Any = NOTHING, **request: Any) -> Answer:
        """Ask the API as this person."""
        return self.cloud.api(method, path, json=json, token=self.token, **request)

    def profile(self, organization_id: str) -> dict[str, Any]:
        """Return an organization as it stands in the person's list. Raises DeviationError."""
        for each in expect.document(self.call("GET", "/organizations"))["data"]:
            if each["id"] == organization_id:
                return dict(each)
        raise expect.DeviationError(f"GET /organizations: expected {organization_id} in the list, saw it is not")

    def validate(self, offer: str) -> Answer:
        """Ask whether an offer's token is good for this person (api.md §2.6)."""
        return self.call("POST", f"{SPONSORSHIPS}/validate-token?{urlencode({'sponsorshipToken': offer})}")

    def redeem(self, offer: str, organization_id: str) -> Answer:
        """Take an offer up for an organization (api.md §2.7)."""
        body = {"planSponsorshipType": 0, "sponsoredOrganizationId": organization_id}
        return self.call("POST", f"{SPONSORSHIPS}/redeem?{urlencode({'sponsorshipToken': offer})}", body)


@dataclass(frozen=True, slots=True)
class Organization:
    """One that the suite has created, with its owner, whose token knows it."""

    id: str
    owner: Person

    def key(
        self, key_type: int = BILLING_SYNC, route: str = "api-key", by: Person | None = None, **changes: Any
    ) -> Any:
        """Ask for an API key with the master password, or with what `changes` say (api.md §3.2)."""
        person = by or self.owner
        body = {"type": key_type, "masterPasswordHash": person.password_hash, **changes}
        return person.call("POST", f"/organizations/{self.id}/{route}", body)

    def sync_key(self) -> str:
        """Generate the billing sync key."""
        return str(expect.document(self.key())["apiKey"])

    def key_information(self) -> list[dict[str, Any]]:
        """Return which keys exist."""
        found = expect.document(self.owner.call("GET", f"/organizations/{self.id}/api-key-information"))
        return list(found["data"])

    def offer(self, to: str, by: Person | None = None, **changes: Any) -> Answer:
        """Offer a sponsorship the way official clients do: the friendly name is the e-mail (api.md §2.4)."""
        body = {"planSponsorshipType": 0, "sponsoredEmail": to, "friendlyName": to, **changes}
        return (by or self.owner).call("POST", f"{SPONSORSHIPS}/{self.id}/families-for-enterprise", body)

    def resend(self, name: str | None, by: Person | None = None) -> Answer:
        """Send an offer again (api.md §2.5)."""
        query = "" if name is None else "?" + urlencode({"sponsoredFriendlyName": name})
        return (by or self.owner).call("POST", f"{SPONSORSHIPS}/{self.id}/families-for-enterprise/resend{query}")

    def offered(self, to: str, **changes: Any) -> str:
        """Offer a sponsorship, and return the token that was mailed."""
        before = len(self.owner.cloud.offer_tokens(to))
        expect.done(self.offer(to, **changes))
        tokens = self.owner.cloud.offer_tokens(to)
        expect.same(f"mails with an offer to {to}", len(tokens), before + 1)
        return tokens[-1]

    def revoke_as_admin(self, name: str, by: Person | None = None) -> Answer:
        """Take an offer back by its friendly name (api.md §2.10)."""
        return (by or self.owner).call("DELETE", f"{SPONSORSHIPS}/{self.id}/{quote(name, safe='')}/revoke")

    def revoke(self, by: Person | None = None) -> Answer:
        """Take the member's own offer back (api.md §2.10)."""
        return (by or self.owner).call("DELETE", f"{SPONSORSHIPS}/{self.id}")

    def remove(self, by: Person | None = None) -> Answer:
        """Give the sponsorship of this Families organization up (api.md §2.10)."""
        return (by or self.owner).call("DELETE", f"{SPONSORSHIPS}/sponsored/{self.id}")

    def sync_status(self) -> Answer:
        """Ask for the latest sync (api.md §2.9)."""
        return self.owner.call("GET", f"{SPONSORSHIPS}/{self.id}/sync-status")

    def last_sync(self) -> Any:
        """Return the date of the latest sync, or None."""
        return expect.document(self.sync_status())["lastSyncDate"]

    def forbid_sponsorships(self) -> None:
        """Switch policy 13 on (api.md §2.11)."""
        body = {"policy": {"enabled": True, "data": None}}
        expect.status(self.owner.call("PUT", f"/organizations/{self.id}/policies/13", body), 200)


def device_fields(identifier: str) -> dict[str, str]:
    """Return the fields about a client's device."""
    return {"deviceIdentifier": identifier, "deviceName": "conformance", "deviceType": CHROME}


def sign_up(plan: int, name: str, email: str, /, **changes: Any) -> dict[str, Any]:
    """Return the body that creates an organization (api.md §4.10)."""
    return {
        "name": name,
        "billingEmail": email,
        "planType": plan,
        "additionalSeats": 5 if plan in (TEAMS, ENTERPRISE) else 0,
        "key": "4.d3JhcHBlZA==",
        "keys": {"publicKey": "cHVibGlj", "encryptedPrivateKey": ENCRYPTED},
        "collectionName": ENCRYPTED,
        **changes,
    }


def create_organization(owner: Person, plan: int, name: str) -> Organization:
    """Create an organization, and refresh its owner's token: roles come from tokens (api.md §1.2)."""
    answer = owner.call("POST", "/organizations/create-without-payment", sign_up(plan, name, owner.email))
    if answer.status != 200:
        raise NotCheckableError(f"needs a new organization, and {answer.request} was answered with {answer.status}")
    organization = Organization(str(expect.document(answer)["id"]), owner)
    owner.refresh()
    return organization
