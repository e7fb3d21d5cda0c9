"""Clients, grants and scopes of the token endpoint, and the checks before a grant's own (identity.md §4.1)."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import timedelta

from sosie.domain.errors import TokenRefusedError
from sosie.domain.utf16 import utf16_length

CLIENT_CREDENTIALS = "client_credentials"
PASSWORD = "password"  # noqa: S105  a grant's name
REFRESH_TOKEN = "refresh_token"  # noqa: S105  a grant's name
OFFLINE_ACCESS = "offline_access"
STANDARD_GRANTS = frozenset(
    {
        CLIENT_CREDENTIALS,
        PASSWORD,
        "authorization_code",
        "urn:ietf:params:oauth:grant-type:device_code",
        "urn:openid:params:grant-type:ciba",
    }
)
KNOWN_SCOPES = frozenset(
    {
        "api",
        "api.push",
        "api.licensing",
        "api.organization",
        "api.installation",
        "internal",
        "api.secrets",
        "api.send.access",
        OFFLINE_ACCESS,
    }
)
INSTALLATION_SCOPES = ("api.installation", "api.licensing", "api.push")

# In UTF-16 units, as .NET counts.
LONGEST_ID = 100
LONGEST_GRANT = 100
LONGEST_SCOPE = 300
LONGEST_USERNAME = 256
LONGEST_PASSWORD = 100
LONGEST_HANDLE = 100


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """A client as the endpoint knows it. `secret` None makes it public; lifetimes in seconds."""

    id: str
    kind: str
    subject: str | None
    secret: str | None
    grants: frozenset[str]
    scopes: tuple[str, ...]
    access_lifetime: int = 3600
    refresh_lifetime: timedelta | None = None
    enabled: bool = True

    def is_secret_right(self, presented: str) -> bool:
        """Compare as whole texts, in constant time; public clients have none to check."""
        return self.secret is None or hmac.compare_digest(self.secret.encode(), presented.encode())


def _person_client(name: str, refresh_days: int, access: int = 3600) -> OAuthClient:
    return OAuthClient(
        id=name,
        kind="static",
        subject=None,
        secret=None,
        grants=frozenset({PASSWORD, REFRESH_TOKEN}),
        scopes=("api", OFFLINE_ACCESS),
        access_lifetime=access,
        refresh_lifetime=timedelta(days=refresh_days),
    )


STATIC_CLIENTS: dict[str, OAuthClient] = {
    "web": _person_client("web", 7),
    "browser": _person_client("browser", 30),
    "desktop": _person_client("desktop", 30),
    "cli": _person_client("cli", 30),
    "mobile": _person_client("mobile", 60),
    "connector": _person_client("connector", 30, access=86_400),
    "send": OAuthClient("send", "static", None, None, frozenset(), ("api.send.access",), access_lifetime=300),
}

# Grants that the cloud gives static clients and Sosie does not: §4.9.
_NOT_SIMULATED = frozenset({"authorization_code", "webauthn", "send_access"})


def installation_client(installation_id: str, key: str, *, enabled: bool) -> OAuthClient:
    """Return the client of a self-hosted server."""
    return OAuthClient(
        id=f"installation.{installation_id}",
        kind="installation",
        subject=installation_id,
        secret=key,
        grants=frozenset({CLIENT_CREDENTIALS}),
        scopes=INSTALLATION_SCOPES,
        access_lifetime=86_400,
        enabled=enabled,
    )


def organization_client(organization_id: str, key: str, *, enabled: bool) -> OAuthClient:
    """Return the client of an organization's public API."""
    return OAuthClient(
        id=f"organization.{organization_id}",
        kind="organization",
        subject=organization_id,
        secret=key,
        grants=frozenset({CLIENT_CREDENTIALS}),
        scopes=("api.organization",),
        enabled=enabled,
    )


def user_client(user_id: str, key: str) -> OAuthClient:
    """Return the client of a person's API key."""
    return OAuthClient(
        id=f"user.{user_id}",
        kind="user",
        subject=user_id,
        secret=key,
        grants=frozenset({CLIENT_CREDENTIALS}),
        scopes=("api",),
    )


def check_grant(client: OAuthClient, grant: str) -> None:
    """Raise TokenRefusedError unless the grant is known and the client may use it."""
    if not grant or utf16_length(grant) > LONGEST_GRANT:
        raise TokenRefusedError("unsupported_grant_type").because("GRANT_UNKNOWN", grant=grant)
    if grant in client.grants:
        return
    simulated = client.kind != "static" or grant not in _NOT_SIMULATED
    if grant in STANDARD_GRANTS and simulated:
        refusal = TokenRefusedError("unauthorized_client")
        raise refusal.because("GRANT_NOT_ALLOWED", client=client, grant=grant, allowed=sorted(client.grants))
    refusal = TokenRefusedError("unsupported_grant_type")
    if simulated:
        raise refusal.because("GRANT_UNKNOWN", grant=grant)
    raise refusal.because("NOT_SIMULATED", what=f"the grant {grant}")


def granted_scopes(client: OAuthClient, requested: str) -> tuple[str, ...]:
    """Return the scopes of the token: sorted, without doubles; all the client may have if none was asked for."""
    if utf16_length(requested) > LONGEST_SCOPE:
        raise TokenRefusedError("invalid_scope").because("FIELD_TOO_LONG", field="scope", limit=LONGEST_SCOPE)
    words = sorted({word for word in requested.split(" ") if word})
    if not words:
        return tuple(sorted(client.scopes))
    for word in words:
        if word not in KNOWN_SCOPES or word not in client.scopes:
            raise TokenRefusedError("invalid_scope").because("SCOPE_NOT_GRANTED", client=client, wanted=word)
    return tuple(words)


def parse_client_version(text: str) -> tuple[int, ...] | None:
    """Return a client's version, or None unless .NET reads it: two to four dot-separated 32-bit integers.

    Versions compare as .NET compares them: `2025.6` comes before `2025.6.0`.
    """
    parts = [part.strip() for part in text.split(".")]
    if not 2 <= len(parts) <= 4 or not all(part.isascii() and part.isdigit() for part in parts):
        return None
    digits = [part.lstrip("0") or "0" for part in parts]
    if max(map(len, digits)) > len(str(2**31)):
        return None
    numbers = tuple(map(int, digits))
    return numbers if max(numbers) < 2**31 else None
