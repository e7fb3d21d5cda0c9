"""Asking a person for their master password once more, before something that matters (docs/contract/api.md §3.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosie.domain.errors import InvalidError, ServerFaultError, UnauthorizedError
from sosie.services import repository as repo
from sosie.services.credentials import is_password_right

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sosie.domain.members import Caller
    from sosie.domain.users import User
    from sosie.services.unit_of_work import UnitOfWork

PENALTY = 2.0
"""Seconds the cloud waits before it refuses a wrong secret (§1.8)."""
NOT_VERIFIED = {"": ["User verification failed."]}
"""What a deletion answers to a wrong secret (§4.13 to §4.15)."""


def verify_user(
    uow: UnitOfWork, caller: Caller, secret: str | None, refusal: Mapping[str, Sequence[str]] = NOT_VERIFIED
) -> User:
    """Return the caller, whose master password's hash `secret` must be. `refusal` is what a wrong one is answered.

    No one-time password is ever mailed here, so a secret that is none of the hash is wrong. Raises UnauthorizedError
    if the account was deleted, ServerFaultError without a secret, InvalidError with the cloud's delay.
    """
    user = repo.users.get(uow, caller.user_id or "")
    if user is None:
        raise UnauthorizedError().because("ACCOUNT_GONE")
    if secret is None:
        text = "only an access code was sent, which the cloud never verifies"
        raise ServerFaultError(text).because("SECRET_NOT_VERIFIED")
    if not is_password_right(uow, user, secret):
        raise InvalidError(refusal, delay=PENALTY).because("SECRET_WRONG", person=user, presented=secret)
    return user
