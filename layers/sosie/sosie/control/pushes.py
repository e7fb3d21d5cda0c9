"""What the push relay was told: registered devices, and what each would have received.

The members are those of docs/contract/licensing-push-installations.md C.8. Requests that no route or rule let through,
such as a `POST /push/delete/{id}`, are in the journal.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from sosie.control.http import Verb
from sosie.control.problems import bad_request
from sosie.domain.push_names import client_type_name, device_type_name, push_type_name
from sosie.domain.regions import REGIONS
from sosie.services import repository as repo
from sosie.services.push_relay import devices_of, sends_of
from sosie.services.records import time_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sosie.control.http import Request
    from sosie.domain.push import PushDevice, SentPush, TagChange
    from sosie.services.unit_of_work import UnitOfWork
    from sosie.services.worlds import Worlds


def list_push(request: Request) -> Any:
    """Registered devices and what each would have received; `?region=&installation=`."""
    query = request.query
    return read_push(request.plane.worlds, request.world, query.get("region"), query.get("installation"))


def read_push(worlds: Worlds, world: str, region: str | None = None, installation: str | None = None) -> dict[str, Any]:
    """Return devices and sends, of one region or installation if asked. Raises ProblemError for an unknown region.

    `{"world": …, "regions": {region: {"installations": [{"id", "devices": […], "sends": […]}]}}}`. Every installation
    is there; sends are in order, their `id` is the journal entry's. A device's `received` names the sends that would
    have reached it, whichever installation sent them.
    """
    if region is not None and region not in REGIONS:
        raise bad_request(f"There is no region {region!r}; there are {', '.join(REGIONS)}.")
    regions = {
        uow.region: {"installations": _installations(uow, installation)}
        for uow in worlds.units(world)
        if region in (None, uow.region)
    }
    return {"world": world, "regions": regions}


def _installations(uow: UnitOfWork, wanted: str | None) -> list[dict[str, Any]]:
    ids = [each.id for each in repo.installations.list(uow)]
    sends = {id_: sends_of(uow, id_) for id_ in ids}
    received: dict[str, list[SentPush]] = {}
    for sent in sorted((sent for each in sends.values() for sent in each), key=lambda sent: sent.id):
        for device_id in sent.reach.reached:
            received.setdefault(device_id, []).append(sent)
    return [
        {
            "id": id_,
            "devices": [device_to_json(device, received.get(device.id, [])) for device in devices_of(uow, id_)],
            "sends": [send_to_json(sent) for sent in sends[id_]],
        }
        for id_ in ids
        if wanted is None or wanted.lower() == id_
    ]


def device_to_json(device: PushDevice, received: Sequence[SentPush]) -> dict[str, Any]:
    """Return a device with the sends that would have reached it."""
    return {
        "id": device.id,
        "deviceId": device.device_id,
        "pushToken": device.push_token,
        "type": device.type,
        "typeName": device_type_name(device.type),
        "userId": device.user_id,
        "organizationIds": list(device.organization_ids),
        "identifier": device.identifier,
        "claimedInstallationId": device.claimed_installation_id,
        "claimedInstallationFits": device.claim_fits,
        "hasTemplate": device.has_template,
        "tags": list(device.tags),
        "tagChanges": [_change_to_json(change) for change in device.tag_changes],
        "creationDate": time_text(device.creation_date),
        "revisionDate": time_text(device.revision_date),
        "received": [{"id": sent.id, "at": time_text(sent.date), **_content(sent)} for sent in received],
    }


def send_to_json(sent: SentPush) -> dict[str, Any]:
    """Return a send with the devices it would reach. `payload` is null if it was too long to be kept whole."""
    message, arrival = sent.message, sent.arrival
    client_type = message.client_type
    return {
        "id": sent.id,
        "at": time_text(sent.date),
        **_content(sent),
        "target": {"kind": sent.target.kind, "id": sent.target.id},
        "expression": sent.expression,
        "deviceId": message.device_id,
        "identifier": message.identifier,
        "clientType": client_type,
        "clientTypeName": None if client_type is None else client_type_name(client_type),
        "reached": list(sent.reach.reached),
        "reachedCount": sent.reached_count,
        "excluded": list(sent.reach.excluded),
        "notExcluded": list(sent.reach.not_excluded),
        "service": arrival.service,
        "framing": arrival.framing,
        "clientId": arrival.client_id,
        "tokenId": arrival.jti,
        "body": sent.body,
        "bodySize": sent.body_size,
    }


def _content(sent: SentPush) -> dict[str, Any]:
    return {
        "type": sent.message.type,
        "typeName": push_type_name(sent.message.type),
        "properties": {"type": str(sent.message.type), "payload": sent.payload},
        "payload": _parsed(sent.payload),
    }


def _parsed(payload: str) -> Any:
    try:
        return json.loads(payload, parse_float=_finite)
    except ValueError:
        return None


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number that JSON cannot show again")
    return number


def _change_to_json(change: TagChange) -> dict[str, Any]:
    return {
        "at": time_text(change.date),
        "requestId": change.request_id,
        "added": list(change.added),
        "removed": list(change.removed),
    }


VERBS = (
    Verb(
        "GET",
        "/worlds/{world}/push",
        list_push,
        query={"region": "`us` or `eu`.", "installation": "An installation's id."},
        answer="Push",
    ),
)
