"""A person at the cloud's web vault: signs in with the master password and calls the API.

Contract: docs/contract/identity.md §4.6, §7 and §11, docs/contract/api.md §4.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from sosie.crypto.encstring import SymmetricKey, decrypt, encrypt, encrypt_for
from sosie.crypto.master_password import Kdf, authentication_hash, master_key, stretch
from sosie.domain.ids import Ids, unguessable_seed
from sosie.local.selfhost.story import NotAskedError
from sosie.local.selfhost.transport import json_body

if TYPE_CHECKING:
    from sosie.local.selfhost.story import Story
    from sosie.local.selfhost.transport import Reply, Transport

_CLIENT_VERSION = "2026.8.0"
_CHROME = "9"
_FAMILIES_ANNUALLY = 22


class Person:
    """One account of one region. Every method raises RefusedByCloudError and WireFailedError."""

    def __init__(
        self, transport: Transport, story: Story, *, identity_uri: str, api_uri: str, email: str, master_password: str
    ) -> None:
        self.email = email
        self.password_hash = ""
        self._transport = transport
        self._story = story
        self._identity = identity_uri.rstrip("/")
        self._api = api_uri.rstrip("/")
        self._password = master_password
        self._ids = Ids(unguessable_seed(), "selfhost")
        self._device = self._ids.guid()
        self._token = ""
        self._refresh = ""
        self._public_key: str | None = None

    def sign_in(self) -> None:
        """Ask how the password is stretched, stretch it, and get a token."""
        reply = self._json("POST", f"{self._identity}/accounts/prelogin/password", {"email": self.email})
        found = reply.document()
        if reply.status != 200 or "kdf" not in found:
            raise self._story.refused(reply)
        kdf = Kdf(found["kdf"], found["kdfIterations"], found["kdfMemory"], found["kdfParallelism"])
        key = master_key(self._password, self.email, kdf)
        self.password_hash = authentication_hash(self._password, key)
        stretching = "Argon2id" if found["kdf"] else "PBKDF2"
        self._story.tell(reply, f"{stretching}, {found['kdfIterations']} rounds")
        device = {"deviceType": _CHROME, "deviceIdentifier": self._device, "deviceName": "chrome"}
        answer = self._grant(
            f"signed in as {self.email}",
            grant_type="password",
            username=self.email,
            password=self.password_hash,
            scope="api offline_access",
            **device,
        )
        accounts = (answer.get("AccountKeys") or {}).get("publicKeyEncryptionKeyPair") or {}
        self._public_key = accounts.get("publicKey")
        # The web vault opens the vault at once, and so notices an account whose keys do not fit its password.
        if answer.get("Key"):
            decrypt(answer["Key"], stretch(key))

    def refresh(self) -> None:
        """Get a token with the roles as they are now."""
        self._grant("token refreshed: it carries the new role", grant_type="refresh_token", refresh_token=self._refresh)

    def call(self, method: str, path: str, payload: Any = None) -> Reply:
        """Call the API."""
        return self._json(method, f"{self._api}{path}", payload, token=self._token)

    def create_families_organization(self, name: str) -> str:
        """Create a Families organization with keys of its own, as the accept page does; return its id."""
        from sosie.crypto.rsa import generate_pair  # late: costs the heaviest library, and only this needs it

        if self._public_key is None:
            raise NotAskedError(f"{self.email} has no key pair to wrap the organization's key for")
        key = SymmetricKey.from_bytes(self._ids.bytes(64))
        pair = generate_pair()
        payload = {
            "name": name,
            "billingEmail": self.email,
            "planType": _FAMILIES_ANNUALLY,
            "key": encrypt_for(self._public_key, key.to_bytes()),
            "keys": {
                "publicKey": pair.public_spki_b64,
                "encryptedPrivateKey": encrypt(pair.private_pkcs8_der, key, self._ids.bytes(16)),
            },
            "collectionName": encrypt(b"Default collection", key, self._ids.bytes(16)),
            "paymentToken": "pm_card_visa",
            "paymentMethodType": 0,
            "billingAddressCountry": "US",
            "billingAddressPostalCode": "94105",
        }
        reply = self.call("POST", "/organizations", payload)
        organization_id = reply.document().get("id")
        if reply.status != 200 or not isinstance(organization_id, str):
            raise self._story.refused(reply)
        self._story.tell(reply, f"created the Families organization {name}")
        return organization_id

    def _grant(self, said: str, **fields: str) -> dict[str, Any]:
        body = urlencode({"client_id": "web", **fields}).encode("ascii")
        headers = [
            ("Accept", "application/json"),
            ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),
            *self._client_headers(),
            ("Content-Length", str(len(body))),
        ]
        reply = self._transport.send("POST", f"{self._identity}/connect/token", headers, [body])
        answer = reply.document()
        if reply.status != 200 or "access_token" not in answer:
            raise self._story.refused(reply)
        self._story.tell(reply, said)
        self._token = answer["access_token"]
        self._refresh = answer.get("refresh_token", "")
        return answer

    def _json(self, method: str, url: str, payload: Any, token: str | None = None) -> Reply:
        body = b"" if payload is None else json_body(payload)
        headers = [("Accept", "application/json"), *self._client_headers()]
        if token is not None:
            headers.append(("Authorization", f"Bearer {token}"))
        if payload is not None:
            headers.append(("Content-Type", "application/json; charset=utf-8"))
        if payload is not None or method != "GET":
            headers.append(("Content-Length", str(len(body))))
        return self._transport.send(method, url, headers, [body] if body else [])

    def _client_headers(self) -> list[tuple[str, str]]:
        return [
            ("Device-Type", _CHROME),
            ("Bitwarden-Client-Name", "web"),
            ("Bitwarden-Client-Version", _CLIENT_VERSION),
        ]
