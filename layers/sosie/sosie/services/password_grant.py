"""Signing in with the master password: the checks, in the cloud's order (docs/contract/identity.md §4.6)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sosie.domain import oauth
from sosie.domain.errors import TokenRefusedError
from sosie.domain.utf16 import utf16_length
from sosie.services import access_tokens, credentials
from sosie.services import repository as repo
from sosie.services.devices import sign_in_device
from sosie.services.grants import LEGACY, Issued, TokenRequest, check_version, count_failure, forget_failures, issue
from sosie.services.refresh_tokens import hand_out
from sosie.services.single_sign_on import refuse_if_required
from sosie.services.two_step import SecondStep, asks_for_recovery, take_second_step

if TYPE_CHECKING:
    from sosie.domain.devices import Device
    from sosie.domain.users import User
    from sosie.ports import Keyring
    from sosie.services.unit_of_work import UnitOfWork

_WRONG_PASSWORD = ("invalid_grant", "invalid_username_or_password", "Username or password is incorrect. Try again.")


def sign_in_with_password(uow: UnitOfWork, keyring: Keyring, request: TokenRequest) -> Issued:
    """Return a token, and a refresh token if that was asked for. Raises TokenRefusedError."""
    user = _authenticated(uow, request)
    check_version(request.client_version)
    step = _pass_single_sign_on_and_second_step(uow, keyring, user, request)
    user, device = sign_in_device(uow, step.user, request, verifies=not step.required)
    user = credentials.with_keys(uow, user)
    if user.is_legacy and request.client.id != "web":
        refusal = TokenRefusedError("invalid_grant", "invalid_username_or_password", LEGACY)
        raise refusal.because("LEGACY_ACCOUNT", person=user)
    return replace(
        _issue(uow, keyring, request, forget_failures(uow, user), device), remember_token=step.remember_token
    )


def _authenticated(uow: UnitOfWork, request: TokenRequest) -> User:
    username, password = request.field("username"), request.field("password")
    if not username.strip():
        raise TokenRefusedError("invalid_grant").because("USERNAME_MISSING")
    limits = (("username", username, oauth.LONGEST_USERNAME), ("password", password, oauth.LONGEST_PASSWORD))
    for field, text, limit in limits:
        if utf16_length(text) > limit:
            raise TokenRefusedError("invalid_grant").because("FIELD_TOO_LONG", field=field, limit=limit)
    user = repo.user_by_email(uow, username)
    if user is None:
        raise TokenRefusedError(*_WRONG_PASSWORD).because("PERSON_UNKNOWN", username=username)
    if request.field("authrequest"):
        raise TokenRefusedError(*_WRONG_PASSWORD).because("NOT_SIMULATED", what="signing in with an auth request")
    user = credentials.with_credentials(uow, user)
    if not credentials.is_password_right(uow, user, password):
        count_failure(uow, user)
        raise TokenRefusedError(*_WRONG_PASSWORD).because("SECRET_WRONG", person=user, presented=password)
    return credentials.with_current_hash(uow, user, password)


def _pass_single_sign_on_and_second_step(
    uow: UnitOfWork, keyring: Keyring, user: User, request: TokenRequest
) -> SecondStep:
    """Single sign-on is asked for first, except of somebody who sends a recovery code (§4.6 item 4)."""
    if not asks_for_recovery(request):
        refuse_if_required(uow, user)
        return take_second_step(uow, keyring, user, request)
    step = take_second_step(uow, keyring, user, request)
    refuse_if_required(uow, step.user, recovered=step.recovered)
    return step


def _issue(uow: UnitOfWork, keyring: Keyring, request: TokenRequest, user: User, device: Device) -> Issued:
    claims = access_tokens.user_claims(uow, user, device=device.identifier, device_type=device.type)
    claims |= access_tokens.sign_in_claims(uow.now)
    handle = hand_out(uow, request, user, device) if oauth.OFFLINE_ACCESS in request.scopes else None
    return replace(issue(uow, keyring, request, claims), refresh_token=handle, user=user)
