"""What takes things away (docs/contract/api.md §4.13 to §4.15): no action has a result."""

from __future__ import annotations

from typing import Any

from sosie.wire.answers.errors import FAULT, NOT_FOUND, REFUSED, ErrorBody
from sosie.wire.answers.operation import MaybeEmpty, Operation, Operations

_GONE = {401: MaybeEmpty(ErrorBody, usually_empty=True)}


def _twice(paths: tuple[str, str], name: str, summary: str, tag: str, contract: str, answers: dict[int, Any]) -> Any:
    """Return the row of a DELETE and that of the POST which is another name for it."""
    delete, post = paths
    alias = Operation(id=f"{name}ByPost", summary=summary, tag=tag, contract=contract, answers=answers)
    row = Operation(id=name, summary=summary, tag=tag, contract=contract, answers=answers)
    return {f"DELETE {delete}": row, f"POST {post}": alias}


OPERATIONS: Operations = {
    **_twice(
        ("/organizations/{id}", "/organizations/{id}/delete"),
        "deleteOrganization",
        "Delete an organization",
        "Organizations",
        "api.md §4.15",
        {200: None, **REFUSED, **_GONE, **NOT_FOUND, **FAULT},
    ),
    **_twice(
        ("/organizations/{orgId}/users/{id}", "/organizations/{orgId}/users/{id}/remove"),
        "deleteMember",
        "Remove a member from an organization",
        "Organizations",
        "api.md §4.13",
        {200: None, **REFUSED, **NOT_FOUND},
    ),
    **_twice(
        ("/accounts", "/accounts/delete"),
        "deleteAccount",
        "Delete the caller's account",
        "Accounts",
        "api.md §4.14",
        {200: None, **REFUSED, **_GONE, **FAULT},
    ),
}
