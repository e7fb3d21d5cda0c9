"""Errors of the control plane: RFC 9457 problem details."""

from __future__ import annotations

from typing import Any


class ProblemError(Exception):
    """A request to the control plane that cannot be carried out."""

    def __init__(self, status: int, title: str, detail: str, **members: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **members}


def no_such(kind: str, name: str) -> ProblemError:
    """Return the problem for something that does not exist."""
    return ProblemError(404, "Not found", f"There is no {kind} named {name!r}.")


def bad_request(detail: str, **members: Any) -> ProblemError:
    """Return the problem for a request that makes no sense."""
    return ProblemError(400, "Bad request", detail, **members)
