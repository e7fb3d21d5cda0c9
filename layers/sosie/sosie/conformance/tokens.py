"""Access tokens, read with PyJWT: their parts, and whether the region's published key made them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jwt

from sosie.conformance.expect import DeviationError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey


def header(token: Any) -> dict[str, Any]:
    """Return the header. Raises DeviationError."""
    try:
        return dict(jwt.get_unverified_header(token))
    except (jwt.PyJWTError, TypeError, ValueError) as error:
        raise DeviationError(f"expected a JWT, saw something else: {error}") from None


def claims(token: Any) -> dict[str, Any]:
    """Return the claims, unverified. Raises DeviationError."""
    try:
        return dict(jwt.decode(token, options={"verify_signature": False}))
    except (jwt.PyJWTError, TypeError, ValueError) as error:
        raise DeviationError(f"expected a JWT, saw something else: {error}") from None


def verify(what: str, token: str, key: RSAPublicKey | jwt.PyJWK) -> None:
    """Raise DeviationError unless the key signed the token. Times are not looked at: the target has its own clock."""
    options: Any = dict.fromkeys(("verify_exp", "verify_nbf", "verify_iat", "verify_aud", "verify_iss"), False)
    try:
        jwt.decode(token, key, algorithms=["RS256"], options=options)
    except jwt.PyJWTError as error:
        raise DeviationError(f"expected {what} signed by the published key, saw: {error}") from None
