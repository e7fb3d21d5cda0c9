"""Messages through the push relay (docs/contract/licensing-push-installations.md C.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sosie.conformance import expect
from sosie.conformance.registry import check

if TYPE_CHECKING:
    from sosie.conformance.cloud import Cloud
    from sosie.conformance.wire import Answer

_PAGE = "licensing-push-installations.md C.4"


def _message(cloud: Cloud, **changes: Any) -> dict[str, Any]:
    """Return a message as a self-hosted server writes it: all eight members, for one user."""
    return {
        "userId": cloud.guid(),
        "organizationId": None,
        "deviceId": None,
        "identifier": None,
        "type": 1,
        "payload": {"id": cloud.guid(), "collectionIds": None, "revisionDate": "2026-01-02T03:04:05.1234567Z"},
        "clientType": None,
        "installationId": None,
        **changes,
    }


def _send(cloud: Cloud, without: str | None = None, **changes: Any) -> Answer:
    body = _message(cloud, **changes)
    return cloud.push("POST", "/push/send", json={name: body[name] for name in body if name != without})


@check("push.send.done", _PAGE, "A message to a user, an organization or the installation is taken.")
def done(cloud: Cloud) -> None:
    expect.done(_send(cloud))
    expect.done(_send(cloud, userId=None, organizationId=cloud.guid()))
    expect.done(_send(cloud, userId=None, installationId=cloud.installation.id))


@check("push.send.acting-device", _PAGE, "A message may name the acting device, app and a type of clients.")
def acting_device(cloud: Cloud) -> None:
    expect.done(_send(cloud, deviceId=cloud.guid(), identifier="app", clientType=4))


@check("push.send.nobody", _PAGE, "A message for nobody is invalid as a whole.")
def nobody(cloud: Cloud) -> None:
    text = "UserId or OrganizationId or InstallationId is required."
    expect.invalid(_send(cloud, userId=None), {"": [text]})


@check("push.send.other-installation", _PAGE, "A message for another installation is refused.")
def other_installation(cloud: Cloud) -> None:
    answer = _send(cloud, installationId=cloud.guid())
    expect.error(answer, 400, "InstallationId does not match current context.")


@check("push.send.type-missing", _PAGE, "The type must be there.")
def type_missing(cloud: Cloud) -> None:
    expect.invalid_at(_send(cloud, without="type"), "$")


@check("push.send.payload-missing", _PAGE, "The payload must be there.")
def payload_missing(cloud: Cloud) -> None:
    expect.invalid_at(_send(cloud, without="payload"), "$")


@check("push.send.payload-null", _PAGE, "The payload may be null.", inferred=True)
def payload_null(cloud: Cloud) -> None:
    expect.done(_send(cloud, payload=None))


@check("push.send.payload-any", _PAGE, "The payload may be any JSON, in PascalCase or not.")
def payload_any(cloud: Cloud) -> None:
    payloads: tuple[Any, ...] = ({"Id": "x", "Deep": [1, {"a": None}]}, [], "text", 1.5)
    for payload in payloads:
        expect.done(_send(cloud, payload=payload))


@check("push.send.not-a-guid", _PAGE, "An id that is no GUID, an empty one too, is invalid at its place.")
def not_a_guid(cloud: Cloud) -> None:
    for name in ("userId", "organizationId", "deviceId", "installationId"):
        for value in ("mine", ""):
            expect.invalid_at(_send(cloud, **{name: value}), f"$.{name}")


@check("push.send.type-range", _PAGE, "A type is a number from 0 to 255, known or not.")
def type_range(cloud: Cloud) -> None:
    expect.done(_send(cloud, type=255))
    for value in (256, -1, "LogOut", None):
        expect.invalid_at(_send(cloud, type=value), "$.type")
