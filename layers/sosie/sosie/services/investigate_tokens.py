"""Investigations of access tokens: whose they are, and what they say about roles."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any

from sosie.domain.members import Caller, Member, MemberStatus, Role
from sosie.services import repository as repo
from sosie.services.cases import caller_name, moment, words
from sosie.services.investigate_syncs import organization_first

if TYPE_CHECKING:
    from sosie.diagnosis.model import Finding
    from sosie.domain.oauth import OAuthClient
    from sosie.services.cases import Case

_SCOPE = re.compile(r"[a-z][a-z._]{0,29}")
_ROLE_WORDS = {"orgowner": "owner", "orgadmin": "admin", "orgcustom": "custom", "orguser": "user"}


def unknown_key(case: Case) -> Finding:
    """Tell which region or world issued a token that this region did not sign."""
    parts = str(case.clues["token"]).split(".")
    header, claims = (_unverified(part) for part in [*parts, "", ""][:2])
    if len(parts) != 3 or header is None or claims is None:
        return case.found("TOKEN_MALFORMED", parts=len(parts))
    holder = caller_name(Caller(claims))
    owner = case.keyring.owner_of(str(header.get("kid")), case.uow.keyring_name)
    if owner is None:
        return case.found(issuer=str(claims.get("iss")))
    world, region = owner[0].partition(".")[0], owner[1]
    if world != case.uow.world:
        return case.found("TOKEN_OTHER_WORLD", holder=holder, issuing_world=world)
    return case.found("TOKEN_OTHER_REGION" if region != case.region else "TOKEN_CHANGED", holder=holder)


def expired(case: Case) -> Finding:
    """Tell whose token ran out, and when."""
    claims = case.clues["claims"]
    return case.found(holder=caller_name(Caller(claims)), expired=moment(claims.get("exp")))


def not_yet_valid(case: Case) -> Finding:
    """Tell whose token begins later, and when."""
    claims = case.clues["claims"]
    return case.found(holder=caller_name(Caller(claims)), starts=moment(claims.get("nbf")))


def scope(case: Case) -> Finding:
    """Tell which scopes a client may have, or a token has."""
    wanted = case.clues["wanted"]
    client: OAuthClient | None = case.clues.get("client")
    if client is not None:
        where = f"open to the client {client.id}"
        return case.found(wanted=_short(wanted), where=where, granted=client.scopes, advice=f"scope={client.scopes[0]}")
    caller: Caller = case.clues["caller"]
    scopes = caller.claims.get("scope")
    if not isinstance(scopes, list):
        return case.found("SCOPE_AS_TEXT", scope=str(scopes))
    where = f"in the token of {caller_name(caller)}"
    if caller.has_scope(wanted):
        where += " with amr Application, which such a route needs as well"
    advice = "a token as a person" if wanted == "api" else f"scope={wanted} as an installation"
    return case.found(where=where, granted=scopes, advice=advice, caller=caller_name(caller))


def not_owner(case: Case) -> Finding:
    """Tell whether the caller became an owner after the token was issued, and whether there is an organization."""
    return _role(case, "NOT_OWNER_STALE_TOKEN", lambda member: member.role is Role.OWNER)


def role_missing(case: Case) -> Finding:
    """Tell whether the caller's role allows something now, although the token does not say so."""
    permission = case.clues["permission"]

    def suffices(member: Member) -> bool:
        return not permission or member.role in (Role.OWNER, Role.ADMIN) or permission in member.permissions

    return _role(case, "ROLE_STALE_TOKEN", suffices)


def _role(case: Case, stale: str, suffices: Any) -> Finding:
    organization_id, caller = str(case.clues["organization_id"]), case.caller or Caller({})
    permission = case.clues.get("permission")
    if repo.organizations.get(case.uow, organization_id) is None:
        return organization_first(case)
    member = repo.member_of(case.uow, organization_id, caller.user_id or "")
    if member is not None and member.status is MemberStatus.CONFIRMED and suffices(member):
        return case.found(stale, current=_article(words(member.role)), issued=moment(caller.claims.get("iat")))
    roles = [name for claim, name in _ROLE_WORDS.items() if organization_id in caller.values(claim)]
    wanted = f"an owner, an admin, or a custom role with {permission}" if permission else "any role"
    return case.found(role=_article(roles[0]) if roles else "no member", wanted=wanted)


def _article(role: str) -> str:
    return {"custom": "a custom member", "user": "a user"}.get(role, f"an {role}")


def _short(word: str) -> str:
    # A scope that nobody has may be anything, a secret too.
    return word if _SCOPE.fullmatch(word) else "that was asked for"


def _unverified(part: str) -> dict[str, Any] | None:
    try:
        content = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        return None
    return content if isinstance(content, dict) else None
