"""Signing in with a personal API key: no second step, no single sign-on (docs/contract/identity.md §4.6)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sosie.domain.errors import TokenRefusedError
from sosie.services import access_tokens, credentials
from sosie.services import repository as repo
from sosie.services.devices import sign_in_device
from sosie.services.grants import LEGACY, Issued, TokenRequest, check_version, forget_failures, issue

if TYPE_CHECKING:
    from sosie.ports import Keyring
    from sosie.services.unit_of_work import UnitOfWork


def sign_in_with_api_key(uow: UnitOfWork, keyring: Keyring, request: TokenRequest) -> Issued:
    """Return a token for the person whose key authenticated the client. Raises TokenRefusedError."""
    user = repo.users.get(uow, request.client.subject or "")
    if user is None:
        raise TokenRefusedError("invalid_client")
    check_version(request.client_version)
    user, device = sign_in_device(uow, user, request, verifies=False)
    user = credentials.with_keys(uow, credentials.with_credentials(uow, user))
    if user.is_legacy:
        raise TokenRefusedError("invalid_grant", message=LEGACY).because("LEGACY_ACCOUNT", person=user)
    user = forget_failures(uow, user)
    claims = access_tokens.user_claims(uow, user, device=device.identifier, device_type=device.type)
    claims["type"] = "User"
    return replace(issue(uow, keyring, request, claims), user=user)
