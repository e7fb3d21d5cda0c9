"""A service at a port of its own speaks of addresses that lead to it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from sosie.local.asgi import Application
from tests.support.cloud import TestCloud

PORTS = {9100: "/us/identity", 9101: "/us/api", 9102: "/us/push", 9103: "/eu/identity", 9104: "/eu/api"}


def get(cloud: TestCloud, port: int, path: str) -> Any:
    sent: list[dict[str, Any]] = []
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", f"sosie.test:{port}".encode())],
        "server": ("127.0.0.1", port),
        "client": ("127.0.0.1", 50_000),
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(Application(cloud.sosie, prefixes=PORTS)(scope, receive, send))
    assert sent[0]["status"] == 200
    return json.loads(sent[1]["body"])


def test_the_config_names_the_services_own_ports(cloud: TestCloud) -> None:
    environment = get(cloud, 9104, "/config")["environment"]

    assert environment["api"] == "http://sosie.test:9104"
    assert environment["identity"] == "http://sosie.test:9103"


def test_discovery_names_the_port_it_is_asked_at(cloud: TestCloud) -> None:
    document = get(cloud, 9100, "/.well-known/openid-configuration")

    assert document["token_endpoint"] == "http://sosie.test:9100/connect/token"
    assert get(cloud, 9100, document["jwks_uri"].removeprefix("http://sosie.test:9100"))["keys"]
