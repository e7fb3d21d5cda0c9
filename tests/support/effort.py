"""How long property tests look for a counterexample: a little in `make test`, thoroughly in CI."""

from __future__ import annotations

import os

TIMES_IN_CI = 10


def examples(number: int) -> int:
    """Return how many examples to try: `number`, or more of them with CI=true."""
    return number * TIMES_IN_CI if os.environ.get("CI") == "true" else number
