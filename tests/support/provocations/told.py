"""How a diagnosis is provoked: one request that is refused as the contract says, and what is told about it.

Each function of this package that `provokes` decorates sends such a request and returns what is expected: the answer of
the contract, the whole sentence, and parts of the remedy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.support.cloud import TestCloud, WireAnswer
from tests.support.refusals import UNHANDLED, error_body
from tests.support.token_client import TOKEN_HEADERS

if TYPE_CHECKING:
    from collections.abc import Mapping

BASE = "http://127.0.0.1:8787"
"""Where a test's cloud is asked."""
NOW = "2026-03-04 05:06:07 UTC"
"""When, in the words of a diagnosis."""
UNKNOWN = "6f1c0a52-3d4e-4b7a-9c21-0d5e8f7a6b90"
"""An id that nothing has."""
SECURITY = {
    "x-frame-options": "SAMEORIGIN",
    "x-xss-protection": "1; mode=block",
    "x-content-type-options": "nosniff",
}
JSON = SECURITY | {"content-type": "application/json; charset=utf-8"}


@dataclass(frozen=True)
class Expected:
    """The contract's answer: `body` is a text, decoded JSON, or a check of decoded JSON."""

    status: int
    body: Any = ""
    headers: Mapping[str, str] = field(default_factory=lambda: SECURITY)


@dataclass(frozen=True)
class Told:
    """A provoked answer, and what is expected of it and of its diagnosis. `details` None: there are none."""

    answer: WireAnswer
    expected: Expected
    message: str
    remedy: tuple[str, ...]
    details: dict[str, Any] | None = None
    world: str = "default"


@dataclass(frozen=True)
class Provocation:
    code: str
    provoke: Callable[[TestCloud], Told]

    @property
    def name(self) -> str:
        return f"{self.code}-{self.provoke.__name__}"


PROVOCATIONS: list[Provocation] = []


def provokes(code: str) -> Callable[[Callable[[TestCloud], Told]], Callable[[TestCloud], Told]]:
    """Add a function to the list."""

    def add(function: Callable[[TestCloud], Told]) -> Callable[[TestCloud], Told]:
        PROVOCATIONS.append(Provocation(code, function))
        return function

    return add


# The contract's answers.


def token_error(error: str, description: str | None = None, message: str | None = None) -> Expected:
    """The token endpoint's (identity.md §5)."""
    body: dict[str, Any] = {"error": error}
    if description is not None:
        body["error_description"] = description
    if message is not None:
        body["ErrorModel"] = {"Object": "error", "Message": message}
    return Expected(400, body, TOKEN_HEADERS)


def api_error(status: int, message: str, errors: dict[str, list[str]] | None = None) -> Expected:
    """The API's (api.md §1.6)."""
    return Expected(status, error_body(message, errors), JSON)


def invalid(errors: dict[str, list[str]]) -> Expected:
    return api_error(400, "The model state is invalid.", errors)


FAILED = api_error(500, UNHANDLED)
NOT_FOUND = api_error(404, "Resource not found.")
DONE = Expected(200)
MISSED = Expected(404)


def unauthenticated(reason: str | None = None) -> Expected:
    challenge = "Bearer" if reason is None else f'Bearer error="invalid_token", error_description="{reason}"'
    return Expected(401, "", SECURITY | {"www-authenticate": challenge})


def named(cloud: TestCloud, organization: str) -> str:
    """Return what a diagnosis calls an organization."""
    return f"{organization} ({cloud.organization(organization).id})"
