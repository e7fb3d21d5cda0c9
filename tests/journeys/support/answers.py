"""The shapes every answer of the cloud has (contract/api.md §1): one assertion per shape."""

from typing import Any

UNHANDLED = "An unhandled server error has occurred."
NOT_FOUND = "Resource not found."
MODEL_STATE = "The model state is invalid."
NO_BODY = "A non-empty request body is required."

SECURITY_HEADERS = {
    "x-frame-options": "SAMEORIGIN",
    "x-xss-protection": "1; mode=block",
    "x-content-type-options": "nosniff",
}


def describe(answer: Any) -> str:
    hint = answer.headers.get("x-sosie-hint")
    return f"{answer.status_code} {answer.content[:500]!r} hint={hint}"


def assert_json(answer: Any) -> Any:
    """A 200 with a JSON body; the body is handed on."""
    assert answer.status_code == 200, describe(answer)
    _assert_json_headers(answer)
    return answer.json()


def assert_done(answer: Any) -> None:
    """An action without a result: 200, no body, and a length that says so."""
    assert answer.status_code == 200, describe(answer)
    assert answer.content == b"", describe(answer)
    assert answer.headers.get("Content-Length") == "0"


def assert_empty(answer: Any, status: int) -> None:
    """Refused before an action ran: the status alone."""
    assert answer.status_code == status, describe(answer)
    assert answer.content == b"", describe(answer)
    if status == 401:
        assert answer.headers.get("WWW-Authenticate", "").startswith("Bearer")


def assert_error(answer: Any, status: int, message: str) -> None:
    assert answer.status_code == status, describe(answer)
    assert answer.json() == _error_body(message, None), describe(answer)
    _assert_json_headers(answer)


def assert_invalid(answer: Any, errors: dict[str, list[str]]) -> None:
    """A model state error with exactly these keys and texts."""
    assert answer.status_code == 400, describe(answer)
    assert answer.json() == _error_body(MODEL_STATE, errors), describe(answer)
    _assert_json_headers(answer)


def assert_invalid_key(answer: Any, key: str) -> None:
    """A model state error that names this key; its text is only inferred in the contract, so any will do."""
    assert answer.status_code == 400, describe(answer)
    errors = answer.json()["validationErrors"]
    assert answer.json() == _error_body(MODEL_STATE, errors), describe(answer)
    assert key in errors, describe(answer)
    assert all(isinstance(text, str) for text in errors[key])


def assert_oauth_error(answer: Any, **body: Any) -> None:
    """The token endpoint refuses with 400, whatever is wrong, and with nothing but these members."""
    assert answer.status_code == 400, describe(answer)
    assert answer.json() == body, describe(answer)
    assert answer.headers["Cache-Control"] == "no-store, no-cache, max-age=0"
    assert "WWW-Authenticate" not in answer.headers


def assert_token(answer: Any) -> dict[str, Any]:
    """A granted token, in the framework's own dialect of headers."""
    assert answer.status_code == 200, describe(answer)
    assert answer.headers["Content-Type"] == "application/json; charset=UTF-8"
    assert answer.headers["Cache-Control"] == "no-store, no-cache, max-age=0"
    assert answer.headers["Pragma"] == "no-cache"
    assert answer.json()["token_type"] == "Bearer"
    return answer.json()


def _error_body(message: str, errors: dict[str, list[str]] | None) -> dict[str, Any]:
    details = dict.fromkeys(("exceptionMessage", "exceptionStackTrace", "innerExceptionMessage"))
    return {"object": "error", "message": message, "validationErrors": errors} | details


def _assert_json_headers(answer: Any) -> None:
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    for name, value in SECURITY_HEADERS.items():
        assert answer.headers.get(name) == value, name
