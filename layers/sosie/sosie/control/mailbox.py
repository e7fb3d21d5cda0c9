"""The captured mail of a world, read through the control plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sosie.ports import Key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sosie.ports import Store


def list_mail(store: Store, world: str, query: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return mails, oldest first, of one recipient or region if asked (compared in any letter case)."""
    return [
        dict(item.body)
        for item in store.query(f"{world}/mail")
        if all(str(item.body[name]).lower() == query[name].lower() for name in ("to", "region") if name in query)
    ]


def read_mail(store: Store, world: str, mail_id: str) -> dict[str, Any] | None:
    """Return one mail."""
    key = Key(f"{world}/mail", mail_id)
    item = store.get_many([key]).get(key)
    return None if item is None else dict(item.body)
