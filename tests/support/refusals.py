"""What the API answers when there is nothing to say, or when it says no (docs/contract/api.md §1.5, §1.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.support.cloud import WireAnswer

NOT_FOUND = "Resource not found."
UNAUTHORIZED = "Unauthorized."
UNHANDLED = "An unhandled server error has occurred."
INVALID_MODEL = "The model state is invalid."


def error_body(message: str, errors: dict[str, list[str]] | None = None) -> dict[str, Any]:
    """Return the one shape that every error raised inside an action has."""
    return {
        "object": "error",
        "message": message,
        "validationErrors": errors,
        "exceptionMessage": None,
        "exceptionStackTrace": None,
        "innerExceptionMessage": None,
    }


def assert_done(answer: WireAnswer) -> None:
    """Check the answer of an action without a result."""
    assert (answer.status, answer.body) == (200, "")


def assert_no_body(answer: WireAnswer, status: int) -> None:
    """Check a refusal that comes before the action."""
    assert (answer.status, answer.body) == (status, "")


def assert_error(answer: WireAnswer, status: int, message: str) -> None:
    assert (answer.status, answer.json) == (status, error_body(message))
    assert answer.headers["content-type"] == "application/json; charset=utf-8"


def assert_invalid(answer: WireAnswer, errors: dict[str, list[str]]) -> None:
    """Check a validation error: every key, every text."""
    assert (answer.status, answer.json) == (400, error_body(INVALID_MODEL, errors))


def assert_misread(answer: WireAnswer, key: str) -> None:
    """Check that a JSON value did not fit; the text of it is the framework's and not compared (§1.7)."""
    assert (answer.status, answer.message, list(answer.errors)) == (400, INVALID_MODEL, [key])


def assert_failed(answer: WireAnswer) -> None:
    """Check a failure that the contract lists, and that it is no failure of Sosie's own."""
    assert_error(answer, 500, UNHANDLED)
    assert answer.headers.get("x-sosie-hint") != "SOSIE_FAILED"
