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


def answer_too_large(method: str, size: int, largest: int) -> ProblemError:
    """Return the problem for an answer that the host cannot carry, of `size` bytes; the verb has had its effect."""
    done = "" if method == "GET" else "What was asked for is done; only the answer to it cannot be given. "
    ways = (
        "Send Accept-Encoding: gzip (curl --compressed), or ask for less: the journal takes limit and after, the state "
        "region and kind, and a snapshot without mail and journal is smaller."
    )
    detail = f"{done}The answer has {size:,} bytes, and a Lambda function can give {largest:,}. {ways}"
    return ProblemError(413, "Answer too large", detail, bytes=size, largest=largest)


def bad_request(detail: str, **members: Any) -> ProblemError:
    """Return the problem for a request that makes no sense."""
    return ProblemError(400, "Bad request", detail, **members)
