"""The checks by id. A module of `checks/` adds its own with the decorator `check`."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sosie.conformance.cloud import Cloud

# In the order in which they run and are reported: what the others build on comes first.
MODULES = (
    "token_installation",
    "token_requests",
    "token_people",
    "token_refresh",
    "prelogin",
    "discovery",
    "installations",
    "organizations",
    "accounts",
    "keys",
    "keys_refused",
    "offers",
    "redemption",
    "withdrawal",
    "sync",
    "sync_refused",
    "sync_rows",
    "licences",
    "licences_refused",
    "push",
    "push_send",
    "transport",
    "framing",
    "regions",
)


@dataclass(frozen=True, slots=True)
class Check:
    """One statement of the contract. `inferred`: the contract itself only concludes it from a framework's behaviour."""

    id: str
    section: str
    title: str
    run: Callable[[Cloud], None]
    inferred: bool = False

    @property
    def area(self) -> str:
        """The first word of the id."""
        return self.id.partition(".")[0]


_CHECKS: dict[str, Check] = {}


def check(
    check_id: str, section: str, title: str, *, inferred: bool = False
) -> Callable[[Callable[[Cloud], None]], Callable[[Cloud], None]]:
    """Register the decorated function under a stable id. `section` is a page of docs/contract/ and a section."""

    def register(run: Callable[[Cloud], None]) -> Callable[[Cloud], None]:
        if check_id in _CHECKS:
            raise ValueError(f"two checks are called {check_id}")
        _CHECKS[check_id] = Check(check_id, section, title, run, inferred)
        return run

    return register


def all_checks() -> Sequence[Check]:
    """Return every check, in order."""
    for module in MODULES:
        import_module(f"sosie.conformance.checks.{module}")
    return tuple(_CHECKS.values())


def chosen_checks(only: str | None) -> Sequence[Check]:
    """Return the checks whose id contains a text."""
    return tuple(each for each in all_checks() if only is None or only in each.id)
