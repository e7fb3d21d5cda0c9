"""What a fault can do to a request: the catalogue of effects, each with its parameters (design: faults).

`strikes` says when: an effect that strikes `before` answers in the handler's place, so nothing happens in the cloud;
one that strikes `after` changes the answer of a handler that has done its work, and what it did is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sosie.domain.json_schema import Schema

Strikes = Literal["before", "after"]

LONGEST_LATENCY_OF_A_FUNCTION = 25_000
"""Milliseconds that a Lambda function can wait: an API Gateway gives up after 30 seconds."""


@dataclass(frozen=True, slots=True)
class Place:
    """The only requests an effect makes sense for: `routes` are templates of the route table."""

    service: str
    method: str
    routes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """One row of the catalogue. `parameters` are JSON schemas with `default` (none: left out) and `description`."""

    kind: str
    description: str
    strikes: Strikes
    parameters: Mapping[str, Schema] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    needs_sockets: bool = False
    place: Place | None = None

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON schema of `effect` in a rule of this kind."""
        properties: dict[str, Schema] = {"kind": {"type": "string", "enum": [self.kind]}, **self.parameters}
        return {
            "type": "object",
            "properties": properties,
            "required": ["kind", *self.required],
            "additionalProperties": False,
        }

    def default(self, name: str) -> Any:
        """Return what a parameter is where a rule does not name it."""
        return self.parameters[name].get("default")


def _number(description: str, low: int, high: int, default: int | None = None) -> dict[str, Any]:
    bounds = {"type": "integer", "minimum": low, "maximum": high, "description": description}
    return bounds if default is None else bounds | {"default": default}


def _one_of(description: str, default: Any, *choices: Any) -> dict[str, Any]:
    kind = "integer" if isinstance(default, int) else "string"
    return {"type": kind, "enum": list(choices), "default": default, "description": description}


def _flag(description: str, *, default: bool) -> dict[str, Any]:
    return {"type": "boolean", "default": default, "description": description}


_HEADERS = {
    "type": "object",
    "description": "Further headers of the answer.",
    "maxProperties": 20,
    "propertyNames": {
        "maxLength": 64,
        "pattern": r"^(?!(?i:content-length|transfer-encoding|connection|x-sosie.*)$)[A-Za-z0-9-]+$",
        "x-problem": "is no header that a fault can set",
    },
    "additionalProperties": {
        "type": "string",
        "maxLength": 1_000,
        "pattern": r"^[ -~]*$",
        "x-problem": "must be of printable ASCII characters",
    },
}
_TOKEN = Place("identity", "POST", ("/connect/token",))
_SYNC = Place("api", "POST", ("/organization/sponsorship/sync",))
_LICENCE = Place("api", "GET", ("/licenses/organization/{id}", "/licenses/user/{id}", "/organizations/{id}/license"))
_RETRY_AFTER = _number("Seconds in the header Retry-After; without it there is no such header.", 0, 86_400)

