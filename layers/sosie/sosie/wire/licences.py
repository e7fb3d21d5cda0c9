"""Licences, synced by a server or downloaded by an owner (docs/contract/licensing-push-installations.md A)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sosie.domain.errors import InvalidError
from sosie.domain.ids import EMPTY_GUID, parse_guid
from sosie.domain.licences import to_wire
from sosie.domain.organizations import LicenceFile
from sosie.services.issue_licence import (
    download_organization_licence,
    sync_organization_licence,
    sync_user_licence,
)
from sosie.wire.http import Answer, Param, Policy, Route

if TYPE_CHECKING:
    from sosie.domain.licences import Licence
    from sosie.wire.http import Call


def _request_model() -> type[Any]:
    from sosie.wire.licence_models import LicenceRequest

    return LicenceRequest


def sync_organization(call: Call) -> Answer:
    """A.1: a GET with a JSON body."""
    licence = sync_organization_licence(
        call.uow,
        call.exchange.keyring,
        call.caller,
        call.params["id"],
        call.model.license_key,
        call.model.billing_sync_key,
    )
    return Answer(body=_body(licence))


def sync_user(call: Call) -> Answer:
    """A.2: an unknown person is no error, only nothing."""
    licence = sync_user_licence(call.uow, call.exchange.keyring, call.params["id"], call.query.get("key"))
    return Answer(204) if licence is None else Answer(body=to_wire(licence))


def download(call: Call) -> Answer:
    """A.3: a missing installation is the zero GUID."""
    installation_id = _installation_id(call)
    licence = download_organization_licence(
        call.uow, call.exchange.keyring, call.caller, call.params["id"], installation_id
    )
    return Answer(body=_body(licence))


def _body(licence: Licence | LicenceFile) -> dict[str, object] | bytes:
    """Return a licence of Sosie's, or the bytes of a real one: no encoder may touch what somebody else signed."""
    return licence.text.encode() if isinstance(licence, LicenceFile) else to_wire(licence)


def _installation_id(call: Call) -> str:
    text = call.query.get("installationid")
    if text is None:
        return EMPTY_GUID
    guid = parse_guid(text)
    if guid is None:
        problem = "is not valid" if text.strip() else "is invalid"
        raise InvalidError({"installationId": [f"The value '{text}' {problem}."]})
    return guid


ROUTES = (
    Route("GET", "/licenses/organization/{id}", sync_organization, Policy.LICENSING, model=_request_model),
    Route("GET", "/licenses/user/{id}", sync_user, Policy.LICENSING),
    Route("GET", "/organizations/{id}/license", download, Policy.APPLICATION, {"id": Param.GUID_ROUTE}),
)
