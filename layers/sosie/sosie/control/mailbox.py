"""The captured mail of a world, read through the control plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sosie.control.http import PendingError, Verb
from sosie.control.problems import bad_request, no_such
from sosie.ports import Key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sosie.control.http import Request
    from sosie.ports import Store

FILTERS = ("to", "region", "category", "subject")


def list_mail(request: Request) -> Any:
    """Captured mail, oldest first; `?to=&region=&category=&subject=&after=`; with `wait`, until there is one."""
    query = request.query
    unknown = sorted(set(query) - {*FILTERS, "after", "wait"})
    if unknown:
        raise bad_request(f"The mailbox has no filter named {unknown[0]!r}.", filters=list(FILTERS))
    wait = request.wait_seconds()
    found = mails(request.plane.store, request.world, query, query.get("after"))
    if not found and request.waited < wait:
        raise PendingError
    return {"items": found}


def read_mail(request: Request) -> Any:
    """One mail."""
    key = Key(f"{request.world}/mail", request.params["id"])
    item = request.plane.store.get_many([key]).get(key)
    if item is None:
        raise no_such("mail", request.params["id"])
    return dict(item.body)


def clear_mail(request: Request) -> Any:
    """Forget the captured mail."""
    request.plane.store.drop(f"{request.world}/mail", [f"{request.world}/mail"])


def mails(store: Store, world: str, filters: Mapping[str, str], after: str | None = None) -> list[dict[str, Any]]:
    """Return mails, oldest first, that match (compared in any letter case), those following `after` if given."""
    return [
        dict(item.body)
        for item in store.query(f"{world}/mail", after=after)
        if all(str(item.body[name]).lower() == filters[name].lower() for name in FILTERS if name in filters)
    ]


VERBS = (
    Verb(
        "GET",
        "/worlds/{world}/mail",
        list_mail,
        query={
            "to": "The address, in any letter case.",
            "region": "`us` or `eu`.",
            "category": "The cloud's name for this kind of mail.",
            "subject": "The whole subject.",
            "after": "The id behind which to begin.",
            "wait": "Seconds to wait for a mail that matches.",
        },
        answer="Mails",
    ),
    Verb("GET", "/worlds/{world}/mail/{id}", read_mail, answer="Mail"),
    Verb("DELETE", "/worlds/{world}/mail", clear_mail, answer=None),
)
