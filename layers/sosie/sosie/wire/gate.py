"""The door of the wire surface: every request of every service passes here.

It finds the world, region and service, gives the request its unit of work, lets the service answer, adds what
identifies Sosie, and commits the request's writes and its journal entry together. A conflict with another request
starts over on fresh reads. A delay, and what a fault does to a connection, stay data on the response.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from sosie import __version__
from sosie.diagnosis.unrouted import diagnose_unaddressed
from sosie.domain.errors import ConflictError
from sosie.domain.redaction import Redactor
from sosie.ports import Put
from sosie.services.journal import Message, entry_item, kept_message, surplus
from sosie.services.records import time_text
from sosie.services.unit_of_work import UnitOfWork, UnknownWorldError
from sosie.services.world_record import DEFAULT_WORLD
from sosie.wire.address import Address, glued_address, resolve_address
from sosie.wire.app import to_response
from sosie.wire.cors import cors_headers, is_preflight, preflight
from sosie.wire.errors import server_fault
from sosie.wire.faulty import answer_at_the_door
from sosie.wire.http import Answer, Exchange, call_from_event

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sosie.domain.clock import Clock
    from sosie.domain.regions import Service
    from sosie.ports import Keyring, Store
    from sosie.services.request_ids import RequestIds
    from sosie.wire.app import ServiceApp
    from sosie.wire.http import Call

logger = logging.getLogger("sosie.wire")

ATTEMPTS = 8
JOURNAL_LIFETIME = 7 * 24 * 3600


class Gate:
    """Handles API Gateway payload 2.0 events for all services. One call at a time per process."""

    def __init__(
        self,
        *,
        store: Store,
        keyring: Keyring,
        clock: Clock,
        request_ids: RequestIds,
        apps: Callable[[Service, str], ServiceApp],
        ensure_world: Callable[[str], bool],
        vault_origins: Sequence[str] = (),
        penalty_delays: bool = True,
        realistic_limits: bool = False,
    ) -> None:
        self._store = store
        self._keyring = keyring
        self._clock = clock
        self._request_ids = request_ids
        self._apps = apps
        self._ensure_world = ensure_world
        self._vault_origins = tuple(vault_origins)
        self._penalty_delays = penalty_delays
        self._realistic_limits = realistic_limits
        self._redactors: dict[str, Redactor] = {}

    def handle(self, event: Mapping[str, Any], _context: object = None) -> dict[str, Any]:
        """Return the payload 2.0 response to an event; its members `delay` (seconds) and `wire` are for the host."""
        http = event["requestContext"]["http"]
        raw_path = event.get("rawPath") or http["path"]
        host = event.get("requestContext", {}).get("domainName", "")
        address, diagnosis = resolve_address(raw_path, host), None
        if address is None:
            address, diagnosis = glued_address(raw_path), "BASE_URI_GLUED"
        if address is None:
            return self._refuse_unaddressed(event, diagnose_unaddressed(raw_path))
        for _ in range(ATTEMPTS):
            try:
                return self._handle_once(event, address, diagnosis)
            except ConflictError:
                continue
            except UnknownWorldError:
                self._request_ids.forget(address.world)
                if not self._ensure_world(address.world):
                    return self._refuse_unaddressed(event, "WORLD_UNKNOWN")
        failed = server_fault()
        # Nothing could be written, so there is no entry to name.
        failed.headers |= {"x-sosie": _marked(address.world), "x-sosie-hint": "SOSIE_FAILED"}
        return to_response(failed)

    def _handle_once(self, event: Mapping[str, Any], address: Address, diagnosis: str | None) -> dict[str, Any]:
        started = time.perf_counter()
        context = event["requestContext"]
        wall_now = self._clock.now()
        request_id = self._request_ids.next(address.world, wall_now, context.get("requestId", ""))
        uow = UnitOfWork(self._store, address.world, address.region, self._clock, request_id)
        exchange = Exchange(
            address=address,
            uow=uow,
            keyring=self._keyring,
            request_id=request_id,
            clock=self._clock,
            base_url=_base_url(event),
            roots=context.get("roots") or {},
            query=event.get("rawQueryString") or "",
            client_ip=context["http"].get("sourceIp") or "",
        )
        call = call_from_event(event, exchange, _service_path(address.path))
        if diagnosis is not None:
            exchange.suspect(diagnosis)
            answer = Answer(404)
        else:
            answer = answer_at_the_door(call, lambda: self._serve(event, call), realistic_limits=self._realistic_limits)
            answer.headers |= cors_headers(address.region, call.headers, self._vault_origins)
        return self._finish(event, call, answer, started)

    def _serve(self, event: Mapping[str, Any], call: Call) -> Answer:
        address = call.exchange.address
        if is_preflight(call.method, call.headers):
            return preflight(address.region, call.headers, self._vault_origins)
        answer = self._apps(address.service, call.path).answer(_service_event(event, call), call)
        if not (self._penalty_delays and call.uow.record.penalty_delays):
            answer.delay = 0.0
        return answer

    def _refuse_unaddressed(self, event: Mapping[str, Any], diagnosis: str) -> dict[str, Any]:
        """Answer 404 to what is for no region and service, or for no world; the default world's journal tells."""
        started = time.perf_counter()
        self._ensure_world(DEFAULT_WORLD)
        path = event.get("rawPath") or ""
        nowhere = Address(DEFAULT_WORLD, "us", "api", path)
        request_id = self._request_ids.next(
            DEFAULT_WORLD, self._clock.now(), event["requestContext"].get("requestId", "")
        )
        uow = UnitOfWork(self._store, DEFAULT_WORLD, "us", self._clock, request_id)
        exchange = Exchange(nowhere, uow, self._keyring, request_id, self._clock, _base_url(event), diagnosis=diagnosis)
        call = call_from_event(event, exchange, path)
        return self._finish(event, call, Answer(404), started, addressed=False)

    def _finish(
        self, event: Mapping[str, Any], call: Call, answer: Answer, started: float, *, addressed: bool = True
    ) -> dict[str, Any]:
        """Add what identifies Sosie, and commit the request's writes with its journal entry."""
        exchange = call.exchange
        address, uow, request_id = exchange.address, exchange.uow, exchange.request_id
        uow.require_world()
        answer.headers["x-sosie"] = _marked(address.world) if addressed else __version__
        answer.headers["x-sosie-request"] = request_id
        exchange.told = _diagnosis(call)
        if exchange.told is not None:
            answer.headers["x-sosie-hint"] = exchange.told["code"]
        if exchange.fault is not None:
            answer.headers["x-sosie-fault"] = exchange.fault["id"]
        response = to_response(answer)
        entry = self._entry(event, call, response, time.perf_counter() - started)
        if not addressed:
            entry |= {"region": None, "service": None}
        expires = int(uow.wall_now.timestamp()) + JOURNAL_LIFETIME
        try:
            uow.commit([*exchange.bookkeeping, Put(entry_item(address.world, entry, expires), always=True)])
        except (ConflictError, UnknownWorldError):
            raise
        except Exception:
            logger.exception("what %s %s did cannot be stored", call.method, call.path)
            return self._answer_unstored(event, call, answer)
        if oldest_kept := self._request_ids.oldest_kept(address.world):
            self._store.write(surplus(self._store, address.world, oldest_kept))
        return response

    def _answer_unstored(self, event: Mapping[str, Any], call: Call, answer: Answer) -> dict[str, Any]:
        """Answer like any unexpected failure, with the journal entry as the only trace if at least that can be kept."""
        exchange = call.exchange
        exchange.uow.discard()
        exchange.suspect("SOSIE_FAILED")
        exchange.told = _diagnosis(call)
        ours = {name: value for name, value in answer.headers.items() if name.startswith("x-sosie")}
        failed = server_fault()
        failed.headers |= ours | {"x-sosie-hint": "SOSIE_FAILED"}
        response = to_response(failed)
        entry = self._entry(event, call, response, 0.0)
        exchange.uow.commit([Put(entry_item(exchange.address.world, entry), always=True)])
        return response

    def _entry(
        self, event: Mapping[str, Any], call: Call, response: Mapping[str, Any], seconds: float
    ) -> dict[str, Any]:
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


