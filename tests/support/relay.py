"""A self-hosted server that uses the push relay, and what its phones and messages look like."""

from __future__ import annotations

from typing import Any

from sosie.control.pushes import read_push
from tests.support.cloud import TestCloud, WireAnswer

USER = "7d0c0000-0000-4000-8000-000000000001"
ORGANIZATION = "0a0b0000-0000-4000-8000-000000000002"
PHONE = "b1f20000-0000-4000-8000-000000000003"
TABLET = "b1f20000-0000-4000-8000-000000000004"
IDENTIFIER = "c0ffee00-0000-4000-8000-000000000005"
STRANGER = "dead0000-0000-4000-8000-000000000006"
NOBODY = "00000000-0000-0000-0000-000000000000"

REGISTRATION = {
    "deviceId": PHONE,
    "pushToken": "phone-token",
    "userId": USER,
    "type": 1,
    "identifier": IDENTIFIER,
    "organizationIds": [ORGANIZATION],
}
CIPHER = {"id": STRANGER, "userId": USER, "collectionIds": None, "revisionDate": "2026-01-02T03:04:05.1234567Z"}
MESSAGE = {
    "userId": USER,
    "organizationId": None,
    "deviceId": PHONE,
    "identifier": IDENTIFIER,
    "type": 1,
    "payload": CIPHER,
    "clientType": None,
    "installationId": None,
}
UPDATE = {"devices": [{"id": PHONE}], "organizationId": ORGANIZATION}
SERVICES = ["push", "api"]


class Relay:
    """A self-hosted server of the cloud's first installation, with an `api.push` token."""

    def __init__(self, cloud: TestCloud) -> None:
        self.cloud = cloud
        self.installation = cloud.installation().id
        self.token = cloud.installation_token("api.push")

    def call(self, method: str, path: str, json_body: Any = None, **more: Any) -> WireAnswer:
        more = {"service": "push", "token": self.token, "json_body": json_body} | more
        return self.cloud.request(method, path, **more)

    def raw(self, path: str, body: bytes, method: str = "POST") -> WireAnswer:
        return self.call(method, path, body=body, headers={"content-type": "application/json"})

    def register(self, **changes: Any) -> WireAnswer:
        return self.call("POST", "/push/register", REGISTRATION | changes)

    def send(self, **changes: Any) -> WireAnswer:
        return self.call("POST", "/push/send", MESSAGE | changes)

    @property
    def kept(self) -> dict[str, Any]:
        regions = read_push(self.cloud.sosie.worlds, "default")["regions"]
        return next(each for each in regions["us"]["installations"] if each["id"] == self.installation)

    @property
    def devices(self) -> dict[str, dict[str, Any]]:
        return {device["deviceId"]: device for device in self.kept["devices"]}

    @property
    def sends(self) -> list[dict[str, Any]]:
        return self.kept["sends"]

    def hub_id(self, device_id: str) -> str:
        return f"{self.installation}_{device_id}"

    def tag(self, name: str, value: str) -> str:
        return f"{name}:{self.installation}_{value}"


def assert_done(answer: WireAnswer) -> None:
    assert (answer.status, answer.body) == (200, "")


def assert_invalid(answer: WireAnswer, errors: dict[str, list[str]]) -> None:
    assert (answer.status, answer.message) == (400, "The model state is invalid.")
    assert answer.errors == errors


def assert_unreadable(answer: WireAnswer, path: str) -> None:
    assert (answer.status, answer.message) == (400, "The model state is invalid.")
    assert list(answer.errors) == [path]
