"""What is kept of a request: its journal entry, redacted, and what the host may log and count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sosie.domain.redaction import Redactor
from sosie.services.journal import Message, kept_message
from sosie.services.records import time_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sosie.wire.http import Call, Exchange


class Scribe:
    """Writes entries (design: journal). Secrets become fingerprints of the world's own."""

    def __init__(self) -> None:
        self._redactors: dict[str, Redactor] = {}

    def entry(
        self, event: Mapping[str, Any], call: Call, response: Mapping[str, Any], seconds: float
    ) -> dict[str, Any]:
        """Return the entry of a request that was answered so, and took so long."""
        exchange, address = call.exchange, call.exchange.address
        redactor = self._redactor(exchange.uow.record.seed)
        query = event.get("rawQueryString") or ""
        # Path and query apart: an equals sign in the path must not make the query part of a value.
        path = redactor.text(event.get("rawPath") or "") + (f"?{redactor.text(query)}" if query else "")
        return {
            "id": exchange.request_id,
            "at": time_text(exchange.uow.now),
            "wallAt": time_text(exchange.uow.wall_now),
            "region": address.region,
            "service": address.service,
            "method": call.method,
            "scheme": exchange.base_url.partition("://")[0],
            "path": path,
            "route": exchange.route,
            "caller": _caller_name(call),
            "status": response["statusCode"],
            "durationMs": round(seconds * 1000, 3),
            "fault": exchange.fault,
            "diagnosis": exchange.told,
            "request": kept_message(Message(call.headers, call.body), redactor),
            "response": kept_message(Message(response["headers"], response["body"].encode()), redactor, answered=True),
        }

    def _redactor(self, seed: str) -> Redactor:
        if seed not in self._redactors:
            self._redactors = {seed: Redactor(seed)}
        return self._redactors[seed]


def noted(exchange: Exchange, entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the host may log and count: nothing that a client made up, and what the handler noted besides."""
    told, fault = entry["diagnosis"], entry["fault"]
    return exchange.noted | {
        **{name: entry[name] for name in ("id", "region", "method", "route", "caller")},
        "world": exchange.address.world,
        "diagnosis": told and told["code"],
        "fault": fault and fault["id"],
    }


def _caller_name(call: Call) -> str | None:
    caller = call.exchange.caller
    if caller is None:
        return call.exchange.client_name
    installation = caller.installation_id
    return f"installation.{installation}" if installation else f"user.{caller.user_id}"
