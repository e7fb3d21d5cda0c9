"""Who may use the control plane: anybody on loopback, elsewhere the bearer of the control token."""

from __future__ import annotations

import hmac
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sosie import __version__
from sosie.control.problems import ProblemError

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


def check_access(headers: Mapping[str, str], token: str | None, *, trusted: bool, signed: bool = False) -> None:
    """Raise ProblemError unless the caller may.

    `trusted`: the server can be reached from this machine only. `signed`: API Gateway has checked who calls.

    A page of another site, and a foreign host name that leads here, are refused even then: a browser would let any
    page on the web reset this world.
    """
    origin = headers.get("origin")
    host = headers.get("host", "")
    if origin is not None and _netloc(origin) != host:
        raise ProblemError(403, "Forbidden", "Cross-site requests to the control plane are refused.")
    if signed or _bears(headers, token):
        return
    if trusted and _hostname(host) in _LOOPBACK_NAMES:
        return
    if trusted:
        raise ProblemError(403, "Forbidden", f"The control plane answers at a loopback address, not as {host!r}.")
    raise ProblemError(401, "Unauthorized", "Send the control token: Authorization: Bearer <token>.")


def shut_out() -> dict[str, Any]:
    """Return the payload 2.0 response for a client whose address is not let in."""
    problem = ProblemError(403, "Forbidden", "This Sosie answers only to the networks of its AllowedAddresses.")
    headers = {"Content-Type": "application/problem+json", "x-sosie": __version__}
    return {"statusCode": 403, "headers": headers, "body": json.dumps(problem.body), "isBase64Encoded": False}


def _netloc(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:  # no address at all, so nobody's own
        return None


def _hostname(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def _bears(headers: Mapping[str, str], token: str | None) -> bool:
    scheme, _, presented = headers.get("authorization", "").partition(" ")
    if token is None or scheme.lower() != "bearer":
        return False
    return hmac.compare_digest(presented.strip().encode(), token.encode())
