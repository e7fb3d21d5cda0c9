"""The door of the wire surface: every request of every service passes here.

It finds the world, region and service, gives the request its unit of work, lets the service answer, adds what
identifies Sosie, and commits the request's writes and its journal entry together. A conflict with another request
starts over on fresh reads. A delay, and what a fault does to a connection, stay data on the response.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sosie import __version__
from sosie.diagnosis.unrouted import diagnose_unaddressed
from sosie.domain.errors import ConflictError, StoreBusyError, StoreUnavailableError
from sosie.domain.hosts import hosts_below, roots_below
from sosie.ports import Put
from sosie.services.journal import entry_item, surplus
from sosie.services.unit_of_work import UnitOfWork, UnknownWorldError
from sosie.services.world_record import DEFAULT_WORLD
from sosie.wire.address import HOSTS, Address, glued_address, resolve_address
from sosie.wire.app import to_response
from sosie.wire.cors import cors_headers, is_preflight, preflight
from sosie.wire.entries import Scribe, noted
from sosie.wire.errors import server_fault, unavailable
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
        domain: str | None = None,
        penalty_delays: bool = True,
        realistic_limits: bool = False,
        carry: Callable[[Mapping[str, str], Mapping[str, Any]], dict[str, Any] | None] | None = None,
    ) -> None:
        self._store = store
        self._keyring = keyring
        self._clock = clock
        self._request_ids = request_ids
        self._apps = apps
        self._ensure_world = ensure_world
        self._vault_origins = tuple(vault_origins)
        self._domain = domain
        self._hosts = HOSTS | hosts_below(domain)
        self._penalty_delays = penalty_delays
        self._realistic_limits = realistic_limits
        self._carry = carry
        self._scribe = Scribe()
        self._conflicts = 0

    def handle(self, event: Mapping[str, Any], _context: object = None) -> dict[str, Any]:
        """Return the payload 2.0 response to an event.

        Its members `delay` (seconds), `wire` and `noted` (what the host may log and count) are for the host.
        """
        self._conflicts = 0
        response = self._handle(event)
        if self._conflicts:
            response["noted"]["conflicts"] = self._conflicts
        return response

    def _handle(self, event: Mapping[str, Any]) -> dict[str, Any]:
        http = event["requestContext"]["http"]
        raw_path = event.get("rawPath") or http["path"]
        host = event.get("requestContext", {}).get("domainName", "")
        address, diagnosis = resolve_address(raw_path, host, self._hosts), None
        if address is None:
            address, diagnosis = glued_address(raw_path), "BASE_URI_GLUED"
        try:
            if address is None:
                return self._refuse_unaddressed(event, diagnose_unaddressed(raw_path))
            return self._handle_addressed(event, address, diagnosis)
        except (ConflictError, StoreUnavailableError) as error:
            logger.exception("a request cannot be served: the store does not answer, or others are always faster")
            may_write = isinstance(error, (ConflictError, StoreBusyError))
            return self._answer_busy(event, address, may_write=may_write)
        except Exception:
            logger.exception("a request cannot be served")
            return _answer_unexplained(address)

    def _handle_addressed(self, event: Mapping[str, Any], address: Address, diagnosis: str | None) -> dict[str, Any]:
        for _ in range(ATTEMPTS):
            try:
                return self._handle_once(event, address, diagnosis)
            except ConflictError:
                self._conflicts += 1
            except UnknownWorldError:
                self._request_ids.forget(address.world)
                if not self._ensure_world(address.world):
                    return self._refuse_unaddressed(event, "WORLD_UNKNOWN")
        raise StoreBusyError(f"{ATTEMPTS} attempts met somebody else's changes")

    def _handle_once(self, event: Mapping[str, Any], address: Address, diagnosis: str | None) -> dict[str, Any]:
        started = time.perf_counter()
        call = self._call(event, address)
        if diagnosis is not None:
            call.exchange.suspect(diagnosis)
            answer = Answer(404)
        else:
            answer = answer_at_the_door(call, lambda: self._serve(event, call), realistic_limits=self._realistic_limits)
            answer.headers |= cors_headers(address.region, call.headers, self._vault_origins)
        return self._finish(event, call, answer, started)

    def _call(self, event: Mapping[str, Any], address: Address) -> Call:
        """Return a request with an id and a unit of work of its own."""
        context, base_url = event["requestContext"], _base_url(event)
        request_id = self._request_ids.next(address.world, self._clock.now(), context.get("requestId", ""))
        exchange = Exchange(
            address=address,
            uow=UnitOfWork(self._store, address.world, address.region, self._clock, request_id),
            keyring=self._keyring,
            request_id=request_id,
            clock=self._clock,
            base_url=base_url,
            # Who came by a path is told paths.
            roots=context.get("roots") or ({} if address.prefix else roots_below(base_url, self._domain)),
            query=event.get("rawQueryString") or "",
            client_ip=context["http"].get("sourceIp") or "",
        )
        return call_from_event(event, exchange, _service_path(address.path))

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
        carried = response if self._carry is None else self._carry(call.headers, response)
        if carried is None:
            return self._refuse_too_large(event, call, started)
        entry = self._scribe.entry(event, call, response, time.perf_counter() - started)
        if not addressed:
            entry |= {"region": None, "service": None}
        carried["noted"] = noted(exchange, entry)
        expires = int(uow.wall_now.timestamp()) + JOURNAL_LIFETIME
        try:
            uow.commit([*exchange.bookkeeping, Put(entry_item(address.world, entry, expires), always=True)])
        except (ConflictError, StoreUnavailableError, UnknownWorldError):
            raise
        except Exception:
            logger.exception(
                "what %s %s did cannot be stored", call.method, exchange.route, extra={"correlation_id": request_id}
            )
            return self._answer_unstored(event, call, answer)
        if oldest_kept := self._request_ids.oldest_kept(address.world):
            self._store.write(surplus(self._store, address.world, oldest_kept))
        return carried

    def _refuse_too_large(self, event: Mapping[str, Any], call: Call, started: float) -> dict[str, Any]:
        """Fail in place of an answer that the host cannot carry. Nothing happens that nobody would be told of."""
        exchange = call.exchange
        exchange.uow.discard()
        exchange.suspect("ANSWER_TOO_LARGE")
        answer = server_fault()
        answer.headers |= cors_headers(exchange.address.region, call.headers, self._vault_origins)
        return self._finish(event, call, answer, started)

    def _answer_busy(self, event: Mapping[str, Any], address: Address | None, *, may_write: bool) -> dict[str, Any]:
        """Answer 503, with a journal entry if at least that can be kept."""
        answer = unavailable()
        if may_write and address is not None:
            try:
                call = self._call(event, address)
                call.exchange.suspect("SOSIE_BUSY")
                return self._finish(event, call, answer, time.perf_counter())
            except Exception:
                logger.exception("nor can its journal entry be kept")
        # Nothing could be written, so there is no entry to name.
        marked = __version__ if address is None else _marked(address.world)
        answer.headers |= {"x-sosie": marked, "x-sosie-hint": "SOSIE_BUSY"}
        answer.headers.pop("x-sosie-request", None)
        return to_response(answer) | {"noted": {"diagnosis": "SOSIE_BUSY", "unstored": True}}

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
        entry = self._scribe.entry(event, call, response, 0.0)
        response["noted"] = noted(exchange, entry) | {"unstored": True}
        try:
            expires = int(exchange.uow.wall_now.timestamp()) + JOURNAL_LIFETIME
            exchange.uow.commit([Put(entry_item(exchange.address.world, entry, expires), always=True)])
        except (ConflictError, StoreUnavailableError, UnknownWorldError):
            raise
        except Exception:
            logger.exception("nor can its journal entry be kept", extra={"correlation_id": exchange.request_id})
            response["headers"].pop("x-sosie-request", None)  # there is no entry to name
            response["noted"].pop("id")
        return response


def _answer_unexplained(address: Address | None) -> dict[str, Any]:
    """Fail where not even the world could be read, such as without credentials: nothing is stored, no entry either."""
    answer = server_fault()
    answer.headers |= {
        "x-sosie": __version__ if address is None else _marked(address.world),
        "x-sosie-hint": "SOSIE_FAILED",
    }
    return to_response(answer) | {"noted": {"diagnosis": "SOSIE_FAILED", "unstored": True}}


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
    """Return the event as the service sees it: its own path, no stage.

    The path is encoded again, because Powertools finds no route for some letters otherwise; the application decodes it.
    """
    path = quote(call.path, errors="replace")
    http = {**event["requestContext"]["http"], "path": path}
    return {
        **event,
        "rawPath": path,
        "requestContext": {**event["requestContext"], "stage": "$default", "http": http},
    }


def _base_url(event: Mapping[str, Any]) -> str:
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    scheme = headers.get("x-forwarded-proto") or event["requestContext"].get("scheme", "https")
    return f"{scheme}://{headers.get('host') or event['requestContext'].get('domainName', 'localhost')}"
