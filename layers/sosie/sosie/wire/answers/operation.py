"""One row of the tables: what a route is called and what it can answer, beyond what its `Route` says already.

A token that is missing or not enough, a parameter or body that cannot be bound, and a missing content type follow from
the route. The row adds what the action itself answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class MaybeEmpty:
    """An answer whose body some refusals have and others have not."""

    body: Any
    usually_empty: bool = False
    """A status that official clients mostly see without a body is described without one."""


@dataclass(frozen=True, slots=True)
class PlainText:
    """An answer that is always this text."""

    text: str


@dataclass(frozen=True, slots=True)
class Query:
    """A query parameter. `kind` is a type that pydantic knows."""

    name: str
    meaning: str
    kind: Any = str


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What a route is about. `contract` names page and section, such as `api.md §2.8`.

    `answers` maps a status to the type of its body: a model, a plain type, `MaybeEmpty`, `PlainText`, or None for no
    body. `form` is the type of a form, for the one route that reads no JSON.
    """

    id: str
    summary: str
    tag: str
    contract: str
    answers: Mapping[int, Any]
    query: tuple[Query, ...] = ()
    headers: tuple[Query, ...] = ()
    form: Any = None
    note: str = ""
    token_optional: bool = False
    """Whether a token is looked at although no policy asks for one."""


Operations = Mapping[str, Operation]
"""By method and path template, such as `GET /plans`."""
