"""Counting requests by client, where a world keeps the cloud's rate limits (domain/rate_limits.py).

One small item per client and endpoint, in a partition of its own. It is written without a condition: a limit that is
nearly exact under parallel requests is better than a request that fails because others were counted.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from sosie.domain.rate_limits import Window, count, limits_of
from sosie.ports import Item, Key, Put

if TYPE_CHECKING:
    from sosie.domain.rate_limits import Exceeded
    from sosie.domain.regions import Service
    from sosie.services.unit_of_work import UnitOfWork

_LIFETIME = 3600
"""Seconds of wall time that an item is kept: longer than any period, unless the world's clock stands."""


def count_request(
    uow: UnitOfWork, client: str, service: Service, method: str, path: str
) -> tuple[list[Put], Exceeded | None]:
    """Count a request of a client's, and return what to write and whether it is one too many.

    `client` is its address. The API and the push hosts reach one application, so they count together.
    """
    path = path.lower()
    limits = limits_of(service, method, path)
    if not limits:
        return [], None
    application = "identity" if service == "identity" else "api"
    endpoint = hashlib.sha256(f"{method} {path}".encode("utf-8", "surrogateescape")).hexdigest()[:32]
    key = Key(f"{uow.world}/rate-limits", f"{uow.region}#{application}#{client}#{endpoint}")
    known = uow.get(key)
    windows = {period: Window(*kept) for period, kept in known.body.items()} if known else {}
    counted, exceeded = count(limits, windows, uow.now.timestamp())
    body = {period: [window.since, window.count] for period, window in counted.items()}
    return [Put(Item(key, body, expires=int(uow.wall_now.timestamp()) + _LIFETIME), always=True)], exceeded
