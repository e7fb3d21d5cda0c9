"""The second step of a sign-in with the master password (docs/contract/identity.md §4.6 item 4, §5)."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sosie.domain import mail
from sosie.domain.errors import TokenRefusedError
from sosie.domain.two_step import (
    LOGIN_CODE_DIGITS,
    MAILED_CODE_LIFETIME,
    REMEMBERED_FOR,
    SESSION_LIFETIME,
    MailedCode,
    Provider,
    TwoStep,
    parse_provider,
    redacted_email,
)
from sosie.services import repository as repo
from sosie.services.grants import count_failure
from sosie.services.mail import capture
from sosie.services.records import parse_time, time_text

if TYPE_CHECKING:
    from datetime import timedelta

    from sosie.domain.users import User
    from sosie.ports import Keyring
    from sosie.services.grants import TokenRequest
    from sosie.services.unit_of_work import UnitOfWork

_DENIED = ("invalid_grant", "invalid_username_or_password")
_SESSION_PREFIX = "BwSsoEmail2FaSessionToken_"
# Sosie's own names for what its tokens are about.
_REMEMBER, _SESSION = "TwoFactorRemember", "SsoEmail2faSession"


@dataclass(frozen=True, slots=True)
class SecondStep:
    """How a second step went. `required` is whether there was one to take, `recovered` that it is gone for good."""

    user: User
    required: bool = False
    recovered: bool = False
    remember_token: str | None = None


def asks_for_recovery(request: TokenRequest) -> bool:
    """Tell whether a recovery code is sent, by its provider's number."""
    number = request.field("twofactorprovider").strip()
    by_number = number.isdigit() and parse_provider(number) == Provider.RECOVERY_CODE
    return by_number and bool(request.field("twofactortoken").strip())


def take_second_step(uow: UnitOfWork, keyring: Keyring, user: User, request: TokenRequest) -> SecondStep:
    """Check the second step of an account that has one. Raises TokenRefusedError, with what can be chosen from."""
    two_step = user.two_step
    if two_step is None:
        return SecondStep(user)
    token = request.field("twofactortoken")
    provider = parse_provider(request.field("twofactorprovider"))
    if not token.strip() or provider is None:
        raise _ask(uow, keyring, user, two_step)
    if provider == Provider.REMEMBER:
        if not _is_remembered(uow, keyring, user, token):
            raise _ask(uow, keyring, user, two_step)
        return SecondStep(user, required=True)
    if provider == Provider.RECOVERY_CODE and two_step.is_recovery_code(token):
        user = _recover(uow, user)
    elif (used := _used(uow, two_step, user, provider, token)) is not None:
        user = replace(user, two_step=used)
        repo.save_user(uow, user)
    else:
        raise _refuse_code(uow, user, two_step)
    remember = request.field("twofactorremember") == "1"
    return SecondStep(
        user,
        required=True,
        recovered=provider == Provider.RECOVERY_CODE,
        remember_token=_seal(uow, keyring, _REMEMBER, user, REMEMBERED_FOR) if remember else None,
    )


def _used(uow: UnitOfWork, two_step: TwoStep, user: User, provider: int, token: str) -> TwoStep | None:
    """Return the account's two-step login after a right code, which is good once; None if the code is wrong."""
    if provider == Provider.AUTHENTICATOR and two_step.accepts_authenticator(token, uow.now):
        return two_step.with_used_code(token, uow.now)
    mailed = two_step.mailed_code
    if provider == Provider.EMAIL and two_step.email and mailed is not None:
        return replace(two_step, mailed_code=None) if mailed.is_right(token, user.security_stamp, uow.now) else None
    return None


def _recover(uow: UnitOfWork, user: User) -> User:
    user = replace(user, two_step=None)
    repo.save_user(uow, user)
    capture(uow, mail.recovered_two_step(user.email, uow.now))
    return user


def _refuse_code(uow: UnitOfWork, user: User, two_step: TwoStep) -> TokenRefusedError:
    if two_step.may_warn(uow.now):
        user = replace(user, two_step=replace(two_step, warned_at=uow.now))
        capture(uow, mail.failed_two_step(user.email, uow.now))
    count_failure(uow, user)
    refusal = TokenRefusedError(*_DENIED, "Two-step token is invalid. Try again.")
    return refusal.because("TWO_STEP_CODE_WRONG", person=user, providers=two_step.providers)


def _ask(uow: UnitOfWork, keyring: Keyring, user: User, two_step: TwoStep) -> TokenRefusedError:
    """Return the answer that names the providers; it mails a code if there is no other provider than e-mail."""
    if not two_step.providers:
        return TokenRefusedError(*_DENIED, "No two-step providers enabled.").because(
            "TWO_STEP_NO_PROVIDER", person=user
        )
    if two_step.providers == (Provider.EMAIL,):
        _mail_code(uow, user, two_step)
    parameters: dict[Provider, Any] = {Provider.EMAIL: {"Email": redacted_email(user.email)}}
    extras: dict[str, Any] = {
        "TwoFactorProviders": [str(int(provider)) for provider in two_step.providers],
        "TwoFactorProviders2": {str(int(provider)): parameters.get(provider) for provider in two_step.providers},
    }
    if two_step.email:
        extras["SsoEmail2faSessionToken"] = _SESSION_PREFIX + _seal(uow, keyring, _SESSION, user, SESSION_LIFETIME)
        extras["Email"] = user.email
    extras["MasterPasswordPolicy"] = {"Object": "masterPasswordPolicy"}
    required = TokenRefusedError("invalid_grant", "Two factor required.", extras=extras)
    return required.because("TWO_STEP_REQUIRED", person=user, providers=two_step.providers)


def _mail_code(uow: UnitOfWork, user: User, two_step: TwoStep) -> None:
    code = uow.ids.digits(LOGIN_CODE_DIGITS)
    mailed = MailedCode(code, user.security_stamp, uow.now + MAILED_CODE_LIFETIME)
    repo.save_user(uow, replace(user, two_step=replace(two_step, mailed_code=mailed)))
    capture(uow, mail.verification_code(user.email, code))


def _seal(uow: UnitOfWork, keyring: Keyring, identifier: str, user: User, lifetime: timedelta) -> str:
    content = {
        "Identifier": identifier,
        "user": user.id,
        "stamp": user.security_stamp,
        "expires": time_text(uow.now + lifetime),
    }
    # A region seals all its tokens with one key, the one made for offers; `Identifier` keeps them apart.
    plain = json.dumps(content, separators=(",", ":")).encode()
    return keyring.seal(uow.keyring_name, uow.region, "offers", plain, uow.ids.bytes(12))


def _is_remembered(uow: UnitOfWork, keyring: Keyring, user: User, token: str) -> bool:
    """Tell whether this is a remember token of this account and stamp, in time."""
    plain = keyring.unseal(uow.keyring_name, uow.region, "offers", token.strip())
    if plain is None:
        return False
    content = json.loads(plain)
    whose = (content["Identifier"], content.get("user"), content.get("stamp"))
    return whose == (_REMEMBER, user.id, user.security_stamp) and uow.now < parse_time(content["expires"])
