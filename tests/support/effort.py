"""How long property tests look for a counterexample: a little in `make test`, thoroughly once in CI."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

TIMES_IN_CI = 10


def examples(number: int, *, in_ci: int | None = None) -> int:
    """Return how many examples to try: `number`; with SOSIE_THOROUGH=true `in_ci`, or ten times as many."""
    if os.environ.get("SOSIE_THOROUGH") != "true":
        return number
    return in_ci or number * TIMES_IN_CI


def some(items: Sequence[T], every: int) -> Sequence[T]:
    """Return each so-many-th of many similar cases; with SOSIE_THOROUGH=true all of them."""
    return items if os.environ.get("SOSIE_THOROUGH") == "true" else items[::every]
