"""`POST /connect/token` (docs/contract/identity.md §4, §5)."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote_plus

from sosie.domain.errors import TokenRefusedError
from sosie.domain.ids import parse_guid
from sosie.domain.oauth import STATIC_CLIENTS
from sosie.services.sign_in import sign_in
from sosie.services.token_clients import authenticate_client
from sosie.wire.errors import TOKEN_HEADERS
from sosie.wire.http import Answer, Route
from sosie.wire.json_out import dumps_token
from sosie.wire.user_extras import user_extras

if TYPE_CHECKING:
    from sosie.services.grants import Issued
    from sosie.wire.http import Call

FORM = "application/x-www-form-urlencoded"
_KINDS = frozenset({"installation", "organization", "user"})


def issue_token(call: Call) -> Answer:
    """Any grant; every refusal is a 400 with the framework's error object."""
    if call.method != "POST" or call.media_type != FORM:
        raise TokenRefusedError("invalid_request").because(_why_no_form(call), wanted=FORM, allowed="POST")
    form = read_form(call)
    client_id, secret = _basic_credentials(call) or (form.get("client_id", ""), form.get("client_secret", ""))
    call.exchange.client_name = _named_client(client_id)
    client = authenticate_client(call.uow, client_id, secret)
    issued = sign_in(call.uow, call.exchange.keyring, client, form, call.headers.get("bitwarden-client-version"))
    call.exchange.noted["grant"] = form["grant_type"]
    return Answer(body=dumps_token(to_wire(issued)).encode(), headers=dict(TOKEN_HEADERS))


def to_wire(issued: Issued) -> dict[str, Any]:
    """Return the success envelope (§4.2) and, for a person, the extras (§4.7)."""
    body: dict[str, Any] = {
        "access_token": issued.access_token,
        "expires_in": issued.lifetime,
        "token_type": "Bearer",
    }
    if issued.refresh_token is not None:
        body["refresh_token"] = issued.refresh_token
    body["scope"] = " ".join(issued.scopes)
    if issued.user is not None:
        body |= user_extras(issued.user)
    if issued.remember_token is not None:
        body["TwoFactorToken"] = issued.remember_token
    return body


def read_form(call: Call) -> dict[str, str]:
    """Return the form's fields by lower-case name; the first of several with one name."""
    text = call.body.decode("utf-8", "replace")
    pairs = parse_qsl(text, keep_blank_values=True, errors="replace")
    return {name.lower(): value for name, value in reversed(pairs)}


def _why_no_form(call: Call) -> str:
    if call.method != "POST":
        return "POST_BECAME_GET"
    return "CONTENT_TYPE_WRONG" if call.media_type else "BODY_WITHOUT_CONTENT_TYPE"


def _named_client(client_id: str) -> str | None:
    """Return whom the request says it is from, for the journal; None for anything that might be a secret."""
    kind, dot, rest = client_id.partition(".")
    if not dot:
        return client_id if client_id in STATIC_CLIENTS else None
    guid = parse_guid(rest)
    return f"{kind}.{guid}" if guid is not None and kind in _KINDS else None


def _basic_credentials(call: Call) -> tuple[str, str] | None:
    scheme, _, encoded = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except ValueError:  # not base64, not ASCII, or not UTF-8 within
        return None
    client_id, colon, secret = text.partition(":")
    return (unquote_plus(client_id), unquote_plus(secret)) if colon and client_id else None


_METHODS = ("POST", "GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
ROUTES = tuple(Route(method, "/connect/token", issue_token) for method in _METHODS)
