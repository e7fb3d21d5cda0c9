"""The one place where a refusal becomes a status and a body.

Two dialects: the API's and identity's `/accounts/*` (docs/contract/api.md §1.6), and the token endpoint's
(docs/contract/identity.md §5).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sosie.domain.errors import (
    BadRequestError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    RefusedError,
    ServerFaultError,
    TokenRefusedError,
    UnauthenticatedError,
    UnauthorizedError,
)
from sosie.wire.http import Answer
from sosie.wire.json_out import dumps_token

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

INVALID_MODEL = "The model state is invalid."
SERVER_FAULT = "An unhandled server error has occurred."
TOKEN_HEADERS = {
    "Content-Type": "application/json; charset=UTF-8",
    "Cache-Control": "no-store, no-cache, max-age=0",
    "Pragma": "no-cache",
}


def error_body(message: str, errors: Mapping[str, Sequence[str]] | None = None) -> dict[str, Any]:
    """Return the API's error object."""
    return {
        "object": "error",
        "message": message,
        "validationErrors": None if errors is None else {key: list(texts) for key, texts in errors.items()},
        "exceptionMessage": None,
        "exceptionStackTrace": None,
        "innerExceptionMessage": None,
    }


def answer_to(error: RefusedError) -> Answer:
    """Return the cloud's answer to a refusal."""
    match error:
        case TokenRefusedError():
            return _token_answer(error)
        case InvalidError():
            return Answer(400, error_body(INVALID_MODEL, error.errors), delay=error.delay)
        case BadRequestError():
            return Answer(400, error_body(error.message), delay=error.delay)
        case UnauthenticatedError():
            challenge = "Bearer"
            if error.reason is not None:
                challenge += f' error="invalid_token", error_description="{error.reason}"'
            return Answer(401, headers={"WWW-Authenticate": challenge})
        case UnauthorizedError():
            return Answer(401, error_body("Unauthorized."))
        case ForbiddenError():
            return Answer(403)
        case NotFoundError():
            return Answer(404, error_body("Resource not found."))
        case ServerFaultError():
            return Answer(500, error_body(SERVER_FAULT))
    raise TypeError(f"no answer is known for {type(error).__name__}")


def server_fault() -> Answer:
    """Return what any unexpected failure looks like."""
    return Answer(500, error_body(SERVER_FAULT))


def unavailable() -> Answer:
    """Return the answer while the store has no capacity: the cloud's text, and when to come back."""
    return Answer(503, error_body(SERVER_FAULT), {"Retry-After": "1"})


def too_many_requests(period: str, retry_after: int) -> Answer:
    """Return the answer over a rate limit (docs/contract/identity.md §3.3). `period` is such as `1m`."""
    text = f"Slow down! Too many requests. Try again in {period}."
    return Answer(429, error_body(text), {"Retry-After": str(retry_after)})


def _token_answer(error: TokenRefusedError) -> Answer:
    body: dict[str, Any] = {"error": error.error}
    if error.description is not None:
        body["error_description"] = error.description
    if error.message:
        body["ErrorModel"] = {"Object": "error", "Message": error.message}
    body |= error.extras
    return Answer(400, dumps_token(body).encode(), dict(TOKEN_HEADERS), delay=error.delay)
