"""Prelogin: how to derive the master key (docs/contract/identity.md §7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sosie.domain.prelogin import fake_prelogin
from sosie.services import repository as repo
from sosie.wire.http import Answer, Route

if TYPE_CHECKING:
    from sosie.domain.users import KdfSettings
    from sosie.wire.http import Call

# The cloud's is secret; Sosie's decides which fake settings an unknown address gets, and hides nothing.
HASH_SECRET = "sosie-kdf-default-hash-key"  # noqa: S105


def _request_model() -> type[Any]:
    from sosie.wire.models import PreloginRequest

    return PreloginRequest


def prelogin(call: Call) -> Answer:
    """An unknown e-mail is answered like a known one."""
    email = call.model.email
    user = repo.user_by_email(call.uow, email)
    if user is None:
        return Answer(body=to_wire(*fake_prelogin(email, HASH_SECRET)))
    return Answer(body=to_wire(user.kdf, user.master_password_salt))


def to_wire(kdf: KdfSettings, salt: str | None) -> dict[str, Any]:
    """Return the answer's object, all members always present."""
    return {
        "kdf": int(kdf.type),
        "kdfIterations": kdf.iterations,
        "kdfMemory": kdf.memory,
        "kdfParallelism": kdf.parallelism,
        "kdfSettings": {
            "kdfType": int(kdf.type),
            "iterations": kdf.iterations,
            "memory": kdf.memory,
            "parallelism": kdf.parallelism,
        },
        "salt": salt,
    }


ROUTES = (
    Route("POST", "/accounts/prelogin/password", prelogin, model=_request_model),
    Route("POST", "/accounts/prelogin", prelogin, model=_request_model),
)
