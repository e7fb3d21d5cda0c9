"""Signing in: the four grants that are simulated (docs/contract/identity.md §4.4 to §4.8).

A person's own are in `password_grant`, `api_key_grant` and `refresh_tokens`; each runs its checks in the cloud's order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosie.domain import oauth
from sosie.services import access_tokens
from sosie.services import repository as repo
from sosie.services.api_key_grant import sign_in_with_api_key
from sosie.services.grants import Issued, TokenRequest, issue
from sosie.services.password_grant import sign_in_with_password
from sosie.services.refresh_tokens import refresh

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sosie.domain.oauth import OAuthClient
    from sosie.ports import Keyring
    from sosie.services.unit_of_work import UnitOfWork


def sign_in(
    uow: UnitOfWork, keyring: Keyring, client: OAuthClient, form: Mapping[str, str], client_version: str | None
) -> Issued:
    """Check grant and scopes, then do what the grant says. `form` has lower-case names. Raises TokenRefusedError."""
    grant = form.get("grant_type", "")
    oauth.check_grant(client, grant)
    if grant == oauth.REFRESH_TOKEN:
        return refresh(uow, keyring, TokenRequest(client, (), form, client_version))
    scopes = oauth.granted_scopes(client, form.get("scope", ""))
    request = TokenRequest(client, scopes, form, client_version)
    if grant == oauth.PASSWORD:
        return sign_in_with_password(uow, keyring, request)
    if client.kind == "user":
        return sign_in_with_api_key(uow, keyring, request)
    return _sign_in_as_client(uow, keyring, request)


def _sign_in_as_client(uow: UnitOfWork, keyring: Keyring, request: TokenRequest) -> Issued:
    subject = request.client.subject or ""
    if request.client.kind == "organization":
        return issue(uow, keyring, request, access_tokens.organization_claims(subject))
    installation = repo.installations.get(uow, subject)
    if installation is not None:
        seen = installation.with_token_at(uow.now)
        # Many tokens at once only move the same date: no condition, so they never make each other wait.
        repo.installations.save(uow, seen, subject, always=True)
        if seen.storms:
            uow.remark("TOKEN_STORM", installation=seen, since=seen.tokens_since, count=seen.tokens_counted)
    return issue(uow, keyring, request, access_tokens.installation_claims(subject))
