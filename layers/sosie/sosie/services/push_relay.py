"""The push relay: registers devices, tags them, and takes messages (docs/contract/licensing-push-installations.md C).

Nothing is delivered anywhere; each message is kept with the devices it would reach. Where things lie:

    push/{installation id}   device#{hub's device id}   PushDevice, in order `by_name` of its user
                             sent#{request id}          SentPush
    push                     claim#{claimed id}#{hub's device id} -> the installation that registered the device

The claim exists only if a registration names another installation than its token does: the hub's tag for it is not
prefixed, so that installation's own messages to itself reach the device too.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from sosie.domain.errors import BadRequestError, ServerFaultError
from sosie.domain.ids import parse_guid
from sosie.domain.push import (
    Arrival,
    PushDevice,
    SentPush,
    audience_of,
    hub_device_id,
    reach,
    registered,
    target_of,
    with_organization,
    without_organization,
)
from sosie.ports import Item, Key
from sosie.services.records import from_body, to_body

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sosie.domain.members import Caller
    from sosie.domain.push import PushMessage, Registration
    from sosie.services.unit_of_work import UnitOfWork

TEXT_LIMIT = 64 * 1024
"""Bytes of a message's body and of its payload that are kept; a hub takes far less."""
LIST_LIMIT = 1_000
"""Devices that a kept message names."""
SENT_LIFETIME = 7 * 24 * 3600
"""Seconds of wall time a message is kept for, as long as its journal entry."""

_DEVICE, _SENT, _CLAIM = "device#", "sent#", "claim#"


def register_device(uow: UnitOfWork, caller: Caller, registration: Registration, request_id: str) -> PushDevice:
    """Register a device or replace its registration (C.1). Raises BadRequestError, ServerFaultError."""
    installation_id = _relayed_installation(caller)
    before = _device(uow, installation_id, hub_device_id(installation_id, registration.device_id))
    device = registered(installation_id, registration, before, uow.now, request_id)
    _save(uow, device)
    claims = [_claim(uow, each) for each in (before, device)]
    if claims[0] is not None and claims[0] != claims[1]:
        _forget(uow, claims[0])
    if claims[1] is not None:
        uow.put(Item(claims[1], {"installationId": installation_id}), always=True)
    return device


def delete_device(uow: UnitOfWork, caller: Caller, device_id: str) -> None:
    """Forget a device (C.2); one that is not registered is no error. Raises BadRequestError, ServerFaultError."""
    installation_id = _relayed_installation(caller)
    device = _device(uow, installation_id, hub_device_id(installation_id, device_id))
    if device is None:
        return
    _forget(uow, _device_key(uow, device))
    claim = _claim(uow, device)
    if claim is not None:
        _forget(uow, claim)


def add_organization(
    uow: UnitOfWork, caller: Caller, device_ids: Iterable[str | None], organization_id: str, request_id: str
) -> None:
    """Let devices get an organization's messages (C.3). Raises BadRequestError, ServerFaultError."""
    _retag(uow, caller, device_ids, lambda each: with_organization(each, organization_id, uow.now, request_id))


def delete_organization(
    uow: UnitOfWork, caller: Caller, device_ids: Iterable[str | None], organization_id: str, request_id: str
) -> None:
    """Let devices get an organization's messages no longer (C.3). Raises BadRequestError, ServerFaultError."""
    _retag(uow, caller, device_ids, lambda each: without_organization(each, organization_id, uow.now, request_id))


def send_push(
    uow: UnitOfWork,
    caller: Caller,
    message: PushMessage,
    *,
    payload: str,
    body: bytes,
    arrival: Arrival,
    request_id: str,
) -> SentPush:
    """Take a message (C.4) and keep it with the devices it would reach. Raises BadRequestError, ServerFaultError.

    `payload` is the JSON a device would get, `body` the request as it was sent.
    """
    installation_id = _relayed_installation(caller)
    if message.installation_id not in (None, installation_id):
        refusal = BadRequestError("InstallationId does not match current context.")
        addressed = message.installation_id
        raise refusal.because("PUSH_OTHER_INSTALLATION", addressed=addressed, installation=installation_id)
    audience = audience_of(installation_id, message)
    target = target_of(message)
    found = reach(_candidates(uow, installation_id, message), audience, message.identifier)
    sent = SentPush(
        id=request_id,
        date=uow.now,
        installation_id=installation_id,
        message=message,
        target=target,
        expression=audience.expression,
        reach=replace(
            found,
            reached=found.reached[:LIST_LIMIT],
            excluded=found.excluded[:LIST_LIMIT],
            not_excluded=found.not_excluded[:LIST_LIMIT],
        ),
        reached_count=len(found.reached),
        payload=_kept(payload.encode()),
        body=_kept(body),
        body_size=len(body),
        arrival=arrival,
    )
    key = sent_key(uow.world, uow.region, installation_id, request_id)
    expires = int(uow.wall_now.timestamp()) + SENT_LIFETIME
    uow.put(Item(key, to_body(sent), expires=expires), always=True)
    return sent


