"""One request and one answer of the wire surface, independent of who carries them, and the route that joins them."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from sosie import __version__

if TYPE_CHECKING:
    from sosie.domain.clock import Clock
    from sosie.domain.members import Caller
    from sosie.domain.regions import Region
    from sosie.ports import Change, Keyring
    from sosie.services.unit_of_work import UnitOfWork
    from sosie.wire.address import Address

Headers = dict[str, str]

_SLASH = re.compile("%2f", re.IGNORECASE)


class Policy(Enum):
    """What a token must carry (docs/contract/api.md §1.1). ANONYMOUS routes look at no token."""

    ANONYMOUS = ""
    APPLICATION = "api"
    INSTALLATION = "api.installation"
    LICENSING = "api.licensing"
    PUSH = "api.push"


class Param(Enum):
    """How a route or query parameter is bound, which decides the answer to an unparsable one (§1.7)."""

    TEXT = "text"
    """as it is"""
    GUID = "guid"
    """a typed GUID: 400 with the parameter's name"""
    GUID_TEXT = "guid text"
    """a string that the action parses: 500"""
    GUID_ROUTE = "guid route"
    """a route constraint: 404 without a body"""


@dataclass(slots=True)
class Exchange:
    """What belongs to one request besides its bytes: where it is addressed, and the means to answer it.

    `base_url` is scheme and host it came to, `query` the query as it was sent, `client_ip` the client's address.
    `roots` maps `us/api` and so on to the URL of a port of its own, if the request came in at such a port.
    """

    address: Address
    uow: UnitOfWork
    keyring: Keyring
    request_id: str
    clock: Clock
    base_url: str
    roots: Mapping[str, str] = field(default_factory=dict)
    query: str = ""
    client_ip: str = ""
    caller: Caller | None = None
    client_name: str | None = None
    route: str | None = None
    diagnosis: str | None = None
    clues: Mapping[str, Any] = field(default_factory=dict)
    told: Mapping[str, Any] | None = None
    """The diagnosis as the journal shows it, once it was investigated."""
    answer: Answer | None = None
    interruption: Exception | None = None
    """Why there is no answer although nothing failed, for the gate."""
    fault: dict[str, str] | None = None
    """The id and kind of the fault that the answer shows."""
    noted: dict[str, Any] = field(default_factory=dict)
    """What the host may count: the `grant` that a token was issued for, the number of `rows` of a sync."""
    bookkeeping: list[Change] = field(default_factory=list)
    """What is written with the journal entry, whatever becomes of the request's own writes."""

    def suspect(self, code: str, **clues: Any) -> None:
        """Name the diagnosis of the request, with what is at hand about it; the gate has it investigated."""
        self.diagnosis, self.clues = code, clues

    @property
    def service_url(self) -> str:
        """Where the addressed service is reached, the way this request came; without a final slash."""
        address = self.address
        return self.roots.get(f"{address.region}/{address.service}") or self.base_url + address.prefix


@dataclass(slots=True)
class Call:
    """One request. Header names are lower case; `body` is the raw bytes, `params` the bound route parameters."""

    exchange: Exchange
    method: str
    path: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    params: dict[str, str] = field(default_factory=dict)
    model: Any = None

    @property
    def uow(self) -> UnitOfWork:
        """The request's unit of work."""
        return self.exchange.uow

    @property
    def region(self) -> Region:
        """The region that is addressed."""
        return self.exchange.address.region

    @property
    def caller(self) -> Caller:
        """Who calls; only on routes with a policy."""
        caller = self.exchange.caller
        if caller is None:
            raise LookupError("an anonymous route has no caller")
        return caller

    @property
    def media_type(self) -> str:
        """The content type without parameters, lower case, or an empty text."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(slots=True)
class Answer:
    """Status, JSON body (bytes are sent as they are, None is no body), headers, and the seconds the host waits.

    `wire` is what a host with sockets of its own does to the connection, as data: a fault's effect and its parameters.
    """

    status: int = 200
    body: Any = None
    headers: Headers = field(default_factory=dict)
    delay: float = 0.0
    wire: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """One row of a route table. `path` has `{name}` for parameters; `params` says how each is bound."""

    method: str
    path: str
    handler: Callable[[Call], Answer]
    policy: Policy = Policy.ANONYMOUS
    params: Mapping[str, Param] = field(default_factory=dict)
    model: Callable[[], type[Any]] | None = None
    """Gives the request model; a function, so that pydantic is imported with the first body."""
    requirement: Callable[[Call], None] | None = None
    """What else the caller must be, such as an administrator. It is asked before anything is bound, so that it reads
    `params` as they were sent, and raises ForbiddenError."""


def call_from_event(event: Mapping[str, Any], exchange: Exchange, path: str) -> Call:
    """Read an API Gateway payload 2.0 event. Never raises: what cannot be decoded arrives as it was sent."""
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    raw = event.get("body") or ""
    try:
        body = base64.b64decode(raw) if event.get("isBase64Encoded") else raw.encode("utf-8", "surrogateescape")
    except (binascii.Error, ValueError):
        body = raw.encode("utf-8", "surrogateescape")
    query = {name.lower(): value for name, value in reversed(_pairs(event.get("rawQueryString") or ""))}
    return Call(exchange, event["requestContext"]["http"]["method"].upper(), path, headers, query, body)


def shut_out() -> dict[str, Any]:
    """Return the payload 2.0 response for a client that is not let in: what a firewall would say, marked as Sosie's."""
    return {"statusCode": 403, "headers": {"x-sosie": __version__}, "body": "", "isBase64Encoded": False}


def _pairs(text: str) -> list[tuple[str, str]]:
    return parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=None)


def decoded_path(path: str) -> str:
    """Return a path as API Gateway's HTTP API hands it on: percent-decoded, once.

    Only an encoded slash stays as it is, as it does for the cloud: decoded it would be another path.
    """
    if "%" not in path:
        return path
    return "%2F".join(unquote(part, errors="replace") for part in _SLASH.split(path))
