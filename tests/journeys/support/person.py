"""Somebody in front of the web vault: signs in, unlocks with the master password, keeps the session fresh."""

from dataclasses import dataclass
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.journeys.support import crypto
from tests.journeys.support.crypto import Kdf, SymmetricKey
from tests.journeys.support.region import Region
from tests.journeys.support.self_hosted import new_id
from tests.journeys.support.verbs import Owning, Sponsoring

CLIENT_HEADERS = {
    "Bitwarden-Client-Name": "web",
    "Bitwarden-Client-Version": "2026.8.0",
    "Device-Type": "9",
    "Accept": "application/json",
}


@dataclass(frozen=True)
class Vault:
    """What the master password opens."""

    user_key: SymmetricKey
    private_key: rsa.RSAPrivateKey
    organization_keys: dict[str, SymmetricKey]


class Person(Owning, Sponsoring):
    def __init__(self, http: httpx.Client, region: Region, email: str, password: str | None = None):
        self.region = region
        self.email = email
        self.password = password or region.user(email)["masterPassword"]
        self.device_identifier = new_id()
        self.token_answer: dict[str, Any] = {}
        self.private_key: rsa.RSAPrivateKey | None = None
        self._http = http
        self._master_key = b""

    def prelogin(self) -> Kdf:
        url = f"{self.region.identity}/accounts/prelogin/password"
        answer = self._http.post(url, json={"email": self.email}, headers=CLIENT_HEADERS)
        return Kdf.from_prelogin(answer.raise_for_status().json())

    @property
    def password_hash(self) -> str:
        """The same hash proves the password to the identity service and to the API."""
        if not self._master_key:
            self._master_key = crypto.master_key(self.password, self.email, self.prelogin())
        return crypto.authentication_hash(self._master_key, self.password)

    def device_fields(self) -> dict[str, str]:
        return {"deviceType": "9", "deviceIdentifier": self.device_identifier, "deviceName": "chrome"}

    def password_grant(self) -> dict[str, str]:
        return {
            "grant_type": "password",
            "username": self.email,
            "password": self.password_hash,
            "scope": "api offline_access",
            "client_id": "web",
            **self.device_fields(),
        }

    def api_key_grant(self) -> dict[str, str]:
        user = self.region.user(self.email)
        return {
            "grant_type": "client_credentials",
            "client_id": f"user.{user['id']}",
            "client_secret": user["apiKey"],
            "scope": "api",
            **self.device_fields(),
        }

    def refresh_grant(self) -> dict[str, str]:
        token = self.token_answer["refresh_token"]
        return {"grant_type": "refresh_token", "client_id": "web", "refresh_token": token}

    def ask_for_token(self, fields: dict[str, str], headers: dict[str, str] | None = None) -> httpx.Response:
        url = f"{self.region.identity}/connect/token"
        return self._http.post(url, data=fields, headers=CLIENT_HEADERS if headers is None else headers)

    def login(self) -> "Person":
        return self._take(self.ask_for_token(self.password_grant()))

    def login_with_api_key(self) -> "Person":
        return self._take(self.ask_for_token(self.api_key_grant()))

    def refresh(self) -> "Person":
        """New claims, for instance after becoming owner of something; the keys stay those of the login."""
        return self._take(self.ask_for_token(self.refresh_grant()))

    def unlock(self) -> Vault:
        """Decrypts what the login brought, then each organization's key out of a sync."""
        stretched = crypto.stretch(self._master_key or self._ask_for_master_key())
        user_key = SymmetricKey.of(crypto.decrypt(stretched, self.token_answer["Key"]))
        private_key = crypto.load_private_der(crypto.decrypt(user_key, self.token_answer["PrivateKey"]))
        self.private_key = private_key
        organization_keys = {
            organization["id"]: SymmetricKey.of(crypto.rsa_decrypt(private_key, organization["key"]))
            for organization in self.sync()["profile"]["organizations"]
        }
        return Vault(user_key, private_key, organization_keys)

    def sync(self) -> dict[str, Any]:
        return self.call("GET", "/sync?excludeDomains=true").raise_for_status().json()

    def profile(self) -> dict[str, Any]:
        return self.call("GET", "/accounts/profile").raise_for_status().json()

    def membership(self, organization_id: str) -> dict[str, Any]:
        """This person's view of one organization: api.md §4.2."""
        (found,) = [each for each in self.profile()["organizations"] if each["id"] == organization_id]
        return found

    def call(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        headers = CLIENT_HEADERS | {"Authorization": f"Bearer {self.token_answer['access_token']}"}
        return self._http.request(method, f"{self.region.api}{path}", headers=headers, **arguments)

    def _ask_for_master_key(self) -> bytes:
        _ = self.password_hash
        return self._master_key

    def _take(self, answer: httpx.Response) -> "Person":
        assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
        self.token_answer |= answer.json()
        return self