EFFECTS: Mapping[str, Effect] = {
    each.kind: each
    for each in (
        Effect(
            "status",
            "An error status in the cloud's own shape: the OAuth error for a 400 of the token endpoint, no body for "
            "401, 403, 404, 405 and 415 unless there is a message, and the error object otherwise.",
            "before",
            {
                "status": _number("The status.", 400, 599),
                "message": {"type": "string", "maxLength": 1_000, "description": "The error's text; else the cloud's."},
                "error": {
                    "type": "string",
                    "pattern": "^[a-z_]{1,50}$",
                    "x-problem": "must be an OAuth error code, such as invalid_client",
                    "default": "invalid_client",
                    "description": "The OAuth error code of a 400 of the token endpoint.",
                },
                "headers": _HEADERS,
                "after": _flag("Let the handler do its work first; only its answer is lost.", default=False),
            },
            ("status",),
        ),
        Effect(
            "latency",
            "The right answer, late. Other requests are not held up.",
            "after",
            {"milliseconds": _number("How much later.", 1, 600_000)},
            ("milliseconds",),
        ),
        Effect(
            "rate-limit",
            "429 with the cloud's text and Retry-After, as over a rate limit (docs/contract/identity.md §3.3).",
            "before",
            {
                "retryAfter": _number("Seconds in the header Retry-After.", 0, 86_400, 60),
                "period": {
                    "type": "string",
                    "pattern": "^[0-9]{1,4}[smhd]$",
                    "x-problem": "must be a period as the cloud writes it, such as 1s or 2m",
                    "default": "1m",
                    "description": "The period that the text names.",
                },
            },
        ),
        Effect(
            "waf-html",
            "The page of a web application firewall where JSON is expected.",
            "before",
            {"status": _one_of("The status of the page.", 403, 200, 403, 429, 503)},
        ),
        Effect("empty-body", "Status and headers of the right answer, and no body.", "after"),
        Effect("malformed-json", "The right answer, whose JSON breaks off in the middle.", "after"),
        Effect(
            "truncated-body",
            "The connection ends before Content-Length is reached.",
            "after",
            {"bytes": _number("Bytes of the body that are sent; half of it if not named.", 0, 6_291_456)},
            needs_sockets=True,
        ),
        Effect(
            "slow-body",
            "The headers at once, the body piece by piece.",
            "after",
            {
                "pieceBytes": _number("Bytes of a piece.", 1, 65_536, 16),
                "pauseMilliseconds": _number("The pause before each piece.", 1, 60_000, 200),
            },
            needs_sockets=True,
        ),
        Effect(
            "connection-reset",
            "The connection is reset instead of an answer, or amid its body.",
            "after",
            {
                "when": _one_of(
                    "Before any byte, or after half of the body.", "before-headers", "before-headers", "in-body"
                ),
                "after": _flag("Let the handler do its work first. False only with before-headers.", default=True),
            },
            needs_sockets=True,
        ),
        Effect(
            "redirect",
            "A redirect, which turns some clients' POST into a GET.",
            "before",
            {
                "status": _one_of("The status.", 302, 301, 302, 307, 308),
                "location": {
                    "type": "string",
                    "maxLength": 2_000,
                    "pattern": "^[!-~]+$",
                    "x-problem": "must be a URL of printable ASCII characters",
                    "description": "Where to; back to the URL of the request if not named.",
                },
            },
        ),
        Effect(
            "expired-token",
            "The token endpoint answers with a token that has expired; the member expires_in is as ever.",
            "after",
            {"secondsAgo": _number("How long ago it expired; the API accepts it for 300 seconds.", 1, 31_536_000, 600)},
            place=_TOKEN,
        ),
        Effect("sync-null-batch", "The sync's answer has null for its rows.", "after", place=_SYNC),
        Effect(
            "sync-invents-row",
            "The sync's answer has rows that nobody reported.",
            "after",
            {"rows": _number("How many, at the end of the list.", 1, 1_000, 1)},
            place=_SYNC,
        ),
        Effect(
            "sync-drops-row",
            "The sync's answer lacks rows that were reported; the cloud has them.",
            "after",
            {"rows": _number("How many, from the start of the list.", 1, 1_000, 1)},
            place=_SYNC,
        ),
        Effect(
            "licence-version-unsupported",
            "A licence of a version that no reader knows (docs/contract/licensing-push-installations.md A.4, A.9).",
            "after",
            {
                "version": _number("The version; readers know 1 to 16.", 17, 1_000_000, 17),
                "keepToken": _flag(
                    "Leave the JWT in: a reader that finds one never looks at the version.", default=False
                ),
            },
            place=_LICENCE,
        ),
        Effect(
            "outage",
            "503 and an HTML page for everything of a service, a region or both: health checks and preflights as well.",
            "before",
            {"retryAfter": _RETRY_AFTER},
        ),
    )
}
