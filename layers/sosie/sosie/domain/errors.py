"""Everything the simulated cloud can refuse, by meaning; `wire/errors.py` chooses statuses and bodies.

SosieError
├── RefusedError            the cloud says no, on purpose
│   ├── BadRequestError       a text (docs/contract/api.md §1.6)
│   ├── InvalidError          fields with texts (§1.7)
│   ├── UnauthorizedError     raised inside an action: it has a body
│   ├── UnauthenticatedError  no usable token: no body
│   ├── ForbiddenError        the policy or role is not met: no body
│   ├── NotFoundError
│   ├── ServerFaultError      a 500 that the contract lists
│   └── TokenRefusedError     the OAuth dialect (docs/contract/identity.md §5)
├── ConflictError           the store saw somebody else's write first: decide again
└── ScenarioError           a seed document that cannot be applied
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class SosieError(Exception):
    """The root of everything Sosie raises on purpose."""


class RefusedError(SosieError):
    """The cloud refuses. `delay` is in seconds: the host waits, handlers never do. `diagnosis` is a stable code."""

    def __init__(self, message: str = "", *, diagnosis: str | None = None, delay: float = 0.0) -> None:
        super().__init__(message)
        self.message = message
        self.diagnosis = diagnosis
        self.delay = delay


class BadRequestError(RefusedError):
    """The request is understood and refused with a text."""


class InvalidError(RefusedError):
    """Fields are wrong. `errors` maps a field's wire key (PascalCase, or a JSON path) to its texts."""

    def __init__(
        self, errors: Mapping[str, Sequence[str]], *, diagnosis: str | None = None, delay: float = 0.0
    ) -> None:
        super().__init__("The model state is invalid.", diagnosis=diagnosis, delay=delay)
        self.errors = {key: list(texts) for key, texts in errors.items()}


class UnauthorizedError(RefusedError):
    """Raised inside an action: unlike a missing token it is answered with a body."""


class UnauthenticatedError(RefusedError):
    """No token, or one that is expired, malformed or foreign. `reason` is the OAuth error_description, if any."""

    def __init__(self, reason: str | None = None, *, diagnosis: str | None = None) -> None:
        super().__init__(diagnosis=diagnosis)
        self.reason = reason


class ForbiddenError(RefusedError):
    """The token is good and does not carry what the route asks for."""


class NotFoundError(RefusedError):
    """What was asked for does not exist, or the caller may not know that it does."""


class ServerFaultError(RefusedError):
    """The cloud fails here, reproducibly, and so does Sosie. Never raised for a fault of Sosie's own."""


class TokenRefusedError(RefusedError):
    """A refusal of the token endpoint: `error`, optional description, ErrorModel message and further members."""

    def __init__(
        self,
        error: str,
        description: str | None = None,
        message: str = "",
        *,
        extras: Mapping[str, Any] | None = None,
        diagnosis: str | None = None,
        delay: float = 0.0,
    ) -> None:
        super().__init__(message, diagnosis=diagnosis, delay=delay)
        self.error = error
        self.description = description
        self.extras = dict(extras or {})


class BadTokenError(SosieError):
    """A text is no token, or none that the key at hand signed."""


class ConflictError(SosieError):
    """A conditional write found another state than the one it was decided on."""


class ScenarioError(SosieError):
    """A scenario cannot be applied. `where` is the path of the field, such as `regions.us.users[2].email`."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"{where}: {problem}" if where else problem)
        self.where = where
        self.problem = problem