def _marked(world: str) -> str:
    return f"{__version__}; world={world}"


def _diagnosis(call: Call) -> dict[str, Any] | None:
    exchange = call.exchange
    if exchange.diagnosis is None and exchange.uow.remarked is None:
        return None
    from sosie.wire.diagnosing import diagnose  # late: only what is refused needs it

    return diagnose(call)


def _service_path(path: str) -> str:
    # ASP.NET's routing takes one trailing slash for nothing; a doubled one is another path.
    return path[:-1] if len(path) > 1 and path.endswith("/") and not path.endswith("//") else path


def _service_event(event: Mapping[str, Any], call: Call) -> dict[str, Any]:
    """Return the event as the service sees it: its own path, no stage."""
    http = {**event["requestContext"]["http"], "path": call.path}
    return {
        **event,
        "rawPath": call.path,
        "requestContext": {**event["requestContext"], "stage": "$default", "http": http},
    }


def _base_url(event: Mapping[str, Any]) -> str:
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    scheme = headers.get("x-forwarded-proto") or event["requestContext"].get("scheme", "https")
    return f"{scheme}://{headers.get('host') or event['requestContext'].get('domainName', 'localhost')}"


def _caller_name(call: Call) -> str | None:
    caller = call.exchange.caller
    if caller is None:
        return call.exchange.client_name
    installation = caller.installation_id
    return f"installation.{installation}" if installation else f"user.{caller.user_id}"
