"""The push relay's devices (docs/contract/licensing-push-installations.md C.1 to C.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sosie.conformance import expect
from sosie.conformance.registry import check

if TYPE_CHECKING:
    from sosie.conformance.cloud import Cloud

_PAGE = "licensing-push-installations.md"
_REGISTER = "/push/register"
_DELETE = "/push/delete"
_UPDATES = ("/push/add-organization", "/push/delete-organization")


def _required(*names: str) -> dict[str, list[str]]:
    return {name: [f"The {name.rpartition('.')[2]} field is required."] for name in names}


def registration(cloud: Cloud, **changes: Any) -> dict[str, Any]:
    """Return the body that registers a phone nobody has."""
    return {
        "deviceId": cloud.guid(),
        "pushToken": "token",
        "userId": cloud.guid(),
        "type": 1,
        "identifier": cloud.guid(),
        "organizationIds": [cloud.guid()],
        **changes,
    }


@check("push.register.done", f"{_PAGE} C.1", "A phone is registered, and registered again, with an empty answer.")
def register(cloud: Cloud) -> None:
    body = registration(cloud)
    expect.done(cloud.push("POST", _REGISTER, json=body))
    expect.done(cloud.push("POST", _REGISTER, json=body | {"organizationIds": []}))


@check("push.register.optional", f"{_PAGE} C.1", "Type, organizations and installation may be absent.")
def optional(cloud: Cloud) -> None:
    body = registration(cloud)
    for name in ("type", "organizationIds"):
        expect.done(cloud.push("POST", _REGISTER, json={key: body[key] for key in body if key != name}))
    expect.done(cloud.push("POST", _REGISTER, json=body | {"organizationIds": None}))
    expect.done(cloud.push("POST", _REGISTER, json=body | {"installationId": cloud.guid()}))


@check("push.register.required", f"{_PAGE} C.1", "Device, token, user and identifier are required, and all named.")
def required(cloud: Cloud) -> None:
    errors = _required("DeviceId", "PushToken", "UserId", "Identifier")
    expect.invalid(cloud.push("POST", _REGISTER, json={}), errors)
    blank = registration(cloud, deviceId="", pushToken=" ", userId=None, identifier="")
    expect.invalid(cloud.push("POST", _REGISTER, json=blank), errors)


@check("push.register.device-not-a-guid", f"{_PAGE} C.1", "A device that is no GUID is a server error.")
def device_not_a_guid(cloud: Cloud) -> None:
    answer = cloud.push("POST", _REGISTER, json=registration(cloud, deviceId="phone"))
    expect.error(answer, 500, expect.UNHANDLED)


@check("push.register.installation-null", f"{_PAGE} C.1", "An installation that is null is invalid at its place.")
def installation_null(cloud: Cloud) -> None:
    answer = cloud.push("POST", _REGISTER, json=registration(cloud, installationId=None))
    expect.invalid_at(answer, "$.installationId")


@check("push.register.type-range", f"{_PAGE} C.1", "A type is a number from 0 to 255, known or not.")
def type_range(cloud: Cloud) -> None:
    expect.done(cloud.push("POST", _REGISTER, json=registration(cloud, type=255)))
    for value in (256, -1, "iOS"):
        answer = cloud.push("POST", _REGISTER, json=registration(cloud, type=value))
        expect.invalid_at(answer, "$.type")


@check("push.delete.done", f"{_PAGE} C.2", "A device is deleted; an unknown one is no error.")
def delete(cloud: Cloud) -> None:
    body = registration(cloud)
    expect.done(cloud.push("POST", _REGISTER, json=body))
    for _ in range(2):
        expect.done(cloud.push("POST", _DELETE, json={"id": body["deviceId"]}))


@check("push.delete.refused", f"{_PAGE} C.2", "An id is required, and to be a GUID.")
def delete_refused(cloud: Cloud) -> None:
    expect.invalid(cloud.push("POST", _DELETE, json={}), _required("Id"))
    expect.error(cloud.push("POST", _DELETE, json={"id": "phone"}), 500, expect.UNHANDLED)


@check("push.delete.legacy-path", f"{_PAGE} C.7", "The path that vaultwarden deletes at does not exist.")
def legacy_path(cloud: Cloud) -> None:
    expect.empty(cloud.push("POST", f"{_DELETE}/{cloud.guid()}"), 404)


@check("push.organization.done", f"{_PAGE} C.3", "An organization is added to and taken from devices, known or not.")
def organization(cloud: Cloud) -> None:
    body = registration(cloud)
    expect.done(cloud.push("POST", _REGISTER, json=body))
    for path in _UPDATES:
        for devices in ([{"id": body["deviceId"]}, {"id": cloud.guid()}], []):
            expect.done(cloud.push("PUT", path, json={"devices": devices, "organizationId": cloud.guid()}))


@check("push.organization.required", f"{_PAGE} C.3", "Devices and organization are required, and each device's id.")
def organization_required(cloud: Cloud) -> None:
    for path in _UPDATES:
        expect.invalid(cloud.push("PUT", path, json={}), _required("Devices", "OrganizationId"))
        answer = cloud.push("PUT", path, json={"devices": [{}], "organizationId": cloud.guid()})
        expect.invalid(answer, _required("Devices[0].Id"))


@check("push.organization.method", f"{_PAGE} C.3", "It is a PUT, and a POST is a 405.")
def organization_method(cloud: Cloud) -> None:
    for path in _UPDATES:
        answer = cloud.push("POST", path, json={})
        expect.empty(answer, 405)
        expect.header(answer, "Allow", "PUT")


@check("push.api-host", f"{_PAGE} §0", "The API's host relays as well.")
def api_host(cloud: Cloud) -> None:
    token = cloud.installation_token("api.push")
    expect.done(cloud.api("POST", _REGISTER, json=registration(cloud), token=token))


@check("push.refused.token", f"{_PAGE} C", "Without a token 401, with another scope 403, before anything is read.")
def refused_token(cloud: Cloud) -> None:
    for path in (_REGISTER, _DELETE, "/push/send"):
        expect.empty(cloud.push("POST", path, content=b"{", token=None), 401)
        expect.empty(cloud.push("POST", path, content=b"{", token=cloud.installation_token("api.licensing")), 403)


@check(
    "push.refused.content-type",
    f"{_PAGE} C",
    "Without JSON's content type a 415, before the body is read.",
    inferred=True,
)
def refused_content_type(cloud: Cloud) -> None:
    for path in (_REGISTER, _DELETE, "/push/send"):
        expect.empty(cloud.push("POST", path, content=b"{"), 415)
