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
├── StoreUnavailableError   the store does not answer
│   └── StoreBusyError        or has no capacity left
└── ScenarioError           a seed document that cannot be applied
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self


class SosieError(Exception):
    """The root of everything Sosie raises on purpose."""


class RefusedError(SosieError):
    """The cloud refuses. `delay` is in seconds: the host waits, handlers never do."""

    def __init__(self, message: str = "", *, delay: float = 0.0) -> None:
        super().__init__(message)
        self.message = message
        self.delay = delay
        self.diagnosis: str | None = None
        self.clues: Mapping[str, Any] = {}

    def because(self, code: str, **clues: Any) -> Self:
        """Return this refusal with the code of its diagnosis, which changes nothing on the wire.

        `clues` are what was at hand when it was decided, secrets included: an investigation decides what is told.
        """
        self.diagnosis, self.clues = code, clues
        return self


class BadRequestError(RefusedError):
    """The request is understood and refused with a text."""


class InvalidError(RefusedError):
    """Fields are wrong. `errors` maps a field's wire key (PascalCase, or a JSON path) to its texts."""

    def __init__(self, errors: Mapping[str, Sequence[str]], *, delay: float = 0.0) -> None:
        super().__init__("The model state is invalid.", delay=delay)
        self.errors = {key: list(texts) for key, texts in errors.items()}


class UnauthorizedError(RefusedError):
    """Raised inside an action: unlike a missing token it is answered with a body."""


class UnauthenticatedError(RefusedError):
    """No token, or one that is expired, malformed or foreign. `reason` is the OAuth error_description, if any."""

    def __init__(self, reason: str | None = None) -> None:
        super().__init__()
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
        delay: float = 0.0,
    ) -> None:
        super().__init__(message, delay=delay)
        self.error = error
        self.description = description
        self.extras = dict(extras or {})


class BadTokenError(SosieError):
    """A text is no token, or none that the key at hand signed."""


class ConflictError(SosieError):
    """A conditional write found another state than the one it was decided on."""


class StoreUnavailableError(SosieError):
    """The store does not answer. What was being written may be there or not; asking again is safe."""


class StoreBusyError(StoreUnavailableError):
    """The store answers that it has no capacity left, however often it was asked."""


class ScenarioError(SosieError):
    """A scenario cannot be applied. `where` is the path of the field, such as `regions.us.users[2].email`.

    `line` of the text it comes from counts from 1; None if nobody looked.
    """

    def __init__(self, where: str, problem: str, *, line: int | None = None, file: str | None = None) -> None:
        if file:
            place = f"{file}:{line}: " if line else f"{file}: "
        else:
            place = f"line {line}: " if line else ""
        super().__init__(place + (f"{where}: {problem}" if where else problem))
        self.where = where
        self.problem = problem
        self.line = line
