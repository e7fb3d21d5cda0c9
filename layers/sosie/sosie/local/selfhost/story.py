"""What happened on the wire, told step by step in plain words, and how a refusal reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sosie.diagnosis.catalog import advice
from sosie.domain.errors import SosieError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sosie.local.selfhost.transport import Reply


class NotAskedError(SosieError):
    """The self-hosted side stops before it asks the cloud: something local is missing or unknown."""


class RefusedByCloudError(SosieError):
    """The cloud said no, or something that cannot be used. `remedy` is Sosie's own advice, if it has any.

    `about_key` tells whether it is the billing sync key that was refused.
    """

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"the cloud answers {reply.status}: {reason_of(reply)}")
        self.status = reply.status
        hint = reply.headers.get("x-sosie-hint", "")
        self.about_key = hint.startswith("SYNC_KEY_") or "Billing Sync Key" in str(self)
        self.remedy = advice(hint)


@dataclass(frozen=True, slots=True)
class Step:
    """One exchange. `request_id` names its journal entry."""

    method: str
    url: str
    status: int
    said: str
    request_id: str | None = None
    diagnosis: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the step for programs."""
        return {
            "method": self.method,
            "url": self.url,
            "status": self.status,
            "said": self.said,
            "journal": self.request_id,
            "diagnosis": self.diagnosis,
        }


class Story:
    """The steps so far. `listener` hears each one when it happens."""

    def __init__(self, listener: Callable[[Step], None] | None = None) -> None:
        self.steps: list[Step] = []
        self._listener = listener

    def tell(self, reply: Reply, said: str) -> None:
        """Add an exchange, and what its answer means."""
        headers = reply.headers
        step = Step(
            method=reply.method,
            url=reply.url,
            status=reply.status,
            said=said,
            request_id=headers.get("x-sosie-request"),
            diagnosis=headers.get("x-sosie-hint"),
        )
        self.steps.append(step)
        if self._listener is not None:
            self._listener(step)

    def refused(self, reply: Reply, remark: str = "") -> RefusedByCloudError:
        """Add an exchange that ended the story, and return what to raise."""
        self.tell(reply, reason_of(reply) + (f" ({remark})" if remark else ""))
        return RefusedByCloudError(reply)


def reason_of(reply: Reply) -> str:
    """Return the reason that a refusal's body gives, whichever dialect it is in."""
    found = reply.document()
    model = found.get("ErrorModel")
    if isinstance(model, dict) and model.get("Message"):
        return str(model["Message"])
    errors = found.get("validationErrors")
    if isinstance(errors, dict) and errors:
        return " ".join(str(text) for texts in errors.values() for text in texts)
    for name in ("message", "error_description", "error"):
        if found.get(name):
            return str(found[name])
    if 200 <= reply.status < 300:
        return "an answer that cannot be read"
    return f"{reply.phrase}, without a body" if not reply.body else reply.phrase
