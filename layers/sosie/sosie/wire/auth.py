"""Who calls: the access token of a request, and what the route's policy asks of it (docs/contract/api.md §1.1)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sosie.domain.errors import BadTokenError, ForbiddenError, UnauthenticatedError
from sosie.domain.members import Caller
from sosie.domain.regions import FACTS
from sosie.wire.http import Policy

if TYPE_CHECKING:
    from sosie.wire.http import Call

CLOCK_SKEW = timedelta(minutes=5)
_AMR = frozenset({"Application", "external"})


def authenticate(call: Call) -> Caller:
    """Return who calls. Raises UnauthenticatedError: signature, issuer, type and time must fit."""
    token = _token_of(call)
    if not token:
        raise UnauthenticatedError(diagnosis="TOKEN_MISSING")
    address = call.exchange.address
    now = call.uow.now.timestamp()  # first of all: a world that nobody created must not get keys
    signer = call.exchange.keyring.signer(address.world, address.region, "tokens")
    try:
        header, claims = signer.decode_jwt(token)
    except BadTokenError:
        raise UnauthenticatedError("The signature key was not found", diagnosis="TOKEN_UNKNOWN_KEY") from None
    if header.get("typ") != "at+jwt":
        raise UnauthenticatedError("The token type is invalid")
    issuer = FACTS[address.region].issuer
    if claims.get("iss") != issuer:
        raise UnauthenticatedError(f"The issuer '{claims.get('iss')}' is invalid")
    expires, starts = claims.get("exp"), claims.get("nbf", 0)
    if not isinstance(expires, int) or now > expires + CLOCK_SKEW.total_seconds():
        raise UnauthenticatedError("The token expired", diagnosis="TOKEN_EXPIRED")
    if not isinstance(starts, int) or now < starts - CLOCK_SKEW.total_seconds():
        raise UnauthenticatedError("The token is not valid yet")
    return Caller(claims)


def authorize(caller: Caller, policy: Policy) -> None:
    """Raise ForbiddenError if the token does not carry what the policy asks for."""
    granted = caller.has_scope(policy.value)
    if policy is Policy.APPLICATION:
        granted = granted and not _AMR.isdisjoint(caller.values("amr"))
    if not granted:
        raise ForbiddenError(diagnosis="SCOPE_NOT_GRANTED")


def _token_of(call: Call) -> str:
    header = call.headers.get("authorization", "")
    if not header.strip():
        return call.query.get("access_token", "")
    scheme, _, token = header.strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
