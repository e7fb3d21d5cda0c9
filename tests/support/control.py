"""The control plane of a cloud in this process."""

from __future__ import annotations

import json
from typing import Any

from tests.support.cloud import TestCloud, WireAnswer


def ask(
    cloud: TestCloud,
    method: str,
    path: str,
    body: Any = None,
    *,
    headers: dict[str, str] | None = None,
    trusted: bool = True,
) -> WireAnswer:
    """Send one request to `/_sosie{path}`, as from loopback unless told otherwise."""
    path, _, query = f"/_sosie{path}".partition("?")
    event = {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"host": "127.0.0.1:8787", "x-forwarded-proto": "http", **(headers or {})},
        "requestContext": {"stage": "$default", "http": {"method": method, "path": path}},
        "isBase64Encoded": False,
        "body": "" if body is None else body if isinstance(body, str) else json.dumps(body),
    }
    response = cloud.sosie.control.handle(event, trusted=trusted)
    lowered = {name.lower(): value for name, value in response["headers"].items()}
    return WireAnswer(response["statusCode"], lowered, response["body"] or "")
