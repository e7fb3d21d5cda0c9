"""What an answer is held against. Each function raises `DeviationError` with one line: expected, and seen."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sosie.conformance.wire import Answer

UNHANDLED = "An unhandled server error has occurred."
NOT_FOUND = "Resource not found."
INVALID_MODEL = "The model state is invalid."
NO_BODY = "A non-empty request body is required."
WRONG_PASSWORD = "Invalid password."  # noqa: S105  an error text

WIRE_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{0,6}[1-9])?Z")
GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ERROR_MEMBERS = ("exceptionMessage", "exceptionStackTrace", "innerExceptionMessage")
_LONGEST_SHOWN = 300
_SECRETS = re.compile(r"eyJ[\w-]{8,}(?:\.[\w-]+)*")


class DeviationError(Exception):
    """The target answers differently than the contract says. Its text is one line."""


class NotCheckableError(Exception):
    """The target lacks what a check needs. Its text is the reason."""


def words(text: str) -> list[str]:
    """Return the words of a text: a list of names that can be read."""
    return text.split()


def shown(value: Any) -> str:
    """Return a value on one line, without bearer tokens, and not too long."""
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False)
    text = _SECRETS.sub("eyJ…", " ".join(text.split()))
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def same(what: str, seen: Any, expected: Any) -> None:
    """Expect a value. JSON's true is not 1."""
    if seen != expected or type(seen) is not type(expected):
        raise DeviationError(f"{what}: expected {shown(expected)}, saw {shown(seen)}")


def matches(what: str, seen: Any, pattern: re.Pattern[str] | str) -> None:
    """Expect a text of a shape."""
    compiled = re.compile(pattern)
    if not isinstance(seen, str) or compiled.fullmatch(seen) is None:
        raise DeviationError(f"{what}: expected a text like {compiled.pattern}, saw {shown(seen)}")


def holds(what: str, condition: object, seen: Any) -> None:
    """Expect what `what` says."""
    if not condition:
        raise DeviationError(f"expected {what}, saw {shown(seen)}")


def kind(what: str, seen: Any, *kinds: type) -> None:
    """Expect a value of one of these types; a boolean is no number."""
    if type(seen) not in kinds:
        names = " or ".join("null" if each is type(None) else each.__name__ for each in kinds)
        raise DeviationError(f"{what}: expected {names}, saw {shown(seen)}")


def members(what: str, document: Any, names: Iterable[str]) -> None:
    """Expect an object with exactly these members."""
    kind(what, document, dict)
    missing, more = sorted(set(names) - set(document)), sorted(set(document) - set(names))
    if missing or more:
        raise DeviationError(f"{what}: expected exactly its members, saw {_difference(missing, more)}")


def has_members(what: str, document: Any, names: Iterable[str]) -> None:
    """Expect an object with at least these members; null counts, absent does not."""
    kind(what, document, dict)
    if missing := sorted(set(names) - set(document)):
        raise DeviationError(f"{what}: expected all its members, saw {_difference(missing, [])}")


def part(what: str, document: Any, expected: Mapping[str, Any]) -> None:
    """Expect an object with at least these members and values."""
    has_members(what, document, expected)
    for name, value in expected.items():
        same(f"{what}.{name}", document[name], value)


def status(answer: Answer, expected: int) -> None:
    """Expect a status."""
    if answer.status != expected:
        raise DeviationError(f"{answer.request}: expected {expected}, saw {_seen(answer)}")


def document(answer: Answer, expected_status: int = 200) -> Any:
    """Expect a status and a JSON body; return the body."""
    status(answer, expected_status)
    try:
        return json.loads(answer.body)
    except ValueError:
        raise DeviationError(f"{answer.request}: expected a JSON body, saw {_seen(answer)}") from None


def done(answer: Answer) -> None:
    """Expect an action without a result: 200 without a body (api.md §1.5)."""
    empty(answer, 200)


def empty(answer: Answer, expected_status: int) -> None:
    """Expect a status without a body."""
    status(answer, expected_status)
    if answer.body:
        raise DeviationError(f"{answer.request}: expected {expected_status} with an empty body, saw {_seen(answer)}")


def error(answer: Answer, expected_status: int, message: str) -> None:
    """Expect the API's error object (api.md §1.6)."""
    _error(answer, expected_status, message, None)


def invalid(answer: Answer, errors: Mapping[str, Sequence[str]]) -> None:
    """Expect a validation error with exactly these keys and texts (api.md §1.7)."""
    _error(answer, 400, INVALID_MODEL, {key: list(texts) for key, texts in errors.items()})


def invalid_at(answer: Answer, key: str) -> None:
    """Expect a validation error with this key, whatever the text."""
    body = document(answer, 400)
    members(f"{answer.request}: error", body, ("object", "message", "validationErrors", *_ERROR_MEMBERS))
    same(f"{answer.request}: message", body["message"], INVALID_MODEL)
    errors = body["validationErrors"]
    if not isinstance(errors, dict) or key not in errors:
        raise DeviationError(f"{answer.request}: expected validationErrors with key {shown(key)}, saw {shown(errors)}")
    for text in errors[key]:
        kind(f"{answer.request}: text of {key}", text, str)


def oauth_error(answer: Answer, code: str, **more: Any) -> None:
    """Expect the token endpoint's error object with exactly these members (identity.md §5)."""
    body = document(answer, 400)
    if body != {"error": code, **more}:
        raise DeviationError(f"{answer.request}: expected {shown({'error': code, **more})}, saw {shown(body)}")


def header(answer: Answer, name: str, value: str) -> None:
    """Expect a header's value."""
    seen = answer.headers.get(name.lower())
    if seen != value:
        raise DeviationError(f"{answer.request}: expected header {name}: {value}, saw {shown(seen)}")


def no_header(answer: Answer, name: str) -> None:
    """Expect that a header is absent."""
    if name.lower() in answer.headers:
        raise DeviationError(f"{answer.request}: expected no header {name}, saw {shown(answer.headers[name.lower()])}")


def _error(answer: Answer, expected_status: int, message: str, errors: Mapping[str, Any] | None) -> None:
    body = document(answer, expected_status)
    expected = {
        "object": "error",
        "message": message,
        "validationErrors": errors,
        **dict.fromkeys(_ERROR_MEMBERS),
    }
    if body != expected:
        wanted = shown({name: expected[name] for name in ("message", "validationErrors")})
        raise DeviationError(f"{answer.request}: expected the error object with {wanted}, saw {shown(body)}")


def _seen(answer: Answer) -> str:
    return f"{answer.status} {shown(answer.body)}" if answer.body else f"{answer.status} without a body"


def _difference(missing: Sequence[str], more: Sequence[str]) -> str:
    parts = [f"without {', '.join(missing)}"] if missing else []
    return " and ".join(parts + ([f"also {', '.join(more)}"] if more else []))
