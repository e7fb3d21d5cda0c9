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
        raise UnauthenticatedError().because("TOKEN_MISSING", how=_how_missing(call))
    address = call.exchange.address
    now = call.uow.now.timestamp()  # first of all: a world that nobody created must not get keys
    signer = call.exchange.keyring.signer(call.uow.keyring_name, address.region, "tokens")
    try:
        header, claims = signer.decode_jwt(token)
    except BadTokenError:
        refusal = UnauthenticatedError("The signature key was not found")
        raise refusal.because("TOKEN_UNKNOWN_KEY", token=token) from None
    if header.get("typ") != "at+jwt":
        raise UnauthenticatedError("The token type is invalid").because("TOKEN_TYPE_WRONG", typ=str(header.get("typ")))
    issuer = FACTS[address.region].issuer
    if claims.get("iss") != issuer:
        refusal = UnauthenticatedError(f"The issuer '{claims.get('iss')}' is invalid")
        raise refusal.because("TOKEN_OTHER_ISSUER", issuer=str(claims.get("iss")), expected=issuer)
    expires, starts = claims.get("exp"), claims.get("nbf", 0)
    if not isinstance(expires, int) or now > expires + CLOCK_SKEW.total_seconds():
        raise UnauthenticatedError("The token expired").because("TOKEN_EXPIRED", claims=claims)
    if not isinstance(starts, int) or now < starts - CLOCK_SKEW.total_seconds():
        raise UnauthenticatedError("The token is not valid yet").because("TOKEN_NOT_YET_VALID", claims=claims)
    return Caller(claims)


def authorize(caller: Caller, policy: Policy) -> None:
    """Raise ForbiddenError if the token does not carry what the policy asks for."""
    granted = caller.has_scope(policy.value)
    if policy is Policy.APPLICATION:
        granted = granted and not _AMR.isdisjoint(caller.values("amr"))
    if not granted:
        raise ForbiddenError().because("SCOPE_NOT_GRANTED", caller=caller, wanted=policy.value)


def _how_missing(call: Call) -> str:
    header = call.headers.get("authorization", "").strip()
    if not header:
        return ""
    scheme, _, token = header.partition(" ")
    return (
        ": the Authorization header says Bearer and nothing else"
        if scheme.lower() == "bearer" and not token
        else (": the Authorization header has another scheme than Bearer")
    )


def _token_of(call: Call) -> str:
    header = call.headers.get("authorization", "")
    if not header.strip():
        return call.query.get("access_token", "")
    scheme, _, token = header.strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
