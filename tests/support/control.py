"""The control plane of a cloud in this process."""

from __future__ import annotations

import json
from typing import Any

from sosie.control.http import LONGEST_WAIT, asked_again
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
    event = event_of(method, path, body, headers)
    response = cloud.sosie.control.handle(event, trusted=trusted)
    if response.get("pending"):  # as a host does when the time to wait is over
        again = asked_again(event, waited=LONGEST_WAIT, resume=response["resume"])
        response = cloud.sosie.control.handle(again, trusted=trusted)
    lowered = {name.lower(): value for name, value in response["headers"].items()}
    return WireAnswer(response["statusCode"], lowered, response["body"] or "")


class Asked:
    """One request as its host sees it: asked, and asked again, by hand. `last` is the handler's latest response."""

    def __init__(
        self, cloud: TestCloud, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> None:
        self._control = cloud.sosie.control
        self._event = event_of(method, path, body, headers)
        self.last = self._control.handle(self._event, trusted=True)

    def again(self, waited: float = 0.0) -> dict[str, Any]:
        """Ask again, after so many seconds, with what the last response wanted remembered."""
        event = asked_again(self._event, waited=waited, resume=self.last["resume"])
        self.last = self._control.handle(event, trusted=True)
        return self.last

    @property
    def pending(self) -> bool:
        return bool(self.last.get("pending"))

    @property
    def json(self) -> Any:
        assert not self.pending
        return json.loads(self.last["body"])


def event_of(method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """Return a request to `/_sosie{path}` as a payload 2.0 event."""
    path, _, query = f"/_sosie{path}".partition("?")
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"host": "127.0.0.1:8787", "x-forwarded-proto": "http", **(headers or {})},
        "requestContext": {"stage": "$default", "http": {"method": method, "path": path}},
        "isBase64Encoded": False,
        "body": "" if body is None else body if isinstance(body, str) else json.dumps(body),
    }
