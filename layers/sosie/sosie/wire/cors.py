"""Which browsers may call: the region's web vault and a few fixed origins (docs/contract/identity.md §3.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosie.domain.regions import FACTS
from sosie.wire.http import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sosie.domain.regions import Region

_EVERYWHERE = ("https://bitwarden.com", "file://", "bw-desktop-file://bundle")


def is_preflight(method: str, headers: Mapping[str, str]) -> bool:
    """Tell whether a browser asks first. Header names are lower case."""
    return method == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers


def cors_headers(region: Region, headers: Mapping[str, str], further: Sequence[str] = ()) -> dict[str, str]:
    """Return the headers for the request's origin; none if it is not allowed. Origins compare as exact texts."""
    origin = headers.get("origin")
    if origin is None or origin not in (FACTS[region].vault, *_EVERYWHERE, *further):
        return {}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Credentials": "true",
        "Vary": "Origin",
    }


def preflight(region: Region, headers: Mapping[str, str], further: Sequence[str] = ()) -> Answer:
    """Return the answer to a preflight: always 204, with the requested method and headers for an allowed origin."""
    answer = Answer(204, headers=cors_headers(region, headers, further))
    if answer.headers:
        answer.headers["Access-Control-Allow-Methods"] = headers["access-control-request-method"]
        if requested := headers.get("access-control-request-headers"):
            answer.headers["Access-Control-Allow-Headers"] = requested
    return answer