def devices_of(uow: UnitOfWork, installation_id: str) -> list[PushDevice]:
    """Return the devices an installation registered."""
    return _devices(uow.query(_partition(installation_id), _DEVICE))


def sends_of(uow: UnitOfWork, installation_id: str) -> list[SentPush]:
    """Return the messages an installation sent, oldest first."""
    return [from_body(SentPush, item.body) for item in uow.query(_partition(installation_id), _SENT)]


def sent_key(world: str, region: str, installation_id: str, request_id: str) -> Key:
    """Return where the message lies that a request sent."""
    return Key(f"{world}/{region}/{_partition(installation_id)}", f"{_SENT}{request_id}")


def _relayed_installation(caller: Caller) -> str:
    installation_id = parse_guid(caller.installation_id or "")
    if installation_id is None:
        refusal = BadRequestError("Not correctly configured for push relays.")
        raise refusal.because("PUSH_NOT_AN_INSTALLATION", client=caller.client_id)
    return installation_id


def _candidates(uow: UnitOfWork, installation_id: str, message: PushMessage) -> Sequence[PushDevice]:
    """Return every device that a message could reach: no other needs to be read."""
    target = target_of(message)
    if target.kind == "user":
        return _devices(uow.query(_partition(installation_id), _place(target.id), order="by_name"))
    own = devices_of(uow, installation_id)
    if target.kind == "organization":
        return own
    claims = uow.query("push", f"{_CLAIM}{installation_id}#")
    keys = [
        Key(
            uow.partition(_partition(claim.body["installationId"])),
            _DEVICE + claim.key.sort.rpartition("#")[2],
        )
        for claim in claims
    ]
    return [*own, *_devices(uow.get_many(keys).values())]


def _retag(
    uow: UnitOfWork,
    caller: Caller,
    device_ids: Iterable[str | None],
    change: Callable[[PushDevice], PushDevice],
) -> None:
    installation_id = _relayed_installation(caller)
    keys, unusable = [], None
    for device_id in device_ids:
        try:
            hub_id = hub_device_id(installation_id, device_id or "")
        except ServerFaultError as error:
            unusable = error
            break
        keys.append(Key(uow.partition(_partition(installation_id)), f"{_DEVICE}{hub_id}"))
    for device in _devices(uow.get_many(keys).values()):
        _save(uow, change(device))
    if unusable is not None:
        # The cloud takes one after the other: devices before the unusable one are changed.
        raise unusable


def _partition(installation_id: str) -> str:
    return f"push/{installation_id}"


def _device_key(uow: UnitOfWork, device: PushDevice) -> Key:
    return Key(uow.partition(_partition(device.installation_id)), f"{_DEVICE}{device.id}")


def _device(uow: UnitOfWork, installation_id: str, hub_id: str) -> PushDevice | None:
    item = uow.get(Key(uow.partition(_partition(installation_id)), f"{_DEVICE}{hub_id}"))
    return None if item is None else from_body(PushDevice, item.body)


def _devices(items: Iterable[Item]) -> list[PushDevice]:
    return [from_body(PushDevice, item.body) for item in items]


def _save(uow: UnitOfWork, device: PushDevice) -> None:
    uow.put(Item(_device_key(uow, device), to_body(device), orders={"by_name": _place(device.user_id)}))


def _forget(uow: UnitOfWork, key: Key) -> None:
    item = uow.get(key)
    if item is not None:
        uow.delete(item)


def _place(user_id: str) -> str:
    # A digest, because a registration's user id can be any text, of any length.
    return "user#" + hashlib.sha256(user_id.encode()).hexdigest()


def _claim(uow: UnitOfWork, device: PushDevice | None) -> Key | None:
    """Return where a device's claim to be another installation's lies, if it makes one."""
    if device is None or device.claim_fits is not False:
        return None
    return Key(uow.partition("push"), f"{_CLAIM}{device.claimed_installation_id}#{device.id}")


def _kept(text: bytes) -> str:
    return text[:TEXT_LIMIT].decode("utf-8", "ignore")
