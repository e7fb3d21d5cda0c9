"""Access tokens that are wrong in one way, to see what a client does when the cloud refuses one.

What a right one has is docs/contract/identity.md §4.3, what is looked at is docs/contract/api.md §1.1.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from sosie.domain.ids import parse_guid
from sosie.domain.oauth import STATIC_CLIENTS, OAuthClient, installation_client
from sosie.domain.regions import FACTS, other_region
from sosie.services import repository as repo
from sosie.services.access_tokens import installation_claims, token_claims, user_claims

if TYPE_CHECKING:
    from sosie.domain.regions import Region
    from sosie.ports import KeyPurpose, Keyring
    from sosie.services.unit_of_work import UnitOfWork

Json = dict[str, Any]

_BESIDE = int(timedelta(hours=1).total_seconds())
"""Seconds that a token's time lies off: well beyond the five minutes that the cloud forgives."""
_NOBODYS_SCOPE = "api.secrets"  # the cloud knows it, and no route here asks for it


@dataclass(frozen=True, slots=True)
class OddToken:
    """A token, what is in it, and why it is refused (or that it is not)."""

    token: str
    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    why: str


@dataclass(frozen=True, slots=True)
class _Draft:
    """A token before it is signed: by whose key, or by none."""

    header: Json
    claims: Json
    signer_region: Region
    signer_purpose: KeyPurpose = "tokens"
    unsigned: bool = False
    spoilt: bool = False


class _Oddity(NamedTuple):
    change: Callable[[_Draft], _Draft]
    why: str


def odd_token(
    uow: UnitOfWork,
    keyring: Keyring,
    client: str,
    odd: str,
    *,
    scopes: list[str] | None = None,
    lifetime: int | None = None,
) -> OddToken:
    """Return a token of `installation.{id}` or `user.{email or id}`, odd as a word of `ODDITIES` says.

    `scopes` and `lifetime` (seconds) are those the token endpoint gives unless told otherwise. Raises LookupError for
    a client that the region does not have.
    """
    kind = STATIC_CLIENTS["web"]
    if client.startswith("installation."):
        kind, claims = _installation(uow, client.removeprefix("installation."))
    else:
        claims = _person(uow, client)
    made = token_claims(
        uow,
        client_id=kind.id,
        scopes=sorted(scopes if scopes is not None else kind.scopes),
        lifetime=lifetime or kind.access_lifetime,
        claims=claims,
    )
    oddity = ODDITIES[odd]
    draft = oddity.change(_Draft({"typ": "at+jwt"}, made, uow.region))
    return _signed(uow, keyring, draft, oddity.why)


def _installation(uow: UnitOfWork, text: str) -> tuple[OAuthClient, Json]:
    found = repo.installations.get(uow, parse_guid(text) or text)
    if found is None:
        raise LookupError(f"installation.{text}")
    return installation_client(found.id, found.key, enabled=found.enabled), installation_claims(found.id)


def _person(uow: UnitOfWork, client: str) -> Json:
    text = client.removeprefix("user.")
    found = None
    if client.startswith("user."):
        found = repo.user_by_email(uow, text) if "@" in text else repo.users.get(uow, parse_guid(text) or text)
    if found is None:
        raise LookupError(client)
    return user_claims(uow, found)


def _signed(uow: UnitOfWork, keyring: Keyring, draft: _Draft, why: str) -> OddToken:
    if draft.unsigned:
        header = {**draft.header, "alg": "none"}
        return OddToken(f"{_base64url(header)}.{_base64url(draft.claims)}.", header, draft.claims, why)
    signer = keyring.signer(uow.keyring_name, draft.signer_region, draft.signer_purpose)
    members = {"kid": signer.kid, "x5t": signer.x5t, **draft.header}
    token = signer.encode_jwt(draft.claims, members)
    if draft.spoilt:
        signed, _, signature = token.rpartition(".")
        token = f"{signed}.{signature[::-1]}"
    return OddToken(token, {**members, "alg": "RS256"}, draft.claims, why)


def _base64url(value: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode().rstrip("=")


def _with_claims(**changes: Any) -> Callable[[_Draft], _Draft]:
    return lambda draft: replace(draft, claims={**draft.claims, **changes})


def _without(claim: str) -> Callable[[_Draft], _Draft]:
    return lambda draft: replace(draft, claims={name: value for name, value in draft.claims.items() if name != claim})


def _moved(draft: _Draft, seconds: int) -> _Draft:
    times = {name: draft.claims[name] + seconds for name in ("nbf", "iat", "exp")}
    return replace(draft, claims={**draft.claims, **times})


def _expired(draft: _Draft) -> _Draft:
    return _moved(draft, draft.claims["iat"] - draft.claims["exp"] - _BESIDE)


def _of_other_region(draft: _Draft) -> _Draft:
    region = other_region(draft.signer_region)
    return replace(draft, claims={**draft.claims, "iss": FACTS[region].issuer}, signer_region=region)


def _of_other_issuer(draft: _Draft) -> _Draft:
    return replace(draft, claims={**draft.claims, "iss": FACTS[other_region(draft.signer_region)].issuer})


def _scope_as_text(draft: _Draft) -> _Draft:
    return replace(draft, claims={**draft.claims, "scope": " ".join(draft.claims["scope"])})


ODDITIES: Mapping[str, _Oddity] = {
    "none": _Oddity(lambda draft: draft, "Nothing is wrong with it: it is accepted where its scope is asked for."),
    "expired": _Oddity(_expired, "It expired an hour ago: 401."),
    "not-yet-valid": _Oddity(lambda draft: _moved(draft, _BESIDE), "It is valid an hour from now: 401."),
    "without-exp": _Oddity(_without("exp"), "It does not say when it ends: 401."),
    "wrong-key": _Oddity(
        lambda draft: replace(draft, signer_purpose="licences"), "A key that signs no tokens signed it: 401."
    ),
    "wrong-signature": _Oddity(
        lambda draft: replace(draft, spoilt=True), "It names the right key, whose signature it does not have: 401."
    ),
    "unsigned": _Oddity(lambda draft: replace(draft, unsigned=True), "Its algorithm is `none`, nobody signed it: 401."),
    "wrong-region": _Oddity(_of_other_region, "It is of the other region, issuer and key: 401."),
    "wrong-issuer": _Oddity(_of_other_issuer, "The right key signed it in the other region's name: 401."),
    "wrong-type": _Oddity(
        lambda draft: replace(draft, header={**draft.header, "typ": "JWT"}), "Its header says `JWT`, not `at+jwt`: 401."
    ),
    "wrong-scope": _Oddity(_with_claims(scope=[_NOBODYS_SCOPE]), "Its scope is one that no route asks for: 403."),
    "without-scope": _Oddity(_without("scope"), "It has no scope: 403."),
    "scope-as-text": _Oddity(
        _scope_as_text, "Its scopes are one text with blanks, where the cloud wants an array: 403."
    ),
}
"""What can be wrong with a token, and what comes of it (docs/contract/api.md §1.1)."""
