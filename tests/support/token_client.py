"""A client of the token endpoint: the forms that official clients send, and what every answer there looks like."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from tests.support.passwords import authentication_hash

if TYPE_CHECKING:
    import pytest

    from tests.support.cloud import TestCloud, WireAnswer

VERSION = {"Bitwarden-Client-Version": "2026.6.0"}
DEVICE = {
    "deviceIdentifier": "4f0a8f1c-5a0e-4c7e-9d3b-2b1f6a7c8d9e",
    "deviceName": "linux",
    "deviceType": "25",
}
TOKEN_HEADERS = {
    "x-frame-options": "SAMEORIGIN",
    "x-xss-protection": "1; mode=block",
    "x-content-type-options": "nosniff",
    "content-type": "application/json; charset=UTF-8",
    "cache-control": "no-store, no-cache, max-age=0",
    "pragma": "no-cache",
}
"""All that the endpoint sends, be it a token or a refusal; §3.2. Sosie's own headers come on top."""

# Refusals with texts, as error, description and message; to the letter of §5.
WRONG_PASSWORD = ("invalid_grant", "invalid_username_or_password", "Username or password is incorrect. Try again.")
_NO_VERSION = (
    "No client version header found, required to prevent encryption errors. "
    'Please confirm your client is supplying the header: "Bitwarden-Client-Version"'
)
NO_VERSION = ("version_header_missing", _NO_VERSION, _NO_VERSION)
NO_DEVICE = ("device_error", "No device information provided", "no device information provided")
LEGACY_TEXT = (
    "Legacy encryption without a userkey is no longer supported. To recover your account, please contact support"
)


def ask(cloud: TestCloud, form: dict[str, str], headers: dict[str, str] | None = None, **more: Any) -> WireAnswer:
    """Post a form to the token endpoint."""
    return cloud.request("POST", "/connect/token", service="identity", form=form, headers=headers, **more)


def basic(client_id: str, secret: str) -> dict[str, str]:
    """Return the header that carries credentials instead of the form."""
    text = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}


def installation_form(installation: Any, scope: str | None = "api.push", **changes: str) -> dict[str, str]:
    """Return what a self-hosted server sends, in its order."""
    form = {"grant_type": "client_credentials"}
    if scope is not None:
        form["scope"] = scope
    return form | {"client_id": f"installation.{installation.id}", "client_secret": installation.key} | changes


def password_form(email: str, *without: str, **changes: str) -> dict[str, str]:
    """Return what the CLI sends for a sign-in with the master password; `without` names fields to leave out."""
    form = {
        "scope": "api offline_access",
        "client_id": "cli",
        **DEVICE,
        "grant_type": "password",
        "username": email,
        "password": authentication_hash(email),
    }
    return {name: value for name, value in (form | changes).items() if name not in without}


def api_key_form(user: Any, *without: str, **changes: str) -> dict[str, str]:
    """Return what the CLI sends for a sign-in with a personal API key."""
    form = {
        "scope": "api",
        "client_id": f"user.{user.id}",
        **DEVICE,
        "grant_type": "client_credentials",
        "client_secret": user.api_key,
    }
    return {name: value for name, value in (form | changes).items() if name not in without}


def refresh_form(handle: str, client_id: str = "cli", **changes: str) -> dict[str, str]:
    """Return what a client sends to go on."""
    return {"grant_type": "refresh_token", "client_id": client_id, "refresh_token": handle} | changes


def sign_in(cloud: TestCloud, email: str, **changes: str) -> dict[str, Any]:
    """Return the answer to a sign-in with the master password, which must succeed."""
    answer = ask(cloud, password_form(email, **changes), VERSION)
    assert answer.status == 200, answer.body
    return dict(answer.json)


def cloud_headers(answer: WireAnswer) -> dict[str, str]:
    """Return an answer's headers without those that say it is Sosie's."""
    return {name: value for name, value in answer.headers.items() if not name.startswith("x-sosie")}


def assert_refused(answer: WireAnswer, error: str, description: str | None = None, message: str | None = None) -> None:
    """Check a refusal of the endpoint: status, every header, and the whole body (§5)."""
    body: dict[str, Any] = {"error": error}
    if description is not None:
        body["error_description"] = description
    if message is not None:
        body["ErrorModel"] = {"Object": "error", "Message": message}
    assert answer.status == 400
    assert list(answer.json.items()) == list(body.items())
    if len(body) == 1:
        assert answer.body == json.dumps(body, separators=(",", ":"))
    assert cloud_headers(answer) == TOKEN_HEADERS


def share_one_rsa_pair(patch: pytest.MonkeyPatch) -> None:
    """Let everybody who signs in get the same RSA pair: making one takes longer than all else in a test."""
    from sosie.crypto import rsa

    if not _PAIR:
        _PAIR.append(rsa.generate_pair())
    patch.setattr(rsa, "generate_pair", lambda: _PAIR[0])


_PAIR: list[Any] = []
