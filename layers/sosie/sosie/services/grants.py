"""What the grants of the token endpoint share: the request, the answer, and the checks that several of them make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sosie.domain import oauth
from sosie.domain.errors import TokenRefusedError
from sosie.services import access_tokens
from sosie.services import repository as repo

if TYPE_CHECKING:
    from sosie.domain.oauth import OAuthClient
    from sosie.domain.users import User
    from sosie.ports import Keyring
    from sosie.services.unit_of_work import UnitOfWork

LEGACY = "Legacy encryption without a userkey is no longer supported. To recover your account, please contact support"
_NO_VERSION = (
    "No client version header found, required to prevent encryption errors. Please confirm your client is supplying "
    'the header: "Bitwarden-Client-Version"'
)


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A request whose client, grant and scopes are checked. `form` has lower-case names."""

    client: OAuthClient
    scopes: Sequence[str]
    form: Mapping[str, str]
    client_version: str | None

    def field(self, name: str) -> str:
        """Return a field (its name in lower case), an empty text if it was not sent."""
        return self.form.get(name, "")


@dataclass(frozen=True, slots=True)
class Issued:
    """What a grant gives. `user` is there when a person signed in, so that their extras are answered.

    `remember_token` lets the person skip the second step for 30 days, if they asked for that.
    """

    access_token: str
    lifetime: int
    scopes: Sequence[str]
    refresh_token: str | None = None
    user: User | None = None
    remember_token: str | None = None


def issue(uow: UnitOfWork, keyring: Keyring, request: TokenRequest, claims: Mapping[str, Any]) -> Issued:
    """Return an access token with these claims."""
    client = request.client
    token = access_tokens.issue_access_token(
        uow, keyring, client_id=client.id, scopes=request.scopes, lifetime=client.access_lifetime, claims=claims
    )
    return Issued(token, client.access_lifetime, request.scopes)


def check_version(client_version: str | None) -> None:
    """Refuse a person's client that does not say its version (docs/contract/identity.md §4.6 item 2)."""
    if oauth.parse_client_version(client_version or "") is None:
        refusal = TokenRefusedError("version_header_missing", _NO_VERSION, _NO_VERSION)
        raise refusal.because("CLIENT_VERSION_MISSING", sent=client_version or "missing")


def count_failure(uow: UnitOfWork, user: User) -> User:
    """Return the account with one failed sign-in more."""
    failed = replace(user, failed_login_count=user.failed_login_count + 1, last_failed_login_date=uow.now)
    repo.save_user(uow, failed)
    return failed


def forget_failures(uow: UnitOfWork, user: User) -> User:
    """Return the account of somebody who got in."""
    if not user.failed_login_count:
        return user
    user = replace(user, failed_login_count=0)
    repo.save_user(uow, user)
    return user
