"""The push relay of self-hosted servers: devices, their organizations, messages.

docs/contract/licensing-push-installations.md C. All five routes answer 200 without a body, at the push host and at the
API host.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sosie.domain.push import Arrival, PushMessage, Registration
from sosie.services import push_relay
from sosie.wire.http import Answer, Policy, Route
from sosie.wire.raw_json import member_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal

    from sosie.wire.http import Call


def _registration_model() -> type[Any]:
    from sosie.wire.push_models import PushRegistrationRequest

    return PushRegistrationRequest


def _device_model() -> type[Any]:
    from sosie.wire.push_models import PushDeviceRequest

    return PushDeviceRequest


def _update_model() -> type[Any]:
    from sosie.wire.push_models import PushUpdateRequest

    return PushUpdateRequest


def _send_model() -> type[Any]:
    from sosie.wire.push_models import PushSendRequest

    return PushSendRequest


def register_device(call: Call) -> Answer:
    """C.1: an upsert; the installation id of the body is not compared with the token's."""
    asked = call.model
    registration = Registration(
        device_id=asked.device_id,
        push_token=asked.push_token,
        user_id=asked.user_id,
        type=asked.type,
        identifier=asked.identifier,
        organization_ids=tuple(asked.organization_ids or ()),
        claimed_installation_id=asked.installation_id,
    )
    push_relay.register_device(call.uow, call.caller, registration, call.exchange.request_id)
    return Answer()


def delete_device(call: Call) -> Answer:
    """C.2: an unknown device is deleted already."""
    push_relay.delete_device(call.uow, call.caller, call.model.id)
    return Answer()


def add_organization(call: Call) -> Answer:
    """C.3: unknown devices are skipped."""
    asked = call.model
    push_relay.add_organization(call.uow, call.caller, _ids(asked), asked.organization_id, call.exchange.request_id)
    return Answer()


def delete_organization(call: Call) -> Answer:
    """C.3: unknown devices are skipped."""
    asked = call.model
    push_relay.delete_organization(call.uow, call.caller, _ids(asked), asked.organization_id, call.exchange.request_id)
    return Answer()


def send_push(call: Call) -> Answer:
    """C.4: kept with the devices it would reach; nothing leaves Sosie."""
    asked = call.model
    message = PushMessage(
        type=asked.type,
        user_id=asked.user_id,
        organization_id=asked.organization_id,
        installation_id=asked.installation_id,
        device_id=asked.device_id,
        identifier=asked.identifier,
        client_type=asked.client_type,
    )
    push_relay.send_push(
        call.uow,
        call.caller,
        message,
        payload=member_text(call.body.decode("utf-8-sig"), "payload"),
        body=call.body,
        arrival=_arrival(call),
        request_id=call.exchange.request_id,
    )
    return Answer()


def _ids(asked: Any) -> list[str | None]:
    return [None if device is None else device.id for device in asked.devices]


def _arrival(call: Call) -> Arrival:
    return Arrival(
        service=call.exchange.address.service,
        framing=_framing(call.headers),
        client_id=call.caller.client_id,
        jti=call.caller.claims.get("jti"),
    )


def _framing(headers: Mapping[str, str]) -> Literal["chunked", "length"] | None:
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return "chunked"
    return "length" if "content-length" in headers else None


ROUTES = (
    Route("POST", "/push/register", register_device, Policy.PUSH, model=_registration_model),
    Route("POST", "/push/delete", delete_device, Policy.PUSH, model=_device_model),
    Route("PUT", "/push/add-organization", add_organization, Policy.PUSH, model=_update_model),
    Route("PUT", "/push/delete-organization", delete_organization, Policy.PUSH, model=_update_model),
    Route("POST", "/push/send", send_push, Policy.PUSH, model=_send_model),
)
