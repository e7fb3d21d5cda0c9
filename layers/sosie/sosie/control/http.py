"""One request to the control plane, what it may answer, and the verb that joins them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from sosie.control.problems import bad_request, no_such
from sosie.services.world_record import is_world_name

if TYPE_CHECKING:
    from sosie.ports import Keyring, Store
    from sosie.services.world_record import WorldRecord
    from sosie.services.worlds import Worlds

LONGEST_WAIT = 25.0
"""Seconds a request may wait for something to happen: an API Gateway gives up after 30."""


@dataclass(frozen=True, slots=True)
class Plane:
    """What all verbs work with. `owns_sockets`: the host can do to a connection what a function cannot.

    `domain`: below which the services have hosts of their own (domain/hosts.py).
    """

    worlds: Worlds
    keyring: Keyring
    store_name: str
    started: float
    owns_sockets: bool = False
    domain: str | None = None

    @property
    def store(self) -> Store:
        """The store behind the worlds."""
        return self.worlds.store


@dataclass(frozen=True, slots=True)
class Request:
    """One request. Header names are lower case.

    `waited` is for how many seconds it has been asked again, `resume` what the last answer to it wanted remembered.
    """

    plane: Plane
    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    base_url: str
    params: Mapping[str, str]
    waited: float = 0.0
    resume: str | None = None

    def document(self) -> Any:
        """Return the JSON body; None without one. Raises ProblemError."""
        if not self.body.strip():
            return None
        try:
            document = json.loads(self.body)
            json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
        except (ValueError, RecursionError) as error:
            raise bad_request(f"The body is not JSON that can be kept: {error}.") from None
        return document

    def members(self) -> dict[str, Any]:
        """Return the JSON object of the body; an empty one without a body. Raises ProblemError."""
        document = self.document()
        if document is None:
            return {}
        if not isinstance(document, dict):
            raise bad_request("Send a JSON object.")
        return document

    @property
    def record(self) -> WorldRecord:
        """The record of the path's world, read anew each time. Raises ProblemError if there is none of that name."""
        world = self.params["world"]
        record = self.plane.worlds.open(world) if is_world_name(world) else None
        if record is None:
            raise no_such("world", world)
        return record

    @property
    def world(self) -> str:
        """The world of the path. Raises ProblemError if there is none of that name."""
        return self.record.name

    def wait_seconds(self) -> float:
        """Return the seconds of `?wait=`, 0 without one. Raises ProblemError."""
        text = self.query.get("wait")
        if text is None:
            return 0.0
        try:
            seconds = float(text)
        except ValueError:
            seconds = -1.0
        if not 0 <= seconds <= LONGEST_WAIT:
            raise bad_request(f"`wait` is a number of seconds, at most {LONGEST_WAIT:g}.")
        return seconds


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that is more than a JSON document with status 200.

    `resume` makes the body the next piece of a stream: the host asks again, with that text as the request's `resume`,
    for as long as somebody listens.
    """

    body: str
    content_type: str = "application/json"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    resume: str | None = None


class PendingError(Exception):
    """What the caller waits for has not happened yet: the host asks again in a moment.

    `resume` is what the request gets along then, so that a look need not begin where the last one did.
    """

    def __init__(self, resume: str = "") -> None:
        super().__init__()
        self.resume = resume


@dataclass(frozen=True, slots=True)
class Verb:
    """One row of the control plane's table. The action's docstring is the verb's description.

    It returns JSON, a Reply, or None for 204; it raises ProblemError, and PendingError to be asked again.

    The rest is for the OpenAPI document. `query` says what each query parameter means; `body` and `answer` name
    schemas of `control/shapes.py`. `body` None: none is read; `answer` None: 204.
    """

    method: str
    path: str
    action: Callable[[Request], Any]
    query: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    answer: str | None = "Anything"


def read_request(plane: Plane, event: Mapping[str, Any], headers: Mapping[str, str], params: Any) -> Request:
    """Return the request of a payload 2.0 event."""
    body = event.get("body") or ""
    context = event["requestContext"]
    scheme = headers.get("x-forwarded-proto") or context.get("scheme", "https")
    again = context.get("again") or {}
    return Request(
        plane=plane,
        method=context["http"]["method"],
        headers=headers,
        query=dict(parse_qsl(event.get("rawQueryString") or "", keep_blank_values=True)),
        body=base64.b64decode(body) if event.get("isBase64Encoded") else body.encode(),
        base_url=f"{scheme}://{headers.get('host') or context.get('domainName', '')}",
        params={name: unquote(value) for name, value in params.items()},
        waited=again.get("waited", 0.0),
        resume=again.get("resume"),
    )


def asked_again(event: Mapping[str, Any], *, waited: float = 0.0, resume: str | None = None) -> dict[str, Any]:
    """Return the same event for the next attempt, as hosts do for a pending answer or a stream."""
    return {**event, "requestContext": {**event["requestContext"], "again": {"waited": waited, "resume": resume}}}
