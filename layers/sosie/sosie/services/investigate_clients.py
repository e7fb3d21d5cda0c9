"""Investigations of the token endpoint: who the client is, and what is wrong with what it sent."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any

from sosie.diagnosis.settings import KEY
from sosie.domain.devices import parse_device_type
from sosie.domain.ids import parse_guid
from sosie.domain.oauth import OAuthClient
from sosie.ports import Key
from sosie.services import repository as repo
from sosie.services.cases import moment
from sosie.services.investigate_syncs import organization_unknown

if TYPE_CHECKING:
    from sosie.diagnosis.model import Finding
    from sosie.services.cases import Case

_KINDS = ("installation", "organization", "user")
_WORD = re.compile(r"[a-z_]{1,30}")
_DEVICE_FIELDS = {"deviceidentifier": "deviceIdentifier", "devicename": "deviceName", "devicetype": "deviceType"}
_SECRETS = {
    "installation": ("installation key", 20),
    "organization": ("API key", 30),
    "user": ("personal API key", 30),
}
_HASH_BYTES = 32


def unknown(case: Case) -> Finding:
    """Tell why no client has this id."""
    kind, dot, rest = str(case.clues["client_id"]).partition(".")
    if not dot:
        guid = parse_guid(kind)
        return case.found("ID_PREFIX_MISSING", id=guid) if guid else case.found(client=_word(kind))
    if kind not in _KINDS:
        return case.found(client=f"{_word(kind)}, before the first dot")
    if rest.startswith(f"{kind}."):
        return case.found("ID_PREFIX_DOUBLED", prefix=f"{kind}.", id=parse_guid(rest.rpartition(".")[2]) or "the id")
    guid = parse_guid(rest)
    if guid is None:
        swapped = kind == "installation" and parse_guid(case.clues["presented"].rpartition(".")[2]) is not None
        if swapped:
            return case.found("ID_KEY_SWAPPED")
        return case.found("ID_NOT_GUID", what=f"id after {kind}.", length=len(rest))
    if kind == "installation":
        return installation_unknown(case, guid)
    return person_unknown(case, guid) if kind == "user" else organization_unknown(case, guid)


def installation_unknown(case: Case, installation_id: str | None = None) -> Finding:
    """Tell whether the other region knows an installation."""
    sought = installation_id or case.clues.get("installation") or "without an id"
    known = _is_elsewhere(case, "installations", sought)
    return case.found("REGION_MISMATCH" if known else "INSTALLATION_UNKNOWN", installation=sought)


def person_unknown(case: Case, user_id: str | None = None) -> Finding:
    """Tell whether the other region knows an account, by its id or its e-mail address."""
    sort = f"id#{user_id}" if user_id else f"email#{case.clues['username'].lower()}"
    person = user_id or case.clues["username"]
    code = "PERSON_OTHER_REGION" if _is_elsewhere(case, "users", sort) else "PERSON_UNKNOWN"
    return case.found(code, person=person)


def disabled(case: Case) -> Finding:
    """Tell which installation is disabled, and how old the token is that it still has."""
    client = case.clues.get("client")
    installation = client.subject if isinstance(client, OAuthClient) else case.clues["installation"]
    issued = case.caller.claims.get("iat") if case.caller and case.caller.installation_id else None
    since = f"; its token of {moment(issued)} is still good for push, not for a licence" if issued else ""
    return case.found(installation=installation, since=since)


def organization_disabled(case: Case) -> Finding:
    """Tell whether an organization is disabled, or its plan has no public API."""
    organization = repo.organizations.get(case.uow, case.clues["client"].subject)
    if organization is None or not organization.enabled:
        return case.found(organization=organization or case.clues["client"].subject)
    return case.found("ORGANIZATION_WITHOUT_API", organization=organization, plan=organization.plan)


def grant(case: Case) -> Finding:
    """Tell which grant was asked for, if it looks like the name of one."""
    return case.found(
        grant=f"{_word(case.clues['grant'])}, which no grant is called" if case.clues["grant"] else "missing"
    )


def device_fields(case: Case) -> Finding:
    """Tell which fields of the device are missing; all three have to be right at once."""
    form = case.clues["form"]
    fields = [told for name, told in _DEVICE_FIELDS.items() if not form.get(name, "").strip()]
    device_type = form.get("devicetype", "")
    if device_type.strip() and parse_device_type(device_type) is None:
        fields.append("deviceType (no such number or name)")
    return case.found(fields=fields)


def secret(case: Case) -> Finding:
    """Tell whose secret is wrong, and in what it differs from the right one, as far as that gives nothing away."""
    presented = str(case.clues["presented"])
    client = case.clues.get("client")
    if not isinstance(client, OAuthClient):
        return _password(case, presented)
    name, length = _SECRETS[client.kind]
    who = f"{client.kind} {client.subject}"
    if not presented:
        return case.found("SECRET_MISSING", secret=name, who=who, field="client_secret")
    how = how_different(presented, client.secret or "", length)
    where = f"; it belongs into {KEY}" if client.kind == "installation" else ""
    return case.found(secret=name, who=who, how=how, where=where)


def how_different(presented: str, right: str, length: int) -> str:
    """Return in what a secret differs from the right one: its form, never its content."""
    if presented.strip() == right:
        return ": there are blanks around it"
    if presented.lower() == right.lower():
        return ": letters are in the wrong case"
    if parse_guid(presented) is not None:
        return ": it is a GUID, as an id is"
    return f": it has {len(presented)} characters, and such a key has {length}" if len(presented) != length else ""


def _password(case: Case, presented: str) -> Finding:
    name = "master password's hash"
    if not presented:
        return case.found("SECRET_MISSING", secret=name, who=case.clues["person"], field="password")
    how = "" if _is_hash(presented) else ": it is no base64 of 32 bytes, so perhaps the password itself"
    where = " (docs/contract/identity.md §11 says how it is made)"
    return case.found(secret=name, who=case.clues["person"], how=how, where=where)


def _is_hash(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == _HASH_BYTES
    except (binascii.Error, ValueError):
        return False


def _is_elsewhere(case: Case, partition: str, sort: Any) -> bool:
    return case.uow.get(Key(f"{case.uow.world}/{case.other}/{partition}", str(sort))) is not None


def _word(text: str) -> str:
    """Return a text that looks like a name; anything else may be a secret in the wrong place."""
    return text if _WORD.fullmatch(text) else f"a text of {len(text)} characters"
