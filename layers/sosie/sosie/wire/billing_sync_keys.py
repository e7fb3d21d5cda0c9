"""Organization API keys: generate, rotate, list (docs/contract/api.md §3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sosie.domain.dates import wire_date
from sosie.domain.errors import InvalidError
from sosie.domain.organizations import KeyType
from sosie.services.billing_sync_keys import generate_key, list_keys, rotate_key
from sosie.wire.http import Answer, Param, Policy, Route

if TYPE_CHECKING:
    from sosie.domain.organizations import OrganizationApiKey
    from sosie.wire.http import Call

_TYPE_NAMES = {"default": KeyType.DEFAULT, "billingsync": KeyType.BILLING_SYNC, "scim": KeyType.SCIM}


def _request_model() -> type[Any]:
    from sosie.wire.billing_sync_key_models import KeyRequest

    return KeyRequest


def generate(call: Call) -> Answer:
    """§3.3: the key as it is, made if there was none."""
    key = generate_key(call.uow, call.caller, call.params["id"], call.model.type, call.model.secret)
    return Answer(body=key_to_wire(key))


def rotate(call: Call) -> Answer:
    """§3.3: a new key and date."""
    key = rotate_key(call.uow, call.caller, call.params["id"], call.model.type, call.model.secret)
    return Answer(body=key_to_wire(key))


def information(call: Call) -> Answer:
    """§3.1: which keys exist, without the keys."""
    keys = list_keys(call.uow, call.caller, call.params["id"], _key_type(call.params.get("type")))
    data = [
        {"object": "keyInformation", "keyType": int(key.type), "revisionDate": wire_date(key.revision_date)}
        for key in keys
    ]
    return Answer(body={"object": "list", "data": data, "continuationToken": None})


def key_to_wire(key: OrganizationApiKey) -> dict[str, Any]:
    """Return the key's object."""
    return {"object": "apiKey", "apiKey": key.api_key, "revisionDate": wire_date(key.revision_date)}


def _key_type(text: str | None) -> KeyType | None:
    """Return the type given by number or name. Raises InvalidError."""
    if text is None:
        return None
    if text.isascii() and text.isdigit() and len(text) < 10 and int(text) in list(KeyType):
        return KeyType(int(text))
    if text.lower() in _TYPE_NAMES:
        return _TYPE_NAMES[text.lower()]
    raise InvalidError({"type": [f"The value '{text}' is not valid."]})


_PEOPLE = Policy.APPLICATION
_ID = {"id": Param.GUID}
ROUTES = (
    Route("POST", "/organizations/{id}/api-key", generate, _PEOPLE, model=_request_model),
    Route("POST", "/organizations/{id}/rotate-api-key", rotate, _PEOPLE, model=_request_model),
    Route("GET", "/organizations/{id}/api-key-information", information, _PEOPLE, _ID),
    Route("GET", "/organizations/{id}/api-key-information/{type}", information, _PEOPLE, _ID),
)
