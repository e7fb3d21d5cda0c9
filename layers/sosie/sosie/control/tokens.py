"""The verb that makes access tokens which are wrong in one way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sosie.control.http import Verb
from sosie.control.problems import bad_request
from sosie.domain.ids import unguessable_token
from sosie.domain.oauth import LONGEST_SCOPE
from sosie.domain.regions import REGIONS
from sosie.services.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from sosie.control.http import Request

_MEMBERS = ("region", "client", "odd", "scope", "expiresIn")
_LONGEST_LIFE = 10 * 366 * 24 * 3600


def make_token(request: Request) -> Any:
    """Make an access token that is odd on purpose: `{"region","client","odd"}`, with `scope` and `expiresIn` if wanted.

    `client` is `installation.{id}` or `user.{email or id}`, `odd` says what is wrong (`none`: nothing). Answers
    `accessToken`, `header`, `claims`, and `why` it is refused.
    """
    from sosie.services.odd_tokens import ODDITIES, odd_token  # late: only this verb wants them

    given = request.members()
    if unknown := sorted(set(given) - set(_MEMBERS)):
        raise bad_request(f"A token has no member {unknown[0]!r}; there are {', '.join(_MEMBERS)}.")
    region, odd, client = given.get("region"), given.get("odd", "none"), given.get("client")
    if region not in REGIONS:
        raise bad_request(f"`region` is one of {', '.join(REGIONS)}.")
    if not isinstance(odd, str) or odd not in ODDITIES:
        raise bad_request(f"`odd` is one of {', '.join(ODDITIES)}.")
    if not isinstance(client, str):
        raise bad_request("`client` is `installation.{id}` or `user.{email or id}`.")
    scopes, lifetime = _scopes(given.get("scope")), _lifetime(given.get("expiresIn"))
    plane = request.plane
    # A name of its own: two tokens for the same client are two.
    uow = UnitOfWork(plane.store, request.world, region, plane.worlds.clock, f"token {unguessable_token()}")
    try:
        made = odd_token(uow, plane.keyring, client, odd, scopes=scopes, lifetime=lifetime)
    except LookupError:
        raise bad_request(f"`client`: the region {region} has no {client!r}.") from None
    return {"accessToken": made.token, "header": made.header, "claims": made.claims, "why": made.why}


def _scopes(given: Any) -> list[str] | None:
    if given is None:
        return None
    if not isinstance(given, str) or len(given) > LONGEST_SCOPE:
        raise bad_request("`scope` is a text of scopes with blanks between them.")
    return given.split()


def _lifetime(given: Any) -> int | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= _LONGEST_LIFE:
        raise bad_request("`expiresIn` is a whole number of seconds, from 1 to ten years.")
    return given


VERBS = (Verb("POST", "/worlds/{world}/tokens", make_token, body="TokenWish", answer="OddToken"),)
